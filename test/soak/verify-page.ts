/** Asks the verify page, in Chromium, about every sample certificate, honest and forged; it has to say what the command says. */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const { status } = spawnSync(process.execPath, ['--test', resolve(root, 'apps/web/test/verify-vectors-long.test.ts')], { cwd: root, env: { ...process.env, TELLTALE_ALL_SAMPLES: '1' }, stdio: 'inherit' })
console.log(status === 0 ? 'held: the page says of every sample what the command says' : 'the page and the command disagree')
process.exitCode = status ?? 1
