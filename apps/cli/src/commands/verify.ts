import { readFile, stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { asArray, asExactly, checkpointFromCbor, decode, fail, hexToBytes, setFromCbor } from '@telltale/core'
import { verifyCertificate } from '@telltale/certificate'
import type { PinnedCheckpoint, Question } from '@telltale/certificate'
import { createNodePrimitives } from '@telltale/node'
import { EXIT_DONE, EXIT_OPEN, EXIT_REFUSED } from '../exit-code.ts'
import { outputOf } from '../options.ts'
import type { GlobalOptions } from '../options.ts'
import { verificationToJson, verificationToText } from '../lamps.ts'

interface VerifyOptions extends GlobalOptions {
  network?: string
  checkpoint?: string
  reading?: string
  vin?: string
}

export function addVerify(program: Command): void {
  program
    .command('verify')
    .description('check a certificate, offline: exit 0 holds, 1 refuted, 2 unreadable, 3 a question is open')
    .argument('<file>', 'certificate')
    .option('--network <hash>', 'network you trust: 64 hexadecimal digits')
    .option('--checkpoint <file>', 'checkpoint you trust, as written by `telltale chain show --out`')
    .option('--reading <text>', 'what the dashboard shows: "15590 mi"')
    .option('--vin <vin>', 'vehicle identification number that you see on the car')
    .addHelpText('after', `
Example:
  telltale verify odometer.telltale --network 6f0c... --reading "15590 mi"`)
    .action(async (file: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<VerifyOptions>()
      const output = outputOf(options)
      const question = await questionOf(options)
      const verification = await verifyCertificate(await readBytes(file), question, createNodePrimitives())
      output.result(verificationToJson(verification), verificationToText(verification, process.stdout.isTTY))
      process.exitCode = verification.summary === 'refuted' ? EXIT_REFUSED : verification.isOpen ? EXIT_OPEN : EXIT_DONE
    })
}

async function questionOf(options: VerifyOptions): Promise<Question> {
  const question: Question = { trust: {} }
  if (options.network !== undefined) {
    if (!/^[0-9a-fA-F]{64}$/.test(options.network)) throw fail('usage', 'A network is named by 64 hexadecimal digits.', { expected: '64 hexadecimal digits', found: options.network })
    question.trust.network = hexToBytes(options.network)
  }
  if (options.checkpoint !== undefined) question.trust.checkpoint = readPin(await readBytes(options.checkpoint))
  if (options.reading !== undefined) question.reading = options.reading
  if (options.vin !== undefined) question.vin = options.vin
  return question
}

/** cbor ["tt-checkpoint", 1, checkpoint, set]. */
function readPin(bytes: Uint8Array): PinnedCheckpoint {
  const [magic, version, checkpoint, set] = asArray(decode(bytes), 'checkpoint file', 4)
  asExactly(magic, 'tt-checkpoint', 'checkpoint file')
  asExactly(version, 1, 'checkpoint file version')
  return { checkpoint: checkpointFromCbor(checkpoint), set: setFromCbor(set) }
}

const FILE_BYTES_MAX = 300_000_000

export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const { size, bytes } = await readBounded(path)
    if (bytes) return bytes
    throw fail('file-too-large', `${path} has ${size} bytes.`, { expected: `at most ${FILE_BYTES_MAX} bytes`, found: String(size) })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') throw fail('file-not-found', `${path} does not exist.`, { expected: 'a file', found: path, cause })
    if (code === 'EISDIR' || code === 'EACCES') throw fail('file-unreadable', `${path} cannot be read.`, { expected: 'a file', found: path, cause })
    throw cause
  }
}

async function readBounded(path: string): Promise<{ size: number; bytes: Uint8Array | null }> {
  const { size } = await stat(path)
  return { size, bytes: size > FILE_BYTES_MAX ? null : new Uint8Array(await readFile(path)) }
}
