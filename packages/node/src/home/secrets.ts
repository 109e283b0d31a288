import { randomBytes } from 'node:crypto'
import { mkdir, readFile, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { asArray, asBytes, asText, asUint, bytesToHex, decode, encode, fail, hexToBytes } from '@telltale/core'
import { writeDurably } from '../keys/durable-file.ts'
import { firstOf } from '../keys/password-change.ts'
import { openSecret, sealSecret } from '../keys/secret-box.ts'
import type { SecretBox } from '../keys/secret-box.ts'

/** The epoch secrets of one device: one file, mode 0600, behind the password where there is one. */
export interface SecretsFile {
  get(stream: string, epoch: number): Promise<Uint8Array>
  has(stream: string, epoch: number): Promise<boolean>
  /** Deletes a secret: what is sealed under it stays sealed for whoever kept no copy. */
  forget(stream: string, epoch: number): Promise<void>
}

interface Secret {
  stream: string
  epoch: number
  secret: Uint8Array
}

const FOLDER = 'secrets'
const SUFFIX = '.json'

export function createSecretsFile(directory: string, device: string, password: string | undefined): SecretsFile {
  const path = join(directory, FOLDER, `${device}${SUFFIX}`)
  const bound = boundOf(device)
  let secrets: Secret[] | null = null
  const load = async (): Promise<Secret[]> => (secrets ??= await readSecrets(path, bound, password))
  const save = (): Promise<void> => writeSecrets(path, secrets ?? [], bound, password)
  const find = async (stream: string, epoch: number): Promise<Secret | undefined> => (await load()).find((item) => item.stream === stream && item.epoch === epoch)
  return {
    async get(stream, epoch) {
      const known = await find(stream, epoch)
      if (known) return known.secret
      const secret = new Uint8Array(randomBytes(32))
      ;(await load()).push({ stream, epoch, secret })
      // Durable before anything is sealed under it: a record that nobody can open is worse than none.
      await save()
      return secret
    },
    has: async (stream, epoch) => (await find(stream, epoch)) !== undefined,
    async forget(stream, epoch) {
      secrets = (await load()).filter((item) => item.stream !== stream || item.epoch !== epoch)
      await save()
    },
  }
}

/** Devices whose secrets lie in a data directory. */
export async function devicesWithSecrets(directory: string): Promise<string[]> {
  try {
    return (await readdir(join(directory, FOLDER))).filter((file) => file.endsWith(SUFFIX)).map((file) => file.slice(0, -SUFFIX.length))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Writes the secrets of a device under another password (undefined: none). A file that is under it already is left alone. */
export async function changeSecretsPassword(directory: string, device: string, from: string | undefined, to: string | undefined): Promise<void> {
  const path = join(directory, FOLDER, `${device}${SUFFIX}`)
  const bound = boundOf(device)
  await writeSecrets(path, await firstOf([from, to], (password) => readSecrets(path, bound, password)), bound, to)
}

function boundOf(device: string): Uint8Array {
  return Buffer.from(`tt-secrets ${device}`)
}

async function writeSecrets(path: string, secrets: Secret[], bound: Uint8Array, password: string | undefined): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const plain = encode(secrets.map(({ stream, epoch, secret }) => [stream, epoch, secret]))
  const stored = password === undefined ? bytesToHex(plain) : boxToJson(await sealSecret(plain, password, bound))
  await writeDurably(path, Buffer.from(`${JSON.stringify({ version: 1, secrets: stored })}\n`), { mode: 0o600, replace: true })
}

async function readSecrets(path: string, bound: Uint8Array, password: string | undefined): Promise<Secret[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const json = parse(text, path)
  const plain = typeof json.secrets === 'string' ? hexToBytes(json.secrets) : await unlock(json.secrets, path, bound, password)
  return asArray(decode(plain), 'epoch secrets').map((item) => {
    const [stream, epoch, secret] = asArray(item, 'epoch secret', 3)
    return { stream: asText(stream, 'stream', 64), epoch: asUint(epoch, 'epoch'), secret: asBytes(secret, 'epoch secret', 32) }
  })
}

interface BoxJson {
  m: number
  t: number
  p: number
  salt: string
  nonce: string
  box: string
}

function parse(text: string, path: string): { secrets: string | BoxJson } {
  try {
    const json = JSON.parse(text) as { version: number; secrets: string | BoxJson }
    if (json.version === 1) return json
  } catch {
    // Falls through to the one refusal below.
  }
  throw fail('malformed-key-file', `${path} is damaged; restore it from a backup.`, { expected: 'a file of secrets, version 1', found: text.slice(0, 20) })
}

function boxToJson({ argon2id, nonce, box }: SecretBox): BoxJson {
  return { m: argon2id.memoryKiB, t: argon2id.passes, p: argon2id.lanes, salt: bytesToHex(argon2id.salt), nonce: bytesToHex(nonce), box: bytesToHex(box) }
}

async function unlock(json: BoxJson, path: string, bound: Uint8Array, password: string | undefined): Promise<Uint8Array> {
  if (password === undefined) throw fail('password-required', `${path} is protected by a password.`, { expected: 'a password', found: 'none' })
  const box: SecretBox = { argon2id: { memoryKiB: json.m, passes: json.t, lanes: json.p, salt: hexToBytes(json.salt) }, nonce: hexToBytes(json.nonce), box: hexToBytes(json.box) }
  const opened = await openSecret(box, password, bound)
  if (!opened) throw fail('wrong-password', `${path} does not open with this password, or it was changed.`, { expected: 'the password it was written with', found: 'another' })
  return opened
}
