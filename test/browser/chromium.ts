import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'

const EXECUTABLES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where a browser is installed, or undefined: a test that needs it is then skipped by name. */
export function findChromium(): string | undefined {
  return EXECUTABLES.find((path) => existsSync(path))
}

export interface BrowserPage {
  page: Page
  /** Browser errors and requests to anywhere but our own server. */
  complaints: string[]
  close(): Promise<void>
}

/** Bundles a script of ours as it is, serves it on loopback and opens it. The script puts what the test calls on `globalThis`. */
export async function openBundle(entry: string): Promise<BrowserPage> {
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, write: false, format: 'esm', target: 'es2023', conditions: ['browser'] })
  const script = outputFiles[0]!.contents
  const server = createServer((request, response) => {
    const isScript = request.url === '/script.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : '<!doctype html><meta charset="utf-8"><title>Telltale</title><link rel="icon" href="data:,"><script type="module" src="/script.js"></script>')
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const browser: Browser = await chromium.launch({ executablePath: findChromium() as string, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'] })
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    if (!request.url().startsWith(`http://127.0.0.1:${port}/`) && !request.url().startsWith('data:')) complaints.push(request.url())
  })
  await page.goto(`http://127.0.0.1:${port}/`)
  return {
    page,
    complaints,
    async close() {
      await browser.close()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
