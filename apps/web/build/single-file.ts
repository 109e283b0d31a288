import type { Plugin } from 'vite'

/** Puts the one script and the one style sheet of a build into its HTML file, which then refers to nothing outside itself. */
export function inlineIntoPage(): Plugin {
  return {
    name: 'inline-into-page',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const files = Object.values(bundle)
      const page = files.find((file) => file.fileName.endsWith('.html'))
      if (page?.type !== 'asset') this.error('expected an HTML file in the bundle')
      let html = String(page.source)
      for (const file of files) {
        if (file === page) continue
        const isScript = file.type === 'chunk'
        const content = isScript ? file.code : String(file.source)
        const tag = isScript ? new RegExp(`<script[^>]*${file.fileName}[^>]*></script>`) : new RegExp(`<link[^>]*${file.fileName}[^>]*>`)
        if (!tag.test(html)) this.error(`expected ${file.fileName} to be referred to once`)
        // The script runs where the body has been read; no text within it may end the element.
        const inlined = isScript ? '' : `<style>${content}</style>`
        html = html.replace(tag, () => inlined)
        if (isScript) html = html.replace('</body>', () => `<script type="module">${content.replaceAll('</script', String.raw`<\/script`)}</script></body>`)
        delete bundle[file.fileName]
      }
      page.source = html
    },
  }
}
