import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { axeFindings, overhang } from './accessibility.ts'
import { buildPages } from './built-pages.ts'
import { LAPTOP, PHONE, launchChromium, needsChromium, openContext, openPage, openTab } from './chromium.ts'
import type { WatchedPage } from './chromium.ts'
import { startDemoNode } from './demo-node.ts'
import type { DemoNode } from './demo-node.ts'
import { readAnswer } from './verify-dialogue.ts'

const COMMAND = resolve(import.meta.dirname, '../../cli/src/main.ts')
const SAMPLES = resolve(import.meta.dirname, '../../../samples')
const LAMPS = 7
/** A car may stand at a light for three quarters of a minute. */
const PATIENCE_MS = 60_000

async function until(holds: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + PATIENCE_MS
  while (!(await holds())) {
    assert.ok(Date.now() < endMs, 'it never happened')
    await wait(100)
  }
}

describe('the pages of a demo node', needsChromium, () => {
  let browser: Browser
  let context: BrowserContext
  let node: DemoNode
  let device: string
  before(async () => {
    buildPages()
    browser = await launchChromium()
    context = await openContext(browser)
    node = await startDemoNode()
    const { devices } = (await (await fetch(`${node.origin}/v1/devices`)).json()) as { devices: { device: string }[] }
    device = devices[0]!.device
  })
  after(async () => {
    await browser.close()
    await node.stop()
    await node.remove()
  })

  /** A tab at the owner's desk, let in by the key of the printed link; in a context of its own only where it needs another browser than the rest. */
  async function atDesk(path: string, options?: Parameters<typeof openPage>[2]): Promise<WatchedPage> {
    const watched = await (options ? openPage(browser, node.origin, options) : openTab(context, node.origin))
    await watched.page.goto(node.link.replace('/#', `${path}#`))
    await watched.page.getByRole('heading', { level: 1 }).waitFor()
    return watched
  }

  const lampsOf = (page: Page): Locator => page.locator('[data-lamp]')

  it('show a newcomer a moving car, records that arrive, and lamps that light', async () => {
    const { page, complaints } = await atDesk('/', { reducedMotion: 'no-preference' })
    await page.getByText('Demo network, simulated car').waitFor()
    assert.ok(!page.url().includes('desk='), 'the key does not stay in the address')
    await page.getByText(/reported .*\b\d+ s ago/).waitFor()
    const road = page.locator('path[stroke-dasharray="26 22"]')
    const offset = async (): Promise<string | null> => road.getAttribute('stroke-dashoffset')
    await until(async () => Number(await offset()) > 0)
    const newest = page.locator('tbody tr').first().locator('td').first()
    const number = async (): Promise<number> => Number((await newest.innerText()).replaceAll(',', ''))
    const before = await number()
    await until(async () => (await number()) > before)
    await page.locator('[data-lamp=complete][data-state=holds]').waitFor()
    assert.equal(await lampsOf(page).count(), LAMPS)
    assert.equal(await page.locator('[data-lamp][data-state=refuted]').count(), 0)
    assert.deepEqual(complaints, [])
    await page.close()
  })

  it('work out in the browser that a record is signed, linked, logged, certified, and open it', async () => {
    const { page, complaints } = await atDesk(`/devices/${device}/odometer/1`)
    await page.locator('[data-lamp=cosigned][data-state=holds]').waitFor()
    const states = await lampsOf(page).evaluateAll((lamps) => lamps.map((lamp) => (lamp as unknown as { dataset: { state: string } }).dataset.state))
    assert.deepEqual(states, ['holds', 'holds', 'holds', 'holds', 'holds'])
    await page.getByRole('img', { name: /lead to the log root/ }).waitFor()
    await page.getByText('58,411').first().waitFor()
    assert.deepEqual(complaints, [])
    await page.close()
  })

  it('show ways and speeds in the unit of the reader, who still sees what was reported', async () => {
    const { page, complaints } = await atDesk(`/devices/${device}`, { locale: 'de-DE' })
    const cell = page.locator('tbody tr').first().getByText(/≈.94,0\d\d km/)
    await cell.waitFor()
    assert.match((await cell.getAttribute('title')) ?? '', /^converted; the car reported 58,4\d\d mi$/)
    await page.getByText(/^converted; the car reported 58,4\d\d mi$/).first().waitFor()
    await page.getByText('Odometer, converted from mi').first().waitFor()
    await page.getByRole('button', { name: 'km: Show miles' }).click()
    await page.getByText('as the car reported it').waitFor()
    await page.getByText('Speed, converted from km/h').first().waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'mi: Show kilometres' }).waitFor()
    await page.getByText('58,4').first().waitFor()
    assert.equal(await page.getByText('≈').count(), 0, 'it is remembered')
    assert.deepEqual(complaints, [])
    await page.close()
  })

  it('show what is sealed as sealed to whoever has no key, and tell them how one gets in', async () => {
    const { page } = await openPage(browser, node.origin)
    await page.goto(`${node.origin}/devices/${device}`)
    await page.getByText('certified, sealed').first().waitFor()
    await page.locator('[data-lamp=genuine][data-state=holds]').waitFor()
    assert.equal(await page.getByText(/58,4\d\d/).count(), 0)
    await page.goto(`${node.origin}/devices/${device}/certificate`)
    await page.getByText('Open the link that the node printed').waitFor()
    await page.close()
  })

  it('make a certificate by one click that the command and another browser accept, as file and as link', async () => {
    const { page, complaints } = await atDesk(`/devices/${device}/certificate`)
    await page.getByRole('button', { name: 'Make the certificate' }).click()
    await page.locator('[data-lamp=complete][data-state=holds]').waitFor()
    const downloading = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save the file' }).click()
    const file = join(node.directory, 'from-the-page.telltale')
    await (await downloading).saveAs(file)
    const { network } = (await (await fetch(`${node.origin}/v1/network`)).json()) as { network: string }
    const { status, stdout } = spawnSync(process.execPath, [COMMAND, 'verify', file, '--network', network, '--vin', 'TTDEMXCAR00000001', '--json'], { encoding: 'utf8' })
    assert.equal(status, 0, stdout)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: node.origin })
    await page.getByRole('button', { name: 'Copy a link' }).click()
    const link = await page.evaluate<string>('navigator.clipboard.readText()')
    const reader = await openPage(browser, node.origin)
    await reader.page.goto(link)
    await reader.page.locator('[role=status][aria-busy=false] [data-summary]').waitFor()
    const { lamps } = await readAnswer(reader.page)
    assert.deepEqual(lamps, { network: 'unknown', car: 'holds', genuine: 'holds', complete: 'holds', certified: 'holds', reading: 'not-asked', noted: 'holds' })
    assert.deepEqual([...complaints, ...reader.complaints], [])
    await Promise.all([page.close(), reader.page.close()])
  })

  it('hand a certificate over as QR codes that a camera can read from the screen', async () => {
    const { page } = await atDesk(`/devices/${device}/certificate`, { deviceScaleFactor: 2 })
    await page.getByRole('radio', { name: 'The newest odometer reading' }).check()
    await page.getByRole('button', { name: 'Make the certificate' }).click()
    await page.getByRole('button', { name: 'Pause' }).click()
    const code = page.getByRole('img', { name: /Code \d+ of \d+/ })
    const count = Number(/of (\d+)/.exec((await code.getAttribute('aria-label')) ?? '')?.[1])
    const pictures: { name: string; mimeType: string; buffer: Buffer }[] = []
    for (let i = 0; i < count; i++) {
      pictures.push({ name: `${i}.png`, mimeType: 'image/png', buffer: await code.screenshot() })
      await page.getByRole('button', { name: 'Next', exact: true }).click()
    }
    await page.goto(`${node.origin}/verify`)
    await page.getByRole('button', { name: 'scan a QR code' }).click()
    await page.getByLabel('Open a picture of the code').setInputFiles(pictures)
    await page.locator('[role=status][aria-busy=false] [data-summary]').waitFor()
    assert.equal((await readAnswer(page)).lamps?.['genuine'], 'holds')
    await page.close()
  })

  it('let the owner grant a stream for a period, and revoke it', async () => {
    const { page } = await atDesk(`/devices/${device}/share`)
    await page.getByText('Nobody reads on').waitFor()
    await page.getByRole('button', { name: 'Let them read' }).click()
    const revoke = page.getByRole('button', { name: 'Revoke odometer from insurer' })
    await revoke.waitFor()
    await page.getByText(/from \d+ on/).first().waitFor()
    await revoke.click()
    await page.getByText('Nobody reads on').waitFor()
    await page.close()
  })

  describe('invite to cheat', () => {
    let page: Page
    before(async () => {
      page = (await atDesk('/cheat')).page
    })
    after(async () => page.close())

    const tryIt = async (cheat: string): Promise<Locator> => {
      await page.getByRole('button', { name: `Try it: ${cheat}` }).click()
      return page.getByRole('region', { name: `${cheat}: what happened` })
    }

    for (const [cheat, lamp] of [
      ['Set the dashboard back', 'reading'],
      ['Roll the odometer back', 'complete'],
      ['Drop the last record', 'certified'],
      ['Change one byte of the file', 'genuine'],
      ['Forge the whole certificate', 'network'],
    ] as const) {
      it(`and show which lamp turns red: ${cheat}`, async () => {
        const result = await tryIt(cheat)
        await result.getByText('Caught: the lamp').waitFor()
        const red = await result.locator('[data-lamp][data-state=refuted]').evaluateAll((lamps) => lamps.map((item) => (item as unknown as { dataset: { lamp: string } }).dataset.lamp))
        assert.deepEqual(red, [lamp])
      })
    }

    it('and name the damage of a stored byte that was changed', async () => {
      const result = await tryIt('Change one byte on the disk')
      await result.getByText('Caught: the check names the damage').waitFor()
      await result.getByText('segment-damaged').waitFor()
    })
  })

  it('import a log with its database, and lead to its records', async () => {
    const { page } = await atDesk('/import')
    await page.getByLabel('Log', { exact: true }).setInputFiles(join(SAMPLES, 'short-drive.log'))
    await page.getByText('short-drive.log ·').waitFor()
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    const missing = page.getByText('choose its CAN database (.dbc) too')
    await missing.waitFor()
    await page.getByLabel('CAN database (.dbc)', { exact: true }).setInputFiles(join(SAMPLES, 'short-drive.dbc'))
    await page.getByLabel('Mapping (.json)', { exact: true }).setInputFiles(join(SAMPLES, 'short-drive.map.json'))
    for (const name of ['short-drive.dbc ·', 'short-drive.map.json']) await page.getByText(name).waitFor()
    assert.equal(await missing.count(), 0, 'what is mended is no longer complained about')
    const run = page.getByRole('button', { name: 'Import', exact: true })
    await run.click()
    await page.getByRole('link', { name: 'Look at the records' }).waitFor()
    await run.click()
    await page.getByText('already-imported').waitFor()
    assert.deepEqual(await axeFindings(page), [])
    await page.getByRole('button', { name: 'Import it once more' }).click()
    await page.getByRole('link', { name: 'Look at the records' }).click()
    await page.getByText('58,411').first().waitFor()
    await page.locator('[data-lamp=genuine][data-state=holds]').waitFor()
    await page.close()
  })

  it('say what a code means where the type of a problem leads', async () => {
    const answer = await fetch(`${node.origin}/v1/blocks/999999999`)
    const problem = await answer.json() as { type: string; code: string }
    const { page } = await atDesk(problem.type)
    await page.getByRole('heading', { name: problem.code }).waitFor()
    await page.getByText('What to do').waitFor()
    assert.deepEqual(await axeFindings(page), [])
    await page.goto(`${node.origin}/codes/no-such-code`)
    await page.getByText('No such code is known here.').waitFor()
    await page.close()
  })

  it('lead from the demo to a network of one\'s own, and say beside the field what is refused', async () => {
    const { page, complaints } = await atDesk('/')
    await page.getByRole('banner').getByRole('link', { name: 'Start your own network' }).click()
    await page.getByLabel('Name of the network').fill('North Rail')
    assert.equal(await page.getByLabel('Folder').inputValue(), 'north-rail')
    const make = page.getByRole('button', { name: 'Make my network' })
    for (const [field, text, words] of [
      ['Folder', '../elsewhere', 'One name, not a path'],
      ['Folder', 'demo', 'Something of this name is there already'],
      ['Password for its keys', 'short', 'At least 8 characters'],
    ] as const) {
      const input = page.getByLabel(field)
      const right = field === 'Folder' ? 'north-rail' : ''
      await input.fill(text)
      await make.click()
      await page.getByText(words).waitFor()
      assert.equal(await input.getAttribute('aria-invalid'), 'true')
      assert.equal(await page.evaluate('document.activeElement.id'), await input.getAttribute('id'), 'it can be mended at once')
      assert.deepEqual(await axeFindings(page), [])
      await input.fill(right)
      assert.equal(await page.getByText(words).count(), 0)
    }
    await page.getByLabel('Folder').press('Enter')
    await page.getByText('"North Rail" is made').waitFor()
    assert.deepEqual(await axeFindings(page), [])
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: node.origin })
    await page.getByRole('button', { name: 'Copy the command' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    assert.equal(await page.evaluate<string>('navigator.clipboard.readText()'), `npx telltale start --data ${join(dirname(node.directory), 'north-rail')}`)
    // The browser itself notes each refused request; nothing else may be said.
    assert.deepEqual(complaints.filter((text) => !/status of 4\d\d/.test(text)), [])
    await page.close()
  })

  it('say of a node that is alone that there are no peers, branches and votes, and show what waits', async () => {
    const { page, complaints } = await atDesk('/network')
    await page.getByText('This node is alone: it is connected with no other').waitFor()
    await page.getByRole('region', { name: 'What waits' }).waitFor()
    await page.getByRole('region', { name: 'Peers' }).waitFor({ state: 'detached' })
    await page.goto(`${node.origin}/blocks`)
    await page.getByText('This node is alone: its blocks are final at once').waitFor()
    assert.deepEqual(complaints, [])
    await page.close()
  })

  describe('are accessible and fit, dark and light, wide and narrow', () => {
    let page: Page
    before(async () => {
      page = (await atDesk('/')).page
    })
    after(async () => page.close())

    const look = async (rules?: string[]): Promise<void> => {
      await page.locator('[aria-label=Loading], [data-look=pending]').first().waitFor({ state: 'detached' })
      assert.deepEqual(await axeFindings(page, rules), [])
      assert.equal(await overhang(page), 0)
    }

    for (const path of ['/', '/devices', '/devices/DEVICE', '/devices/DEVICE/odometer/1', '/devices/DEVICE/share', '/devices/DEVICE/certificate', '/blocks', '/blocks/5', '/network', '/governance', '/import', '/verify', '/cheat', '/own', '/codes/gap', '/no/such/page']) {
      it(path, async () => {
        await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
        await page.setViewportSize(LAPTOP)
        await page.goto(node.origin + path.replace('DEVICE', device))
        await page.getByRole('heading', { level: 1 }).waitFor()
        await look()
        await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
        await page.setViewportSize(PHONE)
        await look(['scrollable-region-focusable', 'landmark-unique', 'target-size', 'color-contrast'])
      })
    }
  })

  it('hold still for whoever has scrolled down to read, and say how many are new', async () => {
    const { page } = await atDesk(`/devices/${device}`, { viewport: PHONE })
    await page.getByRole('radio', { name: /driving/ }).check()
    const first = page.locator('tbody tr').first().locator('td').first()
    await first.waitFor()
    await page.getByRole('button', { name: 'Older' }).scrollIntoViewIfNeeded()
    await page.mouse.wheel(0, 200)
    // The wheel is turned; the page has scrolled and noticed two frames later.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
    const read = await first.innerText()
    const pill = page.getByRole('button', { name: /^\d+ new$/ })
    await pill.waitFor()
    assert.equal(await first.innerText(), read, 'nothing moved')
    await pill.click()
    await until(async () => (await first.innerText()) !== read)
    await page.close()
  })

  it('need no mouse', async () => {
    const { page } = await atDesk('/')
    const focused = async (): Promise<string> => page.evaluate<string>('document.activeElement.textContent')
    const tabTo = async (name: string): Promise<void> => {
      for (let presses = 0; presses < 60 && !(await focused()).startsWith(name); presses += 1) await page.keyboard.press('Tab')
      assert.ok((await focused()).startsWith(name), name)
    }
    await page.keyboard.press('Tab')
    assert.equal(await focused(), 'Skip to the content')
    await tabTo('Try to cheat')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Try to cheat' }).waitFor()
    await page.getByRole('button', { name: 'Try it: Drop the last record' }).waitFor()
    await tabTo('Try it')
    await page.keyboard.press('Enter')
    await page.getByText('Caught: the lamp').waitFor()
    await page.close()
  })

  it('weigh at most 300 kB compressed the first time', async () => {
    const { page } = await openPage(browser, node.origin)
    const session = await page.context().newCDPSession(page)
    await session.send('Network.enable')
    const addresses = new Map<string, string>()
    let bytes = 0
    session.on('Network.responseReceived', ({ requestId, response }) => addresses.set(requestId, response.url))
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (!/\/(?:v1\/|health)/.test(addresses.get(requestId) ?? '')) bytes += encodedDataLength
    })
    await page.goto(node.origin)
    await page.locator('[data-lamp=complete][data-state=holds]').waitFor()
    assert.ok(bytes > 100_000 && bytes <= 300_000, `${bytes} bytes`)
    await page.close()
  })

  it('say at once that the connection is lost, and since when', async () => {
    const { page } = await atDesk('/')
    await page.getByText(/Block [\d,]+ final/).waitFor()
    await node.stop()
    await page.getByText('Connection to the node lost').waitFor()
    assert.equal(await page.getByText('Connection to the node lost').locator('xpath=ancestor::p').locator('time').count(), 1)
    await page.close()
  })
})
