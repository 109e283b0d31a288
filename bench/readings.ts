import { NO_PREVIOUS, decodeTransaction, encode, readingsToBody, recordArgsToCbor, signTransaction, transactionId } from '@telltale/core'
import type { Primitives, RecordReading } from '@telltale/core'
import type { Submission } from '@telltale/core'
import { createNodePrimitives, createWorkerVerifier } from '@telltale/node'
import { STREAM, createNetwork, packSubmissions } from './network.ts'
import type { BenchNetwork } from './network.ts'
import type { Figure } from './report.ts'
import { submitBetweenCeilings } from './throughput.ts'

const READINGS = 256

/** Readings per second in open records of 256; the ratio is that of their records to the checks per second. */
export async function benchReadings(records: number): Promise<Figure[]> {
  const primitives = createNodePrimitives()
  const verifier = createWorkerVerifier(primitives)
  const network = await createNetwork({ primitives, verifier, deviceCount: 100, algorithm: 'EdDSA' })
  try {
    const submissions = await signOpenRecords(network, records / 100, primitives)
    const { record, check } = await submitBetweenCeilings(network, submissions, 'EdDSA', primitives)
    const value = READINGS / record.seconds
    return [{ name: `readings certified, records of ${READINGS}`, value, unit: '/s', ratio: check.seconds / record.seconds, budget: '5,000,000 /s', isWithinBudget: value >= 5_000_000 }]
  } finally {
    await network.close()
    await verifier.close()
  }
}

async function signOpenRecords(network: BenchNetwork, perDevice: number, primitives: Primitives): Promise<Submission[]> {
  const rounds: Submission[][] = Array.from({ length: perDevice }, () => [])
  for (const [i, device] of network.devices.entries()) {
    let previous = NO_PREVIOUS
    for (const [sequence, round] of rounds.entries()) {
      const { body, extent } = readingsToBody(speeds(i * 1000 + sequence))
      const bytes = encode(body)
      const args = recordArgsToCbor({ previous, boot: new Uint8Array(6), content: { kind: 'open', clear: { clock: 1, ...extent } }, body: { sha256: primitives.sha256(bytes), length: bytes.length }, cites: null })
      const transaction = await signTransaction({ network: network.ledger.network.subarray(0, 16), iss: device.address, sub: STREAM, call: 16, sequence, args }, device.signer)
      previous = transactionId(decodeTransaction(transaction), primitives)
      round.push({ bytes: transaction, attachments: [bytes] })
    }
  }
  return packSubmissions(rounds.flat())
}

function speeds(seed: number): RecordReading[] {
  return Array.from({ length: READINGS }, (_, i) => ({ path: 'Vehicle.Speed', timeMs: seed * 3000 + i * 12, value: 2900 + ((seed + i) % 50), unit: 'km/h', source: 'can:0xB4:SPEED' }))
}
