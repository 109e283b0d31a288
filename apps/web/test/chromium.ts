import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'

const EXECUTABLES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = EXECUTABLES.find((path) => existsSync(path))

/** For `describe`: tests of pages are skipped by name where there is no browser. */
export const needsChromium: { skip: string | false } = { skip: executablePath === undefined ? 'Chromium is not installed' : false }

/** `extra`: further switches, for instance a film in place of a camera. */
export async function launchChromium(extra: string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', ...extra] })
}

/** The width of a small phone, and of a laptop. */
export const PHONE = { width: 390, height: 844 }
export const LAPTOP = { width: 1280, height: 900 }

export interface WatchedPage {
  page: Page
  /** Errors of scripts, what the browser complained about, and requests to anywhere but `origin`. */
  complaints: string[]
}

/** A browser that remembers nothing of others: what pages keep, and what was loaded before. */
export async function openContext(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  return browser.newContext({ viewport: LAPTOP, reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'Europe/Berlin', ...options })
}

/** A page that notes every error and every request that leaves `origin` (`file://` or the address of a node). */
export async function openTab(context: BrowserContext, origin: string): Promise<WatchedPage> {
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('request', (request) => {
    if (![origin, 'data:', 'blob:'].some((start) => request.url().startsWith(start))) complaints.push(`request to ${request.url()}`)
  })
  return { page, complaints }
}

/** Such a page in a context of its own. */
export async function openPage(browser: Browser, origin: string, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  return openTab(await openContext(browser, options), origin)
}
