import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { suite, test } from 'node:test'
import { MAIN, ROOT, scratchFolder } from './command.ts'

/** Pages whose commands are run: those at the root, and all below docs, mappings and samples. Those of the API need its node: test/api-docs.test.ts runs them. */
function pages(): string[] {
  const below = ['docs', 'mappings', 'samples'].flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(ROOT, folder, name)))
  const root = readdirSync(ROOT).map((name) => join(ROOT, name))
  return [...root, ...below].filter((path) => path.endsWith('.md') && path !== join(ROOT, 'docs', 'api.md')).sort()
}

/** The shell blocks of a page, in their order. */
function blocks(page: string): string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1] ?? '')
}

/**
 * Stands in for npm and npx, so that what a page tells people to type runs on this checkout: `npx telltale` and `npm start` are the real thing, a live demo stopped after a while; other scripts of
 * npm would run the tests within the tests, and are only looked up.
 */
const PRELUDE = `
set -eu
npx() { [ "$1" = telltale ] || { echo "unknown: npx $1"; return 1; }; shift; "$NODE" "$MAIN" "$@"; }
npm() {
  if [ "$1" = start ]; then shift; [ "\${1:-}" = -- ] && shift; timeout -s INT 5 "$NODE" "$MAIN" demo --listen 127.0.0.1:0 "$@" || [ $? = 124 ]; return; fi
  [ "$1" = run ] && shift
  "$NODE" -e 'process.exit(JSON.parse(require("fs").readFileSync(process.argv[1])).scripts[process.argv[2]] ? 0 : 1)' "$ROOT/package.json" "$1" || { echo "no script $1"; return 1; }
}
`

suite('the commands that pages tell people to type', { skip: process.platform === 'win32' ? 'needs a shell' : false }, () => {
  const folder = scratchFolder()
  const all = pages().map((page) => ({ page: relative(ROOT, page), shell: blocks(page) })).filter(({ shell }) => shell.length > 0)

  test('are found: a test of nothing would always pass', () => {
    const readme = all.find(({ page }) => page === 'README.md')
    assert.ok(readme !== undefined && readme.shell.join('').includes('npx telltale verify'))
  })

  for (const [i, { page, shell }] of all.entries()) {
    test(`${page}: all of them, in order, in a folder of their own`, () => {
      const cwd = join(folder, String(i))
      mkdirSync(cwd)
      for (const name of ['samples', 'mappings']) symlinkSync(join(ROOT, name), join(cwd, name))
      const env = { ...process.env, NODE: process.execPath, MAIN, ROOT }
      const { status, stdout, stderr } = spawnSync('sh', ['-c', PRELUDE + shell.join('\n')], { cwd, env, encoding: 'utf8' })
      assert.equal(status, 0, `${stdout}\n${stderr}`)
    })
  }
})

test('links and pictures of the README lead somewhere', () => {
  const targets = [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map((match) => match[1] ?? '')
  assert.ok(targets.length >= 6)
  for (const target of targets) assert.ok(statSync(join(ROOT, target)).size > 0, target)
})
