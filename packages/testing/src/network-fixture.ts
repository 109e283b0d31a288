import { cosign, decode, deriveCover, epochRoot, equalBytes, isSameAuthority, isValidSignature, portable, setHash, signStatement, signTransaction, verdictToError } from '@telltale/core'
import type { AuthoritySet, Cbor, Checkpoint, Judged, Link, LinkSignature, Primitives, Verdict } from '@telltale/core'
import { DEFAULT_PARAMETERS, NETWORK_KEY, blockId, counterKey, createGenesis, createLedgerReader, decodeBlock, encodeBlock, encodeHeader, networkRowFromCbor, openLedger, splitStreamName, streamKey, streamRowFromCbor } from '@telltale/ledger'
import type { CheckedTransaction, Execution, Ledger, LedgerReader, Parameters, ReadTransaction, Store, StreamRow } from '@telltale/ledger'
import { createPlainStore } from './plain-store.ts'
import { testBytes, testIdentity } from './test-identity.ts'
import type { TestIdentity } from './test-identity.ts'

export interface TestNetworkInit {
  /** How many, or who: numbers 1 to n. */
  authorities: number | TestIdentity[]
  parameters?: Partial<Parameters>
  /** A plain store in memory if left out. */
  store?: Store
  primitives?: Primitives
  timeMs?: number
}

/** What somebody says, before it is signed; `sequence` is the next one if left out. */
export interface TestMessage {
  key: TestIdentity
  call: number
  sub: string
  args: Cbor[]
  sequence?: number
}

export interface TestBlock {
  /** A second after its parent if left out. */
  timeMs?: number
  /** Newest final height as the votes tell it; the parent's if left out. */
  finalHeight?: number
  /** Whether the block can be taken back again; not if left out. */
  isRevertible?: boolean
  attachments?: Uint8Array[]
  /** Told of what is dropped, as by a proposer; if left out, a refusal throws and there is no block. */
  onDrop?: (verdict: Verdict) => void
}

export interface SentTransaction {
  id: Uint8Array
  bytes: Uint8Array
  height: number
}

/** A link of trust, and what makeCertificate wants to know. `TestMaterials` has the shape of `CertificateMaterials`. */
export interface TestMaterials {
  network: Uint8Array
  anchor: { kind: 'genesis'; genesis: Uint8Array }
  reader: LedgerReader
  atHead<T>(read: (head: Link, links: Link[]) => T): Promise<T>
  attachment(sha256: Uint8Array): Promise<Uint8Array | null>
  keys(stream: string, epoch: number, from: number, to: number): Promise<Uint8Array[] | null>
  primitives: Primitives
}

/** What people and devices need of a network to say something in it, whoever makes its blocks. */
export interface ActionNetwork {
  readonly ledger: { readonly network: Uint8Array; readonly position: { readonly height: number } }
  readonly primitives: Primitives
  /** Those of the genesis, by ascending address. */
  readonly authorities: TestIdentity[]
  sign(message: TestMessage): Promise<Uint8Array>
  /** One transaction in one block. */
  send(key: TestIdentity, call: number, sub: string, args: Cbor[], attachments?: Uint8Array[]): Promise<SentTransaction>
  /** A block of these transactions. */
  block(transactions: Uint8Array[], options?: Pick<TestBlock, 'attachments'>): Promise<{ height: number; transactions: { id: Uint8Array }[] }>
  stream(device: string, name: string): StreamRow | null
  /** The next sequence of what somebody sends about something. */
  counter(iss: string, sub: string): number
}

/**
 * A network in one process, with any number of authorities: blocks are made and sealed here, without an engine. The same calls give the same
 * bytes in every run. Whatever is refused throws with the code of its verdict.
 */
export interface TestNetwork extends ActionNetwork {
  readonly ledger: Ledger
  readonly reader: LedgerReader
  readonly genesis: Uint8Array
  /** Everybody whose key is at hand for cosigning; add who joins or rotates. */
  readonly known: TestIdentity[]
  /** A block of these transactions. */
  block(transactions: Uint8Array[], options?: TestBlock): Promise<Execution>
  /** What the header at a height states, as a checkpoint. */
  checkpointAt(height: number): Promise<Checkpoint>
  /** A link from a trusted set to the checkpoint at a height: all whose keys are known sign, or only `signers`. */
  linkTo(height: number, trusted: AuthoritySet, signers?: TestIdentity[]): Promise<Link>
  /** A link to the head, for whoever followed all links before it. */
  cosignHead(signers?: TestIdentity[]): Promise<Link>
  /** One link for each change of the set below `height`, to the first checkpoint of the new set, leavers included. */
  links(height?: number): Promise<Link[]>
  materials(): Promise<TestMaterials>
}

const TIME_MS = 1_750_000_000_000
const BLOCK_MS = 1000

export async function createTestNetwork(init: TestNetworkInit): Promise<TestNetwork> {
  const { store = createPlainStore(), primitives = portable, timeMs = TIME_MS } = init
  const authorities = typeof init.authorities === 'number' ? Array.from({ length: init.authorities }, (_, i) => testIdentity(i + 1)) : [...init.authorities]
  authorities.sort((a, b) => (a.address < b.address ? -1 : 1))
  const { bytes: genesis } = await createGenesis(timeMs, { ...DEFAULT_PARAMETERS, ...init.parameters }, authorities.map(({ signer }) => signer), primitives)
  const ledger = await openLedger({ store, primitives, genesis })
  const reader = createLedgerReader(ledger, primitives)
  const known = [...authorities]

  const stream: TestNetwork['stream'] = (device, name) => {
    const { value } = reader.state(streamKey(device, name))
    return value && streamRowFromCbor(decode(value))
  }
  const sign: TestNetwork['sign'] = ({ key, call, sub, args, sequence }) => {
    const next = sequence ?? nextSequence(reader, stream, key.address, sub, call)
    return signTransaction({ network: ledger.network.subarray(0, 16), iss: key.address, sub, call, sequence: next, args }, key.signer)
  }
  const block: TestNetwork['block'] = (transactions, options = {}) => makeBlock({ ledger, primitives, known }, transactions, options)
  const checkpointAt: TestNetwork['checkpointAt'] = async (height) => {
    const { size, logRoot, stateRoot, setHash } = decodeBlock((await store.readBlock(height)).bytes).header
    return { network: ledger.network, height, size, logRoot, stateRoot, setHash }
  }
  const linkTo: TestNetwork['linkTo'] = async (height, trusted, signers = known) => makeLink(await checkpointAt(height), ledger.authorities(height), trusted, signers, primitives)
  const links: TestNetwork['links'] = async (below = ledger.position.height + 1) => {
    const { sets } = networkRowFromCbor(decode(reader.state(NETWORK_KEY).value as Uint8Array))
    const changes = sets.slice(1).filter(({ from }) => from < below)
    return Promise.all(changes.map(({ from }) => linkTo(from, ledger.authorities(from - 1))))
  }
  const cosignHead: TestNetwork['cosignHead'] = async (signers = known) => {
    const { height } = ledger.position
    return linkTo(height, ledger.authorities(Math.max(height - 1, 0)), signers)
  }

  return {
    ledger,
    reader,
    primitives,
    genesis,
    authorities,
    known,
    sign,
    async send(key, call, sub, args, attachments = []) {
      const bytes = await sign({ key, call, sub, args })
      const { transactions, height } = await block([bytes], { attachments })
      return { id: (transactions[0] as ReadTransaction).id, bytes, height }
    },
    block,
    stream,
    counter: (iss, sub) => nextSequence(reader, stream, iss, sub),
    checkpointAt,
    linkTo,
    cosignHead,
    links,
    async materials() {
      const head = await cosignHead()
      const path = await links(head.checkpoint.height)
      return {
        network: ledger.network,
        anchor: { kind: 'genesis', genesis },
        reader,
        atHead: async (read) => read(head, path),
        attachment: (sha256) => store.readAttachment(sha256),
        keys: async (name, epoch, from, to) => recordKeys(ledger.network, name, epoch, from, to, primitives),
        primitives,
      }
    },
  }
}

/** The next sequence of what somebody sends about a subject; that of the stream for records. */
export function nextSequence(reader: LedgerReader, stream: TestNetwork['stream'], iss: string, sub: string, call?: number): number {
  if (call === 16 || call === 17) return stream(iss, sub)?.count ?? 0
  const { value } = reader.state(counterKey(iss, sub))
  return value === null ? 0 : (decode(value) as number)
}

/** Reads, checks signatures, executes, seals and commits, as an engine does; refuses what fails instead of dropping it. */
async function makeBlock({ ledger, primitives, known }: Pick<TestNetwork, 'ledger' | 'primitives' | 'known'>, transactions: Uint8Array[], options: TestBlock): Promise<Execution> {
  const { position } = ledger
  const height = position.height + 1
  const { timeMs = position.timeMs + BLOCK_MS, finalHeight = position.height, isRevertible = false, attachments = [] } = options
  const refuse = (verdict: Verdict): void => {
    if (!options.onDrop) throw verdictToError(verdict)
    options.onDrop(verdict)
  }
  const checked: CheckedTransaction[] = []
  for (const bytes of transactions) {
    const judged = await checkTransaction(ledger, bytes, primitives)
    if (judged.ok) checked.push(judged.value)
    else refuse(judged.verdict)
  }
  const execution = ledger.execute(position, { height, timeMs, finalHeight, transactions: checked }, (_, verdict) => refuse(verdict))
  // The authority whose turn it is: (position in the set - height) mod n = 0.
  const set = ledger.authorities(height)
  const sealer = set[height % set.length]!
  const headerBytes = encodeHeader(ledger.header(position, execution, sealer.address, 0, set.length))
  const seal = await signStatement('seal', ledger.network, [headerBytes], signerOf(sealer, known)!.signer)
  const bytes = encodeBlock(headerBytes, seal, execution.transactions.map(({ transaction }) => transaction.bytes))
  const carried = attachments.map((attachment) => ({ sha256: primitives.sha256(attachment), bytes: attachment }))
  await ledger.commit(execution, { height, id: blockId(headerBytes, primitives), bytes }, carried, !isRevertible)
  return execution
}

async function checkTransaction(ledger: Ledger, bytes: Uint8Array, primitives: Primitives): Promise<Judged<CheckedTransaction>> {
  const judged = ledger.read(bytes)
  if (!judged.ok) return judged
  const required = ledger.signatures(judged.value)
  if (!Array.isArray(required)) return { ok: false, verdict: required }
  for (const check of required) {
    if (!(await isValidSignature(check, primitives))) return { ok: false, verdict: { code: 'invalid-signature', message: 'A signature does not hold.' } }
  }
  return { ok: true, value: { read: judged.value, keys: required.map(({ key }) => key) } }
}

function signerOf(authority: AuthoritySet[number], known: TestIdentity[]): TestIdentity | undefined {
  return known.find(({ address, signer }) => isSameAuthority(authority, { address, keyNumber: signer.keyNumber, key: signer.publicKey }))
}

/** A link to a checkpoint of `set` for those who trust `trusted`, signed by everybody among `signers` whom it can count. */
export async function makeLink(checkpoint: Checkpoint, set: AuthoritySet, trusted: AuthoritySet, signers: TestIdentity[], primitives: Primitives = portable): Promise<Link> {
  const signAs = async (authorities: AuthoritySet, counts: (authority: AuthoritySet[number]) => boolean): Promise<LinkSignature[]> => {
    const signatures: LinkSignature[] = []
    for (const [position, authority] of authorities.entries()) {
      const identity = signerOf(authority, signers)
      if (!identity || !counts(authority)) continue
      const { issuedAtSeconds, signature } = await cosign(checkpoint, authority.address, TIME_MS / 1000 + checkpoint.height, identity.signer)
      signatures.push({ position, issuedAtSeconds, signature })
    }
    return signatures
  }
  const isUnchanged = equalBytes(setHash(set, primitives), setHash(trusted, primitives))
  return {
    checkpoint,
    set: isUnchanged ? null : set,
    signatures: await signAs(set, () => true),
    leavers: isUnchanged ? [] : await signAs(trusted, (authority) => !set.some((other) => isSameAuthority(other, authority))),
  }
}

/** The secret of a stream's epoch, 32 bytes. */
export function testEpochSecret(device: string, stream: string, epoch: number): Uint8Array {
  return testBytes(`epoch ${device}/${stream} ${epoch}`)
}

function recordKeys(network: Uint8Array, stream: string, epoch: number, from: number, to: number, primitives: Primitives): Uint8Array[] {
  const { device, name } = splitStreamName(stream) as { device: string; name: string }
  return deriveCover(epochRoot({ network, device, stream: name, epoch }, testEpochSecret(device, name, epoch), primitives), from, to, primitives)
}
