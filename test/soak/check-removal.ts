/** Every check of the certificate's verifier is needed by a forgery: `check-removal.ts [SEED]`. Prints the seed, each check and the forgery that needs it. */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

const [seed] = process.argv.slice(2)
const program = resolve(import.meta.dirname, '../../scripts/check-removal.ts')
process.exitCode = spawnSync(process.execPath, [program, ...(seed === undefined ? [] : ['--seed', seed])], { stdio: 'inherit' }).status ?? 1
