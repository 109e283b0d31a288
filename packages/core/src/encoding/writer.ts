import { assert } from '../assert.ts'
import { Decimal } from '../decimal.ts'
import { compareBytes } from '../bytes/compare.ts'
import { Tagged } from './cbor.ts'
import type { Cbor, CborMap } from './cbor.ts'
import { textToBytes } from './utf8.ts'

/** The one deterministic encoding of an item (RFC 8949, 4.2.1). Values outside our subset are a bug of ours and stop. */
export function encode(value: Cbor): Uint8Array {
  const writer = shared ?? new Writer()
  // Whoever encodes meanwhile, for a key of a map, takes another.
  shared = null
  writer.start()
  writer.item(value)
  const bytes = writer.finish()
  shared = writer
  return bytes
}

class Writer {
  private bytes = new Uint8Array(1024)
  private length = 0

  /** Begins anew, in the room that the item before took, unless that was very large. */
  start(): void {
    this.length = 0
    if (this.bytes.length > KEPT_BYTES_MAX) this.bytes = new Uint8Array(1024)
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, this.length)
  }

  item(value: Cbor): void {
    if (typeof value === 'number') this.integer(value)
    else if (value instanceof Uint8Array) this.string(0x40, value)
    else if (typeof value === 'string') this.text(value)
    else if (value === null) this.byte(0xf6)
    else if (typeof value === 'boolean') this.byte(value ? 0xf5 : 0xf4)
    else if (Array.isArray(value)) {
      this.head(0x80, value.length)
      for (const element of value) this.item(element)
    } else if (value instanceof Decimal) this.decimal(value)
    else if (value instanceof Tagged) {
      this.byte(0xd2)
      this.item(value.value)
    } else {
      assert(value instanceof Map, `no CBOR for ${typeof value}`)
      this.map(value)
    }
  }

  private integer(value: number): void {
    assert(Number.isSafeInteger(value), `${value} is no safe integer`)
    if (value < 0) this.head(0x20, -1 - value)
    else this.head(0x00, value)
  }

  private decimal(value: Decimal): void {
    assert(value.exponent <= -1 && value.exponent >= -18 && value.mantissa % 10 !== 0, 'a decimal out of normal form')
    this.byte(0xc4)
    this.byte(0x82)
    this.integer(value.exponent)
    this.integer(value.mantissa)
  }

  private map(value: CborMap): void {
    if (this.labelMap(value)) return
    const pairs = [...value].map(([key, item]) => ({ key: encode(key), item }))
    pairs.sort((a, b) => compareBytes(a.key, b.key))
    this.head(0xa0, pairs.length)
    for (const { key, item } of pairs) {
      this.raw(key)
      this.item(item)
    }
  }

  /** Integer labels that were inserted in the order of their encoding, as in most of our maps: no sort and no copies. False where it is another map. */
  private labelMap(value: CborMap): boolean {
    let previous = -1
    for (const key of value.keys()) {
      const rank = typeof key === 'number' && Math.abs(key) < LABEL_LIMIT ? labelRank(key) : -1
      if (rank <= previous) return false
      previous = rank
    }
    this.head(0xa0, value.size)
    for (const [key, item] of value) {
      this.integer(key as number)
      this.item(item)
    }
    return true
  }

  private text(value: string): void {
    if (value.length > 64) return this.string(0x60, textToBytes(value))
    for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) > 127) return this.string(0x60, textToBytes(value))
    this.head(0x60, value.length)
    this.reserve(value.length)
    for (let i = 0; i < value.length; i++) this.bytes[this.length++] = value.charCodeAt(i)
  }

  private string(major: number, value: Uint8Array): void {
    this.head(major, value.length)
    this.raw(value)
  }

  private head(major: number, argument: number): void {
    if (argument < 24) return this.byte(major | argument)
    this.reserve(9)
    const width = argument < 0x100 ? 1 : argument < 0x1_0000 ? 2 : argument < 0x1_0000_0000 ? 4 : 8
    this.bytes[this.length++] = major | (23 + [0, 1, 2, 0, 3, 0, 0, 0, 4][width]!)
    let rest = argument
    for (let i = this.length + width - 1; i >= this.length; i--) {
      this.bytes[i] = rest % 256
      rest = Math.floor(rest / 256)
    }
    this.length += width
  }

  private byte(value: number): void {
    this.reserve(1)
    this.bytes[this.length++] = value
  }

  private raw(value: Uint8Array): void {
    this.reserve(value.length)
    this.bytes.set(value, this.length)
    this.length += value.length
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count))
    grown.set(this.bytes)
    this.bytes = grown
  }
}

const KEPT_BYTES_MAX = 65_536

/** A writer that nobody uses, kept because making room costs more than a short item. */
let shared: Writer | null = new Writer()

/** Labels of COSE, CWT and SenML are far below. */
const LABEL_LIMIT = 2 ** 31

/** Where an integer stands among encoded integers: those from 0 up by their size, and after all of them the negative ones, beginning with -1. */
function labelRank(label: number): number {
  return label < 0 ? LABEL_LIMIT - label : label
}
