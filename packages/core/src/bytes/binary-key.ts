/** Bytes as a string with one character a byte: the key of a Map, never shown and never stored. */
export function bytesToMapKey(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[])
}
