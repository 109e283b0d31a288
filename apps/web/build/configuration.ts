import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { build } from 'vite'
import type { InlineConfig } from 'vite'
import { inlineIntoPage } from './single-file.ts'

function shared(folder: string): InlineConfig {
  return { root: folder, configFile: false, logLevel: 'error', plugins: [react()], css: { modules: { generateScopedName: '[name]-[local]-[hash:base64:4]' } }, worker: { format: 'iife' } }
}

/** The application, split by route; hashed names, so that they may be kept for ever. */
export async function buildApplication(folder: string, outDir: string): Promise<void> {
  await build({ ...shared(folder), build: { outDir, emptyOutDir: true, target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false }, rolldownOptions: { input: join(folder, 'index.html') } } })
}

/** The verify page with script, styles and fonts inside one HTML file. */
export async function buildSingleFile(folder: string, outDir: string): Promise<void> {
  const configuration = shared(folder)
  await build({
    ...configuration,
    plugins: [...(configuration.plugins ?? []), inlineIntoPage()],
    build: { outDir, emptyOutDir: false, target: 'es2023', assetsInlineLimit: 10_000_000, cssCodeSplit: false, modulePreload: { polyfill: false }, rolldownOptions: { input: join(folder, 'verify.html'), output: { codeSplitting: false } } },
  })
}
