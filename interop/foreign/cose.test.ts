import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { bytesToHex, cosign, createSoftwareSigner, decodeSign1, encodeCosignature, encodeReceipt, inclusionProof, keyToAddress, leafHash, portable, rangeRoot, signTransaction, subtreesOfLeaves } from '@telltale/core'
import type { Algorithm, Checkpoint, PublicKey, Signer } from '@telltale/core'

/** Python with the libraries of README.md; without it, or without one of them, these tests are skipped by name. */
const PYTHON = process.env['TELLTALE_PYTHON'] ?? 'python3'
const TOOLS = { cwt: ['EdDSA', 'ES256', 'ES256K', 'RS256'], pycose: ['EdDSA', 'ES256', 'RS256'], 'scitt-cose': ['EdDSA', 'ES256'] } satisfies Record<string, Algorithm[]>

interface Case {
  tool: string
  algorithm: Algorithm
  pem: string
  kid: string
  message: string
  payload?: string
  entry?: string
}

function ask(cases: Case[]): string[] {
  const { status, stdout, stderr } = spawnSync(PYTHON, [join(import.meta.dirname, 'verify-cose.py')], { input: JSON.stringify({ cases }), encoding: 'utf8', timeout: 60_000 })
  if (status === null) return cases.map(() => 'absent')
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout) as string[]
}

function signerOf(algorithm: Algorithm): Signer {
  if (algorithm !== 'RS256') return createSoftwareSigner(algorithm, new Uint8Array(32).fill(5), 0)
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const material = new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).n as string, 'base64url'))
  return { publicKey: { algorithm, material }, keyNumber: 0, sign: (message) => new Uint8Array(sign('sha256', message, privateKey)) }
}

function toPem({ algorithm, material }: PublicKey): string {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
  const curves = { ES256: 'P-256', ES256K: 'secp256k1' }
  let key: Record<string, string>
  if (algorithm === 'EdDSA') key = { kty: 'OKP', crv: 'Ed25519', x: text(material) }
  else if (algorithm === 'RS256') key = { kty: 'RSA', n: text(material), e: 'AQAB' }
  else key = { kty: 'EC', crv: curves[algorithm], x: text(material.subarray(0, 32)), y: text(material.subarray(32)) }
  return createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
}

/** The last byte changed: in all of our messages a byte of the signature. */
function damaged(hex: string): string {
  return hex.slice(0, -2) + (Number.parseInt(hex.slice(-2), 16) ^ 1).toString(16).padStart(2, '0')
}

async function messagesOf(algorithm: Algorithm): Promise<{ base: Omit<Case, 'tool' | 'message'>; transaction: string; cosignature: string; receipt: string; root: string; entry: string }> {
  const { sha256 } = portable
  const signer = signerOf(algorithm)
  const iss = keyToAddress(signer.publicKey, portable)
  const transactions = await Promise.all([0, 1, 2, 3, 4].map((sequence) => signTransaction({ network: new Uint8Array(16), iss, sub: 'odometer', call: 16, sequence, args: [] }, signer)))
  const subtree = subtreesOfLeaves(transactions.map((bytes) => leafHash(bytes, sha256)), sha256)
  const logRoot = rangeRoot(0, 5, subtree, sha256)
  const checkpoint: Checkpoint = { network: new Uint8Array(32).fill(1), height: 3, size: 5, logRoot, stateRoot: new Uint8Array(32), setHash: new Uint8Array(32) }
  const signed = await cosign(checkpoint, iss, 1_750_000_000, signer)
  const entry = transactions.at(3)
  assert.ok(entry)
  return {
    base: { algorithm, pem: toPem(signer.publicKey), kid: '00' },
    transaction: bytesToHex(entry),
    cosignature: bytesToHex(encodeCosignature(checkpoint, algorithm, signed)),
    receipt: bytesToHex(encodeReceipt(checkpoint, algorithm, signed, 3, inclusionProof(3, 5, subtree, sha256))),
    root: bytesToHex(logRoot),
    entry: bytesToHex(entry),
  }
}

const SAMPLE = await messagesOf('ES256')
const absent = new Set(Object.keys(TOOLS).filter((tool) => ask([{ ...SAMPLE.base, tool, message: SAMPLE.receipt, payload: SAMPLE.root, entry: SAMPLE.entry }])[0] === 'absent'))

suite('COSE messages under libraries that are not ours', () => {
  for (const tool of ['cwt', 'pycose'] as const) {
    for (const algorithm of TOOLS[tool]) {
      test(`${tool}: transaction, cosignature and receipt, ${algorithm}`, { skip: absent.has(tool) && `${tool} is not installed` }, async () => {
        const { base, transaction, cosignature, receipt, root } = await messagesOf(algorithm)
        assert.ok(decodeSign1(Buffer.from(cosignature, 'hex')).payload === null)
        const honest: Case[] = [{ ...base, tool, message: transaction }, { ...base, tool, message: cosignature, payload: root }, { ...base, tool, message: receipt, payload: root }]
        assert.deepEqual(ask(honest), ['holds', 'holds', 'holds'])
        const forged = [...honest.map((item) => ({ ...item, message: damaged(item.message) })), ...honest.slice(1).map((item) => ({ ...item, payload: damaged(root) }))]
        for (const answer of ask(forged)) assert.match(answer, /^refused/)
      })
    }
  }

  for (const algorithm of TOOLS['scitt-cose']) {
    test(`scitt-cose: receipt, signature and path, ${algorithm}`, { skip: absent.has('scitt-cose') && 'scitt-cose is not installed' }, async () => {
      const { base, receipt, entry } = await messagesOf(algorithm)
      const honest: Case = { ...base, tool: 'scitt-cose', message: receipt, entry }
      assert.deepEqual(ask([honest]), ['holds'])
      for (const answer of ask([{ ...honest, message: damaged(receipt) }, { ...honest, entry: damaged(entry) }])) assert.match(answer, /^refused/)
    })
  }
})
