import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesToHex, decode, encode, equalBytes } from '@telltale/core'
import { assetKey, assetRowFromCbor, commitmentInput, identityKey, identityRowFromCbor } from '@telltale/ledger'
import type { StoreProblem } from '@telltale/storage'
import { PROFILE_FILE } from '../home/profile.ts'
import { readKeyFileHead } from '../keys/key-file.ts'
import type { KeyFileHead } from '../keys/key-file-format.ts'
import type { OpenedLedger } from './open-ledger.ts'

/**
 * Whether telltale.json and the key files are those of this ledger: each asset's salt and attributes lead to its commitment, each device belongs to its asset,
 * and each key file that claims an identity holds a key of it. What the ledger does not know is no problem: it may have been about to be sent.
 */
export async function profileProblems(opened: OpenedLedger): Promise<StoreProblem[]> {
  const { profile, directory } = opened
  const heads = await keyHeads(directory)
  const problems = [...assetProblems(opened), ...heads.flatMap(([file, head]) => keyProblems(opened, file, head))]
  const names = new Set(heads.map(([file]) => file))
  for (const name of new Set([profile.authority, ...profile.assets.map(({ owner }) => owner), ...profile.devices.map(({ key }) => key)])) {
    if (!names.has(`keys/${name}.key`)) problems.push(problem(PROFILE_FILE, `key ${name}`, `the file keys/${name}.key`, 'no file'))
  }
  return problems
}

function assetProblems({ profile, reader, primitives }: OpenedLedger): StoreProblem[] {
  const problems: StoreProblem[] = []
  for (const { id, salt, attributes } of profile.assets) {
    const { value } = reader.state(assetKey(id))
    if (!value) continue
    const { commitment } = assetRowFromCbor(decode(value))
    const found = primitives.sha256(encode(commitmentInput(salt, attributes)))
    if (!equalBytes(commitment, found)) problems.push(problem(PROFILE_FILE, `asset ${id}`, `salt and attributes of the commitment ${bytesToHex(commitment)}`, bytesToHex(found)))
  }
  for (const { address, asset } of profile.devices) {
    const { value } = reader.state(assetKey(asset))
    const streams = value ? assetRowFromCbor(decode(value)).streams : []
    if (reader.state(identityKey(address)).value && !streams.some((stream) => stream.value.startsWith(`${address}/`))) problems.push(problem(PROFILE_FILE, `device ${address}`, 'the asset that it was enrolled for', asset))
  }
  return problems
}

async function keyHeads(directory: string): Promise<[file: string, head: KeyFileHead][]> {
  const names = (await readdir(join(directory, 'keys')).catch(() => [])).filter((name) => name.endsWith('.key'))
  return Promise.all(names.map(async (name): Promise<[string, KeyFileHead]> => [`keys/${name}`, (await readKeyFileHead(join(directory, 'keys', name))).head]))
}

function keyProblems({ reader }: OpenedLedger, file: string, { address, keyNumber, publicKey, algorithm }: KeyFileHead): StoreProblem[] {
  const value = address === null ? null : reader.state(identityKey(address)).value
  if (!value) return []
  const registered = identityRowFromCbor(decode(value)).keys.find((interval) => interval.value.number === keyNumber)?.value.key
  // A key that was made to rotate to and is not registered yet has a number that the ledger does not know.
  const isNew = !registered && keyNumber > 0
  if (isNew || (registered && registered.algorithm === algorithm && equalBytes(registered.material, publicKey))) return []
  return [problem(file, `key ${keyNumber} of ${address ?? ''}`, registered ? bytesToHex(registered.material) : 'a registered key', bytesToHex(publicKey))]
}

function problem(file: string, what: string, expected: string, found: string): StoreProblem {
  return { code: 'file-mismatch', file, offset: 0, length: 0, what, expected, found }
}
