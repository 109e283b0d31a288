import { Option } from 'commander'
import type { Command } from 'commander'
import { catchInterrupts } from '../interrupts.ts'
import { outputOf } from '../options.ts'
import type { GlobalOptions } from '../options.ts'
import { readCount } from '../people.ts'

export interface GatewayOptions extends GlobalOptions {
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
      // Only what serves loads what serving takes.
      const { runGateway } = await import('./gateway/run-gateway.ts')
      const interrupts = catchInterrupts(() => output.say('Stopping; what waits is sent at the next start.'))
      try {
        await runGateway(options, command.getOptionValueSource('listen') === 'default', output, interrupts.signal)
      } finally {
        interrupts.release()
      }
    })
}
