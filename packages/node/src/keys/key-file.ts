import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { fail, TelltaleError } from '@telltale/core'
import type { Signer, Verdict } from '@telltale/core'
import { writeDurably } from './durable-file.ts'
import { checkKeyPair, keyFileFromText, keyFileHeadToBytes, keyFileToText } from './key-file-format.ts'
import type { KeyFileContent, KeyFileHead } from './key-file-format.ts'
import { createNodeSigner } from './node-signer.ts'
import { openSecret, sealSecret } from './secret-box.ts'

const MODE = 0o600
/** An RSA key of 4,096 bits takes about 6 kB. */
const KEY_FILE_BYTES_MAX = 65_536

/**
 * Writes a key file (mode 0600), whole or not at all; with a password, its secret is sealed under it. An existing file is left alone unless `replace`
 * (`key-file-exists`). A secret that does not belong to the public key is refused before anything is written (`malformed-key-file`).
 */
export async function writeKeyFile(path: string, content: KeyFileContent, options: { password?: string; replace?: boolean } = {}): Promise<void> {
  const { secret, ...head } = content
  checkKeyPair(content, path)
  const stored = options.password === undefined ? secret : await sealSecret(secret, options.password, keyFileHeadToBytes(head))
  const text = keyFileToText({ head, secret: stored })
  try {
    await writeDurably(path, Buffer.from(text), { mode: MODE, replace: options.replace === true })
  } catch (cause) {
    if (!(cause instanceof TelltaleError) || cause.code !== 'file-exists') throw cause
    throw fail('key-file-exists', `A key file ${path} exists already. Choose another name, or move it away first: a lost key cannot be made again.`, { expected: 'a new file', found: 'an existing one', cause })
  }
}

/**
 * Reads a key file. `warning` (`key-file-permissions`) tells that others on this machine may read it. Codes: `key-file-not-found`,
 * `key-file-unreadable`, `malformed-key-file`, `password-required`, `wrong-password`.
 */
export async function readKeyFile(path: string, options: { password?: string } = {}): Promise<{ content: KeyFileContent; warning: Verdict | null }> {
  const { text, mode } = await readText(path)
  const { head, secret } = keyFileFromText(text, path)
  const warning = permissionsWarning(path, mode)
  if (secret instanceof Uint8Array) return { content: { ...head, secret }, warning }
  if (options.password === undefined) throw fail('password-required', `The key file ${path} is protected by a password.`, { expected: 'a password', found: 'none' })
  const opened = await openSecret(secret, options.password, keyFileHeadToBytes(head))
  if (!opened) throw fail('wrong-password', `The key file ${path} does not open with this password, or it was changed.`, { expected: 'the password it was written with', found: 'another' })
  const content = { ...head, secret: opened }
  checkKeyPair(content, path)
  return { content, warning }
}

/** What a key file shows without its password; codes as above but those of passwords. */
export async function readKeyFileHead(path: string): Promise<{ head: KeyFileHead; isProtected: boolean }> {
  const { head, secret } = keyFileFromText((await readText(path)).text, path)
  return { head, isProtected: !(secret instanceof Uint8Array) }
}

/** A signer for a key file of kind `signing` (`wrong-key-kind`). */
export function keyFileToSigner(content: KeyFileContent): Signer {
  if (content.algorithm === 'X25519') throw fail('wrong-key-kind', 'An X25519 key opens grants; it cannot sign.', { expected: 'a key file of kind "signing"', found: content.kind })
  return createNodeSigner(content.algorithm, content.secret, content.keyNumber)
}

async function readText(path: string): Promise<{ text: string; mode: number }> {
  let file: FileHandle | null = null
  try {
    file = await open(path, 'r')
    const { size, mode } = await file.stat()
    if (size > KEY_FILE_BYTES_MAX) throw fail('malformed-key-file', `${path} is no key file: it has ${size} bytes.`, { expected: `at most ${KEY_FILE_BYTES_MAX} bytes`, found: String(size) })
    return { text: await file.readFile('utf8'), mode }
  } catch (cause) {
    if (cause instanceof TelltaleError) throw cause
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw fail('key-file-not-found', `There is no key file ${path}.`, { expected: 'a key file', found: 'nothing', cause })
    throw fail('key-file-unreadable', `The key file ${path} cannot be read.`, { expected: 'a readable file', cause })
  } finally {
    await file?.close()
  }
}

function permissionsWarning(path: string, mode: number): Verdict | null {
  // Windows has no such bits; Node reports 0666 there.
  if (process.platform === 'win32' || (mode & 0o077) === 0) return null
  const found = (mode & 0o777).toString(8).padStart(4, '0')
  return { code: 'key-file-permissions', message: `Others on this machine may read the key file ${path}; run: chmod 600 ${path}`, expected: 'mode 0600', found }
}
