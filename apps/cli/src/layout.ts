/** Text on a terminal: nothing foreign obeyed, lines that fit. */

/** Control and formatting characters become dots, so that no text from elsewhere moves the cursor or turns the line around. Line breaks stay. */
export function printable(text: string): string {
  return text.replaceAll(/(?!\n)[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, '.')
}

/** Breaks text at spaces into lines of at most `width` characters; a longer word gets a line of its own. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph, width))
}

function wrapParagraph(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && lengthOf(line) + 1 + lengthOf(word) > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** Wrapped text under an indent; the first line stands behind `head`, which is as wide as `headWidth` says. */
export function hang(head: string, headWidth: number, text: string, width: number): string {
  const [first = '', ...rest] = wrap(text, Math.max(width - headWidth, 20))
  return [`${head}${first}`, ...rest.map((line) => `${' '.repeat(headWidth)}${line}`)].join('\n')
}

export interface Column {
  title: string
  align: 'left' | 'right'
}

/** A table of plain cells, two spaces between columns. */
export function table(columns: Column[], rows: string[][], indent = 0): string {
  const widths = columns.map(({ title }, i) => Math.max(lengthOf(title), ...rows.map((row) => lengthOf(row[i] ?? ''))))
  const line = (cells: string[]): string =>
    ' '.repeat(indent) +
    columns
      .map(({ align }, i) => {
        const space = ' '.repeat((widths[i] ?? 0) - lengthOf(cells[i] ?? ''))
        return align === 'right' ? `${space}${cells[i] ?? ''}` : `${cells[i] ?? ''}${space}`
      })
      .join('  ')
      .trimEnd()
  return [line(columns.map(({ title }) => title)), ...rows.map(line)].join('\n')
}

/** Characters as a terminal counts them, for the scripts that our own words are in. */
function lengthOf(text: string): number {
  return text.match(/./gsu)?.length ?? 0
}
