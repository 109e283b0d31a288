import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { keyFields, publicKeyToCose, signStatement } from '@telltale/core'
import { createNetwork } from '@telltale/network'
import type { Network, NetworkEvent } from '@telltale/network'
import { initHolderHome } from '../../src/home/holder-home.ts'
import { initHome, openHome } from '../../src/home/home.ts'
import type { Home } from '../../src/home/home.ts'
import type { WalletKey } from '../../src/home/wallet.ts'
import { createNodePrimitives } from '../../src/crypto/node-primitives.ts'
import { withDirectory } from '../home/scratch-home.ts'

/** A node among others, in this process. */
interface PeerHome {
  home: Home
  network: Network
  key: WalletKey
  events: NetworkEvent[]
  /** Commands that it was told to have run by an authority. */
  commands: string[]
}

async function start(directory: string, { isClosed, bootstrap = [] }: { isClosed: boolean; bootstrap?: string[] }): Promise<PeerHome> {
  const events: NetworkEvent[] = []
  const commands: string[] = []
  const home = await openHome({
    directory,
    password: undefined,
    peers: { listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap, mdns: false, miningThreads: 0, isClosed, log: (event) => void events.push(event), onNotAdmitted: (command) => void commands.push(command) },
  })
  return { home, network: home.network as Network, key: await home.wallet.open(home.profile.authority), events, commands }
}

async function until(what: string, holds: () => boolean, timeoutMs = 40_000): Promise<void> {
  const endMs = performance.now() + timeoutMs
  while (!holds()) {
    if (performance.now() > endMs) assert.fail(`waited in vain: ${what}`)
    await sleep(20)
  }
}

const isPeer = (of: PeerHome, other: PeerHome): boolean => of.network.exchange.peers().includes(other.network.id)

/** `expiryMs`: from when its role holds no longer. */
async function admit({ home, key }: PeerHome, who: WalletKey, expiryMs: number | null = null): Promise<void> {
  const { signature } = await signStatement('key', home.ledger.network, keyFields(who.address, 'identity', 0, null), who.signer)
  await home.send({ key, call: 1, sub: who.address, args: [publicKeyToCose(who.publicKey), signature, null, [['member', null, expiryMs]]] })
}

suite('a node that only admitted identities connect with', () => {
  test('lets in who holds a role, nobody else, and lets go of whom is suspended; all without a restart', async () => {
    await withDirectory(async (scratch) => {
      const [first, ...others] = ['authority', 'member', 'late', 'expired'].map((name) => join(scratch, name)) as [string, string, string, string]
      await initHome({ directory: first, password: undefined, algorithm: 'EdDSA', nowMs: Date.now() })
      const authority = await start(first, { isClosed: true })
      const running: PeerHome[] = [authority]
      const nameless: Network[] = []
      try {
        const genesis = (await authority.home.ledger.store.readBlock(0)).bytes
        const [member, late, expired] = await Promise.all(others.map(async (directory) => (await initHolderHome({ directory, password: undefined, algorithm: 'EdDSA', genesis })).key)) as [WalletKey, WalletKey, WalletKey]
        const joining = async (directory: string, isClosed = false): Promise<PeerHome> => {
          const node = await start(directory, { isClosed, bootstrap: authority.network.addresses() })
          running.push(node)
          return node
        }
        await admit(authority, member)
        await admit(authority, expired, 1)
        // Closed itself, and with nothing but the genesis: an authority of the set in force is let in always.
        const honest = await joining(others[0], true)
        await until('the member is let in', () => isPeer(authority, honest) && isPeer(honest, authority))
        await until('the member follows', () => honest.home.ledger.position.log.size === 2)
        assert.deepEqual(honest.commands, [])

        const without = await joining(others[2])
        const stranger = await joining(others[1])
        await until('both are told why', () => [stranger, without].every(({ events }) => events.some((event) => event.kind === 'refused-by-peer' && event.code === 'peer-not-admitted')))
        await until('and what helps', () => stranger.commands.length === 1)
        assert.match(stranger.commands[0]!, new RegExp(`^telltale send admit '\\[\\{"cbor":"[0-9a-f]+"\\},\\{"hex":"[0-9a-f]+"\\},null,\\[\\["member",null,null\\]\\]\\]' --key authority --sub ${late.address}$`))
        nameless.push(await anonymous(authority))
        await until('a peer without identity is refused', () => authority.events.some((event) => event.kind === 'refused' && event.code === 'peer-not-admitted' && event.peer === nameless[0]!.id))
        assert.deepEqual([isPeer(authority, stranger), isPeer(authority, without), authority.network.exchange.peers().length], [false, false, 1])
        assert.deepEqual([stranger.home.ledger.position.height, without.home.ledger.position.height], [0, 0])

        await admit(authority, late)
        await until('the late member is let in', () => isPeer(authority, stranger) && stranger.home.ledger.position.log.size === 3)

        const { home, key } = authority
        await home.send({ key, call: 3, sub: member.address, args: ['moved away'] })
        const suspendedMs = performance.now()
        await until('the suspended one is let go', () => !isPeer(authority, honest))
        assert.ok(performance.now() - suspendedMs < 15_000, 'within two heartbeats')
        assert.ok(isPeer(authority, stranger))
        await until('it is told what helps', () => honest.commands.length === 1)
        await home.send({ key, call: 2, sub: member.address, args: [[['member', null, null]]] })
        await until('it is let in again', () => isPeer(authority, honest) && honest.home.ledger.position.log.size === 5)
        assert.ok(running.every(({ network }) => authority.network.blameOf(network.id) < 30))
      } finally {
        for (const network of nameless) await network.stop()
        for (const { home } of running.reverse()) await home.close()
      }
    })
  })
})

/** A peer that greets under no identity. */
async function anonymous({ home, network }: PeerHome): Promise<Network> {
  const peer = await createNetwork({
    networkId: home.ledger.network,
    peerKey: new Uint8Array(32).fill(9),
    identity: null,
    software: 'nobody',
    listen: [],
    bootstrap: network.addresses(),
    mdns: false,
    admits: () => null,
    status: () => ({ height: 0, head: home.ledger.network, finalHeight: 0, poolSize: 0 }),
    participant: { onGossip: async () => 'keep', onQuestion: async () => new Uint8Array(0), onPeer: () => undefined },
    log: () => undefined,
    book: null,
    primitives: createNodePrimitives(),
  })
  await peer.start()
  return peer
}
