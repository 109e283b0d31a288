import { exact, fail } from '@telltale/core'
import type { Exact } from '@telltale/core'
import type { DbcMessage, DbcSignal } from './dbc.ts'

/** Reads one signal from the bytes of frames. */
export interface SignalDecoder {
  /** The bits as a whole number, signed where the signal is. Throws `signal-outside-frame`. */
  raw(data: Uint8Array): bigint
  /** raw x factor + offset, exactly. Throws `number-out-of-range`. */
  scale(raw: bigint): Exact
  /** Whether this frame carries the signal: false where the multiplexer says otherwise. Throws `signal-outside-frame`. */
  isPresent(data: Uint8Array): boolean
  /** The value all of whose bits are set, which makers use for "not available"; null for signed signals and those of fewer than 8 bits. */
  allOnes: bigint | null
}

/** Bytes that a number can hold without rounding: 6 x 8 = 48 bits. */
const NUMBER_BYTES_MAX = 6

/**
 * Prepares the reading of one signal. Errors: `unsupported-signal` for IEEE floats, nested multiplexing and more than 64 bits: such
 * a signal is refused rather than read wrongly.
 */
export function createSignalDecoder(message: DbcMessage, signal: DbcSignal): SignalDecoder {
  if (signal.unreadable !== null) {
    throw fail('unsupported-signal', `Signal ${signal.name} of ${message.name} cannot be read: ${signal.unreadable}. Choose another signal.`, { expected: 'a whole number of at most 64 bits', found: signal.unreadable })
  }
  const place = placeOf(signal)
  const limit = 1n << BigInt(signal.bits)
  const half = limit >> 1n
  const exponent = Math.min(signal.factor.exponent, signal.offset.exponent)
  const factor = signal.factor.mantissa * 10n ** BigInt(signal.factor.exponent - exponent)
  const offset = signal.offset.mantissa * 10n ** BigInt(signal.offset.exponent - exponent)
  const multiplexer = signal.multiplexedBy === null ? null : multiplexerOf(message, signal)

  function raw(data: Uint8Array): bigint {
    if (place.lastByte >= data.length) {
      throw fail('signal-outside-frame', `Signal ${signal.name} of ${message.name} needs ${place.lastByte + 1} bytes, the frame has ${data.length}. The frame may be cut, or the database may be for another car.`, {
        expected: `${place.lastByte + 1} bytes`,
        found: `${data.length} bytes`,
      })
    }
    const unsigned = bitsAt(place, signal.bits, data)
    return signal.signed && unsigned >= half ? unsigned - limit : unsigned
  }

  return {
    raw,
    scale: (bits) => exact(bits * factor + offset, exponent),
    isPresent: (data) => multiplexer === null || multiplexer.raw(data) === BigInt(signal.multiplexedBy ?? -1),
    allOnes: signal.signed || signal.bits < 8 ? null : limit - 1n,
  }
}

function multiplexerOf(message: DbcMessage, signal: DbcSignal): SignalDecoder {
  const found = [...message.signals.values()].find((one) => one.multiplexer)
  if (found === undefined) {
    throw fail('unsupported-signal', `Signal ${signal.name} of ${message.name} is multiplexed, but no signal of that message is the multiplexer. Correct the database.`, { expected: 'a signal marked M', found: 'none' })
  }
  return createSignalDecoder(message, found)
}

/** The bytes a signal touches, in order of significance, and how far its lowest bit lies from the lowest of the last of them. */
interface Place {
  firstByte: number
  lastByte: number
  littleEndian: boolean
  shift: number
}

/**
 * Little endian: `startBit` is the lowest bit and bits go up through the bytes. Big endian: it is the highest, bits go down within a byte
 * and on at the top of the next one.
 */
function placeOf(signal: DbcSignal): Place {
  const firstByte = signal.startBit >> 3
  const bitInByte = signal.startBit & 7
  if (signal.littleEndian) return { firstByte, lastByte: (signal.startBit + signal.bits - 1) >> 3, littleEndian: true, shift: bitInByte }
  const lastFromTop = 7 - bitInByte + signal.bits - 1
  return { firstByte, lastByte: firstByte + (lastFromTop >> 3), littleEndian: false, shift: 7 - (lastFromTop & 7) }
}

function bitsAt(place: Place, bits: number, data: Uint8Array): bigint {
  const { firstByte, lastByte, littleEndian, shift } = place
  const count = lastByte - firstByte + 1
  if (count <= NUMBER_BYTES_MAX) {
    let span = 0
    for (let index = 0; index < count; index += 1) span = span * 256 + (data[littleEndian ? lastByte - index : firstByte + index] ?? 0)
    return BigInt(Math.floor(span / 2 ** shift) % 2 ** bits)
  }
  let span = 0n
  for (let index = 0; index < count; index += 1) span = (span << 8n) | BigInt(data[littleEndian ? lastByte - index : firstByte + index] ?? 0)
  return (span >> BigInt(shift)) & ((1n << BigInt(bits)) - 1n)
}
