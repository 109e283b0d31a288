/** Writes the sample certificates and what is expected of them: `main.ts FOLDER`. What lies there already is replaced. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createWorld } from '../forgeries/world.ts'
import { expectedJson, makeSamples } from './samples.ts'

const [folder = ''] = process.argv.slice(2)
const samples = await makeSamples(await createWorld())
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
for (const [name, bytes] of samples.files) writeFileSync(join(folder, name), bytes)
writeFileSync(join(folder, 'expected.json'), expectedJson(samples))
console.log(`${samples.files.size} files, ${samples.expected.length} questions, ${[...samples.files.values()].reduce((sum, bytes) => sum + bytes.length, 0)} bytes`)
