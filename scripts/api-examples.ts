/** Writes into docs/api.md what its examples print now: `node scripts/api-examples.ts`, after an answer was changed on purpose. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { rewriteExamples } from '../test/api-docs/examples.ts'

const path = join(resolve(import.meta.dirname, '..'), 'docs/api.md')
writeFileSync(path, await rewriteExamples(readFileSync(path, 'utf8')))
