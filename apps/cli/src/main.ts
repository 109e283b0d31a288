import { enableCompileCache } from 'node:module'
import { resolve } from 'node:path'

// Has to come before anything else is loaded: what Node made of each file is kept, and the next start takes a third of the time. Where that folder cannot be
// written, nothing is lost but the time.
enableCompileCache(resolve(import.meta.dirname, '../../../node_modules/.cache/telltale'))

// Whoever started this process was killed and cannot pass anything on: it ends as on ctrl-C.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()

const { runProgram } = await import('./program.ts')
await runProgram()
