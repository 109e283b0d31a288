import { Option } from 'commander'
import type { Command } from 'commander'
import { createLog, readGatewayKeyHead, startGateway } from '@telltale/node'
import type { GatewayService } from '@telltale/node'
import { UsageError } from '../failure.ts'
import { SMALL_FILE_BYTES_MAX, readInputBytes, readInputText } from '../input-file.ts'
import { catchInterrupts } from '../interrupts.ts'
import type { Interrupts } from '../interrupts.ts'
import { outputOf } from '../options.ts'
import type { GlobalOptions } from '../options.ts'
import type { Output, Progress } from '../output.ts'
import { passwordForKeys, passwordForNewKeys } from '../password.ts'
import { readCount } from '../people.ts'

interface GatewayOptions extends GlobalOptions {
  upstream: string
  listen: string
  checkpoint?: string
  tokenFile?: string
  tlsCert?: string
  tlsKey?: string
  behindProxy?: boolean
  statementSeconds: number
  logLevel: string
}

const LISTEN_USUAL = '127.0.0.1:8363'
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent']
const PROGRESS_MS = 500
const STATEMENT_SECONDS_USUAL = 5
const STATEMENT_SECONDS_MAX = 86_400

export function addGateway(program: Command): void {
  program
    .command('gateway')
    .description('run a gateway: takes what devices signed and passes it on to a node')
    .requiredOption('--upstream <url>', 'the node that it passes records on to')
    .option('--listen <place>', 'HOST:PORT to listen on; off loopback TLS or --behind-proxy is needed', LISTEN_USUAL)
    .option('--checkpoint <file>', 'pinned checkpoint of the network; without it the first start takes the one that the node offers')
    .option('--token-file <file>', 'file with the token that the node asks for')
    .option('--tls-cert <file>', 'certificate of this gateway, PEM')
    .option('--tls-key <file>', 'its key, PEM')
    .option('--behind-proxy', 'a proxy that speaks TLS stands before this gateway')
    .option('--statement-seconds <count>', 'how long certified records wait for company before a statement names them', (text) => readCount(text, '--statement-seconds', STATEMENT_SECONDS_MAX), STATEMENT_SECONDS_USUAL)
    .addOption(new Option('--log-level <level>', 'how much its log says, on standard error').choices(LOG_LEVELS).default('warn'))
    .addHelpText('after', `
The gateway takes a record only from a device that the network knows and that
signed it, keeps it on its disk until an authority has signed what became of it,
and cannot read what is sealed. Its directory holds its own key, what waits, and
what was refused. With that key it states in the ledger what it passed on, once an
authority has admitted it: it prints the \`telltale send admit ...\` that the
authority runs. Until then records pass all the same, and the statements wait.
Devices send to POST /v1/records; docs/gateway.md has the rest.

Examples:
  telltale gateway --data my-gateway --upstream http://127.0.0.1:8362
  telltale gateway --data my-gateway --upstream https://node.example \\
    --checkpoint network.checkpoint --token-file token --listen 127.0.0.1:9000`)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GatewayOptions>()
      const output = outputOf(options)
      const interrupts = catchInterrupts(() => output.say('Stopping; what waits is sent at the next start.'))
      try {
        await runGateway(options, command.getOptionValueSource('listen') === 'default', output, interrupts)
      } finally {
        interrupts.release()
      }
    })
}

async function runGateway(options: GatewayOptions, isUsualPort: boolean, output: Output, { signal }: Interrupts): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve())
  })
  let failed: (error: unknown) => void = () => undefined
  const failure = new Promise<never>((_, reject) => (failed = reject))
  failure.catch(() => undefined)
  const service = await startGateway({
    directory: options.data,
    password: await passwordOf(options.data, output),
    upstream: { url: readUrl(options.upstream), token: options.tokenFile === undefined ? null : (await readInputText(options.tokenFile, SMALL_FILE_BYTES_MAX)).trim() },
    listen: options.listen,
    isUsualPort,
    tls: await readTls(options),
    isBehindProxy: options.behindProxy === true,
    checkpoint: options.checkpoint === undefined ? null : await readInputBytes(options.checkpoint, SMALL_FILE_BYTES_MAX),
    statementDelayMs: options.statementSeconds * 1000,
    log: createLog(options.logLevel),
    onFailure: ({ code, message }) => failed(new UsageError(code, message)),
  })
  announce(service, options, output)
  const progress = showProgress(service, output)
  try {
    await Promise.race([ended, failure])
  } finally {
    progress.end()
    await service.stop()
  }
}

/** The password of the key: asked for where there is one, or for a new key. */
async function passwordOf(directory: string, output: Output): Promise<string | undefined> {
  const head = await readGatewayKeyHead(directory)
  if (head === null) return passwordForNewKeys(output)
  return head.isProtected ? passwordForKeys() : undefined
}

async function readTls({ tlsCert, tlsKey }: GatewayOptions): Promise<{ cert: Buffer; key: Buffer } | null> {
  if (tlsCert === undefined && tlsKey === undefined) return null
  if (tlsCert === undefined || tlsKey === undefined) throw new UsageError('tls-needed', 'A certificate and its key belong together.', { expected: 'both --tls-cert and --tls-key', found: 'one of them' })
  return { cert: Buffer.from(await readInputBytes(tlsCert, SMALL_FILE_BYTES_MAX)), key: Buffer.from(await readInputBytes(tlsKey, SMALL_FILE_BYTES_MAX)) }
}

/** The address of a node without what may stand behind it. */
function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url && (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '' && url.search === '' && url.hash === '') return url.href.replace(/\/+$/, '')
  throw new UsageError('usage', `${text.slice(0, 80)} is not the address of a node.`, { expected: 'http://HOST:PORT or https://HOST', found: text.slice(0, 80) })
}

function announce(service: GatewayService, { data, upstream }: GatewayOptions, output: Output): void {
  const { url, taken, address, network, authorities, isOffered, admission, gateway } = service
  if (taken !== null) output.warn(`Port ${taken} is taken by another program; using ${new URL(url).port}.`)
  if (isOffered) output.warn(`First start: from now on this gateway believes the authorities that ${upstream} named. Compare them with what the network itself tells you.`)
  const document = { url, data, upstream, address, network, authorities, admission, waiting: gateway.health.waitingRecords, pid: process.pid }
  output.result(document, `Listening at ${url}\ngateway     ${address}\nnetwork     ${network}\n${authorities.map((one) => `authority   ${one}`).join('\n')}\nCtrl-C stops it.`)
  output.say(`\nTo admit it as a gateway, once, an authority runs:\n${admission}`)
}

/** What waits, on one line, where somebody looks. */
function showProgress({ gateway }: GatewayService, output: Output): Progress {
  if (output.isJson) return { update: () => undefined, end: () => undefined }
  const progress = output.progress('Passing on')
  const before = gateway.passedOn
  const timer = setInterval(() => {
    const done = gateway.passedOn - before
    if (done > 0 || gateway.health.waitingRecords > 0) progress.update(done, done + gateway.health.waitingRecords, 'records')
  }, PROGRESS_MS)
  return {
    update: progress.update,
    end() {
      clearInterval(timer)
      progress.end()
    },
  }
}
