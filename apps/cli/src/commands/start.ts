import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { readPlace } from '@telltale/node'
import type { PeerOptions, Settings } from '@telltale/node'
import { isDemo } from '../demo/directory.ts'
import { UsageError } from '../failure.ts'
import { catchInterrupts, interrupted } from '../interrupts.ts'
import { outputOf } from '../options.ts'
import type { GlobalOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { hasData, withHomeOrNew } from '../session.ts'
import { addSettings, settingsOf } from '../settings-flags.ts'

export function addStart(program: Command): void {
  addSettings(program.command('start'))
    .description('run a node: its ledger and its pages over HTTP, until ctrl-C')
    .addHelpText('after', `
Without --data it makes a new network where there is none; a directory that is
named has to be there (telltale init makes one). Where the usual port is taken
the next free one is used, and said. Off this machine it wants TLS or
--behind-proxy, and accounts (telltale accounts) or tokens (telltale tokens).
Its log goes to standard error, one JSON value a line. With --gateway devices
hand it their records as to a gateway of its own, below /gateway, and it states
what it passed on; docs/gateway.md says how its key is admitted.

Examples:
  telltale start --data my-car
  telltale start --data my-car --listen 127.0.0.1:9000 --log-level debug
  telltale start --data my-car --gateway gateway
  telltale start --data my-car --listen 0.0.0.0:8362 --token-file token \\
    --tls-cert node.pem --tls-key node.key`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const output = outputOf(options)
      const { settings, all } = await settingsOf(command, options.data)
      const isUsualPort = all.find(({ name }) => name === 'listen')?.source === 'default'
      // Only what serves loads what serving takes. What would be refused later is refused before a network is made.
      const { accessFor, createLog } = await import('@telltale/node/service')
      await accessFor(readPlace(settings.listen), settings, options.data)
      if (settings.gateway !== '' && !hasData(options.data)) throw new UsageError('key-file-not-found', `${options.data} is new and holds no key ${settings.gateway} for a gateway. Make the network first (\`telltale init\`), then the key; docs/gateway.md has the commands.`, { expected: 'the name of a key', found: settings.gateway })
      // A typing error, or a disk that is not mounted: a network of its own would never meet those peers.
      if (settings.peers !== '' && !hasData(options.data)) throw new UsageError('no-data', `${options.data} holds no network, and the peers are nodes of one that exists. Join it first: telltale init --data ${options.data} --join GENESIS, with the file that any of its nodes gives at /v1/genesis.`, { expected: 'a data directory', found: options.data })
      if (command.getOptionValueSourceWithGlobals('data') === 'cli' && !existsSync(options.data)) throw new UsageError('no-data', `${options.data} does not exist. Check the name; for a new network run first: telltale init --data ${options.data}`, { expected: 'a data directory', found: options.data })
      const { servingDocument, startServing } = await import('../serving.ts')
      const interrupts = catchInterrupts(() => output.say('Stopping.'))
      try {
        await withHomeOrNew(options.data, output, 'EdDSA', async (home) => {
          const serving = await startServing({ home, settings, isUsualPort, isDemo: await isDemo(options.data), output })
          const document = servingDocument(serving, home, options.data)
          const gateway = document.gateway === null ? '' : `\ngateway  ${document.gateway}`
          output.result(document, `Listening. Open:\n\n  ${document.link}\n\nnetwork  ${document.network}${gateway}\nstop     Ctrl-C`)
          await interrupted(interrupts.signal)
          await serving.stop()
        }, { isServing: true, ...peersOf(settings, createLog(settings.logLevel), output) })
      } finally {
        interrupts.release()
      }
    })
}

/** How to meet other nodes, where the settings name a place to listen at for them. */
function peersOf({ peerListen, peerAnnounce, peers, mdns, peersAdmittedOnly, miningThreads }: Settings, log: { info(event: object, message: string): void }, output: Output): { peers?: PeerOptions } {
  if (peerListen === '') return {}
  const list = (text: string): string[] => text.split(',').map((item) => item.trim()).filter((item) => item !== '')
  return {
    peers: {
      listen: list(peerListen),
      ...(peerAnnounce === '' ? {} : { announce: list(peerAnnounce) }),
      bootstrap: list(peers),
      mdns,
      miningThreads,
      isClosed: peersAdmittedOnly,
      log: ({ kind, ...event }) => log.info(event, `peers: ${kind}`),
      onNotAdmitted(command) {
        output.warn('The nodes of this network let in only identities that are admitted, and this one is not. An authority runs this, once, with --data or --node; then this node is let in without a restart:')
        output.warnCommand(command)
      },
    },
  }
}
