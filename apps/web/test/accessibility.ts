import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'

/** What axe finds, a line each; empty where it finds nothing. `rules` leaves out all others. */
export async function axeFindings(page: Page, rules?: string[]): Promise<string[]> {
  // Without frames there is nothing to put together in a second page, and nobody reads what passed: both take longer than the checks.
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'], ...(rules ? { runOnly: rules } : {}) })
  const { violations } = await axe.analyze()
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help} (${target.join(' ')})`))
}

/** How many pixels the page is wider than its window: nobody should have to scroll sideways. */
export async function overhang(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}
