import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite, test } from 'node:test'
import { bytesToHex, cosign, decodeSubmissions, decodeTransaction, encodeLinks, encodeReceipt, leafHash, portable, setHash, signRefusal, transactionId } from '@telltale/core'
import type { AuthoritySet, Link, LinkSignature } from '@telltale/core'
import type { Submitter } from '../src/components.ts'
import { openDevice } from '../src/device.ts'
import { createHttpLink } from '../src/http-link.ts'
import { AUTHORITY, NETWORK, OWNER, authorityOf, person } from './people.ts'
import type { Person } from './people.ts'
import { createRig, pinOf, reading } from './rig.ts'

type Answer = Record<string, unknown>

/** A gateway whose answers the test gives; how the ledger stands it says as for a device that begins. */
async function withGateway(answer: (transaction: Uint8Array) => Promise<Answer>, work: (url: string, paths: string[]) => Promise<void>, links: () => Link[] | null = () => null): Promise<void> {
  const paths: string[] = []
  const taken = new Map<string, Uint8Array>()
  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? '/', 'http://gateway')
      paths.push(`${request.method} ${url.pathname}`)
      const say = (status: number, body: unknown): void => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      if (request.method === 'POST') {
        const pieces: Buffer[] = []
        for await (const piece of request) pieces.push(piece as Buffer)
        const items = decodeSubmissions(new Uint8Array(Buffer.concat(pieces))).map(({ bytes }) => bytes)
        for (const bytes of items) taken.set(bytesToHex(transactionId(decodeTransaction(bytes), portable)), bytes)
        say(202, { results: items.map(() => ({ id: null, status: 'pending' })) })
      } else if (url.pathname === '/v1/records') {
        const ids = (url.searchParams.get('ids') ?? '').split(',')
        say(200, { results: await Promise.all(ids.map((id) => answer(taken.get(id) as Uint8Array))) })
      } else if (url.pathname.startsWith('/v1/streams/')) say(200, { count: taken.size, head: [...taken.keys()].at(-1) ?? '0'.repeat(64), epoch: 0 })
      else if (url.pathname === '/v1/checkpoint/links' && links() !== null) response.writeHead(200, { 'content-type': 'application/cbor' }).end(encodeLinks(links() as Link[]))
      else say(404, { code: 'no-such-route', detail: 'none' })
    })()
  })
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths)
  } finally {
    server.closeAllConnections()
    await new Promise((settle) => server.close(settle))
  }
}

async function certified(transaction: Uint8Array, by: Person = AUTHORITY, set: AuthoritySet = [authorityOf(AUTHORITY)]): Promise<Answer> {
  const checkpoint = { network: NETWORK, height: 1, size: 1, logRoot: leafHash(transaction, portable.sha256), stateRoot: new Uint8Array(32), setHash: setHash(set, portable) }
  const receipt = encodeReceipt(checkpoint, 'EdDSA', await cosign(checkpoint, by.address, 1, by.signer), 0, [])
  return { status: 'certified', index: 0, height: 1, receipt: bytesToHex(receipt) }
}

async function refused(transaction: Uint8Array, by: Person): Promise<Answer> {
  const refusal = await signRefusal(NETWORK, { authority: by.address, id: transactionId(decodeTransaction(transaction), portable), code: 'sequence-taken', isPermanent: true, expected: null, found: null, size: 1, timeMs: 1 }, by.signer)
  return { status: 'refused', error: { code: 'sequence-taken', detail: 'taken' }, refusal: bytesToHex(refusal) }
}

suite('a device behind a gateway', () => {
  test('believes nobody on the way: only what its authorities signed ends the waiting of a record', async () => {
    const stranger = person('stranger')
    const hearsay: [string, (transaction: Uint8Array) => Promise<Answer>, string][] = [
      ['certified without a receipt', async () => ({ status: 'certified', index: 0, height: 1 }), 'not-certified'],
      ['a receipt by a stranger', (bytes) => certified(bytes, stranger), 'unknown-authority'],
      ['the receipt of something else', () => certified(new Uint8Array(40)), 'not-certified'],
      ['the ledger has it, says somebody', async () => ({ status: 'refused', error: { code: 'already-included', detail: 'it has' } }), 'not-certified'],
      ['refused, says somebody', async () => ({ status: 'refused', error: { code: 'sequence-taken', detail: 'taken' } }), 'sequence-taken'],
      ['a refusal by a stranger', (bytes) => refused(bytes, stranger), 'sequence-taken'],
      ['an answer that is none', async () => ({ status: 'perhaps' }), 'unexpected-answer'],
      ['waiting for ever', async () => ({ status: 'pending' }), 'not-certified-yet'],
    ]
    for (const [what, lie, code] of hearsay) {
      let answer = lie
      await withGateway((bytes) => answer(bytes), async (url) => {
        const rig = createRig(['odometer'])
        const pin = pinOf(OWNER)
        const device = await openDevice({ ...rig.start(), submitter: createHttpLink({ url, kind: 'gateway', token: null, network: NETWORK, authorities: () => pin.set, primitives: portable, patienceMs: 100 }) })
        await device.record('odometer', 1, [reading(1)])
        await assert.rejects(device.flush(), { code }, what)
        assert.deepEqual(device.refused, [], what)
        answer = certified
        await device.flush()
        assert.deepEqual(device.refused, [], `${what}: then the honest answer`)
      })
    }
  })

  test('follows to newer authorities where those of its pin vouched for them, and to nobody else', async () => {
    const newer = person('newer')
    const set = [authorityOf(newer)]
    const checkpoint = { network: NETWORK, height: 9, size: 9, logRoot: new Uint8Array(32), stateRoot: new Uint8Array(32), setHash: setHash(set, portable) }
    const signedBy = async (by: Person): Promise<LinkSignature[]> => [{ position: 0, ...(await cosign(checkpoint, by.address, 1, by.signer)) }].map(({ position, issuedAtSeconds, signature }) => ({ position, issuedAtSeconds, signature }))
    const link: Link = { checkpoint, set, signatures: await signedBy(newer), leavers: await signedBy(AUTHORITY) }
    const answers: [string, Link[] | null][] = [['no-such-route', null], ['set-mismatch', []], ['no-quorum', [{ ...link, leavers: [] }]], ['invalid-cosignature', [{ ...link, leavers: await signedBy(person('stranger')) }]]]
    let links: Link[] | null = null
    await withGateway(async (bytes) => certified(bytes, newer, set), async (url) => {
      const pin = pinOf(OWNER)
      const device = await openDevice({ ...createRig(['odometer']).start(), submitter: createHttpLink({ url, kind: 'gateway', token: null, network: NETWORK, authorities: () => pin.set, primitives: portable, patienceMs: 100 }) })
      await device.record('odometer', 1, [reading(1)])
      for (const [code, given] of answers) {
        links = given
        await assert.rejects(device.flush(), { code }, code)
      }
      links = [link]
      await device.flush()
      assert.deepEqual(device.refused, [])
    }, () => links)
  })

  test('takes a record out that an authority refused for good', async () => {
    await withGateway((bytes) => refused(bytes, AUTHORITY), async (url) => {
      const rig = createRig(['odometer'])
      const pin = pinOf(OWNER)
      const device = await openDevice({ ...rig.start(), submitter: createHttpLink({ url, kind: 'gateway', token: null, network: NETWORK, authorities: () => pin.set, primitives: portable, patienceMs: 100 }) })
      await device.record('odometer', 1, [reading(1)])
      // What follows has nothing to do with this: the gateway of this test knows no records that stand in the ledger.
      await device.flush().catch(() => undefined)
      assert.deepEqual(device.refused.map((item) => [item.code, item.sequence]), [['sequence-taken', 0]])
      assert.equal(rig.disk.refused.length, 1)
    })
  })

  test('keeps what it signed while nobody answers, and sends it once somebody does', async () => {
    await withGateway(certified, async (url, paths) => {
      const rig = createRig(['odometer'])
      const pin = pinOf(OWNER)
      const linkTo = (place: string): Submitter => createHttpLink({ url: place, kind: 'gateway', token: null, network: NETWORK, authorities: () => pin.set, primitives: portable, patienceMs: 100 })
      let link = linkTo(url)
      const submitter: Submitter = { submit: (item) => link.submit(item), streamHead: (...place) => link.streamHead(...place), recordAt: (...place) => link.recordAt(...place), counter: (...place) => link.counter(...place) }
      const device = await openDevice({ ...rig.start(), submitter })
      await device.record('odometer', 1, [reading(1)])
      await device.flush()
      link = linkTo('http://127.0.0.1:9')
      for (let i = 2; i <= 150; i++) await device.record('odometer', 1, [reading(i)])
      await assert.rejects(device.flush(), { code: 'ledger-unreachable' })
      paths.length = 0
      link = linkTo(url)
      await device.flush()
      assert.equal(paths.filter((path) => path.startsWith('POST')).length, 2, 'at most 100 a request')
    })
  })
})
