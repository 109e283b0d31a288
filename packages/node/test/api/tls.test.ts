import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { withNode } from './running-node.ts'

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'])
    return true
  } catch {
    return false
  }
}

interface Told {
  status: number | undefined
  heads: Record<string, unknown>
}

function ask(url: string, ca: Buffer, headers: Record<string, string>): Promise<Told> {
  return new Promise((resolve, reject) => {
    request(`${url}/v1/network`, { ca, servername: 'localhost', headers }, (response) => {
      response.resume()
      resolve({ status: response.statusCode, heads: response.headers })
    }).on('error', reject).end()
  })
}

test('speaks TLS where it is told to, asks for the token, and says that it wants TLS from now on', { skip: hasOpenssl() ? false : 'no openssl to make a certificate with' }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-tls-'))
  const [cert, key, tokenFile] = ['cert.pem', 'key.pem', 'token'].map((name) => join(folder, name)) as [string, string, string]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' })
  await writeFile(tokenFile, 'a-token-of-this-test')
  await withNode(
    async ({ url }) => {
      assert.match(url, /^https:\/\/127\.0\.0\.1:/)
      const ca = await readFile(cert)
      assert.equal((await ask(url, ca, {})).status, 401)
      const { status, heads } = await ask(url, ca, { authorization: 'Bearer a-token-of-this-test' })
      assert.equal(status, 200)
      assert.match(String(heads['strict-transport-security']), /max-age/)
      await assert.rejects(fetch(url.replace('https', 'http')), TypeError)
    },
    { settings: { listen: '0.0.0.0:0', tlsCert: cert, tlsKey: key, tokenFile } },
  )
  await rm(folder, { recursive: true })
})
