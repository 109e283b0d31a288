/** Certificates changed bit by bit and part by part are never believed: `certificate-bytes.ts [SEED] [SECONDS]`. Prints the seed. */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

const program = resolve(import.meta.dirname, '../../packages/certificate/test/mutation/main.ts')
process.exitCode = spawnSync(process.execPath, [program, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1
