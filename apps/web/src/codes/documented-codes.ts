import page from '../../../../docs/codes.md?raw'

/** What the documentation says of a code; texts may hold words in backticks. */
export interface DocumentedCode {
  code: string
  /** Heading under which it stands. */
  area: string
  meaning: string
  whatToDo: string
}

/** Every code of docs/codes.md. */
export function documentedCodes(): DocumentedCode[] {
  return page.split(/^## /m).slice(1).flatMap((section) => {
    const [area = ''] = section.split('\n', 1)
    return [...section.matchAll(/^\| `(?<code>[a-z0-9-]+)` \| (?<meaning>.*?) \| (?<whatToDo>.*?) \|/gm)].map(({ groups }) => ({ area, ...(groups as Omit<DocumentedCode, 'area'>) }))
  })
}
