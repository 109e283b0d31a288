import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { encodeQR } from 'qr'
import { textToParts } from '../src/scan/parts.ts'
import { certificateToFragment, certificateToText } from '../src/verify/certificate-link.ts'
import { axeFindings, overhang } from './accessibility.ts'
import { buildPages } from './built-pages.ts'
import { LAPTOP, PHONE, launchChromium, needsChromium, openContext, openPage, openTab } from './chromium.ts'
import { filmOfCodes } from './film.ts'
import { askPage, readAnswer } from './verify-dialogue.ts'

const VECTORS = resolve(import.meta.dirname, '../../../test/vectors')
const small = join(VECTORS, 'small.telltale')
/** The network of that file: the first answer is asked with it. */
const NETWORK = (JSON.parse(readFileSync(join(VECTORS, 'certificates.json'), 'utf8')) as { answers: { arguments: string[] }[] }).answers[0]!.arguments[1]!
const SAID_WITHOUT_TRUST = { network: 'unknown', car: 'holds', genuine: 'holds', complete: 'holds', certified: 'holds', reading: 'not-asked', noted: 'attention' }

async function waitForAnswer(page: Page): Promise<void> {
  await page.locator('[role=status][aria-busy=false] [data-summary]').waitFor()
}

describe('the verify page', needsChromium, () => {
  let browser: Browser
  let context: BrowserContext
  const { verifyFile } = buildPages()
  before(async () => {
    browser = await launchChromium()
    context = await openContext(browser, { offline: true })
  })
  after(async () => browser.close())

  /** A tab; with options in a context of its own, which remembers nothing of the others. */
  async function visit(options?: Parameters<typeof openPage>[2], address = verifyFile): Promise<Page> {
    const { page } = await (options ? openPage(browser, verifyFile, { offline: true, ...options }) : openTab(context, verifyFile))
    await page.goto(address)
    await page.getByRole('heading', { level: 1 }).waitFor()
    return page
  }

  it('answers while somebody types, and tells them at the field what it does not understand', async () => {
    const page = await visit()
    await askPage(page, small, { network: NETWORK })
    const reading = page.locator('[data-lamp=reading]')
    await page.getByLabel('The dashboard shows').fill('13,000')
    await page.locator('[data-lamp=reading][data-state=refuted]').waitFor()
    assert.match(await page.locator('[data-summary]').innerText(), /The car reported 15,500 mi\. The dashboard figure that you typed is 2,500 mi lower\./)
    await page.getByRole('button', { name: 'mi: Show kilometres' }).click()
    assert.match(await page.locator('[data-summary]').innerText(), /The car reported about 24,945 km \(signed as 15,500 mi\)\. The dashboard figure that you typed is 2,500 mi lower\./)
    await page.getByLabel('The dashboard shows').fill('thirteen')
    await page.getByText('Digits, and a point before decimals').waitFor()
    assert.equal(await reading.getAttribute('data-state'), 'not-asked')
    await page.close()
  })

  it('trusts a network once somebody has compared its fingerprint, remembers it, and forgets it again', async () => {
    const page = await visit({})
    assert.deepEqual((await askPage(page, small, {})).lamps, SAID_WITHOUT_TRUST)
    await page.getByRole('button', { name: 'It is the same' }).click()
    await page.locator('[data-lamp=network][data-state=holds]').waitFor()
    await page.reload()
    assert.equal((await askPage(page, small, {})).lamps?.['network'], 'holds')
    await page.getByRole('button', { name: 'No longer trust it' }).click()
    await page.locator('[data-lamp=network][data-state=unknown]').waitFor()
    await page.close()
  })

  it('opens a certificate from a link, and says of a link that was cut off that it was', async () => {
    const fragment = await certificateToFragment(readFileSync(small))
    const page = await visit(undefined, verifyFile + fragment)
    await waitForAnswer(page)
    assert.deepEqual((await readAnswer(page)).lamps, SAID_WITHOUT_TRUST)
    const cut = await visit(undefined, verifyFile + fragment.slice(0, -40))
    await cut.getByRole('alert').waitFor()
    assert.equal((await readAnswer(cut)).code, 'malformed-link')
    await Promise.all([page.close(), cut.close()])
  })

  it('opens a certificate from pictures of QR codes, in any order', async () => {
    const parts = textToParts(await certificateToText(readFileSync(small)))
    assert.ok(parts.length > 3)
    const pictures = parts.map((part, i) => ({ name: `part-${i}.gif`, mimeType: 'image/gif', buffer: Buffer.from(encodeQR(part, 'gif', { scale: 4 })) }))
    const page = await visit()
    await page.getByRole('button', { name: 'scan a QR code' }).click()
    const input = page.getByLabel('Open a picture of the code')
    await input.setInputFiles(pictures.slice(2).reverse())
    await page.getByText(`${parts.length - 2} of ${parts.length} parts read`).waitFor()
    await input.setInputFiles(pictures.slice(0, 2))
    await waitForAnswer(page)
    assert.deepEqual((await readAnswer(page)).lamps, SAID_WITHOUT_TRUST)
    await page.close()
  })

  it('reads a certificate from the screen of another device, with the camera', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'telltale-film-'))
    await writeFile(join(folder, 'codes.y4m'), filmOfCodes(textToParts(await certificateToText(readFileSync(small))), 4))
    const filming = await launchChromium(['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${join(folder, 'codes.y4m')}`])
    try {
      const { page } = await openPage(filming, verifyFile, { offline: true })
      await page.goto(verifyFile)
      await page.getByRole('button', { name: 'scan a QR code' }).click()
      await waitForAnswer(page)
      assert.deepEqual((await readAnswer(page)).lamps, SAID_WITHOUT_TRUST)
    } finally {
      await filming.close()
      await rm(folder, { recursive: true })
    }
  })

  it('takes a file that is dropped anywhere on it', async () => {
    const page = await visit()
    const transfer = await page.evaluateHandle(`(() => { const transfer = new DataTransfer(); transfer.items.add(new File([new Uint8Array(${JSON.stringify([...readFileSync(small)])})], 'dropped.telltale')); return transfer })()`)
    await page.dispatchEvent('h1', 'drop', { dataTransfer: transfer })
    await waitForAnswer(page)
    assert.deepEqual((await readAnswer(page)).lamps, SAID_WITHOUT_TRUST)
    await page.close()
  })

  it('lights its lamps in the order of the checks, one after the other', async () => {
    const page = await visit({ reducedMotion: 'no-preference' })
    await page.evaluate(`{
      globalThis.lit = []
      new MutationObserver((changes) => changes.forEach(({ target, oldValue }) => {
        if (oldValue === 'pending') globalThis.lit.push([target.dataset.lamp, performance.now()])
      })).observe(document.querySelector('ol'), { subtree: true, attributeFilter: ['data-state'], attributeOldValue: true })
    }`)
    await askPage(page, small, {})
    const lit = await page.evaluate<[string, number][]>('globalThis.lit')
    assert.deepEqual(lit.map(([name]) => name), Object.keys(SAID_WITHOUT_TRUST))
    const times = lit.map(([, ms]) => ms)
    assert.ok(times.slice(1).every((ms, i) => ms - (times[i] as number) >= 100), 'a person can follow')
    await page.close()
  })

  it('needs no mouse', async () => {
    const page = await visit({})
    const focused = async (): Promise<string> => page.evaluate<string>('document.activeElement.textContent')
    // A busy browser may swallow a key: each is pressed until it is seen to have worked.
    for (let presses = 0; presses < 5 && !/^choose a file/i.test(await focused()); presses += 1) await page.keyboard.press('Tab')
    assert.match(await focused(), /^choose a file/i)
    const chooser = page.waitForEvent('filechooser')
    const pressing = setInterval(() => void page.keyboard.press('Enter'), 3_000)
    await page.keyboard.press('Enter')
    await (await chooser.finally(() => clearInterval(pressing))).setFiles(small)
    await waitForAnswer(page)
    for (let presses = 0; presses < 40 && !(await focused()).startsWith('It is the same'); presses += 1) await page.keyboard.press('Tab')
    await page.keyboard.press('Space')
    await page.locator('[data-lamp=network][data-state=holds]').waitFor()
    await page.close()
  })

  for (const colorScheme of ['dark', 'light'] as const) {
    for (const viewport of [LAPTOP, PHONE]) {
      it(`is accessible and fits, ${colorScheme}, ${viewport.width} px`, async () => {
        const page = await visit({ colorScheme, viewport })
        assert.deepEqual(await axeFindings(page), [])
        await askPage(page, small, { network: NETWORK, reading: '13000' })
        assert.deepEqual(await axeFindings(page), [])
        assert.equal(await overhang(page), 0)
        await page.close()
      })
    }
  }
})
