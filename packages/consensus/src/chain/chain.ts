import { assert, bytesToMapKey, encodeReceipt, equalBytes, fail, signStatement } from '@telltale/core'
import type { Primitives, SignatureCheck, Signer, TelltaleError, Verdict } from '@telltale/core'
import { blockId, createLedgerReader, encodeBlock, encodeHeader } from '@telltale/ledger'
import type { Execution, Ledger, ReadTransaction } from '@telltale/ledger'
import { checkpointOf, createCertifier } from './certifier.ts'
import type { CertifiedHead, Certifier } from './certifier.ts'
import { createPool, matchAttachments } from './pool.ts'
import type { Attachment, Certified, Pool, Waiting } from './pool.ts'
import type { SignatureVerifier } from './signature-verifier.ts'

export interface Submission {
  bytes: Uint8Array
  attachments: Uint8Array[]
}

/**
 * The longest chain with one authority: a block as soon as the committer is idle, never an empty one; final and certified at once.
 */
export interface Chain {
  readonly head: CertifiedHead | null
  /** Resolves when the transaction is certified; rejects with the verdict's code where it is refused. */
  submit(submission: Submission): Promise<Certified>
  /** RFC 9942 receipt of a transaction under the newest checkpoint. */
  receipt(index: number): Uint8Array
  /** Runs `read` at a moment when the ledger stands exactly at the certified head; `read` must not wait for anything. */
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
}

/** Starts to seal (`not-an-authority`, `needs-peers`, `signed-state-lost`). */
export async function createChain(components: ChainComponents): Promise<Chain> {
  const { ledger, signer, address, primitives } = components
  requireLoneAuthority(ledger, address, signer)
  const certifier = await createCertifier(components)
  const reader = createLedgerReader(ledger, primitives)
  const pool = createPool()
  const committer = createCommitter(components, pool, certifier)

  const settle = async (entry: Waiting, required: SignatureCheck[]): Promise<void> => {
    try {
      entry.isValid = await components.verifier.verify(required)
      if (!entry.isValid) entry.reject(invalidSignature(entry.checked.read))
    } catch (error) {
      entry.isValid = false
      entry.reject(error)
    }
    committer.wake()
  }

  return {
    get head() {
      return certifier.head
    },
    async submit({ bytes, attachments }) {
      committer.requireRunning()
      const judged = ledger.read(bytes)
      if (!judged.ok) throw verdictToError(judged.verdict)
      const read = judged.value
      const carried = matchAttachments(ledger, read, attachments, primitives)
      const required = ledger.signatures(read)
      if (!Array.isArray(required)) throw verdictToError(required)
      return new Promise<Certified>((resolve, reject) => {
        const entry: Waiting = { checked: { read, keys: required.map((check) => check.key) }, attachments: carried, isValid: null, resolve, reject }
        pool.add(entry)
        void settle(entry, required)
      })
    },
    receipt(index) {
      assert(certifier.head !== null, 'a receipt needs a checkpoint')
      const { checkpoint, cosignature } = certifier.head
      return encodeReceipt(checkpoint, signer.publicKey.algorithm, cosignature, index, reader.inclusion(index, checkpoint.size))
    },
    atCertified: committer.between,
    stop: committer.stop,
  }
}

interface Committer {
  wake(): void
  requireRunning(): void
  between<T>(read: (head: CertifiedHead | null) => T): Promise<T>
  stop(): Promise<void>
}

/** The loop that makes blocks while something waits. Owned by one chain; only it commits. */
function createCommitter(components: ChainComponents, pool: Pool, certifier: Certifier): Committer {
  let running: Promise<void> | null = null
  let isStopped = false
  let failure: Error | null = null
  const readers: (() => void)[] = []

  const run = async (): Promise<void> => {
    try {
      while (pool.isReady && !isStopped) {
        await makeBlock(components, pool, certifier)
        for (const read of readers.splice(0)) read()
      }
    } catch (error) {
      // Whether the block is there only shows when the store is opened again: nobody is told anything until then.
      failure = error instanceof Error ? error : fail('commit-failed', 'The block could not be committed.', { cause: error })
      pool.rejectAll(error)
    } finally {
      running = null
      for (const read of readers.splice(0)) read()
    }
  }

  return {
    wake: () => void (running ??= Promise.resolve().then(run)),
    requireRunning() {
      if (failure) throw failure
      if (isStopped) throw stopping()
    },
    async between(read) {
      if (!running) return read(certifier.head)
      return new Promise((resolve, reject) => {
        readers.push(() => {
          try {
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

async function makeBlock({ ledger, signer, address, primitives, clock }: ChainComponents, pool: Pool, certifier: Certifier): Promise<void> {
  const { position } = ledger
  const height = position.height + 1
  const { blockTransactionsMax, blockBytesMax } = ledger.parameters(height)
  const batch = pool.take(blockTransactionsMax, blockBytesMax)
  const refused = new Set<unknown>()
  const plan = { height, timeMs: Math.max(clock.nowMs(), position.timeMs + 1), finalHeight: position.height, transactions: batch.map((entry) => entry.checked) }
  const execution = ledger.execute(position, plan, (checked, verdict) => {
    refused.add(checked)
    batch.find((entry) => entry.checked === checked)?.reject(verdictToError(verdict))
  })
  const included = batch.filter((entry) => !refused.has(entry.checked))
  if (included.length === 0) return
  try {
    const headerBytes = encodeHeader(ledger.header(position, execution, address, 0, 1))
    const seal = await signStatement('seal', ledger.network, [headerBytes], signer)
    const bytes = encodeBlock(headerBytes, seal, execution.transactions.map((read) => read.transaction.bytes))
    const id = blockId(headerBytes, primitives)
    await ledger.commit(execution, { height, id, bytes }, newAttachments(included, ledger), true)
    await certifier.certify(checkpointOf(ledger.network, execution), id)
  } catch (error) {
    for (const entry of included) entry.reject(error)
    throw error
  }
  resolveAll(included, execution, height)
}

function resolveAll(included: Waiting[], execution: Execution, height: number): void {
  const first = execution.size - included.length
  included.forEach((entry, i) => entry.resolve({ id: entry.checked.read.id, index: first + i, height }))
}

/** Attachments of a block that are not stored yet, each once. */
function newAttachments(included: Waiting[], ledger: Ledger): Attachment[] {
  const seen = new Set<string>()
  return included
    .flatMap((entry) => entry.attachments)
    .filter(({ sha256 }) => {
      const key = bytesToMapKey(sha256)
      if (seen.has(key) || ledger.store.hasAttachment(sha256)) return false
      seen.add(key)
      return true
    })
}

function invalidSignature(read: ReadTransaction): TelltaleError {
  return fail('invalid-signature', 'The signature does not hold.', { expected: `a signature under key ${read.transaction.keyNumber} of ${read.transaction.iss}`, found: 'another signature' })
}

function stopping(): TelltaleError {
  return fail('stopping', 'The node is stopping; submit again when it is back.')
}

function verdictToError({ code, message, expected, found }: Verdict): TelltaleError {
  return fail(code, message, { ...(expected === undefined ? {} : { expected }), ...(found === undefined ? {} : { found }) })
}

function requireLoneAuthority(ledger: Ledger, address: string, signer: Signer): void {
  const set = ledger.authorities(ledger.position.height + 1)
  const own = set.find((authority) => authority.address === address)
  if (!own || own.keyNumber !== signer.keyNumber || !equalBytes(own.key.material, signer.publicKey.material)) {
    throw fail('not-an-authority', `${address} is not an authority of this network with the key at hand.`, { expected: set.map((authority) => authority.address).join(', '), found: address })
  }
  if (set.length > 1) throw fail('needs-peers', 'This network has several authorities; one alone cannot certify for it.', { expected: 'one authority', found: String(set.length) })
}
