import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { differingFiles, examplePaths, expectedFiles } from '../scripts/format-examples.ts'

const root = resolve(import.meta.dirname, '..')

describe('the formats are frozen', () => {
  let expected: Map<string, Uint8Array>
  before(async () => {
    expected = await expectedFiles()
  })

  it('test/vectors and the examples of docs/formats.md hold what the code makes', () => {
    assert.deepEqual(differingFiles(expected), [], 'a format changed: that is a new version; or, before a release, run scripts/format-examples.ts --write')
  })

  it('docs/formats.md shows an example of every format', () => {
    const shown = examplePaths(readFileSync(join(root, 'docs/formats.md'), 'utf8')).map((path) => path.split('/', 1)[0])
    const files = [...expected.keys()].filter((path) => path.endsWith('.json')).map((path) => path.replace('test/vectors/', '').replace('.json', ''))
    assert.deepEqual(files.filter((name) => !shown.includes(name)), ['refusals'])
  })
})
