import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')

test('the table of packages says what layers.json enforces', () => {
  const layers = JSON.parse(readFileSync(join(root, 'layers.json'), 'utf8')) as Record<string, { mayImport: string[] }>
  const rows = [...page.matchAll(/^\| `([a-z]+)` \|.*\| ([^|]+) \|$/gm)].map(([, name = '', may = '']) => [name, may === '-' ? [] : may.split(', ')])
  assert.deepEqual(Object.fromEntries(rows), Object.fromEntries(Object.entries(layers).map(([name, { mayImport }]) => [name, mayImport])))
})

test('every file and folder that the pages name exists', () => {
  for (const name of ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'README.md', 'SECURITY.md']) {
    const text = readFileSync(join(root, name), 'utf8')
    const paths = [...text.matchAll(/`((?:apps|packages|scripts)\/[\w./-]+)`|\]\(([\w./-]+)\)/g)].map(([, quoted, linked]) => quoted ?? linked ?? '')
    assert.ok(paths.length > 0, `${name} names no file`)
    assert.deepEqual(paths.filter((path) => !existsSync(join(root, path))), [], name)
  }
})
