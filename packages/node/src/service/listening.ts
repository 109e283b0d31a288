import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { fail } from '@telltale/core'
import { createAccountsView, hasAny } from '../accounts/accounts-view.ts'
import type { Access } from '../api/http/access.ts'
import type { Settings } from './settings.ts'

export interface Place {
  host: string
  port: number
}

const TOKEN_CHARACTERS_MIN = 16
/** How many ports above the usual one are tried where that is taken. */
const PORTS_TRIED = 20

/** HOST:PORT, with brackets around an IPv6 address (`malformed-setting`). */
export function readPlace(listen: string): Place {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(listen)
  const host = match?.[1] ?? match?.[2] ?? ''
  const port = Number(match?.[3])
  if (host !== '' && port <= 65_535 && (match?.[1] === undefined || isIP(host) === 6)) return { host, port }
  throw fail('malformed-setting', `${listen.slice(0, 60)} is no place to listen on.`, { expected: 'HOST:PORT, such as 127.0.0.1:8362 or [::1]:8362', found: listen.slice(0, 60) })
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

/**
 * Who may ask, as the place to listen on demands it: off this machine nobody without an account or a token, and nothing in the clear (`tls-needed`, `token-missing`,
 * `accounts-damaged`). The directory need not be there yet.
 */
export async function accessFor({ host }: Place, settings: Settings, directory: string): Promise<{ access: Access; tls: { cert: Buffer; key: Buffer } | null }> {
  const { tokenFile, tlsCert, tlsKey, behindProxy } = settings
  if ((tlsCert === '') !== (tlsKey === '')) throw fail('tls-needed', 'A certificate and its key belong together.', { expected: 'both --tls-cert and --tls-key', found: 'one of them' })
  const tls = tlsCert === '' ? null : { cert: await readSecret(tlsCert), key: await readSecret(tlsKey) }
  const token = tokenFile === '' ? null : (await readSecret(tokenFile)).toString('utf8').trim()
  if (token !== null && token.length < TOKEN_CHARACTERS_MIN) throw fail('malformed-token', `The token in ${tokenFile} is too short to keep anybody out.`, { expected: `at least ${TOKEN_CHARACTERS_MIN} characters`, found: String(token.length) })
  const isPublic = !isLoopback(host) || behindProxy
  if (!isLoopback(host) && !tls && !behindProxy) throw fail('tls-needed', `Off this machine the node speaks no plain HTTP: ${host} can be listened in on.`, { expected: '--tls-cert and --tls-key, or --behind-proxy', found: 'neither' })
  const accounts = createAccountsView(directory)
  const isAnyoneKnown = hasAny(accounts.read())
  if (isPublic && token === null && !isAnyoneKnown) throw fail('token-missing', 'Where others can connect, whoever asks has to be known: add an account (`telltale accounts add`), a token (`telltale tokens add`), or give --token-file.', { expected: 'an account, a token, or --token-file FILE', found: 'none' })
  return { access: { token, isAnyHost: isPublic, accounts }, tls }
}

async function readSecret(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw fail('file-unreadable', `${path} cannot be read.`, { expected: 'a readable file', found: (cause as NodeJS.ErrnoException).code ?? 'an error', cause })
  }
}

/**
 * Listens; where the usual port is taken and nobody asked for it by name, on the next free one. Answers with the port and the one that was taken (`address-taken`,
 * `address-not-here`).
 */
export async function listenNear(server: FastifyInstance, { host, port }: Place, isUsual: boolean): Promise<{ port: number; taken: number | null }> {
  for (let tried = port; ; tried++) {
    try {
      await server.listen({ host, port: tried })
      const address = server.server.address()
      const bound = typeof address === 'object' && address !== null ? address.port : tried
      return { port: bound, taken: tried === port ? null : port }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EADDRINUSE' && isUsual && tried < port + PORTS_TRIED) continue
      if (code === 'EADDRINUSE') throw fail('address-taken', `${host}:${tried} is taken by another program.`, { expected: 'a free port', found: String(tried), cause: error })
      throw fail('address-not-here', `${host}:${tried} cannot be listened on (${code}).`, { expected: 'an address of this machine and a port that you may use', found: `${host}:${tried}`, cause: error })
    }
  }
}
