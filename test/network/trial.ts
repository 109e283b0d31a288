import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { addressToBytes, algorithmToNumber, hexToBytes, keyFields, publicKeyToCose, signStatement, signTransaction } from '@telltale/core'
import type { Algorithm, Cbor } from '@telltale/core'
import type { Answer } from '@telltale/client'
import { encodeVote, voteFields } from '@telltale/ledger'
import { createWallet } from '@telltale/node'
import type { WalletKey } from '@telltale/node'
import { startCommand } from '../process.ts'
import type { Running } from '../process.ts'

export interface TrialNode {
  name: string
  role: string
  url: string
  /** With the key of its desk. */
  link: string
  pid: number
  data: string
}

/** A trial network as `telltale testnet` starts it. */
export interface Trial {
  running: Running
  network: Uint8Array
  nodes: TrialNode[]
  admit: Admit
}

/** An authority admits somebody new, through any node: who that is, the status of the answer and the document. */
export type Admit = (through: Pick<TrialNode, 'url'>, wait?: 'certified' | 'accepted') => Promise<{ address: string; status: number; results: { status: string; height?: number }[] }>

export interface Health {
  status: string
  height: number
  finalHeight: number
  size: number
  logRoot: string
  stateRoot: string
}

export async function startTrial(data: string, args: string[]): Promise<Trial> {
  const running = await startCommand(['testnet', '--data', data, ...args])
  const { network, nodes } = running.document as unknown as { network: string; nodes: TrialNode[] }
  const id = hexToBytes(network)
  return { running, network: id, nodes, admit: await createAdmit(data, id, nodes[0]!.data) }
}

/** Admissions by the authority whose directory is named; keys of those admitted are made in `scratch`. */
export async function createAdmit(scratch: string, network: Uint8Array, authorityData: string): Promise<Admit> {
  const authority = await createWallet(authorityData, undefined).open('authority')
  const wallet = createWallet(scratch, undefined)
  let count = 0
  return async (through, wait = 'certified') => {
    const who = await wallet.create(`somebody-${Date.now()}-${count++}`, 'EdDSA')
    const body = await admission(network, authority, who)
    const response = await fetch(`${through.url}/v1/transactions?wait=${wait}`, { method: 'POST', headers: { 'content-type': 'application/cbor' }, body: Buffer.from(body) })
    return { address: who.address, status: response.status, ...((await response.json()) as { results: { status: string }[] }) }
  }
}

async function admission(network: Uint8Array, authority: WalletKey, who: WalletKey): Promise<Uint8Array> {
  const { signature } = await signStatement('key', network, keyFields(who.address, 'identity', 0, authority.address), who.signer)
  return signTransaction({ network: network.subarray(0, 16), iss: authority.address, sub: who.address, call: 1, sequence: 0, args: [publicKeyToCose(who.publicKey), signature, authority.address, [['owner', null, null]]] }, authority.signer)
}

export async function healthOf({ url }: Pick<TrialNode, 'url'>): Promise<Health> {
  const response = await fetch(`${url}/health`)
  return (await response.json()) as Health
}

/** Waits until every node holds `size` transactions as final, with the same roots. */
export async function agreed(nodes: TrialNode[], size: number, patienceMs: number): Promise<Health> {
  const endMs = performance.now() + patienceMs
  for (;;) {
    const all = await Promise.all(nodes.map(async (node) => healthOf(node).catch(() => null)))
    const stands = new Set(all.map((health) => health && `${health.finalHeight} ${health.size} ${health.logRoot} ${health.stateRoot}`))
    if (stands.size === 1 && all[0]?.size === size) return all[0]
    assert.ok(performance.now() < endMs, JSON.stringify(all))
    await wait(50)
  }
}

/** One request at the desk of a node. */
export async function askDesk({ url, link }: TrialNode, path: string, body?: unknown): Promise<{ status: number; answer: Record<string, unknown> }> {
  const headers = { 'x-telltale-desk': link.split('#desk=')[1] ?? '', 'content-type': 'application/json' }
  const response = await fetch(`${url}/v1/desk${path}`, body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) })
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> }
}

/** The parameters of a network as they are proposed, with another lateness. */
export function withLateMs(now: Answer<'getNetwork'>['parameters'], lateMs: number): Map<string, Cbor> {
  return new Map<string, Cbor>([
    ['name', now.name],
    ['sealers', now.sealers],
    ['work', now.workBits],
    ['block-ms', now.blockMs],
    ['block-transactions', now.blockTransactionsMax],
    ['block-bytes', now.blockBytesMax],
    ['notes', now.notesMax],
    ['quota-bytes', now.quotaBytes],
    ['quota-ms', now.quotaWindowMs],
    ['late-ms', lateMs],
    ['algorithms', now.algorithms.map((name) => algorithmToNumber(name as Algorithm))],
  ])
}

/** A vote for a block at height 900 that nobody sealed; with another label one that contradicts it. */
export async function voteBy(network: Uint8Array, { address, signer }: WalletKey, label: string): Promise<Uint8Array> {
  const fields = { sourceHeight: 1, sourceId: new Uint8Array(32), targetHeight: 900, targetId: new Uint8Array(32).fill(label.length) }
  const { keyNumber, signature } = await signStatement('vote', network, voteFields(fields), signer)
  return encodeVote({ voter: addressToBytes(address, 'tt'), keyNumber, ...fields, signature })
}
