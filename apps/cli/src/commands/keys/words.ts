import { text as readStream } from 'node:stream/consumers'
import { checkMnemonic } from '@telltale/core'
import type { Algorithm } from '@telltale/core'
import { Interrupted, UsageError } from '../../failure.ts'
import { SMALL_FILE_BYTES_MAX, readInputText } from '../../input-file.ts'
import { isAnyoneThere } from '../../password.ts'

/** Refuses an algorithm whose keys cannot come from words. */
export function requireWords(algorithm: Algorithm): void {
  if (algorithm === 'RS256') throw new UsageError('algorithm-without-mnemonic', 'An RSA key cannot come from words; keep its key file, or choose another algorithm.', { expected: 'EdDSA, ES256 or ES256K', found: algorithm })
}

/** 24 words from a file, a prompt, or standard input; never from the command line, which other users can see. Codes as `checkMnemonic`. */
export async function readWords(path: string | undefined): Promise<string> {
  if (path !== undefined) return checkMnemonic(await readInputText(path, SMALL_FILE_BYTES_MAX))
  if (isAnyoneThere()) return checkMnemonic(await askForWords())
  if (process.stdin.isTTY) throw new UsageError('usage', 'Nobody can be asked for the words; pipe them in, or name a file with --words.', { expected: '24 words on standard input', found: 'a terminal without prompts' })
  return checkMnemonic(await readStream(process.stdin))
}

async function askForWords(): Promise<string> {
  const { isCancel, password: ask } = await import('@clack/prompts')
  const answer = await ask({ message: 'The 24 words, in their order', output: process.stderr })
  if (isCancel(answer)) throw new Interrupted('SIGINT', 'Cancelled; nothing was changed.')
  return answer ?? ''
}

/** Words as they are best written down: four to a line, numbered. */
export function wordsText(words: string): string {
  const list = words.split(' ').map((word, i) => `${String(i + 1).padStart(2)} ${word.padEnd(9)}`)
  return Array.from({ length: Math.ceil(list.length / 4) }, (_, row) => `  ${list.slice(row * 4, row * 4 + 4).join(' ')}`.trimEnd()).join('\n')
}
