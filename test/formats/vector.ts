import { bytesToHex } from '@telltale/core'

/** What a file of test/vectors holds: bytes as lower-case hexadecimal. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

/** One file of test/vectors, by its name without `.json`. */
export type Vectors = Record<string, { [name: string]: Json }>

export function hex(bytes: Uint8Array): string {
  return bytesToHex(bytes)
}

export function hexes(list: readonly Uint8Array[]): string[] {
  return list.map(hex)
}
