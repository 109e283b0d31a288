import { basename } from 'node:path'
import type { Page } from 'playwright-core'

/** What the page says: summary and lamps, or the code of what it could not read. */
export interface Said {
  summary: string | null
  lamps: Record<string, string | null> | null
  code: string | null
}

/** Asks the question of `telltale verify FILE --network ... --checkpoint ... --reading ... --vin ...` on the page, and waits for its answer. */
export async function askPage(page: Page, file: string, { network = '', checkpoint, reading = '', vin = '' }: Record<string, string>): Promise<Said> {
  await page.getByLabel('The dashboard shows').fill(reading)
  await page.getByLabel('VIN on the car').fill(vin)
  await page.getByLabel('Fingerprint of the network').fill(network)
  const remove = page.getByRole('button', { name: 'Remove' })
  if ((await remove.count()) > 0) await remove.click()
  if (checkpoint !== undefined) {
    await page.getByLabel('Checkpoint that you keep').setInputFiles(checkpoint)
    await remove.waitFor()
  }
  await page.getByLabel('Certificate file').setInputFiles(file)
  await page.getByText(basename(file)).waitFor()
  await page.locator('[role=alert][aria-busy=false], [role=status][aria-busy=false] [data-summary]').first().waitFor()
  return readAnswer(page)
}

export async function readAnswer(page: Page): Promise<Said> {
  const alert = page.getByRole('alert')
  if ((await alert.count()) > 0) return { summary: null, lamps: null, code: (await alert.locator('dd').last().textContent()) ?? '' }
  const lamps: Said['lamps'] = {}
  for (const lamp of await page.locator('[data-lamp]').all()) lamps[(await lamp.getAttribute('data-lamp')) ?? ''] = await lamp.getAttribute('data-state')
  const code = page.locator('dt:text-is("Code") + dd')
  return { summary: await page.locator('[data-summary]').getAttribute('data-summary'), lamps, code: (await code.count()) > 0 ? await code.textContent() : null }
}

/** `--reading "15 mi" --vin X` as a record of options. */
export function argumentsToOptions(list: readonly string[]): Record<string, string> {
  return Object.fromEntries(list.flatMap((name, i) => (name.startsWith('--') ? [[name.slice(2), list[i + 1] as string]] : [])))
}
