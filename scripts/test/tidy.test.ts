import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { after, test } from 'node:test'

const program = resolve(import.meta.dirname, '../tidy.ts')
const folders: string[] = []
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))

/** A small repository that keeps every rule; each test breaks one. */
const tidyTree: Record<string, string> = {
  'package.json': '{"devDependencies": {"fast-check": "1.0.0"}}',
  'layers.json': JSON.stringify({
    core: { folder: 'packages/core', pure: true, mayImport: [] },
    node: { folder: 'packages/node', mayImport: ['core'] },
    testing: { folder: 'packages/testing', dev: true, mayImport: ['core'] },
  }),
  'packages/core/package.json': '{"name": "@telltale/core", "dependencies": {"cborg": "1.0.0"}}',
  'packages/core/src/index.ts': "export { one } from './one.ts'\nexport type { Two } from './two.ts'\n",
  'packages/core/src/one.ts': "import type { Two } from './two.ts'\nimport { encode } from 'cborg'\nexport const one = (two: Two): unknown => encode(two)\n",
  'packages/core/src/two.ts': "import { one } from './one.ts'\nexport type Two = string\nexport const two = (): unknown => one('Date.now() // not code')\n",
  'packages/core/test/one.test.ts':
    "import assert from 'node:assert/strict'\nimport fc from 'fast-check'\nimport { clock } from '@telltale/testing'\nimport { one } from '../src/one.ts'\nassert.ok(one)\nfc.assert(clock)\n",
  'packages/node/package.json': '{"name": "@telltale/node", "dependencies": {"@telltale/core": "1.0.0"}}',
  'packages/node/src/index.ts': "import { readFileSync } from 'node:fs'\nimport { one } from '@telltale/core'\nexport const start = () => [readFileSync, one, Date.now()]\n",
  'packages/testing/package.json': '{"name": "@telltale/testing", "dependencies": {}}',
  'packages/testing/src/index.ts': 'export const clock = 1\n',
}

/** Runs the program over the tree with some files changed; gives the exit code and the lines it printed. */
function tidy(changes: Record<string, string>): { status: number | null; found: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-tidy-'))
  folders.push(folder)
  for (const [path, text] of Object.entries({ ...tidyTree, ...changes })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const { status, stderr } = spawnSync(process.execPath, [program, folder], { encoding: 'utf8' })
  return { status, found: stderr.split('\n').filter((line) => line !== '') }
}

/** Expects exactly one finding, at that place and of that rule. */
function expectOne(changes: Record<string, string>, place: string): void {
  const { status, found } = tidy(changes)
  assert.equal(found.length, 1, found.join('\n'))
  assert.ok(found[0]?.startsWith(place), `expected ${place}, found ${found[0]}`)
  assert.equal(status, 1)
}

test('a tree that keeps every rule passes, with a circle of types and a banned word in a text', () => {
  assert.deepEqual(tidy({}), { status: 0, found: [] })
})

const added = 'packages/core/src/added.ts'
const lines = (count: number): string => 'export {}\n'.repeat(count)

const seeds: Record<string, { changes: Record<string, string>; place: string }> = {
  'a wrong arrow': {
    changes: { 'packages/testing/src/index.ts': "import '@telltale/core'\nimport '@telltale/node'\n", 'packages/testing/package.json': '{"name": "@telltale/testing", "dependencies": {"@telltale/core": "1", "@telltale/node": "1"}}' },
    place: 'packages/testing/src/index.ts:2 arrow',
  },
  'a wrong arrow, for its type alone': {
    changes: { 'packages/testing/src/index.ts': "import type { start } from '@telltale/node'\n" },
    place: 'packages/testing/src/index.ts:1 arrow',
  },
  'a package made for tests in other code': {
    changes: { 'packages/node/src/clock.ts': "import { clock } from '@telltale/testing'\n" },
    place: 'packages/node/src/clock.ts:1 arrow',
  },
  'another package by its path': {
    changes: { 'packages/node/src/path.ts': "import { one } from '../../core/src/one.ts'\n" },
    place: 'packages/node/src/path.ts:1 arrow',
  },
  'another package by its path, from the root': {
    changes: { 'bench/main.ts': "import { one } from '../packages/core/src/one.ts'\n" },
    place: 'bench/main.ts:1 arrow',
  },
  'a file outside its package': {
    changes: { [added]: "import '../../../scripts/x.ts'\n" },
    place: `${added}:1 arrow`,
  },
  'Node in a pure package': { changes: { [added]: "import 'node:fs'\n" }, place: `${added}:1 pure` },
  'a circle of files': {
    changes: { 'packages/core/src/one.ts': "import { two } from './two.ts'\nexport const one = () => two\n" },
    place: 'packages/core/src/one.ts:1 cycle',
  },
  'a circle through a dynamic import': {
    changes: { [added]: "export const self = () => import('./added.ts')\n" },
    place: `${added}:1 cycle`,
  },
  'a package that is not declared': { changes: { [added]: "\nimport 'left-pad/x.js'\n" }, place: `${added}:2 undeclared` },
  'a package that only the root declares': { changes: { [added]: "import 'fast-check'\n" }, place: `${added}:1 undeclared` },
  'an undeclared package at the root': { changes: { 'scripts/x.ts': "import 'left-pad'\n" }, place: 'scripts/x.ts:1 undeclared' },
  'an undeclared package of ours': {
    changes: { 'packages/node/package.json': '{"name": "@telltale/node"}' },
    place: 'packages/node/src/index.ts:2 undeclared',
  },
  'the index of its own package': { changes: { [added]: "import './index.ts'\n" }, place: `${added}:1 own-index` },
  'its own package by name': { changes: { [added]: "import type {} from '@telltale/core'\n" }, place: `${added}:1 own-index` },
  'a file of 401 lines': { changes: { [added]: lines(401) }, place: `${added}:1 file-length` },
  'a function of 71 lines': { changes: { [added]: `const f = () => {\n${'f()\n'.repeat(69)}}\n` }, place: `${added}:1 function-length` },
  'a long callback, which counts for what it stands in': {
    changes: { [added]: `function f() {\n  return [1].map(() => {\n${'f()\n'.repeat(68)}})\n}\n` },
    place: `${added}:1 function-length`,
  },
  'the clock in a pure package': { changes: { [added]: 'export const now = () => Date.now()\n' }, place: `${added}:1 banned-call` },
  'the clock as an object': { changes: { [added]: 'export const now = () => new Date()\n' }, place: `${added}:1 banned-call` },
  'randomness in a pure package': { changes: { [added]: '// here\nexport const r = Math.random\n' }, place: `${added}:2 banned-call` },
  'an error without a code': { changes: { 'bench/main.ts': "throw new Error('x')\n" }, place: 'bench/main.ts:1 banned-call' },
  'an error of another class without a code': { changes: { 'bench/main.ts': "throw new RangeError('x')\n" }, place: 'bench/main.ts:1 banned-call' },
  'export *': { changes: { [added]: "export * from './one.ts'\n" }, place: `${added}:1 export-all` },
  'an enum': { changes: { [added]: 'enum Colour { red }\n' }, place: `${added}:1 enum` },
  'work left for later': { changes: { [added]: ['/*\n * TO', 'DO: this\n */\n'].join('') }, place: `${added}:2 unfinished` },
  'a test singled out': { changes: { 'test/x.test.ts': "import { test } from 'node:test'\ntest.only('x', () => {})\n" }, place: 'test/x.test.ts:2 test-only' },
  'a name with capitals': { changes: { 'packages/core/src/addedFile.ts': '' }, place: 'packages/core/src/addedFile.ts:1 file-name' },
  'a heap': { changes: { 'packages/core/src/utils.ts': '' }, place: 'packages/core/src/utils.ts:1 file-name' },
  'a file that cannot be read': { changes: { [added]: 'const = 1\n' }, place: `${added}:1 syntax` },
  'a package without a layer': { changes: { 'packages/extra/package.json': '{}' }, place: 'layers.json:1 layers: packages/extra' },
  'an unknown layer': {
    changes: { 'layers.json': tidyTree['layers.json']?.replace('"mayImport":[]', '"mayImport":["cor"]') ?? '' },
    place: 'layers.json:1 layers: core may import cor',
  },
  'a circle of layers': {
    changes: { 'layers.json': tidyTree['layers.json']?.replace('"mayImport":[]', '"mayImport":["node"]') ?? '' },
    place: 'layers.json:1 layers: the layers core, node',
  },
}

for (const [name, { changes, place }] of Object.entries(seeds)) {
  test(`finds ${name}`, () => expectOne(changes, place))
}

test('files and functions at their limits pass, and what has a name is measured by itself', () => {
  const seventy = `const f = () => {\n${'f()\n'.repeat(68)}}\n`
  const factory = `export function createThing() {\n${seventy.repeat(3)}return { f }\n}\n`
  const methods = `export const thing = {\n  a() {\n${'f()\n'.repeat(60)}},\n  b: () => {\n${'f()\n'.repeat(60)}},\n}\n`
  const suite = `suite('s', () => {\n${"test(`t ${1}`, () => {\n" + 'f()\n'.repeat(60)}})\n  test('u', async (t) => {\n t.test('v', () => {\n${'f()\n'.repeat(68)}})\n})\n})\n`
  assert.deepEqual(tidy({ 'test/long.test.ts': suite, [added]: lines(400), 'packages/core/src/factory.ts': factory, 'packages/core/src/methods.ts': methods }), { status: 0, found: [] })
})
