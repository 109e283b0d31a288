import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './checks.ts'
import type { Check } from './checks.ts'

const FOLDER = 'docs/decisions'
const ROW = /^\| `(?<words>[^`]+)` \| `(?<file>[^`]+)` \|/

/** A check that stays although no forgery needs it; the page of decisions says why. */
interface SpareCheck {
  words: string
  file: string
}

export function readSpare(): SpareCheck[] {
  const page = readdirSync(join(ROOT, FOLDER)).find((name) => name.endsWith('-verifier-checks.md'))
  const lines = page ? readFileSync(join(ROOT, FOLDER, page), 'utf8').split('\n') : []
  return lines.flatMap((line) => {
    const row = ROW.exec(line)?.groups
    return row ? [{ words: row['words'] as string, file: row['file'] as string }] : []
  })
}

export function isSpare(check: Check, spare: SpareCheck[]): boolean {
  return spare.some((entry) => check.path.endsWith(`/${entry.file}`) && isAlike(check.words, entry.words))
}

/** The condition by itself, or the statement that it alone leads to. */
function isAlike(words: string, condition: string): boolean {
  return words === condition || words.startsWith(`if (${condition})`)
}
