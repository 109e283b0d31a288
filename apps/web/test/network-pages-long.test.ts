import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { axeFindings, overhang } from './accessibility.ts'
import { buildPages } from './built-pages.ts'
import { LAPTOP, PHONE, launchChromium, needsChromium, openPage } from './chromium.ts'
import type { WatchedPage } from './chromium.ts'
import { startTestnet } from './demo-node.ts'
import type { TestnetNode } from './demo-node.ts'

/** A signature has to be in a block that others make final, on a machine that runs all of them. */
const PATIENCE_MS = 60_000

describe('the pages of several nodes of one network', needsChromium, () => {
  let testnet: Awaited<ReturnType<typeof startTestnet>>
  let nodes: TestnetNode[]
  let browser: Browser
  const tabs = new Map<TestnetNode, WatchedPage>()
  before(async () => {
    buildPages()
    browser = await launchChromium()
    testnet = await startTestnet(['--authorities', '4', '--members', '1', '--block-ms', '200', '--work', '10', '--quiet'])
    nodes = testnet.nodes
  })
  after(async () => {
    await browser.close()
    await testnet.stop()
  })

  /** The one tab of a node, at its desk. */
  async function at(node: TestnetNode, path: string): Promise<Page> {
    const known = tabs.get(node)
    const watched = known ?? (await openPage(browser, node.url))
    watched.page.setDefaultTimeout(PATIENCE_MS)
    tabs.set(node, watched)
    if (!known) await watched.page.goto(node.link)
    await watched.page.goto(node.url + path)
    await watched.page.getByRole('heading', { level: 1 }).waitFor()
    return watched.page
  }

  const textOf = async (page: Page, region: string): Promise<string> => page.getByRole('region', { name: region }).innerText()

  /** A node that gives another hash than its content has gets no approval. */
  async function refuseOtherHash(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Approve: Change the rules' }).waitFor()
    await page.route('**/v1/proposals*', async (route) => {
      const answer = (await (await route.fetch()).json()) as { proposals: { hash: string }[] }
      await route.fulfill({ json: { ...answer, proposals: answer.proposals.map((proposal) => ({ ...proposal, hash: 'ff'.repeat(32) })) } })
    })
    await page.reload()
    await page.getByText('The node gives another hash than this content has').waitFor()
    assert.equal(await page.getByRole('button', { name: /^Approve/ }).count(), 0)
    await page.unroute('**/v1/proposals*')
  }

  it('let one authority propose, others approve exactly that, and all see it in force', async () => {
    const [first, second, third] = nodes as [TestnetNode, TestnetNode, TestnetNode, ...TestnetNode[]]
    const proposer = await at(first, '/governance')
    await proposer.getByRole('radio', { name: 'The rules' }).check()
    const look = proposer.getByRole('button', { name: 'Look at it' })
    assert.equal(await look.count(), 0, 'nothing is changed yet')
    await proposer.getByLabel('A record is late after').fill('300000')
    await look.click()
    const asked = proposer.getByRole('region', { name: 'You propose exactly this' })
    await asked.getByText('instead of 600,000 ms').waitFor()
    const hash = /(?:[0-9a-f]{4} ){15}[0-9a-f]{4}/.exec(await asked.innerText())?.[0]
    await asked.getByRole('button', { name: 'Sign the proposal' }).click()
    await proposer.getByText(/^Your proposal stands in block \d+, approved by you\.$/).waitFor()
    await refuseOtherHash(await at(third, '/governance'))
    for (const node of [second, third]) {
      const page = await at(node, '/governance')
      await page.getByRole('button', { name: 'Approve: Change the rules' }).click()
      const approved = page.getByRole('region', { name: 'You approve exactly this' })
      assert.match(await approved.innerText(), /A record is late after\s+300,000 ms/)
      assert.ok((await approved.innerText()).includes(String(hash)), 'the hash is that of what was proposed')
      await approved.getByRole('button', { name: 'Sign the approval' }).click()
      await page.getByText(/^Your approval stands in block \d+\.$/).waitFor()
    }
    for (const node of [first, nodes[4]!]) {
      const page = await at(node, '/governance')
      await page.getByRole('region', { name: /^Rules in force since block \d+$/ }).getByText('300,000 ms').waitFor()
      assert.match(await textOf(page, 'Decided'), /Change the rules[\s\S]*block \d+/)
      assert.match(await textOf(page, 'Open proposals'), /Nothing is proposed/)
      assert.match(await textOf(page, 'Evidence against authorities'), /No authority has been shown to contradict itself/)
    }
  })

  it('say what work there is, and begin and end it', async () => {
    const page = await at(nodes[0]!, '/network')
    const card = page.getByRole('region', { name: 'Work for blocks' })
    await card.getByText(/hashes in the mean/).waitFor()
    await card.getByRole('button', { name: 'Stop' }).click()
    await card.getByText('nothing: it has no threads for it').waitFor()
    const { miner } = (await (await fetch(`${nodes[0]!.url}/v1/work`)).json()) as { miner: unknown }
    assert.equal(miner, null)
    await card.getByRole('button', { name: 'Start' }).click()
    await card.getByText(/hashes a second, threads: 1/).waitFor()
  })

  it('tell whoever holds no key of an authority why they cannot take part', async () => {
    const member = await at(nodes[4]!, '/governance')
    await member.getByText('No key in the data directory of this node is that of an authority').waitFor()
    const stranger = await openPage(browser, nodes[0]!.url)
    await stranger.page.goto(`${nodes[0]!.url}/governance`)
    await stranger.page.getByText('Open the link that the node printed').waitFor()
    assert.equal(await stranger.page.getByRole('button', { name: 'Look at it' }).count(), 0)
    assert.deepEqual(stranger.complaints, [])
    await stranger.page.context().close()
  })

  it('draw the same network: all nodes, the authorities by name, and the same roots at the same height', async () => {
    const [first, second] = nodes as [TestnetNode, TestnetNode, ...TestnetNode[]]
    const seen = []
    for (const node of [first, second]) {
      const page = await at(node, '/network')
      await page.getByRole('img', { name: /^5 nodes with 10 links/ }).waitFor()
      await page.getByText('Authority 4').first().waitFor()
      const names = await page.getByRole('region', { name: /^Authorities: 4 of 4 there, 3 needed$/ }).locator('tbody tr td:first-child').allInnerTexts()
      assert.deepEqual(names.map((name) => name.slice(0, 11)), ['Authority 1', 'Authority 2', 'Authority 3', 'Authority 4'])
      await page.getByRole('link', { name: 'Blocks' }).click()
      await page.locator('tbody tr').first().waitFor()
      await page.goto(`${node.url}/blocks/1`)
      const facts = async (name: string): Promise<string | null> => page.locator('dl div', { hasText: name }).getByRole('button').getAttribute('title')
      seen.push({ names, id: await facts('Id'), log: await facts('Log root'), state: await facts('State root') })
    }
    assert.deepEqual(seen[0], seen[1])
    assert.match(String(seen[0]!.state), /^[0-9a-f]{64}$/)
  })

  it('show a change of the authorities as it waits, and whoever left without their number', async () => {
    const page = await at(nodes[0]!, '/governance')
    await page.getByRole('radio', { name: 'Remove one' }).check()
    // Not the one whose page this is: it has to stay.
    const last = await page.getByRole('region', { name: /^Authorities of block/ }).locator('tbody tr').nth(3).innerText()
    const index = last.includes('this node') ? 2 : 3
    await page.getByLabel('Which one').selectOption({ index })
    const leaver = await page.getByLabel('Which one').inputValue()
    await page.getByRole('button', { name: 'Look at it' }).click()
    await page.getByRole('region', { name: 'You propose exactly this' }).getByText(leaver).waitFor()
    await page.getByRole('button', { name: 'Sign the proposal' }).click()
    await page.getByText('Your proposal stands in block').waitFor()
    for (const node of nodes.slice(1, 3)) {
      const approver = await at(node, '/governance')
      await approver.getByRole('button', { name: `Approve: Remove an authority, Authority ${index + 1}` }).click()
      await approver.getByRole('button', { name: 'Sign the approval' }).click()
      await approver.getByText('Your approval stands in block').waitFor()
    }
    await page.getByText('Decided, not in force yet').waitFor()
    await page.getByText(/^Decided in block \d+; in force from block \d+ at the earliest/).waitFor()
    // The next block takes it, whatever stands in it.
    await page.getByRole('button', { name: 'Look at it' }).click()
    await page.getByRole('button', { name: 'Sign the proposal' }).click()
    await page.getByText('No change of the authorities is on its way.').waitFor()
    await page.getByRole('region', { name: /^Authorities of block/ }).locator('tbody tr').nth(3).waitFor({ state: 'detached' })
    // Whoever left may be proposed again: the address is typed, the key is the one that the ledger has.
    await page.getByRole('radio', { name: 'Add an authority' }).check()
    await page.getByLabel('Its address').fill(leaver.slice(0, 20))
    await page.getByText('An address begins with tt1').waitFor()
    await page.getByLabel('Its address').fill(leaver)
    await page.getByRole('button', { name: 'Look at it' }).click()
    const asked = page.getByRole('region', { name: 'You propose exactly this' })
    await asked.getByText(leaver).waitFor()
    assert.match(await asked.innerText(), /Public key\s+(?:[0-9a-f]{4} ){15}[0-9a-f]{4}\s+Key\s+EdDSA, key 0/)
    await asked.getByRole('button', { name: 'Cancel' }).click()
    assert.equal(await page.getByLabel('Its address').inputValue(), leaver, 'what was typed stays')
    const decided = await textOf(page, 'Decided')
    assert.ok(decided.includes(leaver.slice(0, 8)) && !decided.includes('Authority 4'), decided)
  })

  it('are accessible and fit, dark and light, wide and narrow, and complain about nothing', async () => {
    for (const path of ['/network', '/blocks', '/blocks/1', '/governance']) {
      const page = await at(nodes[1]!, path)
      for (const [colorScheme, size] of [['dark', LAPTOP], ['light', PHONE]] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await page.setViewportSize(size)
        await page.locator('[aria-label=Loading]').first().waitFor({ state: 'detached' })
        assert.deepEqual([await axeFindings(page), await overhang(page)], [[], 0], `${path} ${colorScheme}`)
      }
    }
    for (const { complaints } of tabs.values()) assert.deepEqual(complaints, [])
  })
})
