/**
 * Takes every check of the certificate's verifier away in turn, and shows all forgeries to what is left: `check-removal.ts [--seed SEED] [PART...]`, with parts of the
 * names of files or conditions. A check that no forgery needs has to stand in docs/decisions with a reason. A few minutes for all; exit 1 where one does not.
 */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

const program = resolve(import.meta.dirname, '../packages/certificate/test/removal/main.ts')
process.exitCode = spawnSync(process.execPath, [program, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1
