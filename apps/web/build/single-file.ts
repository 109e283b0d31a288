import assert from 'node:assert/strict'
import type { Rolldown } from 'vite'

/** A built page with its one script and its one style sheet inside: it refers to nothing outside itself. */
export function inlineIntoPage({ output }: Rolldown.RolldownOutput): string {
  const page = output.find((file) => file.fileName.endsWith('.html'))
  assert(page?.type === 'asset', 'an HTML file was built')
  let html = String(page.source)
  for (const file of output) {
    if (file === page) continue
    const isScript: boolean = file.type === 'chunk'
    const tag: RegExp = isScript ? new RegExp(`<script[^>]*${file.fileName}[^>]*></script>`) : new RegExp(`<link[^>]*${file.fileName}[^>]*>`)
    assert(tag.test(html), `${file.fileName} is referred to by the page`)
    html = html.replace(tag, () => (isScript ? '' : `<style>${String((file as Rolldown.OutputAsset).source)}</style>`))
    // The script runs once the body has been read; no text within it may end the element.
    if (isScript) html = html.replace('</body>', () => `<script type="module">${(file as Rolldown.OutputChunk).code.replaceAll('</script', String.raw`<\/script`)}</script></body>`)
  }
  return html
}
