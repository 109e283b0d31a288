import { NO_PREVIOUS, answersFromJson, bytesToHex, decodeTransaction, encodeSubmissions, portable, recordArgsToCbor, signTransaction, textToBytes, transactionId } from '@telltale/core'
import type { Signer, Submission } from '@telltale/core'

/** What a gateway acknowledged, kept outside of all processes that are killed. */
export interface Acknowledged {
  /** By device: ids in the order of its stream. What was acknowledged is never sent again by the device. */
  records: Map<string, string[]>
  /** By id: where a receipt says that it stands. */
  receipts: Map<string, number>
}

export interface LoadDevice {
  address: string
  signer: Signer
  network: Uint8Array
}

const BATCH = 12
const RETRY_MS = 30
/** Between the batches of a device: some wait at any moment, and the test ends soon after the last. */
const PAUSE_MS = 25

/**
 * Devices that sign records one after the other and send them until the gateway takes them in, then forget them: whatever is lost afterwards is lost. Ends
 * when `signal` fires and everything that was signed is acknowledged.
 */
export async function sendLoad(url: string, devices: LoadDevice[], acknowledged: Acknowledged, signal: AbortSignal): Promise<void> {
  await Promise.all(devices.map((device) => sendFrom(url, device, acknowledged, signal)))
}

async function sendFrom(url: string, device: LoadDevice, acknowledged: Acknowledged, signal: AbortSignal): Promise<void> {
  const ids = acknowledged.records.get(device.address) ?? []
  acknowledged.records.set(device.address, ids)
  while (!signal.aborted) {
    const batch: { submission: Submission; id: string }[] = []
    for (let i = 0; i < BATCH; i++) batch.push(await signRecord(device, ids.length + i, batch.at(-1)?.id ?? ids.at(-1) ?? null))
    await deliver(url, batch, acknowledged)
    ids.push(...batch.map(({ id }) => id))
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

/** Sends a batch until every item of it was taken in; some are sent twice, because the answer to the first time was lost. */
async function deliver(url: string, batch: { submission: Submission; id: string }[], { receipts }: Acknowledged): Promise<void> {
  let open = batch
  while (open.length > 0) {
    const answers = await post(url, open.map(({ submission }) => submission))
    open = open.filter(({ id }, i) => {
      const answer = answers?.[i]
      if (answer?.status === 'certified') receipts.set(id, answer.index)
      return answer?.status !== 'certified' && answer?.status !== 'pending'
    })
    if (open.length > 0) await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

async function post(url: string, submissions: Submission[]): Promise<ReturnType<typeof answersFromJson> | null> {
  try {
    const response = await fetch(`${url}/v1/records`, { method: 'POST', headers: { 'content-type': 'application/cbor' }, body: encodeSubmissions(submissions) as Uint8Array<ArrayBuffer>, signal: AbortSignal.timeout(10_000) })
    return answersFromJson(await response.json(), submissions.length)
  } catch {
    // Killed, or not yet there again: nobody knows whether it was taken.
    return null
  }
}

async function signRecord({ address, signer, network }: LoadDevice, sequence: number, previous: string | null): Promise<{ submission: Submission; id: string }> {
  const body = textToBytes(`body ${address} ${sequence}`)
  const args = recordArgsToCbor({ previous: previous === null ? NO_PREVIOUS : Buffer.from(previous, 'hex'), boot: new Uint8Array(6), content: { kind: 'sealed', epoch: 0 }, body: { sha256: portable.sha256(body), length: body.length }, cites: null })
  const bytes = await signTransaction({ network: network.subarray(0, 16), iss: address, sub: 'odometer', call: 16, sequence, args }, signer)
  return { submission: { bytes, attachments: [body] }, id: bytesToHex(transactionId(decodeTransaction(bytes), portable)) }
}
