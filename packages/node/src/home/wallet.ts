import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fail, keyToAddress, portable } from '@telltale/core'
import type { Algorithm, PublicKey, Signer, Verdict } from '@telltale/core'
import { readKeyFile, keyFileToSigner, writeKeyFile } from '../keys/key-file.ts'
import type { KeyFileContent } from '../keys/key-file-format.ts'
import { generateSecret, publicKeyOfSecret } from '../keys/node-signer.ts'

/** A key of the wallet that can sign for an identity. */
export interface WalletKey {
  name: string
  address: string
  publicKey: PublicKey
  signer: Signer
}

/** The key files of a data directory, by name; `keys/NAME.key`. */
export interface Wallet {
  /** Makes and writes a new key (`key-file-exists`). */
  create(name: string, algorithm: Algorithm, secret?: Uint8Array): Promise<WalletKey>
  /** Puts a rotated key in the place of the one before it. */
  replace(name: string, content: KeyFileContent): Promise<void>
  open(name: string): Promise<WalletKey>
  content(name: string): Promise<KeyFileContent>
  has(name: string): Promise<boolean>
  names(): Promise<string[]>
  /** Warnings about permissions that were seen. */
  readonly warnings: Verdict[]
}

const SUFFIX = '.key'

export function createWallet(directory: string, password: string | undefined): Wallet {
  const folder = join(directory, 'keys')
  const warnings: Verdict[] = []
  const options = password === undefined ? {} : { password }
  const pathOf = (name: string): string => {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) throw fail('malformed-name', `"${name}" is not a name for a key.`, { expected: 'up to 64 letters, digits, dots, dashes and underscores', found: name })
    return join(folder, `${name}${SUFFIX}`)
  }
  const content = async (name: string): Promise<KeyFileContent> => {
    const { content: read, warning } = await readKeyFile(pathOf(name), options)
    if (warning) warnings.push(warning)
    return read
  }
  const names = async (): Promise<string[]> => {
    try {
      return (await readdir(folder)).filter((file) => file.endsWith(SUFFIX)).map((file) => file.slice(0, -SUFFIX.length)).sort()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }
  return {
    warnings,
    names,
    content,
    async create(name, algorithm, given) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const secret = given ?? (await generateSecret(algorithm))
      const publicKey = publicKeyOfSecret(algorithm, secret)
      const address = keyToAddress(publicKey, portable)
      const made: KeyFileContent = { kind: 'signing', algorithm, address, keyNumber: 0, publicKey: publicKey.material, secret }
      await writeKeyFile(pathOf(name), made, options)
      return { name, address, publicKey, signer: keyFileToSigner(made) }
    },
    replace: (name, replacement) => writeKeyFile(pathOf(name), replacement, { ...options, replace: true }),
    async open(name) {
      const read = await content(name)
      const signer = keyFileToSigner(read)
      return { name, address: read.address ?? keyToAddress(signer.publicKey, portable), publicKey: signer.publicKey, signer }
    },
    has: async (name) => (await names()).includes(name),
  }
}
