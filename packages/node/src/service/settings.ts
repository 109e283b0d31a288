import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '@telltale/core'
import { DEFAULT_LIMITS } from '../api/limits.ts'

/** What whoever runs a node can set. A flag `--name`, the variable `TELLTALE_NAME` and the file say the same, in this order. */
export interface Settings {
  /** HOST:PORT. */
  listen: string
  logLevel: string
  /** File that holds the bearer token, or empty. */
  tokenFile: string
  tlsCert: string
  tlsKey: string
  behindProxy: boolean
  requestsPerSecond: number
  connectionsMax: number
  bodyBytesMax: number
  listenersMax: number
  /** Name of the key of the gateway in this node, or empty: then there is none. */
  gateway: string
  statementSeconds: number
  /** Multiaddresses where other nodes of the network reach this one, separated by commas; empty for a node that is alone. */
  peerListen: string
  /** Multiaddresses to tell other nodes instead, separated by commas; empty where those of this machine lead here. */
  peerAnnounce: string
  /** Multiaddresses of nodes to begin with, separated by commas. */
  peers: string
  /** Whether nodes of the same network are looked for in the local network. */
  mdns: boolean
  /** Whether only identities that hold a role in the ledger may connect as peers. */
  peersAdmittedOnly: boolean
  /** Threads that do the work for this node's blocks, where its network asks for some. */
  miningThreads: number
}

type Source = 'flag' | 'variable' | 'file' | 'default'

/** A setting as it came out: its value, who said so, and where. */
export interface ResolvedSetting {
  name: string
  value: string | number | boolean
  source: Source
  /** The flag, the variable or the file; null for a default. */
  from: string | null
}

export interface Resolved {
  settings: Settings
  all: ResolvedSetting[]
}

interface Definition {
  member: keyof Settings
  usual: string | number | boolean
  help: string
  choices?: readonly string[]
  most?: number
  /** 1 if left out. */
  least?: number
}

export const CONFIG_FILE = 'config.json'
const DEFAULT_LISTEN = '127.0.0.1:8362'
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const

/** By the name that flags and the file use. */
export const SETTINGS: Record<string, Definition> = {
  listen: { member: 'listen', usual: DEFAULT_LISTEN, help: 'HOST:PORT to listen on; off loopback TLS or --behind-proxy, and accounts or a token, are needed' },
  'log-level': { member: 'logLevel', usual: 'info', help: LOG_LEVELS.join(', '), choices: LOG_LEVELS },
  'token-file': { member: 'tokenFile', usual: '', help: 'file with a token that lets machines read and write, beside those of `tokens`' },
  'tls-cert': { member: 'tlsCert', usual: '', help: 'certificate of this node, PEM' },
  'tls-key': { member: 'tlsKey', usual: '', help: 'its key, PEM' },
  'behind-proxy': { member: 'behindProxy', usual: false, help: 'a proxy that speaks TLS stands before this node' },
  'requests-per-second': { member: 'requestsPerSecond', usual: DEFAULT_LIMITS.requestsPerSecond, most: 1_000_000, help: 'requests of one address' },
  'connections-max': { member: 'connectionsMax', usual: DEFAULT_LIMITS.connectionsMax, most: 100_000, help: 'open connections' },
  'body-bytes-max': { member: 'bodyBytesMax', usual: DEFAULT_LIMITS.bodyBytesMax, most: 134_217_728, help: 'bytes of one request' },
  'listeners-max': { member: 'listenersMax', usual: DEFAULT_LIMITS.listenersMax, most: 100_000, help: 'open streams of events' },
  'gateway': { member: 'gateway', usual: '', help: 'name of a key with the role gateway: with it the node is a gateway too' },
  'statement-seconds': { member: 'statementSeconds', usual: 5, most: 86_400, help: 'how long certified records wait for company before a statement of that gateway names them' },
  'peer-listen': { member: 'peerListen', usual: '', help: 'where other nodes of the network reach this one: /ip4/0.0.0.0/tcp/8363, several separated by commas; empty for a node that is alone' },
  'peer-announce': { member: 'peerAnnounce', usual: '', help: 'what to tell other nodes instead, where they reach this one at another address (a router, a container): /ip4/192.0.2.7/tcp/8363' },
  'peers': { member: 'peers', usual: '', help: 'nodes to begin with: /ip4/10.0.0.7/tcp/8363, several separated by commas; the others are learned from them' },
  'mdns': { member: 'mdns', usual: false, help: 'look for nodes of the same network in the local network' },
  'peers-admitted-only': { member: 'peersAdmittedOnly', usual: false, help: 'only nodes connect whose identity holds a role in the ledger, or is an authority: for a closed network' },
  'mining-threads': { member: 'miningThreads', usual: 1, least: 0, most: 256, help: 'threads that do the work for blocks of this node, where its network asks for some; with 0 only `telltale mine` does' },
}

export interface SettingsInput {
  /** What was said on the command line, by name; undefined where nothing was. */
  flags: Record<string, unknown>
  environment: Record<string, string | undefined>
  directory: string
}

/** Who won, for every setting (`unknown-setting`, `malformed-setting`, `malformed-config`). */
export async function resolveSettings({ flags, environment, directory }: SettingsInput): Promise<Resolved> {
  const path = join(directory, CONFIG_FILE)
  const file = await readConfig(path)
  const unknown = Object.keys(file).find((name) => !Object.hasOwn(SETTINGS, name))
  if (unknown !== undefined) throw fail('unknown-setting', `${path} sets ${unknown}, which there is not.`, { expected: Object.keys(SETTINGS).join(', '), found: unknown })
  const all = Object.entries(SETTINGS).map(([name, definition]): ResolvedSetting => {
    const variable = variableOf(name)
    if (flags[name] !== undefined) return { name, value: readValue(flags[name], definition, `--${name}`), source: 'flag', from: `--${name}` }
    const said = environment[variable]
    if (said !== undefined && said !== '') return { name, value: readValue(said, definition, variable), source: 'variable', from: variable }
    if (Object.hasOwn(file, name)) return { name, value: readValue(file[name], definition, `${name} in ${path}`), source: 'file', from: path }
    return { name, value: definition.usual, source: 'default', from: null }
  })
  return { all, settings: Object.fromEntries(all.map(({ name, value }) => [SETTINGS[name]!.member, value])) as unknown as Settings }
}

/** `log-level` is TELLTALE_LOG_LEVEL. */
function variableOf(name: string): string {
  return `TELLTALE_${name.toUpperCase().replaceAll('-', '_')}`
}

async function readConfig(path: string): Promise<Record<string, unknown>> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return {}
    throw fail('file-unreadable', `${path} cannot be read.`, { cause: error })
  }
  const value = tryParse(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw fail('malformed-config', `${path} is not a JSON object of settings.`, { expected: '{"listen": "127.0.0.1:8362"}', found: text.slice(0, 40) })
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Refused with everything else that is no object.
    return null
  }
}

function readValue(given: unknown, { usual, choices, least = 1, most }: Definition, where: string): string | number | boolean {
  const text = String(given)
  const malformed = (expected: string): Error => fail('malformed-setting', `${where} is ${text.slice(0, 60)}.`, { expected, found: text.slice(0, 60) })
  if (typeof usual === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true'
    throw malformed('true or false')
  }
  if (typeof usual === 'number') {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : -1
    if (number >= least && number <= (most ?? Number.MAX_SAFE_INTEGER)) return number
    throw malformed(`a whole number from ${least} to ${most}`)
  }
  if (typeof given !== 'string' || (choices && !choices.includes(text))) throw malformed(choices ? choices.join(', ') : 'text')
  return text
}
