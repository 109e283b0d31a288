import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { randomBytes } from 'node:crypto'
import { NO_PREVIOUS, decodeLinks, encodeLinks, hexToBytes, portable, setFromCbor, decode, bytesToHex } from '@telltale/core'
import type { AuthoritySet, PublicKey } from '@telltale/core'
import { createFileStorage, createHttpLink, createRefusedFolder, openDevice } from '@telltale/device'
import type { Device } from '@telltale/device'
import { admissionCommand, createWallet } from '@telltale/node'
import type { WalletKey } from '@telltale/node'
import { addAuthority, admit, createAsset, decide, enrolDevice, role, testIdentity, tick } from '@telltale/testing'
import type { ActionNetwork, TestAsset, TestIdentity } from '@telltale/testing'
import { runCommand, startCommand } from '../process.ts'
import type { Running } from '../process.ts'
import { createRemoteActions } from './remote-actions.ts'
import { startTrial } from './trial.ts'
import type { Trial, TrialNode } from './trial.ts'

const [OWNER, DEVICE] = [testIdentity(40), testIdentity(41)]

/** A node as a gateway sees it through somebody who answers for links what he likes, and passes on everything else. */
async function startLiar(url: string, lie: () => ((links: Uint8Array) => Uint8Array) | null): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    void (async () => {
      const pieces: Buffer[] = []
      for await (const piece of request) pieces.push(piece as Buffer)
      const headers = Object.fromEntries(['accept', 'content-type'].flatMap((name) => (typeof request.headers[name] === 'string' ? [[name, request.headers[name]]] : [])))
      const answer = await fetch(url + request.url, { method: request.method!, headers, ...(pieces.length > 0 ? { body: Buffer.concat(pieces) } : {}) })
      const bytes = new Uint8Array(await answer.arrayBuffer())
      const bend = request.url!.startsWith('/v1/checkpoint/links') && answer.status === 200 ? lie() : null
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' }).end(bend ? bend(bytes) : bytes)
    })()
  })
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

suite('a trial network whose authorities change', () => {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-changed-'))
  let trial: Trial
  let network: ActionNetwork
  let asset: TestAsset
  let authorities: TestIdentity[]
  let members: TestIdentity[]
  let liar: { url: string; server: Server }
  let lie: ((links: Uint8Array) => Uint8Array) | null = null
  let gateway: Running
  let device: Device

  const keyOf = async ({ data, role: of }: TrialNode): Promise<TestIdentity> => createWallet(data, undefined).open(of)
  const setNow = async (): Promise<string[]> => ((await (await fetch(`${trial.nodes[0]!.url}/v1/network`)).json()) as { authorities: { address: string }[] }).authorities.map(({ address }) => address)
  const waiting = async (): Promise<number> => ((await (await fetch(`${gateway.document.url}/health`)).json()) as { waitingRecords: number }).waitingRecords
  /** The set at the newest certified checkpoint, as the node says. */
  const pinnedSet = async (): Promise<AuthoritySet> => {
    const pin = decode(new Uint8Array(await (await fetch(`${trial.nodes[0]!.url}/v1/checkpoint`, { headers: { accept: 'application/cbor' } })).arrayBuffer())) as unknown[]
    return setFromCbor(pin[3] as never)
  }

  before(async () => {
    trial = await startTrial(join(folder, 'trial'), ['--authorities', '4', '--members', '2', '--block-ms', '200'])
    const { url } = trial.nodes[0]!
    authorities = await Promise.all(trial.nodes.filter((node) => node.role === 'authority').map(keyOf))
    members = await Promise.all(trial.nodes.filter((node) => node.role === 'member').map(keyOf))
    network = createRemoteActions(url, trial.network, authorities)
    await admit(network, OWNER, { roles: [role('owner')], organisation: null })
    for (const member of members) await admit(network, member, { roles: [role('member')], organisation: null })
    asset = await createAsset(network, { owner: OWNER })
    await enrolDevice(network, { asset, device: DEVICE, streams: ['odometer'] })
    liar = await startLiar(url, () => lie)
    gateway = await startCommand(['gateway', '--data', join(folder, 'gateway'), '--upstream', liar.url, '--listen', '127.0.0.1:0'])
    const set = await pinnedSet()
    const owner: { address: string; keyNumber: number; key: PublicKey } = { address: OWNER.address, keyNumber: 0, key: OWNER.signer.publicKey }
    device = await openDevice({
      signer: DEVICE.signer,
      address: DEVICE.address,
      network: trial.network,
      storage: createFileStorage(join(folder, 'device.state')),
      refused: createRefusedFolder(join(folder, 'device.refused'), portable),
      submitter: createHttpLink({ url: gateway.document.url, kind: 'gateway', token: null, network: trial.network, authorities: () => set, primitives: portable, patienceMs: 3000 }),
      secrets: null,
      pin: { asset: asset.id, set, owner, transfers: 0, lastTransfer: NO_PREVIOUS },
      primitives: portable,
      randomBytes: (count) => new Uint8Array(randomBytes(count)),
    })
  })
  after(async () => {
    await gateway?.interrupt()
    liar?.server.closeAllConnections()
    liar?.server.close()
    await trial.running.interrupt()
    rmSync(folder, { recursive: true, force: true })
  })

  async function drive(metres: number): Promise<void> {
    await device.record('odometer', 1, [{ path: 'Vehicle.TraveledDistance', timeMs: metres, value: metres, unit: 'm', source: 'test' }])
    await device.flush()
  }

  async function change(kind: string, value: Parameters<typeof decide>[2], count: number): Promise<void> {
    await decide(network, kind, value, authorities.slice(0, 3).concat(count > 4 ? members.slice(0, 1) : []))
    for (let i = 0; i < 5 && (await setNow()).length === count; i++) await tick(network)
    await tick(network)
  }

  test('a gateway that runs follows it, step by step; links that lie move it nowhere, and nothing is lost meanwhile', async () => {
    await drive(1000)
    assert.equal(await waiting(), 0)
    await change(...addAuthority(members[0]!), 4)
    await change('remove-authority', authorities[3]!.address, 5)
    await change(...addAuthority(members[1]!), 4)
    const set = await setNow()
    assert.deepEqual(set, [...authorities.slice(0, 3), ...members].map(({ address }) => address).sort())

    const lies: [string, (links: Uint8Array) => Uint8Array][] = [
      ['a set that nobody signed', (links) => encodeLinks(decodeLinks(links).map((link) => ({ ...link, set: link.set?.slice(1) ?? null })))],
      ['too few signatures', (links) => encodeLinks(decodeLinks(links).map((link) => ({ ...link, signatures: link.signatures.slice(0, 2) })))],
      ['nothing', () => new Uint8Array([0x80])],
    ]
    for (const [what, bend] of lies) {
      lie = bend
      await assert.rejects(drive(2000), (error: { code?: string }) => error.code === 'not-certified-yet', what)
      assert.ok((await waiting()) > 0, what)
    }
    assert.match(gateway.output(), /"code":"set-mismatch"/)
    assert.match(gateway.output(), /"code":"no-quorum"/)
    lie = null
    const endMs = performance.now() + 60_000
    while ((await waiting()) > 0) {
      assert.ok(performance.now() < endMs, 'the outbox is not emptied')
      await new Promise((settle) => setTimeout(settle, 100))
    }
    await drive(3000)
    assert.deepEqual([await waiting(), device.refused], [0, []])
    const { count } = (await (await fetch(`${trial.nodes[0]!.url}/v1/streams/${DEVICE.address}/odometer`)).json()) as { count: number }
    assert.equal(count, 1 + lies.length + 1)
    const { authorities: followed } = (await restartGateway()).document as unknown as { authorities: string[] }
    assert.deepEqual(followed, set)
  })

  async function restartGateway(): Promise<Running> {
    await gateway.interrupt()
    gateway = await startCommand(['gateway', '--data', join(folder, 'gateway'), '--upstream', trial.nodes[0]!.url, '--listen', '127.0.0.1:0'])
    return gateway
  }

  test('a command that signs for a node follows it from the genesis, and not where links lie', async () => {
    const first = trial.nodes[0]!
    const keys = join(folder, 'keys')
    cpSync(join(first.data, 'keys'), join(keys, 'keys'), { recursive: true })
    const admitAt = async (url: string, number: number): Promise<{ status: number | null; document: { error?: { code: string } } }> => {
      const who = testIdentity(number)
      const [, args = ''] = /send admit '(.*)' --key/.exec(await admissionCommand({ ...who, publicKey: who.signer.publicKey } as WalletKey, trial.network, authorities[0]!.address, [['owner', null, null]]))!
      return runCommand(['send', 'admit', args, '--key', 'authority', '--sub', who.address, '--node', url, '--keys', keys])
    }
    lie = (links) => encodeLinks(decodeLinks(links).map((link) => ({ ...link, signatures: link.signatures.slice(0, 2) })))
    assert.deepEqual([(await admitAt(liar.url, 60)).document.error?.code], ['no-quorum'])
    lie = null
    const { status, document } = await admitAt(liar.url, 61)
    assert.equal(status, 0, JSON.stringify(document))
    assert.equal((await admitAt(first.url, 62)).status, 0, 'it keeps whom it believes')
  })

  test('certificates from any node verify offline for whoever knows only the network', async () => {
    for (const { url, name } of [trial.nodes[0]!, trial.nodes.at(-1)!]) {
      const file = join(folder, `${name}.telltale`)
      const made = await runCommand(['certificate', '--node', url, '--disclose', 'none', '--out', file])
      assert.equal(made.status, 0, JSON.stringify(made.document))
      const { status, document } = await runCommand<{ lamps: Record<string, { state: string; ground: string }> }>(['verify', file, '--network', bytesToHex(trial.network)])
      assert.equal(status, 0, JSON.stringify(document))
      assert.match(JSON.stringify(document), /[45] of 5 authorities/)
    }
    const other = await runCommand<{ error?: unknown }>(['verify', join(folder, `${trial.nodes[0]!.name}.telltale`), '--network', bytesToHex(hexToBytes('ff'.repeat(32)))])
    assert.equal(other.status, 1)
  })
})
