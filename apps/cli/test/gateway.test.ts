import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { refused, scratchFolder, telltale } from './command.ts'

suite('telltale gateway', () => {
  const folder = scratchFolder()
  const upstream = ['--upstream', 'http://127.0.0.1:9']
  const start = (name: string, ...args: string[]): string[] => ['gateway', '--data', join(folder, name), ...args]

  test('its help says what it promises and how it is admitted', async () => {
    const { status, out } = await telltale(['gateway', '--help'])
    assert.equal(status, 0)
    for (const words of ['--upstream', '--checkpoint', 'cannot read what is sealed', 'telltale send admit', 'docs/gateway.md']) assert.ok(out.includes(words), words)
  })

  test('what is not a node, not a place and not safe is told before anything is made', async () => {
    await refused(start('a', '--upstream', 'ftp://node'), { status: 2, code: 'usage' })
    await refused(start('a', '--upstream', 'http://user:word@node'), { status: 2, code: 'usage' })
    await refused(start('a', ...upstream, '--listen', 'everywhere'), { status: 2, code: 'malformed-setting' })
    await refused(start('a', ...upstream, '--listen', '0.0.0.0:8363'), { status: 2, code: 'tls-needed' })
    await refused(start('a', ...upstream, '--tls-cert', 'cert.pem'), { status: 2, code: 'tls-needed' })
    await refused(start('a', ...upstream, '--statement-seconds', 'soon'), { status: 2, code: 'usage' })
    await refused(start('a', ...upstream, '--checkpoint', join(folder, 'none')), { status: 2, code: 'file-not-found' })
    assert.ok(!existsSync(join(folder, 'a')))
  })

  test('a first start needs its node, or a checkpoint that can be read', async () => {
    const { message } = await refused(start('b', ...upstream), { status: 2, code: 'node-unreachable' })
    assert.match(message, /127\.0\.0\.1:9/)
    const wrong = join(folder, 'wrong.checkpoint')
    writeFileSync(wrong, 'no checkpoint')
    await refused(start('b', ...upstream, '--checkpoint', wrong), { status: 2, code: 'malformed-checkpoint' })
    mkdirSync(join(folder, 'c'))
    writeFileSync(join(folder, 'c', 'pin'), 'no checkpoint')
    await refused(start('c', ...upstream), { status: 2, code: 'malformed-checkpoint' })
  })
})
