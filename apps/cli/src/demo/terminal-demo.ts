import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { assert, bytesToHex, encodePin } from '@telltale/core'
import { verifyCertificate } from '@telltale/certificate'
import type { Question, Verification } from '@telltale/certificate'
import { openHome, streamHeadOf } from '@telltale/node'
import type { Home } from '@telltale/node'
import { DEMO_VIN, demoCar, recordDrive, wholeCertificate } from './car.ts'
import { demoFiles } from './directory.ts'
import { nextDrive } from './drives.ts'
import type { Drive } from './drives.ts'
import { createStory } from './story.ts'
import type { Story } from './story.ts'
import { tryForgeries } from './trial.ts'
import type { Trial } from './trial.ts'
import { EXIT_REFUSED } from '../exit-code.ts'
import { verificationToJson } from '../lamps.ts'
import type { Output } from '../output.ts'

interface Sums {
  records: number
  readings: number
  streams: Record<string, number>
}

/** The whole story on a terminal, without a node and without pages: a drive, its certificate, and five cheats that fail. */
export async function runTerminalDemo(directory: string, isFirst: boolean, output: Output): Promise<void> {
  const home = await openHome({ directory, password: undefined })
  try {
    const car = await demoCar(home)
    const drive = await nextDrive(home, car)
    const story = createStory(output.terminal, (text) => void (output.isJson || output.isQuiet || process.stdout.write(text)))
    story.begin(directory, drive.title, isFirst)
    const sums = await recordAndTell(home, car, drive, story)
    const bytes = await wholeCertificate(home, car)
    const proof = await prove(home, directory, bytes)
    story.proof(proof.file, bytes.length, proof.verification)
    const trials = await tryForgeries({ certificate: bytes, miles: proof.miles, drive }, proof.question, home.primitives)
    for (const trial of trials) if (trial.bytes) await writeFile(join(demoFiles(directory), `${trial.name}.telltale`), trial.bytes)
    story.trials(trials)
    story.end(nextCommands(directory, proof.file, proof.checkpoint))
    finish({ directory, home, device: car.address, asset: car.asset, drive, sums, bytes: bytes.length, proof, trials }, output)
  } finally {
    await home.close()
  }
}

async function recordAndTell(home: Home, car: Parameters<typeof recordDrive>[1], drive: Drive, story: Story): Promise<Sums> {
  const sums: Sums = { records: 0, readings: 0, streams: {} }
  const next = new Map<string, number>()
  await recordDrive(home, car, drive, (stream, readings) => {
    // Nothing is sent before the drive ends, so the ledger still says where the stream stood.
    const number = next.get(stream) ?? streamHeadOf(home, car.address, stream)?.count ?? 0
    next.set(stream, number + 1)
    sums.records += 1
    sums.readings += readings.length
    sums.streams[stream] = (sums.streams[stream] ?? 0) + 1
    story.record(stream, number, readings)
  })
  story.certified({ ...sums, height: home.ledger.position.height })
  return sums
}

interface Proof {
  file: string
  checkpoint: string
  question: Question
  /** What the dashboard shows, as the car reported it last. */
  miles: number
  verification: Verification
}

/** Writes certificate and checkpoint, and asks what a buyer would ask: this network, this car, this dashboard. */
async function prove(home: Home, directory: string, bytes: Uint8Array): Promise<Proof> {
  const { head } = home.chain
  assert(head !== null, 'a drive was certified')
  const set = home.ledger.authorities(head.checkpoint.height)
  const folder = demoFiles(directory)
  await mkdir(folder, { recursive: true })
  const [file, checkpoint] = [join(folder, 'my-car.telltale'), join(folder, 'my-car.checkpoint')]
  await writeFile(file, bytes)
  await writeFile(checkpoint, encodePin({ checkpoint: head.checkpoint, set }))
  const trust = { network: home.ledger.network }
  const { odometer } = await verifyCertificate(bytes, { trust }, home.primitives)
  assert(odometer !== null && typeof odometer.value === 'number' && odometer.unit === 'mi', 'the car of the demonstration counts miles')
  const question = { trust, reading: `${odometer.value} mi`, vin: DEMO_VIN }
  return { file, checkpoint, question, miles: odometer.value, verification: await verifyCertificate(bytes, question, home.primitives) }
}

function nextCommands(directory: string, file: string, checkpoint: string): [string, string][] {
  return [
    ['The next drive, or everything from the start:', 'npx telltale demo --terminal      npx telltale demo --terminal --reset'],
    ['Check a forgery yourself:', `npx telltale verify ${file.replace('my-car', 'left-out')} \\\n       --checkpoint ${checkpoint}`],
    ['What the car reported, as a spreadsheet reads it:', `npx telltale export --data ${directory} --stream odometer`],
    ['The ledger, and whether every byte of it is as it should be:', `npx telltale chain show --data ${directory}\n  npx telltale store check --data ${directory}`],
    ['A log of your own:', 'npx telltale import --help'],
  ]
}

interface Outcome {
  directory: string
  home: Home
  device: string
  asset: string
  drive: Drive
  sums: Sums
  bytes: number
  proof: Proof
  trials: Trial[]
}

function finish({ directory, home, device, asset, drive, sums, bytes, proof, trials }: Outcome, output: Output): void {
  const isSound = proof.verification.summary === 'holds' && trials.every(({ lamp }) => lamp !== null)
  const document = {
    data: directory,
    network: bytesToHex(home.ledger.network),
    device,
    asset,
    drive: { number: drive.number, title: drive.title },
    ...sums,
    certificate: { file: proof.file, bytes, checkpoint: proof.checkpoint },
    verification: verificationToJson(proof.verification),
    forgeries: trials.map(({ name, what, lamp, verification }) => ({ name, what, summary: verification.summary, lamp, ground: lamp && verification.lamps[lamp].ground })),
    isSound,
  }
  if (output.isJson) output.result(document, '')
  else if (output.isQuiet) output.result(document, `${proof.verification.summary}; ${trials.filter(({ lamp }) => lamp !== null).length} of ${trials.length} forgeries refuted`)
  if (!isSound) process.exitCode = EXIT_REFUSED
}
