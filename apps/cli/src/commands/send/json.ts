import { text as readStream } from 'node:stream/consumers'
import { UsageError } from '../../failure.ts'

/** JSON from the command line, or from standard input for `-`: an array (`malformed-json`). */
export async function parseJson(given: string): Promise<unknown[]> {
  const text = given === '-' ? await readStream(process.stdin) : given
  const value = tryParse(text)
  if (Array.isArray(value)) return value as unknown[]
  throw new UsageError('malformed-json', 'The arguments are a JSON array, in quotes of the shell: \'["reason"]\'.', { expected: 'a JSON array', found: text.slice(0, 60) })
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Refused with everything else that is no array.
    return null
  }
}
