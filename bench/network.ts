import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NO_PREVIOUS, consentFields, createdId, decodeTransaction, keyFields, keyToAddress, publicKeyToCose, recordArgsToCbor, signStatement, signTransaction, transactionId } from '@telltale/core'
import type { Algorithm, Cbor, KeyPurpose, Primitives, Signer, Submission } from '@telltale/core'
import { createChain } from '@telltale/consensus'
import type { Certified, Chain, SignatureVerifier } from '@telltale/consensus'
import { DEFAULT_PARAMETERS, createGenesis, openLedger } from '@telltale/ledger'
import type { Ledger, Store } from '@telltale/ledger'
import { createNodeSigner, generateSecret } from '@telltale/node'
import { createStore } from '@telltale/storage'

/** A network with one authority in a temporary directory, and devices that are enrolled in it. */
export interface BenchNetwork {
  directory: string
  network: Uint8Array
  ledger: Ledger
  store: Store
  chain: Chain
  authority: BenchKey
  asset: string
  devices: BenchKey[]
  /** The devices' secrets, in their order. */
  secrets: Uint8Array[]
  close(): Promise<void>
}

export interface BenchKey {
  signer: Signer
  address: string
}

/** Those who sign, and for which network. */
interface Signing {
  network: Uint8Array
  devices: BenchKey[]
}

/** Generous, so that no benchmark measures a quota. */
const PARAMETERS = { ...DEFAULT_PARAMETERS, quotaBytes: 2 ** 45, name: 'bench' }
export const STREAM = 'driving'

export async function createKey(algorithm: Algorithm, primitives: Primitives, secret?: Uint8Array): Promise<BenchKey> {
  const signer = createNodeSigner(algorithm, secret ?? (await generateSecret(algorithm)), 0)
  return { signer, address: keyToAddress(signer.publicKey, primitives) }
}

export async function createNetwork(init: { primitives: Primitives; verifier: SignatureVerifier; deviceCount: number; algorithm: Algorithm }): Promise<BenchNetwork> {
  const { primitives, verifier, deviceCount, algorithm } = init
  const directory = await mkdtemp(join(tmpdir(), 'telltale-bench-'))
  const authority = await createKey('EdDSA', primitives)
  const store = await createStore({ directory: join(directory, 'store'), create: true })
  const genesis = await createGenesis(Date.now(), PARAMETERS, [authority.signer], primitives)
  const ledger = await openLedger({ store, primitives, genesis: genesis.bytes })
  await store.writeSigned({ sealedHeight: 0, sealedId: ledger.network, size: 0, logRoot: new Uint8Array(32), issuedAtSeconds: 0 })
  const chain = await createChain({ ledger, signer: authority.signer, address: authority.address, verifier, primitives, clock: { nowMs: Date.now } })
  const enrolled = await enrolDevices({ network: ledger.network, authority, primitives, deviceCount, algorithm, submit: (bytes) => chain.submit({ bytes, attachments: [] }) })
  return {
    directory,
    ledger,
    store,
    chain,
    authority,
    asset: enrolled.assets[0] as string,
    devices: enrolled.devices,
    secrets: enrolled.secrets,
    network: ledger.network,
    async close() {
      await chain.stop()
      await store.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

interface Enrolment {
  network: Uint8Array
  authority: BenchKey
  primitives: Primitives
  deviceCount: number
  algorithm: Algorithm
  /** Hands a transaction on, and waits until it is certified. */
  submit(bytes: Uint8Array): Promise<Pick<Certified, 'id'>>
}

/** An owner, assets and devices with one stream each, in a network whose authority has said nothing yet. */
export async function enrolDevices({ network, authority, primitives, deviceCount, algorithm, submit }: Enrolment): Promise<{ assets: string[]; devices: BenchKey[]; secrets: Uint8Array[] }> {
  const owner = await createKey('EdDSA', primitives)
  const sequences = new Map<string, number>()
  const send = async (key: BenchKey, call: number, sub: string, args: Cbor[]): Promise<Pick<Certified, 'id'>> => {
    const name = `${key.address} ${sub}`
    const sequence = sequences.get(name) ?? 0
    sequences.set(name, sequence + 1)
    return submit(await signTransaction({ network: network.subarray(0, 16), iss: key.address, sub, call, sequence, args }, key.signer))
  }
  const proof = async (key: BenchKey, purpose: KeyPurpose, joins: string): Promise<Uint8Array> => (await signStatement('key', network, keyFields(key.address, purpose, 0, joins), key.signer)).signature
  await send(authority, 1, owner.address, [publicKeyToCose(owner.signer.publicKey), await proof(owner, 'identity', authority.address), authority.address, [['owner', null, null]]])
  const before: Cbor[] = [new Uint8Array(32), owner.address]
  const createAsset = async (sequence: number): Promise<string> => {
    const consent = await signStatement('consent', network, consentFields({ call: 8, iss: authority.address, sub: authority.address, sequence }, before), owner.signer)
    const { id } = await send(authority, 8, authority.address, [...before, [consent.keyNumber, consent.signature]])
    return createdId('ta', id)
  }
  const devices: BenchKey[] = []
  const secrets = await Promise.all(Array.from({ length: deviceCount }, () => generateSecret(algorithm)))
  for (const secret of secrets) devices.push(await createKey(algorithm, primitives, secret))
  // An asset holds at most 1,024 streams; the bench stays below by one asset per 500 devices.
  const assets: string[] = []
  for (let i = 0; i < Math.ceil(deviceCount / 500); i++) assets.push(await createAsset(i))
  await Promise.all(devices.map(async (device, i) => send(owner, 9, owner.address, [assets[Math.floor(i / 500)] as string, publicKeyToCose(device.signer.publicKey), await proof(device, 'device', assets[Math.floor(i / 500)] as string), [STREAM], null])))
  return { assets, devices, secrets }
}

/** Where each device's stream stands, by address. */
export type Heads = Map<string, { previous: Uint8Array; next: number }>

/** Records that look sealed, signed ahead: `perDevice` rounds over all devices, with bodies of `bodyBytes`. Streams go on from `heads`. */
export async function signRecords({ network, devices }: Signing, perDevice: number, bodyBytes: number, primitives: Primitives, heads: Heads = new Map()): Promise<Submission[]> {
  const submissions: Submission[] = []
  const boot = new Uint8Array(6)
  for (let round = 0; round < perDevice; round++) {
    for (const device of devices) {
      const head = heads.get(device.address) ?? { previous: NO_PREVIOUS, next: 0 }
      const body = new Uint8Array(randomBytes(bodyBytes))
      const args = recordArgsToCbor({ previous: head.previous, boot, content: { kind: 'sealed', epoch: 0 }, body: { sha256: primitives.sha256(body), length: body.length }, cites: null })
      const bytes = await signTransaction({ network: network.subarray(0, 16), iss: device.address, sub: STREAM, call: 16, sequence: head.next, args }, device.signer)
      heads.set(device.address, { previous: transactionId(decodeTransaction(bytes), primitives), next: head.next + 1 })
      submissions.push({ bytes, attachments: [body] })
    }
  }
  return packSubmissions(submissions)
}

/** The same in one array, as a node gets them that reads them from a connection: half a million small arrays would keep the collector busy with the load instead of the node. */
export function packSubmissions(submissions: Submission[]): Submission[] {
  const total = submissions.reduce((sum, { bytes, attachments }) => sum + bytes.length + attachments.reduce((all, body) => all + body.length, 0), 0)
  const packed = new Uint8Array(total)
  let at = 0
  const move = (bytes: Uint8Array): Uint8Array => {
    packed.set(bytes, at)
    at += bytes.length
    return packed.subarray(at - bytes.length, at)
  }
  return submissions.map(({ bytes, attachments }) => ({ bytes: move(bytes), attachments: attachments.map(move) }))
}
