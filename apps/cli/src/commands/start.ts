import type { Command } from 'commander'
import { bytesToHex } from '@telltale/core'
import { startService } from '@telltale/node'
import type { Home, Service } from '@telltale/node'
import { isDemo } from '../demo/directory.ts'
import { catchInterrupts } from '../interrupts.ts'
import { outputOf } from '../options.ts'
import type { GlobalOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { withHomeOrNew } from '../session.ts'
import { addSettings, settingsOf } from '../settings-flags.ts'

export function addStart(program: Command): void {
  addSettings(program.command('start'))
    .description('run a node: its ledger over HTTP, until ctrl-C')
    .addHelpText('after', `
Makes a new network where there is none. Where the usual port is taken the next
free one is used, and said. Off this machine it wants TLS or --behind-proxy, and
a token. Its log goes to standard error, one JSON value a line.

Examples:
  telltale start --data my-car
  telltale start --data my-car --listen 127.0.0.1:9000 --log-level debug
  telltale start --data my-car --listen 0.0.0.0:8362 --token-file token \\
    --tls-cert node.pem --tls-key node.key`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>()
      const output = outputOf(options)
      const resolved = await settingsOf(command, options.data)
      const isUsualPort = resolved.all.find(({ name }) => name === 'listen')?.source === 'default'
      const interrupts = catchInterrupts(() => output.say('Stopping.'))
      try {
        await withHomeOrNew(options.data, output, 'EdDSA', async (home) => {
          const service = await startService({ home, settings: resolved.settings, isUsualPort, isDemo: await isDemo(options.data), mounts: [], pages: null })
          announce(service, home, options, output)
          await interrupted(interrupts.signal)
          await service.stop()
        }, { isServing: true })
      } finally {
        interrupts.release()
      }
    })
}

function announce({ url, port, taken }: Service, home: Home, { data }: GlobalOptions, output: Output): void {
  if (taken !== null) output.warn(`Port ${taken} is taken by another program; using ${port}.`)
  const network = bytesToHex(home.ledger.network)
  output.result({ url, data, network, pid: process.pid }, `Listening at ${url}\nnetwork ${network}\nCtrl-C stops it.`)
}

function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve())
  })
}
