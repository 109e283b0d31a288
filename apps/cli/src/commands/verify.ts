import type { Command } from 'commander'
import { TelltaleError, hexToBytes } from '@telltale/core'
import type { Verdict } from '@telltale/core'
import { refutedSentence, verifyCertificate } from '@telltale/certificate'
import type { Question, Verification } from '@telltale/certificate'
import type { Client } from '@telltale/client'
import { createNodePrimitives } from '@telltale/node'
import { readCheckpointFile } from '../checkpoint-file.ts'
import { EXIT_DONE, EXIT_OPEN, EXIT_REFUSED } from '../exit-code.ts'
import { UsageError, verdictOf } from '../failure.ts'
import { CERTIFICATE_FILE_BYTES_MAX, readInputBytes } from '../input-file.ts'
import { verificationToJson, verificationToText } from '../lamps.ts'
import { outputOf } from '../options.ts'
import { nodeOf, tokenFileOption } from '../remote-node.ts'
import type { NodeOptions } from '../remote-node.ts'
import { askNode } from './verify/at-node.ts'
import { answerToText } from './verify/findings-text.ts'
import type { NodeAnswer } from './verify/findings-text.ts'

interface VerifyOptions extends NodeOptions {
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
    .option('--node <url>', 'a running node, asked for what is newer than the file; TELLTALE_NODE names none here')
    .addOption(tokenFileOption())
    .addHelpText('after', `
Exit codes: 0 everything checked holds, 1 refuted, 2 unreadable or used wrongly,
3 nothing refuted, but a question is open (for instance: no network was named).

The lamps are what the file proves, offline. With --node a node adds what came
later: corrections, who may sign no longer, a new owner. It makes nothing green;
two histories that the authorities signed refute the file (other-history), and
a node that proves nothing leaves a question open.

Examples:
  telltale verify odometer.telltale --network 6f0c... --reading "15590 mi"
  telltale verify odometer.telltale --checkpoint my-car.checkpoint --json
  telltale verify odometer.telltale --network 6f0c... --node http://127.0.0.1:8362`)
    .action(async (file: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<VerifyOptions>()
      const output = outputOf(options)
      const client = await nodeOf(command, options)
      const question = await questionOf(options)
      const bytes = await readInputBytes(file, CERTIFICATE_FILE_BYTES_MAX)
      const offline = await verifyCertificate(bytes, question, createNodePrimitives())
      const answer = client && offline.summary !== 'refuted' ? await answerOf(client, bytes, offline) : null
      const verification = answer?.failure?.code === 'other-history' ? refutedBy(offline, answer.failure) : offline
      const document = { ...verificationToJson(verification), ...(client ? { node: documentOf(client.url, answer) } : {}) }
      output.result(document, `${verificationToText(verification, output.terminal)}${client && answer ? `\n${answerToText(client.url, answer, output.terminal)}` : ''}`)
      process.exitCode = verification.summary === 'refuted' ? EXIT_REFUSED : verification.isOpen || answer?.failure ? EXIT_OPEN : EXIT_DONE
    })
}

/** What the node says; a node that cannot be asked or proves nothing takes nothing away from what the file proves. */
async function answerOf(client: Client, bytes: Uint8Array, offline: Verification): Promise<NodeAnswer> {
  try {
    return { findings: await askNode(client, bytes, offline, createNodePrimitives()), failure: null }
  } catch (error) {
    if (!(error instanceof TelltaleError)) throw error
    return { findings: null, failure: verdictOf(error) }
  }
}

function refutedBy(offline: Verification, refusal: Verdict): Verification {
  return { ...offline, summary: 'refuted', isOpen: false, lamps: { ...offline.lamps, network: { state: 'refuted', ground: refusal.message } }, sentence: refutedSentence(refusal.message), refusal }
}

/** Null where the file is refuted already, so that nobody was asked. */
function documentOf(url: string, answer: NodeAnswer | null): Record<string, unknown> | null {
  if (!answer) return null
  if (!answer.findings) return { url, error: answer.failure }
  const { notes, ...findings } = answer.findings
  return { ...findings, notes: notes.map(({ stream, kind, author, first, last }) => ({ stream, kind, author, first, last })) }
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
