import { TelltaleError, keyFields, publicKeyToCose, signStatement, signTransaction } from '@telltale/core'
import type { Submission } from '@telltale/core'
import type { SimulatedNode } from './node.ts'
import { simulatedIdentity } from './signatures.ts'
import type { World } from './world.ts'

/** Something that was handed to the network and has to stand in its log in the end. */
export interface Sent {
  submission: Submission
  firstMs: number
  /** Where the node that took it said that it is certified; null until then. */
  index: number | null
  isIncluded: boolean
  isWaiting: boolean
}

/** People who hand on transactions and, where a node ends or refuses them for now, hand them to another. */
export interface Client {
  readonly sent: Sent[]
  /** Milliseconds from the first try to the certificate, of each that was certified. */
  readonly lagsMs: number[]
  /** Codes of what was refused and came again. */
  readonly refusals: Map<string, number>
  /** Admits somebody new through a node. */
  admit(node: SimulatedNode): Promise<void>
  /** Hands on again what nobody waits for any more. */
  retry(nodes: SimulatedNode[]): void
}

const NAMES_FROM = 100

export function createClient({ clock, random, genesis, nodes }: World): Client {
  const authority = nodes.find(({ misconduct }) => misconduct === null)!.identity!
  const sent: Sent[] = []
  const lagsMs: number[] = []
  const refusals = new Map<string, number>()

  const certifiedAs =
    (one: Sent) =>
    ({ index }: { index: number }): void => {
      if (!one.isIncluded) lagsMs.push(clock.nowMs() - one.firstMs)
      Object.assign(one, { index, isIncluded: true, isWaiting: false })
    }
  const refusedAs =
    (one: Sent) =>
    (error: unknown): void => {
      const code = error instanceof TelltaleError ? error.code : String(error)
      one.isIncluded ||= code === 'already-included'
      one.isWaiting = false
      if (code !== 'already-included') refusals.set(code, (refusals.get(code) ?? 0) + 1)
    }
  const hand = (one: Sent, node: SimulatedNode): void => {
    const { running } = node
    if (!running) return
    one.isWaiting = true
    void running.chain.submit(one.submission).then(certifiedAs(one), refusedAs(one))
  }
  return {
    sent,
    lagsMs,
    refusals,
    async admit(node) {
      const { address, signer } = simulatedIdentity(NAMES_FROM + sent.length)
      const { signature } = await signStatement('key', genesis.network, keyFields(address, 'identity', 0, authority.address), signer)
      const args = [publicKeyToCose(signer.publicKey), signature, authority.address, [['owner', null, null]]]
      const bytes = await signTransaction({ network: genesis.network.subarray(0, 16), iss: authority.address, sub: address, call: 1, sequence: 0, args }, authority.signer)
      const one: Sent = { submission: { bytes, attachments: [] }, firstMs: clock.nowMs(), index: null, isIncluded: false, isWaiting: false }
      sent.push(one)
      hand(one, node)
    },
    retry(candidates) {
      for (const one of sent) if (!one.isIncluded && !one.isWaiting) hand(one, random.pick(candidates))
    },
  }
}
