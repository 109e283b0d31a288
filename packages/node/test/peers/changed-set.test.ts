import assert from 'node:assert/strict'
import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import { decodeLinks, encodeLinks, followLink, setHash } from '@telltale/core'
import type { AuthoritySet, Link } from '@telltale/core'
import { decodeCertificate, encodeCertificate, makeCertificate, verifyCertificate } from '@telltale/certificate'
import type { Certificate } from '@telltale/certificate'
import { addAuthority, admit, createAsset, createPlainStore, decide, enrolDevice, makeLink, record, role, testIdentity, tick } from '@telltale/testing'
import type { ActionNetwork, TestAsset, TestIdentity } from '@telltale/testing'
import { linksTo } from '@telltale/consensus'
import { createLedgerReader, openLedger } from '@telltale/ledger'
import { linksFrom } from '../../src/api/resources/network.ts'
import { openFollowedSet } from '../../src/gateway/followed-set.ts'
import { atHeadFromGenesis } from '../../src/home/head-link.ts'
import { exportChain } from '../../src/upkeep/chain-export.ts'
import { importChain } from '../../src/upkeep/chain-import.ts'
import { judgeCosignatures } from '../../src/upkeep/kept-cosignatures.ts'
import { withDirectory } from '../home/scratch-home.ts'
import { createSimulatedPeers } from './simulated-peers.ts'
import type { SimulatedPeer, SimulatedPeers } from './simulated-peers.ts'

const DEVICE = testIdentity(20)

/** Four authorities of which in the end one is left, and three others: seven changes of the set, one by one. */
interface Story extends SimulatedPeers {
  network: ActionNetwork
  asset: TestAsset
  /** Who is an authority now. */
  set: TestIdentity[]
}

suite('a set of authorities that changed several times', () => {
  let story: Story
  const first = (): SimulatedPeer => story.peers[0]!

  /** A change that those who are authorities now decide and certify. */
  async function change(kind: 'add' | 'remove', who: TestIdentity, approvers = story.set): Promise<void> {
    const { network } = story
    const [name, value] = kind === 'add' ? addAuthority(who) : (['remove-authority', who.address] as const)
    // More than two thirds: with the last of them it is decided, and the others have nothing to approve any more.
    await decide(network, name, value, approvers.slice(0, Math.floor((2 * story.set.length) / 3) + 1))
    story.set = kind === 'add' ? [...story.set, who] : story.set.filter(({ address }) => address !== who.address)
    // It takes force once the block that decided it is final, with the next block.
    const isInForce = (): boolean => {
      const { ledger } = first().running!
      const now = ledger.authorities(ledger.position.height)
      return now.length === story.set.length && now.every(({ address }) => story.set.some((one) => one.address === address))
    }
    for (let i = 0; i < 4 && !isInForce(); i++) await tick(network, story.set[0])
    assert.ok(isInForce())
    await record(network, DEVICE, 'odometer')
    await settled()
  }

  /** Every node that runs holds and has certified all. */
  async function settled(): Promise<void> {
    const { size } = first().running!.ledger.position.log
    const stands = ({ running }: SimulatedPeer): boolean => !running || (running.ledger.position.log.size === size && running.chain.head?.checkpoint.size === size)
    await story.until('all have certified all', () => story.peers.every(stands))
  }

  async function certificateOf({ store, running }: SimulatedPeer): Promise<Uint8Array> {
    const { ledger, reader, chain } = running!
    const { primitives, asset } = story
    return makeCertificate(
      { asset: asset.id, streams: [{ stream: `${DEVICE.address}/odometer`, from: 0, to: null }], disclose: 'all', identity: null },
      { network: ledger.network, anchor: { kind: 'genesis', genesis: story.genesis.bytes }, reader, atHead: (read) => atHeadFromGenesis({ chain, ledger, primitives }, read), attachment: (sha256) => store.readAttachment(sha256), keys: async () => null, primitives },
    )
  }

  async function lampsOf(bytes: Uint8Array): Promise<[network: string, certified: string, ground: string]> {
    const { lamps, refusal } = await verifyCertificate(bytes, { trust: { network: story.genesis.network } }, story.primitives)
    return [refusal ? `refuted: ${refusal.code}` : lamps.network.state, lamps.certified.state, lamps.certified.ground]
  }

  before(async () => {
    const newcomers = [5, 6, 7].map((n) => testIdentity(n))
    const peers = await createSimulatedPeers({ authorities: 4, others: newcomers })
    const network = peers.through(peers.peers[0]!)
    const [owner] = [testIdentity(21)]
    await admit(network, owner, { roles: [role('owner')], organisation: null })
    for (const one of newcomers) await admit(network, one, { roles: [role('member')], organisation: null })
    const asset = await createAsset(network, { owner })
    await enrolDevice(network, { asset, device: DEVICE, streams: ['odometer'] })
    await record(network, DEVICE, 'odometer')
    story = { ...peers, network, asset, set: [1, 2, 3, 4].map((n) => testIdentity(n)) }
    await settled()
  })

  test('certifies for who knows only the genesis: one added, one removed, one added', async () => {
    assert.deepEqual(first().running!.chain.handovers, [])
    await change('add', testIdentity(5))
    await change('remove', testIdentity(4))
    await change('add', testIdentity(6))
    const certificate = await certificateOf(first())
    const [network, certified, ground] = await lampsOf(certificate)
    assert.deepEqual([network, certified], ['holds', 'holds'])
    assert.match(ground, /^(4|5) of 5 authorities/)
    for (const peer of story.peers) assert.deepEqual([peer.id, peer.running!.chain.handovers.length, (await lampsOf(await certificateOf(peer)))[0]], [peer.id, 3, 'holds'])
  })

  test('is followed although one authority is away, because who leaves signs what the others begin', async () => {
    // Two of the five are on the way out or away: the three who are left are too few of the five before.
    const away = story.peers[2]!
    await away.stop()
    await change('remove', testIdentity(2), story.set.filter(({ address }) => address !== away.identity!.address))
    const handover = first().running!.chain.handovers.at(-1)!
    assert.deepEqual([handover.set.length, handover.cosignatures.length, handover.leavers.map(({ address }) => address)], [4, 3, [testIdentity(2).address]])
    await away.start()
    await settled()
    await change('add', testIdentity(7))
    await change('remove', testIdentity(3))
    assert.deepEqual((await lampsOf(await certificateOf(first()))).slice(0, 2), ['holds', 'holds'])
    assert.deepEqual(story.set.map(({ address }) => address), [1, 5, 6, 7].map((n) => testIdentity(n).address))
  })

  test('is followed on nodes that come later, and on such as start again', async () => {
    const late = await story.join('late', null)
    await story.until('the late one has caught up', () => late.running!.ledger.position.height === first().running!.ledger.position.height && late.running!.chain.handovers.length === 6)
    await settled()
    assert.deepEqual((await lampsOf(await certificateOf(late))).slice(0, 2), ['holds', 'holds'])
    // What it learned lies in its store: nobody has to be asked again.
    await late.stop()
    const kept = await Array.fromAsync(late.store.kept('cosignature'))
    await late.start()
    assert.equal(late.running!.chain.handovers.length, 6)
    assert.equal((await Array.fromAsync(late.store.kept('cosignature'))).length, kept.length)
  })

  test('is followed from what a chain file carries: cosignatures of those who left are in it', async () => {
    const { ledger, reader } = first().running!
    const { primitives } = story
    const store = createPlainStore()
    const copy = await openLedger({ store, primitives, genesis: story.genesis.bytes })
    await withDirectory(async (directory) => {
      const path = join(directory, 'network.chain')
      const pieces: Uint8Array[] = []
      await exportChain({ ledger, reader, primitives }, { write: async (piece) => void pieces.push(piece), onBlock: () => undefined, signal: new AbortController().signal })
      await writeFile(path, Buffer.concat(pieces))
      const file = await open(path, 'r')
      try {
        await importChain({ ledger: copy, primitives }, file, { onProgress: () => undefined, signal: new AbortController().signal, nowMs: story.clock.nowMs })
      } finally {
        await file.close()
      }
    })
    const judged = await Array.fromAsync(judgeCosignatures({ ledger: copy, reader: createLedgerReader(copy, primitives), primitives }))
    assert.deepEqual(judged.filter(({ ok }) => !ok), [])
    const kept = judged.flatMap((one) => (one.ok && one.kept ? [`${one.kept.checkpoint.height} ${one.kept.authority.address}`] : []))
    const { handovers } = first().running!.chain
    assert.ok(handovers.some(({ leavers }) => leavers.length > 0))
    for (const { checkpoint, cosignatures, leavers } of handovers) for (const { address } of [...cosignatures, ...leavers]) assert.ok(kept.includes(`${checkpoint.height} ${address}`), `${address} at ${checkpoint.height}`)
  })

  test('is followed by a gateway, step by step and after a restart; forged links move it nowhere', async () => {
    const { ledger, chain } = first().running!
    const { primitives } = story
    const genesis = ledger.authorities(0)
    const pin = { checkpoint: { network: ledger.network, height: 0, size: 0, logRoot: new Uint8Array(32), stateRoot: new Uint8Array(32), setHash: setHash(genesis, primitives) }, set: genesis }
    const addresses = (set: AuthoritySet): string[] => set.map(({ address }) => address)
    const { handovers } = chain
    const honest = async (hash: string): Promise<Uint8Array> => encodeLinks(linksFrom({ ledger, chain, primitives }, hash))
    const usurper = testIdentity(31)
    const taken: AuthoritySet = [{ address: usurper.address, keyNumber: 0, key: usurper.signer.publicKey }]
    const lies: [string, (hash: string) => Promise<Uint8Array>][] = [
      ['a set that nobody of the pin signed', async () => encodeLinks([await makeLink({ ...handovers[0]!.checkpoint, setHash: setHash(taken, primitives) }, taken, genesis, [usurper, testIdentity(1)], primitives)])],
      ['the last step alone', async () => encodeLinks(linksTo(handovers.at(-1)!, handovers.slice(0, -1), { set: handovers.at(-2)!.set, height: handovers.at(-2)!.checkpoint.height }, primitives))],
      ['half of an answer', async (hash) => (await honest(hash)).subarray(0, -9)],
      ['nothing', async () => new Uint8Array(0)],
    ]
    await withDirectory(async (directory) => {
      let answer = lies[0]![1]
      const logged: string[] = []
      const log = { info: () => undefined, warn: ({ code }: { code: string }) => void logged.push(code) } as unknown as Parameters<typeof openFollowedSet>[0]['log']
      const opening = { directory, pin, links: (hash: string) => answer(hash), primitives, log }
      const trust = await openFollowedSet(opening)
      for (const [what, lie] of lies) {
        answer = lie
        await trust.follow()
        assert.deepEqual(addresses(trust.authorities()), addresses(genesis), what)
      }
      assert.deepEqual(logged, ['no-quorum', 'no-quorum', 'malformed-cbor', 'malformed-cbor'])
      answer = honest
      await trust.follow()
      const now = addresses(handovers.at(-1)!.set)
      assert.deepEqual([addresses(trust.authorities()), logged.length], [now, 4])
      await trust.follow()
      assert.deepEqual(addresses((await openFollowedSet(opening)).authorities()), now, 'what it followed lies in its directory')
      const kept = await readFile(join(directory, 'links'))
      await writeFile(join(directory, 'links'), encodeLinks(decodeLinks(new Uint8Array(kept)).slice(1)))
      await assert.rejects(openFollowedSet(opening), { code: 'no-quorum' }, 'and is checked again')
    })
    assert.throws(() => linksFrom({ ledger, chain, primitives }, 'ab'.repeat(32)), { code: 'unknown-set' })
  })

  test('rejects nothing that an honest node says', () => {
    assert.deepEqual(story.peers.flatMap(({ rejected }) => rejected), [])
  })

  test('makes certificates that are refused where a link is forged, left out or out of order', async () => {
    const { ledger, chain } = first().running!
    const { primitives } = story
    const honest = decodeCertificate(await certificateOf(first()))
    const { handovers } = chain
    // Link by link, as nobody has to who may skip some.
    const sets = [ledger.authorities(0), ...handovers.map(({ set }) => set)]
    const links = handovers.map((handover, i): Link => linksTo(handover, [], { set: sets[i]!, height: 0 }, primitives)[0]!)
    const head: Link = { ...honest.head, set: null, leavers: [] }
    const whole: Certificate = { ...honest, links, head }
    assert.deepEqual((await lampsOf(encodeCertificate(whole))).slice(0, 2), ['holds', 'holds'])
    assert.ok(honest.links.length > 0 && honest.links.length < links.length, 'those that can be skipped are')

    const refused = async (what: string, changed: Partial<Certificate>, code: string): Promise<void> => {
      assert.equal((await lampsOf(encodeCertificate({ ...whole, ...changed })))[0], `refuted: ${code}`, what)
    }
    await refused('out of order', { links: [links[1]!, links[0]!, ...links.slice(2)] }, 'links-out-of-order')
    await refused('all left out', { links: [] }, 'set-mismatch')
    await refused('all left out, the set of the head named', { links: [], head: { ...head, set: sets.at(-1)! } }, 'no-quorum')
    await refused('the last left out', { links: links.slice(0, -1) }, 'set-mismatch')
    await refused('those in the middle left out', { links: [links[0]!, ...links.slice(-1)] }, 'no-quorum')
    // An authority that is in the set alone certifies who comes next, as two of four would.
    const mallory = [31, 32, 33].map((n) => testIdentity(n))
    const usurpers = mallory.map(({ address, signer }) => ({ address, keyNumber: 0, key: signer.publicKey })).sort((a, b) => (a.address < b.address ? -1 : 1))
    const forged = await makeLink({ ...links[0]!.checkpoint, setHash: setHash(usurpers, primitives) }, usurpers, sets[0]!, [...mallory, testIdentity(1), testIdentity(2)], primitives)
    assert.throws(() => followLink(sets[0]!, forged, primitives), { code: 'no-quorum' })
    await refused('a change that too few of the set before certified', { links: [forged] }, 'no-quorum')
    const bent = structuredClone(links[0]!)
    bent.signatures[0]!.signature[5]! ^= 1
    await refused('a signature that does not hold', { links: [bent, ...links.slice(1)] }, 'invalid-cosignature')
  })
})
