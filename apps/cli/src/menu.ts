import { Interrupted } from './failure.ts'
import { hasData } from './session.ts'
import { shellWord } from './shell-word.ts'

/** One thing to do, and the command that does it. */
interface Entry {
  label: string
  hint?: string
  /** Whether it needs a data directory that is there. */
  needsData: boolean
  /** Asks for what is missing; the arguments of the command. */
  ask(): Promise<string[]>
}

const ENTRIES: Entry[] = [
  { label: 'See a demo', hint: 'a simulated car, live in your browser', needsData: false, ask: async () => ['demo'] },
  { label: 'Start my node', hint: 'makes a network of your own where there is none', needsData: false, ask: async () => ['start'] },
  { label: 'Verify a certificate', needsData: false, ask: askVerify },
  { label: 'Import a log', needsData: false, ask: askImport },
  { label: 'Make a certificate', needsData: true, ask: async () => ['certificate', '--out', await text('Where to write it', 'my-car.telltale')] },
  { label: 'Export readings', needsData: true, ask: async () => ['export', '--format', await choose('As what?', [['csv', 'CSV, for a spreadsheet'], ['json', 'JSON']])] },
  { label: 'Send a transaction', needsData: true, ask: askSend },
  { label: 'Show the chain', needsData: true, ask: async () => ['chain', 'show'] },
  { label: 'Sync now', hint: 'asks all peers of the running node', needsData: true, ask: async () => ['peers', 'sync'] },
  { label: 'Peers', hint: 'who is there, and how far away', needsData: true, ask: async () => ['peers', await choose('What of them?', [['list', 'A list with latencies and heights'], ['graph', 'The whole network']])] },
  { label: 'Export the chain', hint: 'all final blocks in one file', needsData: true, ask: async () => ['chain', 'export', await text('Where to write it', 'my-car.chain')] },
  { label: 'Import a chain', hint: 'from such a file, every block checked', needsData: false, ask: async () => ['chain', 'import', await text('Which file', 'my-car.chain')] },
  { label: 'Check the store', hint: 'every byte of it', needsData: true, ask: async () => ['store', 'check'] },
  { label: 'Back up', needsData: true, ask: async () => ['store', 'backup', await text('Into which new directory', 'telltale-backup')] },
  { label: 'How it stands', needsData: true, ask: async () => ['status'] },
  { label: 'All commands', needsData: false, ask: async () => ['--help'] },
]

/** What `telltale` alone does on a terminal: asks what to do, and answers with the arguments that do it (`interrupted`). */
export async function askMenu(directory: string): Promise<string[]> {
  const { select } = await import('@clack/prompts')
  const isThere = hasData(directory)
  const options = ENTRIES.filter(({ needsData }) => isThere || !needsData).map((entry) => ({ value: entry, label: entry.label, ...(entry.hint === undefined ? {} : { hint: entry.hint }) }))
  const chosen = answered(await select({ message: isThere ? `What would you like to do with ${directory}?` : 'What would you like to do?', options, output: process.stderr }))
  const args = await chosen.ask()
  // Next time they can type it.
  process.stderr.write(`\n$ telltale ${args.map(shellWord).join(' ')}\n\n`)
  return args
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

async function askSend(): Promise<string[]> {
  const call = await text('Which call (`telltale send --help` lists them)', 'seal-key')
  const args = await text('Its arguments, a JSON array', '[0, {"hex": "00ff"}]')
  return ['send', call, args, '--key', await text('Which key signs', 'owner')]
}

async function text(message: string, placeholder: string): Promise<string> {
  const { text: ask } = await import('@clack/prompts')
  const isOptional = placeholder === ''
  const answer = answered(await ask({ message, placeholder, output: process.stderr, validate: (value) => (isOptional || (value ?? '') !== '' ? undefined : 'Please say which.') }))
  return answer ?? ''
}

async function choose(message: string, options: [value: string, label: string][]): Promise<string> {
  const { select } = await import('@clack/prompts')
  return answered(await select({ message, options: options.map(([value, label]) => ({ value, label })), output: process.stderr }))
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (typeof answer === 'symbol') throw new Interrupted('SIGINT', 'Nothing was done.')
  return answer as Exclude<T, symbol>
}
