/** Kills a node and its devices at 200 random moments under load: `node-kill.ts [SEED] [ROUNDS]`. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const { status } = spawnSync(process.execPath, [join(import.meta.dirname, '../../apps/cli/test/kill/main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' })
process.exitCode = status ?? 1
