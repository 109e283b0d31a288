import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { suite, test } from 'node:test'

/** Python with the libraries of requirements.txt; without them these tests are skipped by name. */
const PYTHON = process.env['TELLTALE_PYTHON'] ?? 'python3'
const VECTORS = resolve(import.meta.dirname, '../../test/vectors')
const hasLibraries = spawnSync(PYTHON, ['-c', 'import cbor2, cryptography']).status === 0

interface Answer {
  file: string
  arguments: string[]
  exit: number
  summary: string | null
  lamps: Record<string, string> | null
  code: string | null
}

suite('the verifier in Python, written from docs/formats.md alone', { skip: hasLibraries ? false : 'cbor2 and cryptography are not installed' }, () => {
  const { answers } = JSON.parse(readFileSync(join(VECTORS, 'certificates.json'), 'utf8')) as { answers: Answer[] }
  for (const answer of answers) {
    test(`says of ${answer.file} ${answer.arguments.join(' ').slice(0, 60)} what ours says: ${answer.summary ?? answer.code ?? 'nothing'}`, () => {
      const given = answer.arguments.map((argument) => (existsSync(join(VECTORS, argument)) ? join(VECTORS, argument) : argument))
      const { status, stdout } = spawnSync(PYTHON, [join(import.meta.dirname, 'telltale_verify.py'), join(VECTORS, answer.file), ...given, '--json'], { encoding: 'utf8' })
      const document = JSON.parse(stdout) as { summary?: string; lamps?: Record<string, { state: string }>; refusal?: { code: string }; error?: { code: string } }
      assert.equal(status, answer.exit)
      assert.equal(document.summary ?? null, answer.summary)
      assert.deepEqual(document.lamps ? Object.fromEntries(Object.entries(document.lamps).map(([name, { state }]) => [name, state])) : {}, answer.lamps ?? {})
      assert.equal((document.refusal ?? document.error)?.code ?? null, answer.code)
    })
  }

  test('accepts and refuses the same honest and forged files, each at the same lamp with the same code', () => {
    const { status, stdout, stderr } = spawnSync(PYTHON, [join(import.meta.dirname, 'run_samples.py')], { encoding: 'utf8' })
    const { length } = JSON.parse(readFileSync(join(VECTORS, 'certificates/expected.json'), 'utf8')) as unknown[]
    assert.equal(status, 0, stdout + stderr)
    assert.equal(stdout.trim().split('\n').at(-1), `${length} passed, 0 failed`)
  })

  test('has at most 400 lines', () => {
    const lines = ['telltale_verify.py', 'telltale_forms.py'].flatMap((name) => readFileSync(join(import.meta.dirname, name), 'utf8').trimEnd().split('\n'))
    assert.ok(lines.length <= 400, String(lines.length))
    assert.ok(lines.every((line) => line.length <= 160))
  })
})
