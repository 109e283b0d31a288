import { setHash, setToCbor, sortSet } from '@telltale/core'
import type { AuthoritySet, Checkpoint } from '@telltale/core'
import { DEFAULT_PARAMETERS, NETWORK_KEY, createGenesis } from '@telltale/ledger'
import { flipBit, testBytes, testIdentity } from '@telltale/testing'
import type { TestIdentity } from '@telltale/testing'
import type { Anchor } from '../../src/certificate.ts'
import { changeRow, file, found, outsider, recertify } from './forging.ts'
import type { Forgery, Forging } from './forging.ts'
import type { World } from './world.ts'

export const STRANGERS = [60, 61, 62, 63].map((n) => testIdentity(n)).sort((a, b) => (a.address < b.address ? -1 : 1))

export function setOf(identities: TestIdentity[]): AuthoritySet {
  return sortSet(identities.map(({ address, signer }) => ({ address, keyNumber: signer.keyNumber, key: signer.publicKey })))
}

function networks(): Forgery[] {
  return [
    file(['network', 'other-network'], 'another network of the same name', ({ world }) => world.other.bytes),
    file(['network', null], 'another network of the same name, when nobody said which to trust', ({ world }) => world.other.bytes, { state: 'unknown', question: () => ({ trust: {} }) }),
    outsider(['network', 'other-network'], 'the question names another network', () => undefined, { question: () => ({ trust: { network: testBytes('network') } }) }),
    outsider(['network', 'other-network'], 'the network renamed', ({ certificate }) => void (certificate.network = testBytes('network')), { question: () => ({ trust: { network: testBytes('network') } }) }),
    outsider(['network', 'other-network'], 'the genesis of another network of the same name', (f) => void (f.certificate.anchor = { kind: 'genesis', genesis: f.world.other.story.network.genesis })),
    outsider(['network', 'other-network'], 'a genesis of the same name and time with other authorities', async (f) => {
      const { bytes } = await createGenesis(1_750_000_000_000, { ...DEFAULT_PARAMETERS, name: 'forgers' }, STRANGERS.map(({ signer }) => signer), f.world.primitives)
      f.certificate.anchor = { kind: 'genesis', genesis: bytes }
    }),
    outsider(['network', null], 'an authority that lost part of its records', () => undefined, { base: 'lone', state: 'attention' }),
    outsider(['network', 'malformed-genesis'], 'a genesis whose authorities did not sign', (f) => void (f.certificate.anchor = { kind: 'genesis', genesis: flipBit(f.network.genesis) })),
    outsider(['network', 'malformed-cbor'], 'a genesis with something behind it', (f) => void (f.certificate.anchor = { kind: 'genesis', genesis: new Uint8Array([...f.network.genesis, 0]) })),
  ]
}

type CheckpointAnchor = Extract<Anchor, { kind: 'checkpoint' }>

function anchorOf({ certificate: { anchor } }: Forging): CheckpointAnchor {
  return found(anchor.kind === 'checkpoint' ? anchor : undefined)
}

function anchors(): Forgery[] {
  const anchored = { base: 'anchored' as const }
  const unpinned = { ...anchored, state: 'unknown' as const, question: ({ story }: World) => ({ trust: { network: story.network.ledger.network } }) }
  const move = (code: string, name: string, change: (checkpoint: Checkpoint, f: Forging) => Partial<Checkpoint>): Forgery =>
    outsider(['network', code], name, (f) => Object.assign(anchorOf(f).checkpoint, change(anchorOf(f).checkpoint, f)), anchored)
  return [
    move('other-history', 'an anchor with another log', ({ logRoot }) => ({ logRoot: flipBit(logRoot) })),
    move('other-history', 'an anchor with another state', ({ stateRoot }) => ({ stateRoot: flipBit(stateRoot) })),
    move('other-history', 'an anchor a block later', ({ height }) => ({ height: height + 1 })),
    move('other-history', 'an anchor with a longer log', ({ size }) => ({ size: size + 1 })),
    move('links-out-of-order', 'an anchor above the head', (_, { certificate }) => ({ height: certificate.head.checkpoint.height + 1 })),
    move('links-out-of-order', 'an anchor with the log of the head', (_, { certificate }) => ({ size: certificate.head.checkpoint.size })),
    move('other-network', 'an anchor of another network', () => ({ network: testBytes('network') })),
    outsider(['network', 'set-mismatch'], 'an anchor with authorities that its checkpoint does not name', (f) => void (anchorOf(f).set = setOf(STRANGERS)), anchored),
    outsider(['network', 'set-mismatch'], 'an anchor from whose authorities one is left out', (f) => {
      f.certificate.head.set = anchorOf(f).set
      anchorOf(f).set = anchorOf(f).set.slice(1)
    }, anchored),
    outsider(['network', null], 'a file that begins at a checkpoint nobody pinned', () => undefined, unpinned),
    outsider(['network', null], 'strangers certify their own history from a checkpoint of their own', async (f) => {
      const set = setOf(STRANGERS)
      const anchor = anchorOf(f)
      f.certificate.anchor = { kind: 'checkpoint', set, checkpoint: { ...anchor.checkpoint, setHash: setHash(set, f.world.primitives) } }
      claimSet(f, set)
      await recertify(f, { set, signers: STRANGERS })
    }, unpinned),
  ]
}

/** The entry of the network names this set as the one in force since ever. */
export function claimSet({ certificate }: Forging, set: AuthoritySet): void {
  changeRow(certificate, NETWORK_KEY, (row) => void (row[1] = [[setToCbor(set), 0, null]]))
}

function pins(): Forgery[] {
  const pinned = (lamp: Forgery['lamp'], code: string | null, name: string, change: (checkpoint: Checkpoint, world: World) => Partial<Checkpoint>, at: (world: World) => number = headHeight, more: Partial<Forgery> = {}): Forgery =>
    outsider([lamp, code], name, () => undefined, {
      ...more,
      question: async (world) => {
        const { checkpoint, set } = await world.pinAt(at(world))
        return { trust: { checkpoint: { checkpoint: { ...checkpoint, ...change(checkpoint, world) }, set } } }
      },
    })
  const unknown = { state: 'unknown' as const }
  const before = (world: World): number => world.story.heights.before
  const atLink = (world: World): number => found(world.story.heights.links[1])
  const history = (name: string, change: (checkpoint: Checkpoint) => Partial<Checkpoint>, at?: (world: World) => number): Forgery => pinned('network', 'other-history', name, change, at)
  return [
    history('the pinned head has another log', ({ logRoot }) => ({ logRoot: flipBit(logRoot) })),
    history('the pinned head has another state', ({ stateRoot }) => ({ stateRoot: flipBit(stateRoot) })),
    history('the pinned head lies a block higher', ({ height }) => ({ height: height + 1 })),
    history('the pinned head has a longer log', ({ size }) => ({ size: size + 1 })),
    history('a pin of the future with a shorter log', ({ height, size }) => ({ height: height + 10, size: size - 1 })),
    history('a pin of the past with a longer log', () => ({ size: 1_000_000 }), before),
    history('the pinned checkpoint of a link has another log', ({ logRoot }) => ({ logRoot: flipBit(logRoot) }), atLink),
    history('a pin between the links with the log of a later one', ({ size }) => ({ size: size + 30 }), before),
    pinned('network', null, 'a pin of the future', ({ height, size }) => ({ height: height + 10, size: size + 10 }), headHeight, unknown),
    pinned('network', 'other-network', 'a pin of another network', () => ({ network: testBytes('network') })),
    pinned(null, 'malformed-checkpoint', 'a pin beside which other authorities stand', ({ setHash: hash }) => ({ setHash: flipBit(hash) }), before),
    outsider(['network', null], 'a pin of strangers in the past', () => undefined, {
      ...unknown,
      question: async (world) => {
        const { checkpoint } = await world.pinAt(world.story.heights.before)
        const set = setOf(STRANGERS)
        return { trust: { checkpoint: { checkpoint: { ...checkpoint, setHash: setHash(set, world.primitives) }, set } } }
      },
    }),
  ]
}

function headHeight({ story }: World): number {
  return story.network.ledger.position.height
}

/** The first authorities, of whom one left and one replaced the key, write a history in which nothing changed: only a newer pin shows it. */
function longGone(): Forgery[] {
  const forge: Forgery['forge'] = async (f) => {
    const set = f.network.ledger.authorities(0)
    f.certificate.links = []
    claimSet(f, set)
    await recertify(f, { set })
  }
  const atLink = (link: number): Partial<Forgery> => ({
    by: 'quorum',
    forge,
    state: 'unknown',
    question: async (world) => ({ trust: { checkpoint: await world.pinAt(found(world.story.heights.links[link]) + 1) } }),
  })
  return [
    outsider(['network', null], 'authorities long gone certify another history, their replaced key pinned', () => undefined, atLink(1)),
    outsider(['network', null], 'authorities long gone certify another history, all of their changes pinned', () => undefined, atLink(2)),
  ]
}

/** Another network, another beginning, another history than the one that is pinned. */
export const TRUST: Forgery[] = [...networks(), ...anchors(), ...pins(), ...longGone()]
