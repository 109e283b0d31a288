import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Reading, Source, SourceRefusal } from '../../src/reading.ts'

/** A file that is gone when the test ends. */
export function scratchFile(context: TestContext, name: string, content: string | Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-source-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** Everything a source yields, sorted into readings and refusals. */
export async function readAll(source: Source): Promise<{ readings: Reading[]; refusals: SourceRefusal[] }> {
  const readings: Reading[] = []
  const refusals: SourceRefusal[] = []
  for await (const batch of source.read()) {
    for (const item of batch) {
      if ('refused' in item) refusals.push(item)
      else readings.push(item)
    }
  }
  return { readings, refusals }
}
