/** A stream is called `address/name`: these are its parts. */
export function streamParts(stream: string): { device: string; name: string } {
  const slash = stream.indexOf('/')
  return { device: stream.slice(0, Math.max(0, slash)), name: stream.slice(slash + 1) }
}

/** What people call it, on a page that says which device it is. */
export function streamName(stream: string): string {
  return streamParts(stream).name
}
