import { join } from 'node:path'
import { bytesToHex, bytesToText, fail, judge, textToBytes } from '@telltale/core'
import { digest16 } from './checksum.ts'
import type { Disk } from './disk.ts'
import { readWhole, replaceDurably } from './file-steps.ts'
import { FORMAT_NUMBER } from './limits.ts'

/**
 * The file `format`, written last when a store is made: text, so that whoever finds the directory can read it.
 *
 *     telltale store
 *     format 2
 *     network 9f86d0... (64 digits), or: network unknown
 *     check 5e884898da28047151d0e56f8dc62927
 *
 * The check is the first 16 bytes of the SHA-256 over the lines before it. The first two lines and the check keep their places for ever, so
 * that an older program recognises a newer store.
 */
export interface StoreFormat {
  number: number
  /** Hash of the network's first genesis; null where it was not known when the store was made. */
  network: Uint8Array | null
}

export const FORMAT_FILE = 'format'

const FIRST_LINE = 'telltale store'

export function encodeFormat({ number, network }: StoreFormat): Uint8Array {
  const lines = `${FIRST_LINE}\nformat ${number}\nnetwork ${network === null ? 'unknown' : bytesToHex(network)}\n`
  return textToBytes(`${lines}check ${checkOf(lines)}\n`)
}

function checkOf(lines: string): string {
  return bytesToHex(digest16([textToBytes(lines)]))
}

/** What the bytes say (`format-file-damaged`, `not-a-store`, `store-too-new`). */
export function readFormatBytes(bytes: Uint8Array): StoreFormat {
  const read = judge(() => bytesToText(bytes))
  const text = read.ok ? read.value : ''
  const match = /^((?:.*\n)*)check ([0-9a-f]{32})\n$/.exec(text)
  const lines = match?.[1] ?? ''
  if (match === null || checkOf(lines) !== match[2]) {
    const expected = `lines that begin with "${FIRST_LINE}" and a check over them`
    const found = text === '' ? `${bytes.length} bytes that are no text` : JSON.stringify(text.slice(0, 120))
    if (bytes.length > 0 && !/telltale|format|check/.test(text)) throw notAStore(expected, found)
    throw fail('format-file-damaged', `The file "${FORMAT_FILE}" is damaged: expected ${expected}, found ${found}. Restore it from a backup with "telltale store repair".`, { expected, found })
  }
  const facts = /^telltale store\nformat (\d{1,9})\n(?:network ([0-9a-f]{64}|unknown)\n)?/.exec(lines)
  if (facts === null) throw notAStore(`"${FIRST_LINE}" and a format`, JSON.stringify(lines.slice(0, 120)))
  const number = Number(facts[1])
  if (number > FORMAT_NUMBER) {
    throw fail('store-too-new', `This store has format ${number}, which a newer version of Telltale has written. Use that version, or restore a backup made with this one.`, { expected: `format ${FORMAT_NUMBER} or older`, found: `format ${number}` })
  }
  return { number, network: facts[2] === undefined || facts[2] === 'unknown' ? null : Uint8Array.from(Buffer.from(facts[2], 'hex')) }
}

export function notAStore(expected: string, found: string): ReturnType<typeof fail> {
  return fail('not-a-store', `This directory holds something else than a Telltale store: expected ${expected}, found ${found}. Name another directory.`, { expected, found })
}

/** Null where there is no such file. */
export async function readFormatFile(disk: Disk, directory: string): Promise<StoreFormat | null> {
  const path = join(directory, FORMAT_FILE)
  return (await disk.kindOf(path)) === 'file' ? readFormatBytes(await readWhole(disk, path)) : null
}

export async function writeFormatFile(disk: Disk, directory: string, format: StoreFormat): Promise<void> {
  await replaceDurably(disk, join(directory, FORMAT_FILE), [encodeFormat(format)])
}
