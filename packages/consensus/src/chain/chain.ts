import { TelltaleError, asUint, assert, createReceiptEncoder, decode, fail, signStatement, signTransaction, verdictToError } from '@telltale/core'
import type { Cosignature, Primitives, SignatureCheck, Signer, Submission, Verdict } from '@telltale/core'
import { blockId, counterKey, createLedgerReader, encodeBlock, encodeHeader } from '@telltale/ledger'
import type { Execution, Ledger, LedgerReader, ReadTransaction } from '@telltale/ledger'
import { checkpointOf, createCertifier } from './certifier.ts'
import type { CertifiedHead, Certifier } from './certifier.ts'
import { requireLoneAuthority, requireSetKept } from './lone-authority.ts'
import { bytesOf, createPool, matchAttachments, withStored } from './pool.ts'
import type { Certified, Pool, Waiting } from './pool.ts'
import { viewPool } from './pool-view.ts'
import type { PoolView } from './pool-view.ts'
import { createRefusals } from './refusal.ts'
import type { Refusals } from './refusal.ts'
import { loadSetPath } from './set-path.ts'
import type { SignedLoss } from './signed-loss.ts'
import type { SignatureVerifier } from './signature-verifier.ts'

/**
 * The longest chain with one authority: a block as soon as the committer is idle, never an empty one; final and certified at once.
 */
export interface Chain {
  readonly head: CertifiedHead | null
  /** How trust leads from the genesis to the authorities in force: one certified checkpoint for each change of theirs, the lowest first (`linksTo`). */
  readonly handovers: readonly CertifiedHead[]
  /** Height of the newest block, and of the newest that will not be taken back. */
  readonly heights: { newest: number; final: number }
  /** Why no block is made any more, until the store is opened again; null while all is well. */
  readonly failure: Error | null
  /** What waits for a block, or in one that is not final. */
  pool(): PoolView
  /** Calls `listener` after each block that was certified; the answer ends that. A listener returns at once and never throws. */
  onCertified(listener: () => void): () => void
  /**
   * Resolves when the transaction is certified; rejects with the verdict's code where it is refused, and with an authority's signed refusal
   * (`RefusedError`) where a device signed it and sending it again cannot help. What would change the authorities is refused here: `one-authority-only`.
   */
  submit(submission: Submission): Promise<Certified>
  /** The same of a transaction that `Ledger.read` has read already. */
  submitRead(read: ReadTransaction, attachments: Uint8Array[]): Promise<Certified>
  /** RFC 9942 receipt of a transaction under the newest checkpoint. */
  receipt(index: number): Promise<Uint8Array>
  /** Runs `read` at a moment when the ledger stands exactly at the certified head; `read` must not wait for anything. Rejects once a block could not be certified. */
  atCertified<T>(read: (head: CertifiedHead | null) => T): Promise<T>
  /** Finishes the block at hand; what waits is refused with `stopping`. */
  stop(): Promise<void>
}

export interface ChainComponents {
  ledger: Ledger
  signer: Signer
  /** Address of the authority whose key the signer holds. */
  address: string
  verifier: SignatureVerifier
  primitives: Primitives
  clock: { nowMs(): number }
  /** Where the store does not hold all that was signed: goes on, and says so in its first transaction, for everybody to see. */
  acceptLoss?: boolean
}

/** Starts to seal (`not-an-authority`, `needs-peers`, `signed-state-lost`). */
export async function createChain(components: ChainComponents): Promise<Chain> {
  const { ledger, signer, address, primitives } = components
  requireLoneAuthority(ledger, address, signer)
  const certifier = await createCertifier(components)
  // While one authority seals alone, the set stays as it is.
  const { handovers } = await loadSetPath(ledger, components.verifier, primitives)
  const reader = createLedgerReader(ledger, primitives)
  const pool = createPool()
  const refusals = await createRefusals(components)
  const committer = createCommitter(components, pool, certifier, refusals)

  const settle = async (entry: Waiting, required: SignatureCheck[]): Promise<void> => {
    try {
      entry.isValid = await components.verifier.verify(required)
      if (!entry.isValid) await reject(entry, refusals.answer(entry.checked.read, invalidSignature(entry.checked.read), false))
    } catch (error) {
      entry.isValid = false
      entry.reject(error)
    }
    committer.wake()
  }

  let receipts: { head: CertifiedHead; encode: ReturnType<typeof createReceiptEncoder> } | null = null
  const chain: Chain = {
    get head() {
      return certifier.head
    },
    handovers,
    get heights() {
      const { height } = ledger.position
      return { newest: height, final: height }
    },
    get failure() {
      return committer.failure
    },
    pool: () => viewPool(pool.all().map(({ checked, attachments, arrivedMs }) => ({ sender: checked.read.transaction.iss, bytes: bytesOf(checked.read, attachments), arrivedMs }))),
    onCertified: committer.onCertified,
    async submit({ bytes, attachments }) {
      const judged = ledger.read(bytes)
      if (!judged.ok) throw verdictToError(judged.verdict)
      return chain.submitRead(judged.value, attachments)
    },
    async submitRead(read, attachments) {
      committer.requireRunning()
      requireSetKept(ledger, read)
      const carried = matchAttachments(ledger, read, attachments, primitives)
      const required = ledger.signatures(read)
      if (!Array.isArray(required)) throw await refusals.answer(read, required, false)
      return new Promise<Certified>((resolve, reject) => {
        const entry: Waiting = { checked: { read, keys: required.map((check) => check.key) }, attachments: carried, arrivedMs: components.clock.nowMs(), isValid: null, resolve, reject }
        pool.add(entry)
        void settle(entry, required)
      })
    },
    async receipt(index) {
      assert(certifier.head !== null, 'a receipt needs a checkpoint')
      const { checkpoint, cosignatures } = certifier.head
      if (receipts?.head !== certifier.head) receipts = { head: certifier.head, encode: createReceiptEncoder(checkpoint, signer.publicKey.algorithm, cosignatures[0] as Cosignature) }
      const { encode } = receipts
      return encode(index, await reader.inclusion(index, checkpoint.size))
    },
    atCertified: committer.between,
    stop: committer.stop,
  }
  if (certifier.loss) await chain.submit({ bytes: await signResumed(components, reader, certifier.loss), attachments: [] })
  return chain
}

const CALL_RESUMED = 35

/** The transaction that tells everybody of a loss: [size signed / null, size held]. */
async function signResumed({ ledger, signer, address }: ChainComponents, reader: LedgerReader, { sizeSigned, sizeHeld }: SignedLoss): Promise<Uint8Array> {
  const { value } = reader.state(counterKey(address, address))
  const sequence = value ? asUint(decode(value), 'sequence') : 0
  return signTransaction({ network: ledger.network.subarray(0, 16), iss: address, sub: address, call: CALL_RESUMED, sequence, args: [sizeSigned, sizeHeld] }, signer)
}

interface Committer {
  readonly failure: Error | null
  onCertified(listener: () => void): () => void
  wake(): void
  requireRunning(): void
  between<T>(read: (head: CertifiedHead | null) => T): Promise<T>
  stop(): Promise<void>
}

/** The loop that makes blocks while something waits. Owned by one chain; only it commits. */
function createCommitter(components: ChainComponents, pool: Pool, certifier: Certifier, refusals: Refusals): Committer {
  let running: Promise<void> | null = null
  let isStopped = false
  let failure: Error | null = null
  // Each is told why the ledger no longer stands at the certified head, or null where it does.
  const readers: ((failed: Error | null) => void)[] = []
  const listeners = new Set<() => void>()

  const run = async (): Promise<void> => {
    try {
      while (pool.isReady && !isStopped) {
        const { head } = certifier
        await makeBlock(components, pool, certifier, refusals)
        if (certifier.head !== head) for (const listener of listeners) listener()
        for (const read of readers.splice(0)) read(null)
      }
    } catch (error) {
      // Whether the block is there only shows when the store is opened again: nobody is told anything until then.
      failure = error instanceof Error ? error : fail('commit-failed', 'The block could not be committed.', { cause: error })
      pool.rejectAll(error)
    } finally {
      running = null
      for (const read of readers.splice(0)) read(failure)
    }
  }

  return {
    get failure() {
      return failure
    },
    onCertified(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    wake: () => void (running ??= Promise.resolve().then(run)),
    requireRunning() {
      if (failure) throw failure
      if (isStopped) throw stopping()
    },
    async between(read) {
      if (failure) throw failure
      if (!running) return read(certifier.head)
      return new Promise((resolve, reject) => {
        readers.push((failed) => {
          try {
            if (failed) throw failed
            resolve(read(certifier.head))
          } catch (error) {
            reject(error)
          }
        })
      })
    },
    async stop() {
      isStopped = true
      await running
      pool.rejectAll(stopping())
    },
  }
}

async function makeBlock(components: ChainComponents, pool: Pool, certifier: Certifier, refusals: Refusals): Promise<void> {
  const { ledger } = components
  const height = ledger.position.height + 1
  const { blockTransactionsMax, blockBytesMax } = ledger.parameters(height)
  const batch = pool.take(blockTransactionsMax, blockBytesMax)
  try {
    await sealBatch(components, certifier, refusals, height, batch)
  } catch (error) {
    // They left the pool: nobody else would ever answer them. Who was answered already hears nothing of this.
    for (const entry of batch) entry.reject(error)
    throw error
  }
}

async function sealBatch(components: ChainComponents, certifier: Certifier, refusals: Refusals, height: number, waiting: Waiting[]): Promise<void> {
  const { ledger, clock } = components
  const batch = await completeAttachments(ledger, waiting)
  const { position } = ledger
  const refused = new Map<unknown, Verdict>()
  const plan = { height, timeMs: Math.max(clock.nowMs(), position.timeMs + 1), finalHeight: position.height, transactions: batch.map((entry) => entry.checked) }
  const execution = ledger.execute(position, plan, (checked, verdict) => refused.set(checked, verdict))
  const included = batch.filter((entry) => !refused.has(entry.checked))
  if (included.length > 0) await commitBlock(components, certifier, execution, included)
  resolveAll(included, execution, height)
  // Only now: a refusal may rest on what stands in this very block, and nobody is told of a block that is not durable.
  for (const entry of batch) {
    const verdict = refused.get(entry.checked)
    if (verdict) await reject(entry, refusals.answer(entry.checked.read, verdict, true))
  }
}

/** Each with everything that it refers to; one whose stored bytes were dropped while it waited is refused: it has to bring them. */
async function completeAttachments(ledger: Ledger, waiting: Waiting[]): Promise<Waiting[]> {
  const complete: Waiting[] = []
  for (const entry of waiting) {
    try {
      entry.attachments = await withStored(ledger, entry.checked.read, entry.attachments)
      complete.push(entry)
    } catch (error) {
      if (!(error instanceof TelltaleError) || error.code !== 'missing-attachment') throw error
      entry.reject(error)
    }
  }
  return complete
}

async function reject(entry: Waiting, answer: Promise<TelltaleError>): Promise<void> {
  entry.reject(await answer.catch((error: unknown) => error))
}

async function commitBlock({ ledger, signer, address, primitives }: ChainComponents, certifier: Certifier, execution: Execution, included: Waiting[]): Promise<void> {
  const { height } = execution
  const headerBytes = encodeHeader(ledger.header(ledger.position, execution, address, 0, 1))
  const seal = await signStatement('seal', ledger.network, [headerBytes], signer)
  const bytes = encodeBlock(headerBytes, seal, execution.transactions.map((read) => read.transaction.bytes))
  const id = blockId(headerBytes, primitives)
  await ledger.commit(execution, { height, id, bytes }, included.flatMap((entry) => entry.attachments), true)
  await certifier.certify(checkpointOf(ledger.network, execution), id)
}

function resolveAll(included: Waiting[], execution: Execution, height: number): void {
  const first = execution.size - included.length
  included.forEach((entry, i) => entry.resolve({ id: entry.checked.read.id, index: first + i, height }))
}

function invalidSignature({ transaction }: ReadTransaction): Verdict {
  return { code: 'invalid-signature', message: 'The signature does not hold.', expected: `a signature under key ${transaction.keyNumber} of ${transaction.iss}`, found: 'another signature' }
}

function stopping(): TelltaleError {
  return fail('stopping', 'The node is stopping; submit again when it is back.')
}
