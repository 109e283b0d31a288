import type { Command } from 'commander'
import { hexToBytes } from '@telltale/core'
import { verifyCertificate } from '@telltale/certificate'
import type { Question } from '@telltale/certificate'
import { createNodePrimitives } from '@telltale/node'
import { readCheckpointFile } from '../checkpoint-file.ts'
import { EXIT_DONE, EXIT_OPEN, EXIT_REFUSED } from '../exit-code.ts'
import { UsageError } from '../failure.ts'
import { CERTIFICATE_FILE_BYTES_MAX, readInputBytes } from '../input-file.ts'
import { verificationToJson, verificationToText } from '../lamps.ts'
import { outputOf } from '../options.ts'
import type { GlobalOptions } from '../options.ts'

interface VerifyOptions extends GlobalOptions {
  network?: string
  checkpoint?: string
  reading?: string
  vin?: string
}

export function addVerify(program: Command): void {
  program
    .command('verify')
    .description('check a certificate, offline, without an account')
    .argument('<file>', 'certificate')
    .option('--network <hash>', 'network you trust: 64 hexadecimal digits')
    .option('--checkpoint <file>', 'checkpoint you trust, as written by `telltale chain show --out`')
    .option('--reading <text>', 'what the dashboard shows: "15590 mi"')
    .option('--vin <vin>', 'vehicle identification number that you see on the car')
    .addHelpText('after', `
Exit codes: 0 everything checked holds, 1 refuted, 2 unreadable or used wrongly,
3 nothing refuted, but a question is open (for instance: no network was named).

Examples:
  telltale verify odometer.telltale --network 6f0c... --reading "15590 mi"
  telltale verify odometer.telltale --checkpoint my-car.checkpoint --json`)
    .action(async (file: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<VerifyOptions>()
      const output = outputOf(options)
      const question = await questionOf(options)
      const bytes = await readInputBytes(file, CERTIFICATE_FILE_BYTES_MAX)
      const verification = await verifyCertificate(bytes, question, createNodePrimitives())
      output.result(verificationToJson(verification), verificationToText(verification, output.terminal))
      process.exitCode = verification.summary === 'refuted' ? EXIT_REFUSED : verification.isOpen ? EXIT_OPEN : EXIT_DONE
    })
}

async function questionOf(options: VerifyOptions): Promise<Question> {
  const question: Question = { trust: {} }
  if (options.network !== undefined) {
    if (!/^[0-9a-fA-F]{64}$/.test(options.network)) throw new UsageError('usage', 'A network is named by its whole fingerprint.', { expected: '64 hexadecimal digits', found: options.network })
    question.trust.network = hexToBytes(options.network.toLowerCase())
  }
  if (options.checkpoint !== undefined) question.trust.checkpoint = await readCheckpointFile(options.checkpoint)
  if (options.reading !== undefined) question.reading = options.reading
  if (options.vin !== undefined) question.vin = options.vin.trim().toUpperCase()
  return question
}
