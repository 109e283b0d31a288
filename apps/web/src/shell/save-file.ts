/** Hands bytes to the browser as a file to keep. */
export function saveFile(name: string, bytes: Uint8Array): void {
  const address = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }))
  const link = Object.assign(document.createElement('a'), { href: address, download: name })
  link.click()
  // The browser takes the file over before it answers the next event.
  setTimeout(() => URL.revokeObjectURL(address), 1000)
}
