/**
 * How long the pages of a demo node take in Chromium: `node page-times.ts CERTIFICATE NETWORK READING`, the certificate's network and a reading that it holds. Prints one
 * JSON array of `[name, milliseconds]`, medians; `null` where Chromium is not installed.
 */
import type { Browser, Page } from 'playwright-core'
import { buildPages } from './built-pages.ts'
import { launchChromium, needsChromium, openPage } from './chromium.ts'
import { startDemoNode } from './demo-node.ts'

type Time = [name: string, ms: number]

const RUNS = 5

async function pageTimes(certificate: string, network: string, reading: string): Promise<Time[]> {
  const { verifyFile } = buildPages()
  const node = await startDemoNode()
  const browser = await launchChromium()
  try {
    const { devices } = (await (await fetch(`${node.origin}/v1/devices`)).json()) as { devices: { device: string }[] }
    const device = `/devices/${devices[0]?.device}`
    return [
      ...(await loads(browser, node.origin, 'overview', '/', 'tbody tr')),
      ...(await loads(browser, node.origin, 'device', device, '[data-lamp=genuine][data-state=holds]')),
      ...(await loads(browser, node.origin, 'record', `${device}/odometer/1`, '[data-lamp=cosigned][data-state=holds]')),
      await clicks(browser, node.link, node.origin + device),
      await makes(browser, node.link, node.origin + device),
      ...(await verifies(browser, verifyFile, { certificate, network, reading })),
    ]
  } finally {
    await browser.close()
    await node.stop()
    await node.remove()
  }
}

/** From nothing in the cache: first paint, and until what the page is for is there; the lamps are checked in the browser. */
async function loads(browser: Browser, origin: string, name: string, path: string, shown: string): Promise<Time[]> {
  const paintMs: number[] = []
  const shownMs: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const { page } = await openPage(browser, origin)
    shownMs.push(await timed(async () => {
      await page.goto(origin + path, { waitUntil: 'commit' })
      await page.locator(shown).first().waitFor()
    }))
    paintMs.push(await page.evaluate<number>(`performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN`))
    await page.context().close()
  }
  return [
    [`page "${name}": first paint, nothing cached`, median(paintMs)],
    [`page "${name}": until it shows what it is for`, median(shownMs)],
  ]
}

async function atDesk(browser: Browser, link: string, address: string): Promise<Page> {
  const { page } = await openPage(browser, new URL(link).origin)
  await page.goto(link)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.goto(address)
  await page.getByRole('heading', { level: 1 }).waitFor()
  return page
}

/** From one page to another, by a link. */
async function clicks(browser: Browser, link: string, device: string): Promise<Time> {
  const page = await atDesk(browser, link, device)
  const takenMs: number[] = []
  for (let run = 0; run < RUNS; run++) {
    await page.goto(device)
    const record = page.locator('tbody a').first()
    await record.waitFor()
    takenMs.push(await timed(async () => {
      await record.click()
      await page.locator('[data-lamp=cosigned][data-state=holds]').waitFor()
    }))
  }
  await page.context().close()
  return ['click on a record until its proof is checked', median(takenMs)]
}

async function makes(browser: Browser, link: string, device: string): Promise<Time> {
  const takenMs: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const page = await atDesk(browser, link, `${device}/certificate`)
    const button = page.getByRole('button', { name: 'Make the certificate' })
    await button.waitFor()
    takenMs.push(await timed(async () => {
      await button.click()
      await page.locator('[data-lamp=complete][data-state=holds]').waitFor()
    }))
    await page.context().close()
  }
  return ['click on "Make the certificate" until verified', median(takenMs)]
}

/** The page that is one file, offline: opened, given a certificate, asked about another figure on the dashboard. */
async function verifies(browser: Browser, verifyFile: string, { certificate, network, reading }: { certificate: string; network: string; reading: string }): Promise<Time[]> {
  const [openMs, answerMs, typingMs]: [number[], number[], number[]] = [[], [], []]
  for (let run = 0; run < RUNS; run++) {
    const { page } = await openPage(browser, verifyFile, { offline: true })
    openMs.push(await timed(async () => {
      await page.goto(verifyFile, { waitUntil: 'commit' })
      await page.getByRole('heading', { level: 1 }).waitFor()
    }))
    await page.getByLabel('Fingerprint of the network').fill(network)
    const asked = page.getByLabel('The dashboard shows')
    await asked.fill(reading)
    answerMs.push(await timed(async () => {
      await page.getByLabel('Certificate file').setInputFiles(certificate)
      await page.locator('[data-lamp=reading][data-state=holds]').waitFor()
    }))
    typingMs.push(await timed(async () => {
      await asked.fill('10 km')
      await page.locator('[data-lamp=reading][data-state=refuted]').waitFor()
    }))
    await page.context().close()
  }
  return [
    ['verify page, one file: until it can be used', median(openMs)],
    ['verify page: certificate chosen until answered', median(answerMs)],
    ['verify page: another figure typed until answered', median(typingMs)],
  ]
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await run()
  return performance.now() - startedMs
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number
}

const [certificate, network, reading] = process.argv.slice(2) as [string, string, string]
console.log(JSON.stringify(needsChromium.skip === false ? await pageTimes(certificate, network, reading) : null))
