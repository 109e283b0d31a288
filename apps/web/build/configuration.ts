import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { build } from 'vite'
import type { InlineConfig, Rolldown } from 'vite'
import { inlineIntoPage } from './single-file.ts'

/** `iife`: browsers start no module worker in a page that was opened from the disk. */
function shared(folder: string): InlineConfig {
  return { root: folder, configFile: false, logLevel: 'error', plugins: [react()], css: { modules: { generateScopedName: '[name]-[local]-[hash:base64:4]' } }, worker: { format: 'iife' } }
}

/** The application, split by route; hashed names, so that they may be kept for ever. */
export async function buildApplication(folder: string, outDir: string): Promise<void> {
  await build({ ...shared(folder), build: { outDir, emptyOutDir: true, target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false }, rolldownOptions: { input: join(folder, 'index.html') } } })
}

/** The verify page with script, styles and fonts inside one HTML file. */
export async function buildSingleFile(folder: string, outDir: string): Promise<void> {
  const input = join(folder, 'verify.html')
  const built = await build({ ...shared(folder), build: { write: false, target: 'es2023', assetsInlineLimit: 10_000_000, cssCodeSplit: false, modulePreload: false, rolldownOptions: { input, output: { codeSplitting: false } } } })
  writeFileSync(join(outDir, 'verify.html'), inlineIntoPage(built as Rolldown.RolldownOutput))
}
