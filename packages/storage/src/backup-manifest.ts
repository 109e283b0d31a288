import { bytesToHex, bytesToText, fail, judge, textToBytes } from '@telltale/core'
import { digest16 } from './checksum.ts'
import { FORMAT_NUMBER } from './limits.ts'

/**
 * The file `backup`, written last: text, one line a file, and a check over the lines before it.
 *
 *     telltale backup
 *     format 2
 *     network unknown
 *     height 12
 *     file <sha256, 64 digits> <length> blocks/000000000000.seg
 *     check <32 digits>
 */
export interface BackupManifest {
  format: number
  network: Uint8Array | null
  height: number
  files: BackupFile[]
}

export interface BackupFile {
  /** From the backup's directory, with forward slashes. */
  path: string
  length: number
  sha256: Uint8Array
}

export const MANIFEST_FILE = 'backup'

export function encodeManifest({ format, network, height, files }: BackupManifest): Uint8Array {
  const facts = [`format ${format}`, `network ${network === null ? 'unknown' : bytesToHex(network)}`, `height ${height}`]
  const lines = ['telltale backup', ...facts, ...files.map((file) => `file ${bytesToHex(file.sha256)} ${file.length} ${file.path}`)]
  const text = `${lines.join('\n')}\n`
  return textToBytes(`${text}check ${checkOf(text)}\n`)
}

function checkOf(text: string): string {
  return bytesToHex(digest16([textToBytes(text)]))
}

/** What the bytes say (`backup-damaged`, `not-a-backup`, `store-too-new`). */
export function readManifest(bytes: Uint8Array): BackupManifest {
  const read = judge(() => bytesToText(bytes))
  const text = read.ok ? read.value : ''
  const match = /^((?:.*\n)*)check ([0-9a-f]{32})\n$/.exec(text)
  const lines = match?.[1] ?? ''
  if (match === null || checkOf(lines) !== match[2]) {
    throw backupDamaged(MANIFEST_FILE, 'lines and a check over them', `${bytes.length} bytes that are others`)
  }
  const facts = /^telltale backup\nformat (\d{1,9})\nnetwork ([0-9a-f]{64}|unknown)\nheight (-?\d{1,15})\n/.exec(lines)
  if (facts === null) throw fail('not-a-backup', 'The directory holds no backup of a store. Name another.', { expected: 'a backup', found: JSON.stringify(lines.slice(0, 80)) })
  const format = Number(facts[1])
  if (format > FORMAT_NUMBER) throw fail('store-too-new', `This backup has format ${format}, which a newer version of Telltale has written. Use that version.`, { expected: `format ${FORMAT_NUMBER} or older`, found: `format ${format}` })
  const network = facts[2] === 'unknown' ? null : hexBytes(facts[2] as string)
  return { format, network, height: Number(facts[3]), files: readFiles(lines.slice(facts[0].length)) }
}

function readFiles(lines: string): BackupFile[] {
  return lines.split('\n').filter((line) => line !== '').map((line) => {
    const match = /^file ([0-9a-f]{64}) (\d{1,15}) ((?:blocks|attachments|side)\/[0-9-]+\.seg|signed)$/.exec(line)
    if (match === null) throw backupDamaged(MANIFEST_FILE, 'a file of a store', JSON.stringify(line.slice(0, 120)))
    return { sha256: hexBytes(match[1] as string), length: Number(match[2]), path: match[3] as string }
  })
}

function hexBytes(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}

export function backupDamaged(file: string, expected: string, found: string): ReturnType<typeof fail> {
  return fail('backup-damaged', `The backup is damaged in ${file}: expected ${expected}, found ${found}. Use another backup.`, { expected, found })
}
