import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { suite, test } from 'node:test'
import { MAIN, done, scratchFolder } from './command.ts'

const TERMINAL = resolve(import.meta.dirname, 'terminal.py')
const PASSWORD = 'a password of keys'
const SEAL_KEY = '09aa5f1b6f8f4b0b7d6c0e64ab2ab9a1c1d5e3f80102030405060708090a0b0c'
const CONTROL_C = '\u0003'

type Step = ['wait' | 'type' | 'choose', string]

/** There has to be a pseudo-terminal, and Python to sit at it. */
function missing(): string | false {
  return spawnSync('python3', ['-c', 'import pty']).status === 0 ? false : 'there is no Python 3 with pseudo-terminals'
}

/** Runs `telltale` alone on a terminal, with a data directory, and does the steps; what the terminal showed, and the exit code. */
async function atMenu(folder: string, data: string, steps: Step[]): Promise<{ status: number | null; shown: string; trouble: string }> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(TELLTALE_|FORCE_COLOR|NO_COLOR|NODE_TEST)/.test(name)))
  const child = spawn('python3', [TERMINAL, JSON.stringify(steps), process.execPath, MAIN], { cwd: folder, env: { ...clean, TELLTALE_DATA: data, TERM: 'xterm-256color', LANG: 'C.UTF-8' }, stdio: ['ignore', 'pipe', 'pipe'] })
  const [shown, trouble]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (piece: Buffer) => shown.push(piece))
  child.stderr.on('data', (piece: Buffer) => trouble.push(piece))
  const status = await new Promise<number | null>((settle) => child.on('close', settle))
  return { status, shown: Buffer.concat(shown).toString(), trouble: Buffer.concat(trouble).toString() }
}

function sending(number: number): Step[] {
  return [
    ['choose', 'Send a transaction'],
    ['wait', 'Which call'],
    ['type', 'seal-key\r'],
    ['wait', 'Its arguments'],
    ['type', `[${number},{"hex":"${SEAL_KEY.replace('09', `0${number}`)}"}]\r`],
    ['wait', 'Which key'],
    ['type', 'authority\r'],
  ]
}

suite('the menu of telltale, on a terminal', { skip: missing() }, () => {
  const folder = scratchFolder()
  test('sends, shows, exports and imports, asks for the password once, and forgets it at the end', async () => {
    writeFileSync(join(folder, 'password'), PASSWORD)
    await done(['init', '--data', join(folder, 'data')], { env: { TELLTALE_PASSWORD_FILE: join(folder, 'password') } })
    const { status, shown, trouble } = await atMenu(folder, 'data', [
      ...sending(0),
      ['wait', 'Password of the keys'],
      ['type', `${PASSWORD}\r`],
      ['wait', 'it is certified'],
      // Whoever changes their mind is asked again.
      ['choose', 'Send a transaction'],
      ['wait', 'Which call'],
      ['type', CONTROL_C],
      ['wait', 'Nothing was done'],
      ...sending(1),
      ['wait', 'it is certified'],
      ['choose', 'Show the chain'],
      ['wait', 'state root'],
      ['choose', 'Export the chain'],
      ['wait', 'Where to write it'],
      ['type', 'out.chain\r'],
      ['wait', 'Wrote out.chain'],
      ['choose', 'Import a chain'],
      ['wait', 'Which file'],
      ['type', 'out.chain\r'],
      ['wait', '$ telltale chain import out.chain'],
      ['wait', 'blocks'],
      ['choose', 'Log out'],
      ['wait', 'Logged out: the password is forgotten.'],
    ])
    assert.deepEqual([status, trouble], [0, ''], shown)
    assert.ok(!shown.slice(shown.indexOf('it is certified')).includes('Password of the keys'), 'it is asked for once')
    assert.ok(!shown.includes(PASSWORD), 'it is not shown')
    assert.ok(existsSync(join(folder, 'out.chain')))
  })

  test('asks the node that runs on its directory: it sends, mines, shows peers, syncs; nothing is kept where keys have no password', async () => {
    const testnet = spawn(process.execPath, [MAIN, 'testnet', '--data', join(folder, 'testnet'), '--authorities', '1', '--members', '1', '--work', '8', '--block-ms', '100', '--json', '--quiet'], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      for await (const line of createInterface({ input: testnet.stdout })) if (line === '}') break
      const { status, shown, trouble } = await atMenu(folder, join('testnet', 'authority-1'), [
        ...sending(0),
        ['wait', 'it is certified'],
        ['choose', 'Show the chain'],
        ['wait', 'height'],
        ['choose', 'Peers'],
        ['wait', 'What of them?'],
        ['choose', 'A list'],
        ['wait', '1 peer connected'],
        ['choose', 'Sync now'],
        ['wait', 'Asked 1 peer'],
        ['choose', 'Mine'],
        ['wait', '$ telltale mine --node http://127.0.0.1:'],
        ['wait', 'Searching'],
        ['type', CONTROL_C],
        ['wait', 'hashes a second'],
        ['choose', 'How it stands'],
        ['wait', 'is well'],
        ['choose', 'Log out'],
        ['wait', 'Bye.'],
      ])
      assert.deepEqual([status, trouble], [0, ''], shown)
    } finally {
      const ended = new Promise((settle) => testnet.once('exit', settle))
      testnet.kill('SIGINT')
      await ended
    }
  })
})
