import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { suite, test } from 'node:test'
import { promisify } from 'node:util'
import { withExampleNode } from '../../test/api-docs/example-node.ts'

/** Python with what requirements.txt names; without it these tests are skipped by name. */
const PYTHON = process.env['TELLTALE_PYTHON'] ?? 'python3'
const isThere = spawnSync(PYTHON, ['-c', 'import schemathesis, requests, cbor2']).status === 0
const skip = isThere ? false : `${PYTHON} has not what interop/http/requirements.txt names`

interface Ran {
  status: number
  out: string
}

async function run(file: string, args: string[], env: Record<string, string> = {}): Promise<Ran> {
  try {
    const { stdout } = await promisify(execFile)(file, args, { cwd: tmpdir(), timeout: 150_000, maxBuffer: 64_000_000, env: { ...process.env, PYTHONPATH: import.meta.dirname, ...env } })
    return { status: 0, out: stdout }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { status: code, out: `${stdout}\n${stderr}` }
  }
}

suite('clients that are not ours', { skip }, () => {
  test('python-requests submits a record, checks its proof by itself, and listens', { timeout: 60_000 }, async () => {
    await withExampleNode(async (url, folder) => {
      const { status, out } = await run(PYTHON, [join(import.meta.dirname, 'requests_client.py'), url, join(folder, 'record.cbor')])
      assert.equal(status, 0, out)
      // Of events, which do not end, schemathesis asks nothing: what is described for good and for bad cursors is asked here.
      const welcome = [200, ': welcome', true]
      const refused = (status: number, code: string): unknown[] => [status, code, true]
      const listened = [welcome, welcome, welcome, welcome, refused(400, 'malformed-cursor'), refused(400, 'malformed-request'), refused(400, 'malformed-cursor'), refused(409, 'cursor-from-the-future'), refused(400, 'unknown-field')]
      assert.deepEqual(JSON.parse(out), { status: 'certified', isProved: true, isStored: true, refused: [400, 'malformed-cbor', 'application/problem+json'], listened, events: ['record', 'block'] })
    })
  })

  // What the description cannot say, such as that bytes are CBOR, may be refused; events do not end, so python-requests asks for them above.
  test('schemathesis finds no failure of the node and no answer that the description does not have', { timeout: 180_000 }, async () => {
    await withExampleNode(async (url) => {
      const program = PYTHON.includes('/') ? join(dirname(PYTHON), 'schemathesis') : 'schemathesis'
      const { status, out } = await run(program, ['run', `${url}/openapi.json`, '--max-examples', '8', '--seed', '1', '--exclude-path', '/v1/events', '--exclude-checks', 'positive_data_acceptance'], { SCHEMATHESIS_HOOKS: 'schemathesis_cbor' })
      assert.equal(status, 0, out)
      assert.match(out, /Tested: +\d\d/)
    })
  })
})
