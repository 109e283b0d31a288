import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { TelltaleError, assert, fail, keyToAddress, portable, x25519PublicKey } from '@telltale/core'
import type { Algorithm, PublicKey, Signer, Verdict } from '@telltale/core'
import { readKeyFile, readKeyFileHead, keyFileToSigner, writeKeyFile } from '../keys/key-file.ts'
import type { KeyFileContent, KeyFileHead } from '../keys/key-file-format.ts'
import { generateSecret, publicKeyOfSecret } from '../keys/node-signer.ts'

/** A key of the wallet that can sign for an identity. */
export interface WalletKey {
  name: string
  address: string
  publicKey: PublicKey
  signer: Signer
}

/** What a key file shows without its password. */
export interface WalletHead {
  name: string
  head: KeyFileHead
  isProtected: boolean
}

/** The key files of a data directory, by name: `keys/NAME.key` signs, `keys/NAME.NUMBER.seal` opens grants. */
export interface Wallet {
  /** Makes and writes a new key (`key-file-exists`). */
  create(name: string, algorithm: Algorithm, secret?: Uint8Array): Promise<WalletKey>
  /** Makes and writes the seal key with this number for an identity (`key-file-exists`); an X25519 key, its secret random if none is given. */
  createSealKey(name: string, identity: { address: string; number: number }, secret?: Uint8Array): Promise<KeyFileContent>
  /** The key that is to take this one's place, made and written if there is none yet: `keys/NAME.next`. */
  next(name: string, init: { algorithm: Algorithm; address: string; keyNumber: number }): Promise<KeyFileContent>
  /** Puts the next key in the place of this one; may be repeated. */
  adoptNext(name: string): Promise<void>
  open(name: string): Promise<WalletKey>
  content(name: string): Promise<KeyFileContent>
  has(name: string): Promise<boolean>
  names(): Promise<string[]>
  /** Signing keys as they show themselves, by name. */
  heads(): Promise<WalletHead[]>
  /** Seal keys as they show themselves, by name and number. */
  sealHeads(): Promise<WalletHead[]>
  /** Every seal key, opened. */
  sealKeys(): Promise<KeyFileContent[]>
  /** Name of a key that signs for this address, or null. */
  nameOf(address: string): Promise<string | null>
  /** Warnings about permissions that were seen. */
  readonly warnings: Verdict[]
}

export const KEY_SUFFIX = '.key'
export const SEAL_SUFFIX = '.seal'
export const NEXT_SUFFIX = '.next'
const SEAL_FILE = /^(.+)\.(\d{1,3})\.seal$/

export function keysFolder(directory: string): string {
  return join(directory, 'keys')
}

/** Refuses what is no name for a key (`malformed-name`): it becomes part of a path. */
export function requireKeyName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return name
  throw fail('malformed-name', `"${name.slice(0, 80)}" is not a name for a key.`, { expected: 'up to 64 letters, digits, dots, dashes and underscores', found: name.slice(0, 80) })
}

/** Asks for the password of one key that the usual one does not open; `error` says why it is asked for. */
export type AskPassword = (name: string, error: TelltaleError) => Promise<string>

/** The wallet of a data directory. New keys are written under `password`; a key that it does not open is asked for, if there is anybody to ask. */
export function createWallet(directory: string, password: string | undefined, ask?: AskPassword): Wallet {
  const folder = keysFolder(directory)
  const warnings: Verdict[] = []
  const options = password === undefined ? {} : { password }
  const told: { password: string }[] = []
  const pathOf = (name: string, suffix = KEY_SUFFIX): string => join(folder, `${requireKeyName(name)}${suffix}`)
  const readWith = async (path: string, given: { password?: string }): Promise<KeyFileContent> => {
    const { content, warning } = await readKeyFile(path, given)
    if (warning) warnings.push(warning)
    return content
  }
  const read = async (path: string): Promise<KeyFileContent> => {
    let failure: TelltaleError | null = null
    for (const known of [options, ...told]) {
      try {
        return await readWith(path, known)
      } catch (error) {
        if (!isPasswordFailure(error)) throw error
        failure = error
      }
    }
    assert(failure !== null, 'a key that did not open has a reason')
    if (!ask) throw failure
    const given = { password: await ask(basename(path, KEY_SUFFIX), failure) }
    const content = await readWith(path, given)
    told.push(given)
    return content
  }
  const files = async (suffix: string): Promise<string[]> => {
    try {
      return (await readdir(folder)).filter((file) => file.endsWith(suffix)).sort()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }
  const names = async (): Promise<string[]> => (await files(KEY_SUFFIX)).map((file) => file.slice(0, -KEY_SUFFIX.length))
  const heads = async (): Promise<WalletHead[]> => Promise.all((await names()).map(async (name) => ({ name, ...(await readKeyFileHead(pathOf(name))) })))
  const sealFiles = async (): Promise<string[]> => (await files(SEAL_SUFFIX)).filter((file) => SEAL_FILE.test(file))
  return {
    warnings,
    names,
    heads,
    content: (name) => read(pathOf(name)),
    async create(name, algorithm, given) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const secret = given ?? (await generateSecret(algorithm))
      const publicKey = publicKeyOfSecret(algorithm, secret)
      const address = keyToAddress(publicKey, portable)
      const made: KeyFileContent = { kind: 'signing', algorithm, address, keyNumber: 0, publicKey: publicKey.material, secret }
      await writeKeyFile(pathOf(name), made, options)
      return { name, address, publicKey, signer: keyFileToSigner(made) }
    },
    async createSealKey(name, { address, number }, given) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const secret = given ?? new Uint8Array(randomBytes(32))
      const made: KeyFileContent = { kind: 'seal', algorithm: 'X25519', address, keyNumber: number, publicKey: x25519PublicKey(secret), secret }
      await writeKeyFile(join(folder, `${requireKeyName(name)}.${number}${SEAL_SUFFIX}`), made, options)
      return made
    },
    async next(name, { algorithm, address, keyNumber }) {
      if ((await files(NEXT_SUFFIX)).includes(`${name}${NEXT_SUFFIX}`)) {
        const left = await read(pathOf(name, NEXT_SUFFIX))
        if (left.address === address && left.keyNumber === keyNumber) return left
      }
      const secret = await generateSecret(algorithm)
      const made: KeyFileContent = { kind: 'signing', algorithm, address, keyNumber, publicKey: publicKeyOfSecret(algorithm, secret).material, secret }
      await writeKeyFile(pathOf(name, NEXT_SUFFIX), made, { ...options, replace: true })
      return made
    },
    async adoptNext(name) {
      await writeKeyFile(pathOf(name), await read(pathOf(name, NEXT_SUFFIX)), { ...options, replace: true })
      await rm(pathOf(name, NEXT_SUFFIX))
    },
    async open(name) {
      const content = await read(pathOf(name))
      const signer = keyFileToSigner(content)
      return { name, address: content.address ?? keyToAddress(signer.publicKey, portable), publicKey: signer.publicKey, signer }
    },
    has: async (name) => (await names()).includes(name),
    sealHeads: async () => Promise.all((await sealFiles()).map(async (file) => ({ name: SEAL_FILE.exec(file)?.[1] as string, ...(await readKeyFileHead(join(folder, file))) }))),
    sealKeys: async () => Promise.all((await sealFiles()).map((file) => read(join(folder, file)))),
    nameOf: async (address) => (await heads()).find((item) => item.head.address === address)?.name ?? null,
  }
}

function isPasswordFailure(error: unknown): error is TelltaleError {
  return error instanceof TelltaleError && (error.code === 'password-required' || error.code === 'wrong-password')
}
