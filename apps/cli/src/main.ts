import { enableCompileCache } from 'node:module'
import { resolve } from 'node:path'

// Has to come before anything else is loaded: what Node made of each file is kept, and the next start takes a third of the time. Where that folder cannot be
// written, nothing is lost but the time.
enableCompileCache(resolve(import.meta.dirname, '../../../node_modules/.cache/telltale'))

const { runProgram } = await import('./program.ts')
await runProgram()
