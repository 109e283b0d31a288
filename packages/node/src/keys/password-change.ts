import { TelltaleError } from '@telltale/core'
import { readKeyFile, writeKeyFile } from './key-file.ts'

/**
 * Writes a key file under another password (`to` undefined: none). Whole or not at all; a file that is under the new password already is written again, so that a
 * change of many that was interrupted can simply be repeated. Codes: `password-required`, `wrong-password` and those of `readKeyFile`.
 */
export async function changeKeyPassword(path: string, from: string | undefined, to: string | undefined): Promise<void> {
  const { content } = await firstOf([from, to], (password) => readKeyFile(path, password === undefined ? {} : { password }))
  await writeKeyFile(path, content, { ...(to === undefined ? {} : { password: to }), replace: true })
}

/** The first password that opens something; the failure of the first where none does. */
export async function firstOf<T>(passwords: (string | undefined)[], open: (password: string | undefined) => Promise<T>): Promise<T> {
  const failures: unknown[] = []
  for (const password of passwords) {
    try {
      return await open(password)
    } catch (error) {
      if (!(error instanceof TelltaleError) || (error.code !== 'password-required' && error.code !== 'wrong-password')) throw error
      failures.push(error)
    }
  }
  throw failures[0]
}
