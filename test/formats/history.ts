import { cosign, decode, equalBytes, fail, isSameAuthority, isValidSignature, portable, setHash, signStatement, signTransaction } from '@telltale/core'
import type { AuthoritySet, Cbor, Checkpoint, Link, LinkSignature, Verdict } from '@telltale/core'
import { DEFAULT_PARAMETERS, blockId, counterKey, createGenesis, createLedgerReader, decodeBlock, encodeBlock, encodeHeader, openLedger } from '@telltale/ledger'
import type { Ledger, LedgerReader, Parameters, StoredBlock } from '@telltale/ledger'
import { createMemoryStore } from '@telltale/storage'
import type { Actor } from './actors.ts'

/** 2026-01-01T00:00:00Z; a block every second. */
export const GENESIS_MS = 1_767_225_600_000
const BLOCK_MS = 1000

export interface Message {
  from: Actor
  call: number
  sub: string
  args: Cbor[]
  /** The next one of (from, sub) if left out. */
  sequence?: number
}

/**
 * A ledger without an engine, driven block by block with fixed keys and times, so that every run gives the same bytes. It stands apart from the engines and from
 * what other tests use: what is frozen here must not move with them.
 */
export interface History {
  readonly ledger: Ledger
  readonly reader: LedgerReader
  readonly genesis: Uint8Array
  sign(message: Message): Promise<Uint8Array>
  nextSequence(iss: string, sub: string): number
  /** One block with these transactions; the ids of them, in order. */
  block(transactions: Uint8Array[], attachments?: Uint8Array[]): Promise<Uint8Array[]>
  /** One transaction in a block of its own; its id. */
  send(message: Message, attachments?: Uint8Array[]): Promise<Uint8Array>
  stored(height: number): Promise<StoredBlock>
  checkpointAt(height: number): Promise<Checkpoint>
  /** From the set that is trusted to the checkpoint at a height, signed by all who may. */
  linkTo(height: number, trusted: AuthoritySet): Promise<Link>
}

export async function createHistory(authorities: Actor[], name: string, parameters: Partial<Parameters> = {}): Promise<History> {
  const store = createMemoryStore()
  const { bytes: genesis } = await createGenesis(GENESIS_MS, { ...DEFAULT_PARAMETERS, name, ...parameters }, authorities.map(({ signer }) => signer), portable)
  const ledger = await openLedger({ store, primitives: portable, genesis })
  const reader = createLedgerReader(ledger, portable)
  const sign: History['sign'] = ({ from, call, sub, args, sequence }) =>
    signTransaction({ network: ledger.network.subarray(0, 16), iss: from.address, sub, call, sequence: sequence ?? nextSequence(reader, from.address, sub), args }, from.signer)
  const block: History['block'] = (transactions, attachments = []) => makeBlock(ledger, authorities, transactions, attachments)
  const checkpointAt: History['checkpointAt'] = async (height) => {
    const { size, logRoot, stateRoot, setHash: hash } = decodeBlock((await store.readBlock(height)).bytes).header
    return { network: ledger.network, height, size, logRoot, stateRoot, setHash: hash }
  }
  return {
    ledger,
    reader,
    genesis,
    sign,
    nextSequence: (iss, sub) => nextSequence(reader, iss, sub),
    block,
    checkpointAt,
    send: async (message, attachments) => (await block([await sign(message)], attachments))[0] as Uint8Array,
    stored: (height) => store.readBlock(height),
    linkTo: async (height, trusted) => makeLink(await checkpointAt(height), ledger.authorities(height), trusted, authorities),
  }
}

function nextSequence(reader: LedgerReader, iss: string, sub: string): number {
  const { value } = reader.state(counterKey(iss, sub))
  return value === null ? 0 : (decode(value) as number)
}

async function makeBlock(ledger: Ledger, authorities: Actor[], transactions: Uint8Array[], attachments: Uint8Array[]): Promise<Uint8Array[]> {
  const { position } = ledger
  const height = position.height + 1
  const checked = []
  for (const bytes of transactions) {
    const judged = ledger.read(bytes)
    if (!judged.ok) throw refusal(judged.verdict)
    const required = ledger.signatures(judged.value)
    if (!Array.isArray(required)) throw refusal(required)
    for (const check of required) if (!(await isValidSignature(check, portable))) throw fail('invalid-signature', 'A signature of the example does not hold.')
    checked.push({ read: judged.value, keys: required.map(({ key }) => key) })
  }
  const plan = { height, timeMs: position.timeMs + BLOCK_MS, finalHeight: position.height, transactions: checked }
  const execution = ledger.execute(position, plan, (_, verdict) => {
    throw refusal(verdict)
  })
  const sealer = authorities.find(({ address }) => address === ledger.authorities(height)[0]?.address) as Actor
  const headerBytes = encodeHeader(ledger.header(position, execution, sealer.address, 0, 1))
  const seal = await signStatement('seal', ledger.network, [headerBytes], sealer.signer)
  const carried = attachments.map((bytes) => ({ sha256: portable.sha256(bytes), bytes }))
  await ledger.commit(execution, { height, id: blockId(headerBytes, portable), bytes: encodeBlock(headerBytes, seal, transactions) }, carried, true)
  return execution.transactions.map(({ id }) => id)
}

function refusal({ code, message, expected = '', found = '' }: Verdict): Error {
  return fail(code, message, { expected, found })
}

/** Every authority whose key is at hand signs, each a second after the one before it. */
async function makeLink(checkpoint: Checkpoint, set: AuthoritySet, trusted: AuthoritySet, authorities: Actor[]): Promise<Link> {
  const isUnchanged = equalBytes(setHash(set, portable), setHash(trusted, portable))
  const signAs = async (members: AuthoritySet, counts: (member: AuthoritySet[number]) => boolean): Promise<LinkSignature[]> => {
    const signatures: LinkSignature[] = []
    for (const [position, member] of members.entries()) {
      const authority = authorities.find(({ address }) => address === member.address)
      if (!authority || !counts(member)) continue
      const { issuedAtSeconds, signature } = await cosign(checkpoint, member.address, GENESIS_MS / 1000 + checkpoint.height + position, authority.signer)
      signatures.push({ position, issuedAtSeconds, signature })
    }
    return signatures
  }
  return {
    checkpoint,
    set: isUnchanged ? null : set,
    signatures: await signAs(set, () => true),
    leavers: isUnchanged ? [] : await signAs(trusted, (member) => !set.some((other) => isSameAuthority(other, member))),
  }
}
