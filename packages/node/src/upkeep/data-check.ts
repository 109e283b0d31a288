import { TelltaleError, bytesToHex, decode, isRefusalBy } from '@telltale/core'
import { findSignedLoss } from '@telltale/consensus'
import { NETWORK_KEY, networkRowFromCbor } from '@telltale/ledger'
import { checkStore } from '@telltale/storage'
import type { StoreProblem } from '@telltale/storage'
import { createNodePrimitives } from '../crypto/node-primitives.ts'
import { storeDirectory } from '../home/home.ts'
import { PROFILE_FILE, readProfile } from '../home/profile.ts'
import { createBlockReplay } from './block-replay.ts'
import { fileProblem, listDataFiles, requireData } from './data-files.ts'
import { judgeCosignatures } from './kept-cosignatures.ts'
import { openHomeLedger } from './open-ledger.ts'
import type { OpenedLedger } from './open-ledger.ts'
import { profileProblems } from './profile-check.ts'

/** Step of a check and how far it is; `replay` counts blocks, `statements` statements, `files` files, the others steps. */
export interface DataCheckProgress {
  step: string
  done: number
  total: number | null
}

export interface DataCheckReport {
  problems: StoreProblem[]
  /** All of them: only the first 10,000 are listed. */
  problemCount: number
  blocks: number
  transactions: number
  /** Of transactions, seals and cosignatures; each was checked. */
  signatures: number
  attachments: number
  rows: number
  bytes: number
}

/**
 * Checks a data directory that nobody uses, without any key: every byte of its store, every block executed again with all its signatures, every row against
 * what the blocks say, every statement beside the log, whether the store reaches what was signed, and the form of all other files. Codes: `no-data`,
 * `no-store`, `not-a-store`, `store-in-use`, `store-too-new`; whatever is wrong inside is a problem, not an error.
 */
export async function checkData(directory: string, onProgress: (progress: DataCheckProgress) => void = () => undefined): Promise<DataCheckReport> {
  requireData(directory)
  const { replay, counts } = createBlockReplay(createNodePrimitives({ verifyOn: 'pool' }))
  const store = await checkStore(storeDirectory(directory), { replayBlock: replay, onProgress })
  const problems = store.problems.map((problem) => ({ ...problem, file: `store/${problem.file}` }))
  problems.push(...(await checkFiles(directory, onProgress)))
  let cosignatures = 0
  // Opening the ledger brings the rows up to the blocks: only a store without damage is opened.
  if (problems.length === 0) {
    cosignatures = await checkOpened(directory, problems, onProgress)
  }
  const surplus = store.problemCount - store.problems.length
  return { ...store, problems, problemCount: problems.length + surplus, transactions: counts.transactions, signatures: counts.signatures + cosignatures }
}

async function checkFiles(directory: string, onProgress: (progress: DataCheckProgress) => void): Promise<StoreProblem[]> {
  const files = await listDataFiles(directory)
  const problems: StoreProblem[] = []
  for (const [i, path] of files.entries()) {
    onProgress({ step: 'files', done: i, total: files.length })
    const problem = await fileProblem(directory, path)
    if (problem) problems.push(problem)
  }
  return problems
}

async function checkOpened(directory: string, problems: StoreProblem[], onProgress: (progress: DataCheckProgress) => void): Promise<number> {
  const profile = await readProfile(directory)
  const opened = await openHomeLedger(directory).catch((error: unknown) => {
    if (!(error instanceof TelltaleError) || error.code !== 'other-network') throw error
    problems.push({ code: error.code, file: PROFILE_FILE, offset: 0, length: 0, what: 'network', expected: 'the network of the store', found: profile ? bytesToHex(profile.network) : 'none' })
    return null
  })
  if (!opened) return 0
  try {
    problems.push(...(await profileProblems(opened)))
    return await checkStatements(opened, problems, onProgress)
  } finally {
    await opened.close()
  }
}

/** Cosignatures and refusals beside the log, and the file of what was signed. Returns how many signatures held. */
async function checkStatements({ ledger, reader, primitives }: OpenedLedger, problems: StoreProblem[], onProgress: (progress: DataCheckProgress) => void): Promise<number> {
  let held = 0
  const add = (code: string, what: string, expected: string, found: string, file = 'store/side'): void => void problems.push({ code, file, offset: 0, length: 0, what, expected, found })
  for await (const judged of judgeCosignatures({ ledger, reader, primitives })) {
    if (!judged.ok) add('invalid-signature', judged.what, judged.expected, judged.found)
    else if (judged.kept) held += 1
    onProgress({ step: 'statements', done: held, total: null })
  }
  const { sets } = networkRowFromCbor(decode(reader.state(NETWORK_KEY).value as Uint8Array))
  for await (const refusal of ledger.store.kept('refusal')) {
    const isSigned = await anySet(sets.map((interval) => interval.value), (set) => isRefusalBy(refusal, ledger.network, set, primitives))
    if (isSigned) held += 1
    else add('invalid-signature', 'a kept refusal', 'a refusal signed by an authority', 'another')
  }
  const loss = await findSignedLoss(ledger, primitives)
  if (loss) add('signed-state-lost', 'what the authority signed', loss.expected, loss.found, 'store/signed')
  return held
}

async function anySet<T>(sets: T[], holds: (set: T) => Promise<boolean> | boolean): Promise<boolean> {
  for (const set of sets) if (await holds(set)) return true
  return false
}
