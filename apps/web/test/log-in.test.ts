import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { axeFindings, overhang } from './accessibility.ts'
import { buildPages } from './built-pages.ts'
import { PHONE, launchChromium, needsChromium, openPage } from './chromium.ts'
import { addReader, startNodeWithAccount } from './demo-node.ts'
import type { DemoNode } from './demo-node.ts'

const BERT = { name: 'bert', password: 'another long password' }
const ANNA = { name: 'anna', password: 'correct horse battery' }

describe('logging in at the pages', needsChromium, () => {
  let browser: Browser
  let node: DemoNode
  before(async () => {
    buildPages()
    browser = await launchChromium()
    node = await startNodeWithAccount(ANNA)
  })
  after(async () => {
    await browser.close()
    await node.stop()
    await node.remove()
  })

  async function checkLook(page: Page, schemes: ('dark' | 'light')[]): Promise<void> {
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      assert.deepEqual(await axeFindings(page), [], colorScheme)
    }
    assert.equal(await overhang(page), 0)
  }

  it('stands in place of the page that was asked for, needs no mouse, says what is wrong, and leads there and out again', async () => {
    const { page, complaints } = await openPage(browser, node.origin, { viewport: PHONE })
    await page.goto(node.link.replace('/#', '/devices#'))
    await page.getByRole('heading', { level: 1, name: 'Log in' }).waitFor()
    assert.equal(await page.getByRole('button', { name: 'Log out' }).count(), 0)
    await checkLook(page, ['dark', 'light'])
    const [name, password] = [page.getByLabel('Name'), page.getByLabel('Password')]
    assert.deepEqual([await name.getAttribute('autocomplete'), await password.getAttribute('autocomplete')], ['username', 'current-password'])
    await name.focus()
    await page.keyboard.type(ANNA.name)
    await page.keyboard.press('Tab')
    await page.keyboard.type('not her password')
    await page.keyboard.press('Enter')
    await page.getByText('There is no account of this name with this password.').waitFor()
    assert.equal(await page.evaluate('document.activeElement.name'), 'password')
    await checkLook(page, ['light'])
    assert.ok(complaints.splice(0).every((text) => /status of 401/.test(text)), 'only the refusal itself')
    await page.keyboard.type(ANNA.password)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Cars and devices' }).waitFor()
    assert.ok(page.url().endsWith('/devices'))
    assert.equal(await page.evaluate('document.cookie'), '', 'no script reads the cookie')
    await checkLook(page, ['dark'])
    await page.goto(`${node.origin}/import`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.getByText('Drop a log here').waitFor()
    await page.getByRole('button', { name: 'Log out' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Log in' }).waitFor()
    assert.deepEqual(complaints, [])
    await page.close()
  })

  it('tells a reader at the desk why they cannot propose, and lets whoever runs the node', async () => {
    await addReader(node, BERT)
    for (const { name, password } of [BERT, ANNA]) {
      const { page } = await openPage(browser, node.origin)
      await page.goto(node.link.replace('/#', '/governance#'))
      await page.getByLabel('Name').fill(name)
      await page.getByLabel('Password').fill(password)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { level: 1, name: 'Governance' }).waitFor()
      if (name === BERT.name) await page.getByText('You are logged in as a reader').waitFor()
      else await page.getByRole('radio', { name: 'Add an authority' }).waitFor()
      assert.equal(await page.getByRole('button', { name: 'Look at it' }).count(), name === BERT.name ? 0 : 1)
      await page.close()
    }
  })

  it('leaves the verify page open to everybody', async () => {
    const { page, complaints } = await openPage(browser, node.origin)
    await page.goto(`${node.origin}/verify`)
    await page.getByRole('heading', { level: 1, name: 'Is this certificate true?' }).waitFor()
    assert.deepEqual(complaints, [])
    await page.close()
  })
})
