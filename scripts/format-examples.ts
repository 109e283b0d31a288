/**
 * Keeps test/vectors and the examples in docs/formats.md in step with the code. `format-examples.ts --write` writes both anew; without it nothing is
 * written, and the exit code is 1 where a byte differs. A difference means that a format changed: that is a new version, never a new example.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { makeVectors } from '../test/formats/vectors.ts'
import type { Json, Vectors } from '../test/formats/vector.ts'

const root = resolve(import.meta.dirname, '..')
const page = join(root, 'docs/formats.md')
const lineCharacters = 120

/** Files as they should be, by path from the root. */
export async function expectedFiles(): Promise<Map<string, Uint8Array>> {
  const { vectors, samples } = await makeVectors()
  const text = (content: string): Uint8Array => new TextEncoder().encode(content)
  const files = new Map<string, Uint8Array>()
  for (const [name, vector] of Object.entries(vectors)) files.set(`test/vectors/${name}.json`, text(`${JSON.stringify(vector, null, 2)}\n`))
  for (const [name, bytes] of Object.entries(samples)) files.set(`test/vectors/${name}`, bytes)
  files.set('docs/formats.md', text(withExamples(readFileSync(page, 'utf8'), vectors)))
  return files
}

/** Paths whose file is missing or holds other bytes. */
export function differingFiles(expected: Map<string, Uint8Array>): string[] {
  return [...expected].filter(([path, bytes]) => !existsSync(join(root, path)) || Buffer.compare(readFileSync(join(root, path)), bytes) !== 0).map(([path]) => path)
}

const example = /(<!-- example ([^ ]+) -->\n```\w*\n)[^`]*```/g

/** The paths of all examples of a page. */
export function examplePaths(markdown: string): string[] {
  return [...markdown.matchAll(example)].map((match) => match[2] as string)
}

/** The page with every block behind a marker `<!-- example PATH -->` replaced by what stands at that path in the vectors. */
function withExamples(markdown: string, vectors: Vectors): string {
  return markdown.replaceAll(example, (_, head: string, path: string) => `${head}${wrap(exampleAt(vectors, path))}\n\`\`\``)
}

/** Hexadecimal in lines; anything else as JSON, lists with an item a line. */
function exampleAt(vectors: Vectors, path: string): string {
  let item: Json | undefined = vectors
  for (const name of path.split('/')) item = (item as { [name: string]: Json } | undefined)?.[name]
  assert(item !== undefined, `there is no example ${path}`)
  if (typeof item === 'string') return item
  return Array.isArray(item) ? `[\n${item.map((one) => `  ${JSON.stringify(one)}`).join(',\n')}\n]` : JSON.stringify(item, null, 2)
}

function wrap(text: string): string {
  return text.includes('\n') ? text : text.replaceAll(new RegExp(`.{${lineCharacters}}(?=.)`, 'g'), '$&\n')
}

if (import.meta.main) {
  const files = await expectedFiles()
  const differing = differingFiles(files)
  for (const path of differing) {
    if (process.argv.includes('--write')) writeFileSync(join(root, path), files.get(path) as Uint8Array)
    console.log(`${process.argv.includes('--write') ? 'wrote' : 'differs:'} ${path}`)
  }
  if (differing.length > 0 && !process.argv.includes('--write')) process.exitCode = 1
}
