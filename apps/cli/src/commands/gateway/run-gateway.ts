import { createLog, readGatewayKeyHead, startGateway } from '@telltale/node/service'
import type { GatewayService } from '@telltale/node/service'
import type { GatewayOptions } from '../gateway.ts'
import { UsageError } from '../../failure.ts'
import { SMALL_FILE_BYTES_MAX, readInputBytes } from '../../input-file.ts'
import { interrupted } from '../../interrupts.ts'
import type { Output, Progress } from '../../output.ts'
import { passwordForKeys, passwordForNewKeys } from '../../password.ts'
import { readNodeUrl, readToken } from '../../remote-node.ts'

const PROGRESS_MS = 500

/** Runs a gateway until somebody wants an end, or until it can no longer write its outbox. */
export async function runGateway(options: GatewayOptions, isUsualPort: boolean, output: Output, signal: AbortSignal): Promise<void> {
  let failed: (error: unknown) => void = () => undefined
  const failure = new Promise<never>((_, reject) => (failed = reject))
  failure.catch(() => undefined)
  // What was given is read first, so that nobody types a password in vain.
  const token = options.tokenFile === undefined ? null : await readToken(options.tokenFile)
  const given = {
    upstream: { url: readNodeUrl(options.upstream), token },
    tls: await readTls(options),
    checkpoint: options.checkpoint === undefined ? null : await readInputBytes(options.checkpoint, SMALL_FILE_BYTES_MAX),
  }
  const service = await startGateway({
    ...given,
    directory: options.data,
    password: await passwordOf(options.data, output),
    listen: options.listen,
    isUsualPort,
    isBehindProxy: options.behindProxy === true,
    statementDelayMs: options.statementSeconds * 1000,
    log: createLog(options.logLevel),
    onFailure: ({ code, message }) => failed(new UsageError(code, message)),
  })
  announce(service, options, output)
  const progress = showProgress(service, output)
  try {
    await Promise.race([interrupted(signal), failure])
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

function announce(service: GatewayService, { data, upstream }: GatewayOptions, output: Output): void {
  const { url, taken, address, network, authorities, isOffered, admission, gateway } = service
  if (taken !== null) output.warn(`Port ${taken} is taken by another program; using ${new URL(url).port}.`)
  if (isOffered) output.warn(`First start: from now on this gateway believes the authorities that ${upstream} named. Compare them with what the network itself tells you.`)
  const document = { url, data, upstream, address, network, authorities, admission, waiting: gateway.health.waitingRecords, pid: process.pid }
  output.result(document, `Listening at ${url}\ngateway     ${address}\nnetwork     ${network}\n${authorities.map((one) => `authority   ${one}`).join('\n')}\nCtrl-C stops it.`)
  output.say('\nTo admit it as a gateway, once, an authority runs:')
  output.sayCommand(admission)
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
