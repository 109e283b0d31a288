import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { before, describe, it } from 'node:test'
import { createWorld } from './forgeries/world.ts'
import { expectedJson, makeSamples } from './samples/samples.ts'
import type { Samples } from './samples/samples.ts'

const folder = resolve(import.meta.dirname, '../../../test/vectors/certificates')
const HINT = 'a format or an answer changed: that is a new version; or, before a release, run scripts/write-certificate-samples.ts'

describe('sample certificates for other implementations', () => {
  let samples: Samples
  before(async () => {
    samples = await makeSamples(await createWorld())
  })

  it('get the answers that expected.json names', () => {
    assert.equal(new TextDecoder().decode(expectedJson(samples)), readFileSync(join(folder, 'expected.json'), 'utf8'), HINT)
  })

  it('are written again byte by byte, and no others lie there', () => {
    assert.deepEqual(readdirSync(folder).sort(), [...samples.files.keys(), 'expected.json'].sort(), HINT)
    for (const [name, bytes] of samples.files) assert.equal(Buffer.compare(readFileSync(join(folder, name)), bytes), 0, `${name}: ${HINT}`)
  })

  it('show every exit code, every lamp in red, and at least one of each summary', () => {
    const { expected } = samples
    const seen = (values: (string | number | null)[]): string[] => [...new Set(values.map(String))].sort()
    assert.deepEqual(seen(expected.map(({ exit }) => exit)), ['0', '1', '2', '3'])
    assert.deepEqual(seen(expected.map(({ summary }) => summary)), ['attention', 'holds', 'null', 'refuted', 'unknown'])
    assert.deepEqual(seen(expected.flatMap(({ lamps }) => Object.entries(lamps ?? {}).flatMap(([name, state]) => (state === 'refuted' ? [name] : [])))), ['car', 'certified', 'complete', 'genuine', 'network', 'noted', 'reading'])
  })
})
