import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hexToBytes } from '@telltale/core'
import { createNodePrimitives } from '@telltale/node'
import { freePort, runCommand, startCommand } from '../test/process.ts'
import type { Running } from '../test/process.ts'
import { measureCeiling } from './ceiling.ts'
import { startHttpLoad } from './http-load.ts'
import type { HttpLoad } from './http-load.ts'
import { enrolOver, restartMs, syncNew } from './late-node.ts'
import type { Figure } from './report.ts'

const DEVICES = 1000
/** Records of each device that are sent in one go. */
const CHUNK = 20
const CONNECTIONS = 20
/** On a machine whose cores are all in use a million records may take an hour: what came until then is what is taken. */
const LOAD_MS_MAX = 30 * 60_000

/** A long chain, which one authority made since it is quicker, is taken by a node that joins, every signature checked; then that node starts again. */
export async function benchSync(planned: number): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-bench-sync-'))
  const data = join(folder, 'first')
  const running: Running[] = []
  let load: HttpLoad | null = null
  try {
    await runCommand(['init', '--data', data])
    const peerAddress = `/ip4/127.0.0.1/tcp/${await freePort()}`
    const first = await startCommand(['start', '--data', data, '--listen', '127.0.0.1:0', '--peer-listen', peerAddress])
    running.push(first)
    const peer = { ...(first.document as { url: string; network: string }), peerAddress }
    const network = hexToBytes(peer.network)
    const { secrets } = await enrolOver(peer.url, { network, authorityData: data, deviceCount: DEVICES })
    load = startHttpLoad({ network, secrets, port: Number(new URL(peer.url).port) })
    const beganMs = performance.now()
    let [sent, sentMs] = [0, 0]
    while (sent < planned && performance.now() - beganMs < LOAD_MS_MAX) {
      const { records, ms } = await load.run({ perDevice: Math.min(CHUNK, Math.ceil((planned - sent) / DEVICES)), perPost: 100, connections: CONNECTIONS })
      sent += records
      sentMs += ms
      if (sent % 100_000 < records) console.error(`${sent.toLocaleString('en')} of ${planned.toLocaleString('en')} records after ${((performance.now() - beganMs) / 60_000).toFixed(1)} min`)
    }
    const livePerSecond = (sent / sentMs) * 1000
    const ceiling = await measureCeiling('EdDSA', createNodePrimitives())
    const synced = await syncNew(running, folder, [peer])
    const restart = await restartMs(running, folder)
    const count = synced.transactions.toLocaleString('en')
    return [
      { name: `a chain of ${count} transactions, taken by a new node, of checks`, value: synced.perSecond, unit: '/s', ratio: synced.perSecond * ceiling.seconds },
      { name: 'the same against the rate at which it was made', value: synced.perSecond / livePerSecond, unit: '' },
      { name: 'the whole of it', value: synced.transactions / synced.perSecond, unit: 's' },
      { name: `start of a node of several at ${count} transactions, from the command to its first answer`, value: restart / 1000, unit: 's', budget: '10 s', isWithinBudget: restart <= 10_000 },
    ]
  } finally {
    load?.stop()
    await Promise.all(running.map(async (one) => one.interrupt()))
    await rm(folder, { recursive: true, force: true })
  }
}
