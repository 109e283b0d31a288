import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import { buildPages } from './built-pages.ts'
import { launchChromium, needsChromium, openPage } from './chromium.ts'
import type { WatchedPage } from './chromium.ts'
import { argumentsToOptions, askPage } from './verify-dialogue.ts'

const VECTORS = resolve(import.meta.dirname, '../../../test/vectors')

/** Of so many samples one is asked about each time. */
const PARTS = 4

interface Case {
  folder: string
  file: string
  arguments: string[]
  exit: number
  summary: string | null
  lamps: Record<string, string> | null
  code: string | null
}

function readCases(): Case[] {
  const { answers } = JSON.parse(readFileSync(join(VECTORS, 'certificates.json'), 'utf8')) as { answers: Omit<Case, 'folder'>[] }
  const samples = JSON.parse(readFileSync(join(VECTORS, 'certificates/expected.json'), 'utf8')) as (Omit<Case, 'folder' | 'arguments'> & { args: string[] })[]
  return [...answers.map((item) => ({ ...item, folder: VECTORS })), ...samples.map(({ args, ...item }) => ({ ...item, arguments: args, folder: join(VECTORS, 'certificates') }))]
}

describe('the verify page as one file, opened from the disk without a network', needsChromium, () => {
  let browser: Browser
  let watched: WatchedPage
  const { verifyFile } = buildPages()
  before(async () => {
    browser = await launchChromium()
    watched = await openPage(browser, verifyFile, { offline: true })
    await watched.page.goto(verifyFile)
  })
  after(async () => browser.close())

  // All of them take a minute: a part each time, all of them with TELLTALE_ALL_SAMPLES (`npm run soak -- verify-page`).
  const isWhole = process.env['TELLTALE_ALL_SAMPLES'] !== undefined
  const part = Math.floor(Date.now() / 60_000) % PARTS
  for (const [i, { folder, file, arguments: list, exit, summary, lamps, code }] of readCases().entries()) {
    if (!isWhole && i % PARTS !== part) continue
    // On a command line a figure needs its unit; the page always has one beside it.
    if (code === 'malformed-reading') continue
    it(`says of ${file} ${list.join(' ').slice(0, 70)} what the command says: ${summary ?? code ?? exit}`, async () => {
      const { page } = watched
      const options = argumentsToOptions(list)
      const pin = options['checkpoint']
      if (pin !== undefined) options['checkpoint'] = existsSync(join(folder, pin)) ? join(folder, pin) : join(VECTORS, pin)
      assert.deepEqual(await askPage(page, join(folder, file), options), { summary, lamps, code })
    })
  }

  it('complained about nothing and asked nobody', () => {
    assert.deepEqual(watched.complaints, [])
  })
})
