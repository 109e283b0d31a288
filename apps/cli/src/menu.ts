import { EXIT_DONE } from './exit-code.ts'
import { Interrupted } from './failure.ts'
import { keptPassword } from './kept-password.ts'
import { showFailure } from './output.ts'
import { runningNode } from './running-node.ts'
import { hasData } from './session.ts'
import { shellWord } from './shell-word.ts'

/** One thing to do, and the command that does it. */
interface Entry {
  label: string
  hint?: string
  /** Whether it needs a data directory that is there. */
  needsData: boolean
  /** Asks for what is missing; the arguments of the command. `directory`: the data directory that the menu is about. */
  ask(directory: string): Promise<string[]>
}

const ENTRIES: Entry[] = [
  { label: 'See a demo', hint: 'a simulated car, live in your browser', needsData: false, ask: async () => ['demo'] },
  { label: 'Start my node', hint: 'makes a network of your own where there is none', needsData: false, ask: async () => ['start'] },
  { label: 'Verify a certificate', needsData: false, ask: askVerify },
  { label: 'Import a log', needsData: false, ask: askImport },
  { label: 'Make a certificate', needsData: true, ask: async () => ['certificate', '--out', await text('Where to write it', 'my-car.telltale')] },
  { label: 'Export readings', needsData: true, ask: async () => ['export', '--format', await pick('As what?', [['csv', 'CSV, for a spreadsheet'], ['json', 'JSON']])] },
  { label: 'Send a transaction', needsData: true, ask: askSend },
  { label: 'Show the chain', needsData: true, ask: async (directory) => ['chain', 'show', ...(await ofRunning(directory))] },
  { label: 'Sync now', hint: 'asks all peers of the running node', needsData: true, ask: async () => ['peers', 'sync'] },
  { label: 'Mine', hint: 'do the work for the blocks of a node, until ctrl-C', needsData: false, ask: askMine },
  { label: 'Peers', hint: 'who is there, and how far away', needsData: true, ask: async () => ['peers', await pick('What of them?', [['list', 'A list with latencies and heights'], ['graph', 'The whole network']])] },
  { label: 'Export the chain', hint: 'all final blocks in one file', needsData: true, ask: async () => ['chain', 'export', await text('Where to write it', 'my-car.chain')] },
  { label: 'Import a chain', hint: 'from such a file, every block checked', needsData: false, ask: async () => ['chain', 'import', await text('Which file', 'my-car.chain')] },
  { label: 'Check the store', hint: 'every byte of it', needsData: true, ask: async () => ['store', 'check'] },
  { label: 'Back up', needsData: true, ask: async () => ['store', 'backup', await text('Into which new directory', 'telltale-backup')] },
  { label: 'How it stands', needsData: true, ask: async () => ['status'] },
  { label: 'All commands', needsData: false, ask: async () => ['--help'] },
]

/** What the menu offers last: it ends with it. */
const LOG_OUT = { label: 'Log out', hint: 'forgets the password that was typed here, and leaves' }

/**
 * What `telltale` alone does on a terminal: asks what to do, does it, and asks again, until somebody logs out or presses ctrl-C. Meanwhile it keeps the password of the keys,
 * so that it is typed once; it ends with exit code 0.
 */
export async function runMenu(directory: string, run: (args: string[]) => Promise<void>): Promise<void> {
  keptPassword.begin()
  for (let chosen = await choose(directory); chosen !== null; chosen = await choose(directory)) {
    const args = await argumentsOf(chosen, directory)
    if (!args) continue
    // Next time they can type it.
    process.stderr.write(`\n$ telltale ${args.map(shellWord).join(' ')}\n\n`)
    await run(args)
    process.stderr.write('\n')
  }
  process.stderr.write(keptPassword.password === undefined ? 'Bye.\n' : 'Logged out: the password is forgotten.\n')
  keptPassword.forget()
  process.exitCode = EXIT_DONE
}

/** The entry that somebody chooses; null for the end. */
async function choose(directory: string): Promise<Entry | null> {
  const { isCancel, select } = await import('@clack/prompts')
  const isThere = hasData(directory)
  const options: { value: Entry | null; label: string; hint?: string }[] = ENTRIES.filter(({ needsData }) => isThere || !needsData).map((entry) => ({ value: entry, label: entry.label, ...(entry.hint === undefined ? {} : { hint: entry.hint }) }))
  const chosen = await select({ message: isThere ? `What would you like to do with ${directory}?` : 'What would you like to do?', options: [...options, { value: null, ...LOG_OUT }], output: process.stderr })
  return isCancel(chosen) ? null : chosen
}

/** What the entry asks for; null where somebody would rather not. */
async function argumentsOf(entry: Entry, directory: string): Promise<string[] | null> {
  try {
    return await entry.ask(directory)
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    showFailure(error, { isJson: false, isStream: false })
    return null
  }
}

/** While a node runs on the directory its store is in use: then the node is asked. */
async function ofRunning(directory: string): Promise<string[]> {
  const running = await runningNode(directory)
  return running ? ['--node', running.client.url] : []
}

async function askMine(directory: string): Promise<string[]> {
  const [, url] = await ofRunning(directory)
  return ['mine', '--node', url ?? (await text('Which node', 'http://127.0.0.1:8362'))]
}

async function askVerify(): Promise<string[]> {
  const file = await text('Which file', 'my-car.telltale')
  const network = await text('Fingerprint of the network that you trust (empty if you have none)', '')
  const reading = await text('What the dashboard shows (empty to leave it out)', '')
  return ['verify', file, ...(network === '' ? [] : ['--network', network]), ...(reading === '' ? [] : ['--reading', reading])]
}

async function askImport(): Promise<string[]> {
  const file = await text('Which log', 'drive.log')
  if (/\.csv$/i.test(file)) return ['import', file]
  return ['import', file, '--dbc', await text('Its CAN database', 'car.dbc'), '--map', await text('Its mapping', 'car.map.json')]
}

async function askSend(directory: string): Promise<string[]> {
  const call = await text('Which call (`telltale send --help` lists them)', 'seal-key')
  const args = await text('Its arguments, a JSON array', '[0, {"hex": "00ff"}]')
  return ['send', call, args, '--key', await text('Which key signs', 'owner'), ...(await ofRunning(directory))]
}

async function text(message: string, placeholder: string): Promise<string> {
  const { text: ask } = await import('@clack/prompts')
  const isOptional = placeholder === ''
  const answer = answered(await ask({ message, placeholder, output: process.stderr, validate: (value) => (isOptional || (value ?? '') !== '' ? undefined : 'Please say which.') }))
  return answer ?? ''
}

async function pick(message: string, options: [value: string, label: string][]): Promise<string> {
  const { select } = await import('@clack/prompts')
  return answered(await select({ message, options: options.map(([value, label]) => ({ value, label })), output: process.stderr }))
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (typeof answer === 'symbol') throw new Interrupted('SIGINT', 'Nothing was done.')
  return answer as Exclude<T, symbol>
}
