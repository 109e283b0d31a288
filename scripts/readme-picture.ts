/**
 * `node scripts/readme-picture.ts`: runs the demo in an empty folder and draws what it says, from the certificate on, as docs/demo.svg. To be run again
 * whenever the demo's words change; a test compares them.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const picture = join(root, 'docs/demo.svg')

/** One cell of the terminal, and the space around it, in pixels. */
const cell = { width: 8.4, height: 19 }
const margin = 20
const columns = 80
const fontSize = 14

/** Escape, as a pattern may not hold it. */
const escape = String.fromCharCode(27)
const colourCode = new RegExp(`(${escape}\\[\\d+m)`)

/** Select Graphic Rendition parameters (ECMA-48, 8.3.117) that the demo uses, and the classes they become. */
const styles: Record<string, string> = { 1: 'bold', 31: 'red', 32: 'green', 33: 'amber', 90: 'muted' }

interface Run {
  column: number
  text: string
  style: string
}

/** What the demo prints from the certificate to the last cheat, with its colours. */
function demoLines(): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-picture-'))
  try {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'apps/cli/src/main.ts'), 'demo', '--terminal'], { cwd: folder, encoding: 'utf8', env: { ...process.env, FORCE_COLOR: '1' } })
    if (status !== 0) {
      process.stderr.write(stderr)
      process.exit(1)
    }
    const lines = stdout.trimEnd().split('\n')
    const titles = lines.flatMap((line, i) => (/^.\[1m\d {2}/.test(line) && line.startsWith(escape) ? [i] : []))
    return lines.slice(titles[1], titles[3]).join('\n').trimEnd().split('\n')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Pieces of a line that look alike, without wide gaps. A character beyond ASCII is a piece of its own: fonts disagree on its width. */
function runsOf(line: string): Run[] {
  const runs: Run[] = []
  let column = 0
  let style = ''
  for (const part of line.split(colourCode)) {
    if (part.startsWith(escape)) {
      style = styles[part.slice(2, -1)] ?? ''
      continue
    }
    for (const text of part.match(/ {2,}| ?[!-~]+(?: [!-~]+)*| |./gu) ?? []) {
      const indent = text.length - text.trimStart().length
      if (text.trim() !== '') runs.push({ column: column + indent, text: text.trim(), style })
      column += charactersOf(text)
    }
  }
  return runs
}

function charactersOf(text: string): number {
  return text.match(/./gsu)?.length ?? 0
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function draw(lines: string[]): string {
  const width = columns * cell.width + 2 * margin
  const height = lines.length * cell.height + 2 * margin
  const texts = lines.flatMap((line, row) =>
    runsOf(line).map(({ column, text, style }) => {
      const x = (margin + column * cell.width).toFixed(1)
      const y = (margin + (row + 0.75) * cell.height).toFixed(1)
      const length = (charactersOf(text) * cell.width).toFixed(1)
      return `<text x="${x}" y="${y}" textLength="${length}" lengthAdjust="spacingAndGlyphs"${style === '' ? '' : ` class="${style}"`}>${escapeXml(text)}</text>`
    }),
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">
<title id="title">The demo: a certificate whose lamps are all green, and five forgeries, each with a red one</title>
<style>
rect { fill: #0e1216 }
text { font: ${fontSize}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #e7ecf0 }
.bold { font-weight: bold }
.green { fill: #4cd08a }
.amber { fill: #f2b544 }
.red { fill: #ff7a6b }
.muted { fill: #9ba8b4 }
@media (prefers-color-scheme: light) {
  rect { fill: #f4f6f8 }
  text { fill: #131a20 }
  .green { fill: #0a7446 }
  .amber { fill: #845400 }
  .red { fill: #b0261c }
  .muted { fill: #53606c }
}
</style>
<rect width="100%" height="100%" rx="10"/>
${texts.join('\n')}
</svg>
`
}

mkdirSync(join(root, 'docs'), { recursive: true })
writeFileSync(picture, draw(demoLines()))
console.log(`Wrote ${picture}.`)
