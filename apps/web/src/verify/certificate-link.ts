import { base64urlnopad } from '@scure/base'
import { fail } from '@telltale/core'

/**
 * A certificate within a link: `#c=` and the file, deflated (RFC 1951), as base64url. The part of an address behind `#` is never sent to a server.
 */
const PREFIX = '#c='
/** Longer links break in mail programs and browsers; such a certificate travels as a file. */
export const LINK_CHARACTERS_MAX = 1_500_000
/** What a link may unfold to: enough for ten thousand records, too little to fill the memory of a phone. */
const LINK_BYTES_MAX = 32_000_000

export async function certificateToFragment(bytes: Uint8Array): Promise<string> {
  return PREFIX + (await certificateToText(bytes))
}

/** Deflated, as base64url. */
export async function certificateToText(bytes: Uint8Array): Promise<string> {
  const packed = await collect(new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream('deflate-raw')), LINK_BYTES_MAX)
  return base64urlnopad.encode(packed)
}

/** The certificate of a fragment, or null where there is none (`malformed-link`). */
export async function fragmentToCertificate(fragment: string): Promise<Uint8Array | null> {
  return fragment.startsWith(PREFIX) ? textToCertificate(fragment.slice(PREFIX.length)) : null
}

export async function textToCertificate(text: string): Promise<Uint8Array> {
  try {
    const packed = base64urlnopad.decode(text) as Uint8Array<ArrayBuffer>
    return await collect(new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw')), LINK_BYTES_MAX)
  } catch (cause) {
    throw fail('malformed-link', 'The link is cut off or was changed on its way; ask for the file instead.', { expected: 'a whole link to a certificate', found: `${text.length} characters that cannot be read`, cause })
  }
}

async function collect(stream: ReadableStream<Uint8Array>, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  for (const reader = stream.getReader(); ; ) {
    const { value, done } = await reader.read()
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer())
    length += value.length
    if (length > bytesMax) {
      await reader.cancel()
      throw fail('certificate-too-large', 'The link unfolds to more than this page reads from a link; ask for the file instead.', { expected: `at most ${bytesMax} bytes`, found: 'more' })
    }
    parts.push(value as Uint8Array<ArrayBuffer>)
  }
}
