/**
 * The rules that no compiler checks: arrows between packages, cycles, sizes, names, banned calls. Part of `npm run check`.
 * `tidy.ts [FOLDER]` looks at another tree of the same shape. Exit 0 when it is tidy, 1 when it is not.
 */
import { resolve } from 'node:path'
import { checkArrows } from './tidy/arrows.ts'
import { checkBans } from './tidy/bans.ts'
import { checkCycles } from './tidy/cycles.ts'
import { checkLayers } from './tidy/layers.ts'
import { checkNames } from './tidy/names.ts'
import { checkSizes } from './tidy/sizes.ts'
import { readWorkspace } from './tidy/workspace.ts'

const root = resolve(process.argv[2] ?? resolve(import.meta.dirname, '..'))
const workspace = readWorkspace(root)
const rules = [checkLayers, checkArrows, checkCycles, checkSizes, checkNames, checkBans]
const findings = rules.flatMap((check) => check(workspace))
for (const { rule, path, line, message } of findings) console.error(`${path}:${line} ${rule}: ${message}`)
process.exitCode = findings.length === 0 ? 0 : 1
