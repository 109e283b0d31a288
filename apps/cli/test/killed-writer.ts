/**
 * The process that is killed: `killed-writer.ts DIRECTORY`. It opens a data directory (made first if it is new), records on two devices without end, and says
 * on standard output what was acknowledged: `record DEVICE SEQUENCE ID INDEX` once certified, `head HEIGHT SIZE ROOT` once cosigned.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { bytesToHex, decodeTransaction } from '@telltale/core'
import { createAsset, enrolDevice, ensureIdentity, initHome, openHome } from '@telltale/node'
import type { Home } from '@telltale/node'
import { openHomeDevice } from '../src/home-device.ts'

const DEVICES = ['left', 'right']
const RECORDS_PER_FLUSH = 20

async function main(directory: string): Promise<void> {
  if (!existsSync(join(directory, 'telltale.json'))) await initHome({ directory, password: undefined, algorithm: 'EdDSA', nowMs: Date.now() })
  const home = await openHome({ directory, password: undefined })
  const owner = await ensureIdentity(home, 'owner', 'EdDSA', [['owner', null, null]])
  const asset = home.profile.assets[0] ?? (await createAsset(home, owner, new Map()))
  tellAcknowledged(home)
  for (const name of DEVICES) await enrolDevice(home, { asset, name, algorithm: 'EdDSA', streams: ['odometer'], isSealed: name === 'left' })
  await Promise.all(DEVICES.map((name) => recordForEver(home, name)))
}

/** Says what the node answered, as soon as it answered. */
function tellAcknowledged(home: Home): void {
  const { chain } = home
  const submit = chain.submit.bind(chain)
  chain.submit = async (submission) => {
    const certified = await submit(submission)
    const { iss, sub, call, sequence } = decodeTransaction(submission.bytes)
    const head = chain.head?.checkpoint
    if (head) process.stdout.write(`head ${head.height} ${head.size} ${bytesToHex(head.logRoot)}\n`)
    if (call === 16 || call === 17) process.stdout.write(`record ${iss}/${sub} ${sequence} ${bytesToHex(certified.id)} ${certified.index}\n`)
    return certified
  }
}

async function recordForEver(home: Home, name: string): Promise<never> {
  const profile = home.profile.devices.find((device) => device.key === name)!
  const device = await openHomeDevice(home, profile)
  for (let metres = 1; ; metres++) {
    for (let i = 0; i < RECORDS_PER_FLUSH; i++) await device.record('odometer', 1, [{ path: 'Vehicle.TraveledDistance', timeMs: metres * 1000 + i, value: metres, unit: 'm', source: name }])
    await device.flush()
  }
}

await main(process.argv[2] as string)
