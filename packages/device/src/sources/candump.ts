import type { ClockName, SourceRefusal } from '../reading.ts'
import { excerptOfBytes } from './excerpt.ts'
import { LOG_LINE_BYTES_MAX, TIME_SECONDS_MAX, WALL_SECONDS_MIN } from './limits.ts'

/** One data frame of a CAN or CAN FD bus. */
export interface CanFrame {
  /** Whole milliseconds, rounded half up from what the log says. */
  timeMs: number
  /** Interface name: `can0`. */
  bus: string
  /** 11 bits, or 29 bits if `extended`. */
  id: number
  extended: boolean
  data: Uint8Array
  /** 1-based line of the log. */
  line: number
}

export interface CandumpHandlers {
  onFrame(frame: CanFrame): void
  onRefusal(refusal: SourceRefusal): void
  /** Frames of other identifiers are checked but neither decoded nor handed on; without it all are. */
  wants?(id: number, extended: boolean): boolean
}

export interface CandumpParser {
  /** Takes any piece of the log; lines may be cut anywhere. The bytes may be reused afterwards. */
  push(bytes: Uint8Array): void
  /** To be called once after the last piece: the last line may lack its line break. */
  finish(): void
  /** Counted so far: lines, and well-formed data frames whether wanted or not. */
  counts(): { lines: number; frames: number }
}

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const SPACE = 32
const HASH = 35
const OPEN = 40
const CLOSE = 41
const POINT = 46
const LETTER_R = 82
const LETTER_T = 84
const INTERFACE_BYTES_MAX = 32
const CLASSIC_BYTES_MAX = 8
const FLEXIBLE_BYTES_MAX = 64
/** Highest identifiers of 11 and 29 bits; above that SocketCAN marks its own error reports, which say nothing about the car. */
const STANDARD_ID_MAX = 0x7ff
const EXTENDED_ID_MAX = 0x1fff_ffff

const hexDigits = new Int8Array(256).fill(-1)
for (let digit = 0; digit < 16; digit += 1) {
  hexDigits['0123456789abcdef'.charCodeAt(digit)] = digit
  hexDigits['0123456789ABCDEF'.charCodeAt(digit)] = digit
}

/** `wall` if a time in milliseconds looks like Unix time (2001 or later), else `boot`. */
export function clockOfTime(timeMs: number): ClockName {
  return timeMs >= WALL_SECONDS_MIN * 1000 ? 'wall' : 'boot'
}

/**
 * Reads the text of `candump -L` (can-utils): `(seconds.fraction) interface ID#HEX`, three hex digits for a standard identifier, eight
 * for an extended one, `ID##<flags>HEX` for CAN FD, a trailing `T` or `R` for the direction. Remote frames and error reports carry no
 * data and are passed over, as are empty lines. Anything else becomes a refusal `malformed-log-line`.
 */
export function createCandumpParser(handlers: CandumpHandlers): CandumpParser {
  const reader = createLineReader(handlers)
  // A line cut by the end of a piece waits here; a longer one is refused once and skipped, so memory stays bounded.
  const held = new Uint8Array(LOG_LINE_BYTES_MAX)
  let heldBytes = 0
  let skipping = false

  function refuseLongLine(bytes: Uint8Array, start: number, end: number): void {
    reader.refuse(bytes, start, end, { expected: `a line of at most ${LOG_LINE_BYTES_MAX} bytes`, at: start + LOG_LINE_BYTES_MAX })
  }

  function endHeldLine(bytes: Uint8Array, start: number, end: number): void {
    if (skipping) {
      skipping = false
    } else if (heldBytes + end - start > LOG_LINE_BYTES_MAX) {
      holdAsMuchAsFits(bytes, start, end)
      reader.startLine()
      refuseLongLine(held, 0, heldBytes)
    } else {
      holdAsMuchAsFits(bytes, start, end)
      reader.startLine()
      reader.read(held, 0, heldBytes)
    }
    heldBytes = 0
  }

  function holdAsMuchAsFits(bytes: Uint8Array, start: number, end: number): void {
    const taken = Math.min(end - start, LOG_LINE_BYTES_MAX - heldBytes)
    held.set(bytes.subarray(start, start + taken), heldBytes)
    heldBytes += taken
  }

  function holdRest(bytes: Uint8Array, start: number): void {
    if (skipping || start === bytes.length) return
    const tooLong = heldBytes + bytes.length - start > LOG_LINE_BYTES_MAX
    holdAsMuchAsFits(bytes, start, bytes.length)
    if (!tooLong) return
    reader.startLine()
    refuseLongLine(held, 0, heldBytes)
    heldBytes = 0
    skipping = true
  }

  return {
    push(bytes) {
      let start = 0
      for (;;) {
        const end = bytes.indexOf(LINE_FEED, start)
        if (end < 0) break
        if (skipping || heldBytes > 0) {
          endHeldLine(bytes, start, end)
        } else {
          reader.startLine()
          if (end - start > LOG_LINE_BYTES_MAX) refuseLongLine(bytes, start, end)
          else reader.read(bytes, start, end)
        }
        start = end + 1
      }
      holdRest(bytes, start)
    },
    finish() {
      if (skipping || heldBytes > 0) endHeldLine(held, 0, 0)
    },
    counts: () => reader.counts(),
  }
}

/** Where and how a line departs from the format. */
interface Fault {
  expected: string
  at: number
}

function createLineReader(handlers: CandumpHandlers) {
  const scratch = new Uint8Array(FLEXIBLE_BYTES_MAX)
  let lines = 0
  let frames = 0

  function refuse(bytes: Uint8Array, start: number, end: number, fault: Fault): void {
    const found = excerptOfBytes(bytes, start, end)
    const message = `Line ${lines} is not a candump line: expected ${fault.expected} at character ${fault.at - start + 1}. Correct or remove the line; the others are not affected.`
    handlers.onRefusal({ refused: { code: 'malformed-log-line', message, expected: fault.expected, found }, line: lines })
  }

  function read(bytes: Uint8Array, from: number, to: number): void {
    let start = from
    let end = to
    while (end > start && (bytes[end - 1] === CARRIAGE_RETURN || bytes[end - 1] === SPACE)) end -= 1
    while (start < end && bytes[start] === SPACE) start += 1
    if (start === end) return
    const fault = readFrame(bytes, start, end)
    if (fault !== null) refuse(bytes, start, end, fault)
  }

  function readFrame(bytes: Uint8Array, start: number, end: number): Fault | null {
    if (bytes[start] !== OPEN) return { expected: 'a time in brackets, "(seconds.fraction)"', at: start }
    const time = readTime(bytes, start + 1, end)
    if (!time.ok) return time.fault
    let at = time.next
    const nameAt = skipSpaces(bytes, at, end)
    if (nameAt === at) return { expected: 'a space and the name of an interface', at }
    at = nameAt
    while (at < end && isNameByte(bytes[at] ?? 0)) at += 1
    if (at === nameAt || at - nameAt > INTERFACE_BYTES_MAX) return { expected: `the name of an interface, at most ${INTERFACE_BYTES_MAX} characters`, at: nameAt }
    const nameEnd = at
    at = skipSpaces(bytes, at, end)
    if (at === nameEnd) return { expected: 'a space and an identifier', at }

    const idAt = at
    let id = 0
    while (at < end && at - idAt < 8 && (hexDigits[bytes[at] ?? 0] ?? -1) >= 0) {
      id = id * 16 + (hexDigits[bytes[at] ?? 0] ?? 0)
      at += 1
    }
    const extended = at - idAt === 8
    if ((!extended && at - idAt !== 3) || bytes[at] !== HASH || at >= end) return { expected: 'an identifier of 3 or 8 hex digits followed by "#"', at: idAt }
    if (!extended && id > STANDARD_ID_MAX) return { expected: 'a standard identifier of at most 7FF', at: idAt }
    at += 1
    if (bytes[at] === LETTER_R && at < end) return isRemoteTail(bytes, at + 1, end) ? null : { expected: 'nothing but a length after "R"', at: at + 1 }
    return readData(bytes, at, end, { time: time.timeMs, nameAt, nameEnd, id, extended })
  }

  function readData(bytes: Uint8Array, start: number, end: number, head: { time: number; nameAt: number; nameEnd: number; id: number; extended: boolean }): Fault | null {
    let at = start
    let bytesMax = CLASSIC_BYTES_MAX
    if (bytes[at] === HASH && at < end) {
      at += 1
      if (at >= end || (hexDigits[bytes[at] ?? 0] ?? -1) < 0) return { expected: 'one hex digit of CAN FD flags', at }
      at += 1
      bytesMax = FLEXIBLE_BYTES_MAX
    }
    let length = 0
    while (at < end && bytes[at] !== SPACE) {
      const high = hexDigits[bytes[at] ?? 0] ?? -1
      const low = at + 1 < end ? (hexDigits[bytes[at + 1] ?? 0] ?? -1) : -1
      if (high < 0 || low < 0) return { expected: 'data in pairs of hex digits', at }
      if (length === bytesMax) return { expected: `at most ${bytesMax} bytes of data`, at }
      scratch[length] = high * 16 + low
      length += 1
      at += 2
    }
    if (at < end && !isDirection(bytes, at, end)) return { expected: 'the end of the line or the direction T or R', at }
    if (head.id > EXTENDED_ID_MAX) return null
    frames += 1
    if (handlers.wants !== undefined && !handlers.wants(head.id, head.extended)) return null
    const bus = String.fromCharCode(...bytes.subarray(head.nameAt, head.nameEnd))
    handlers.onFrame({ timeMs: head.time, bus, id: head.id, extended: head.extended, data: scratch.slice(0, length), line: lines })
    return null
  }

  return {
    startLine() {
      lines += 1
    },
    read,
    refuse,
    counts: () => ({ lines, frames }),
  }
}

type ReadTime = { ok: true; timeMs: number; next: number } | { ok: false; fault: Fault }

const millisecondsOfPlace = [100, 10, 1]

/** `46408.584930)`: milliseconds by text, half a millisecond rounding up; no binary fraction is involved. */
function readTime(bytes: Uint8Array, start: number, end: number): ReadTime {
  let at = start
  let seconds = 0
  while (at < end && isDigit(bytes[at]) && at - start <= 12) {
    seconds = seconds * 10 + (bytes[at] ?? 0) - 48
    at += 1
  }
  if (at === start || seconds > TIME_SECONDS_MAX) return { ok: false, fault: { expected: `whole seconds, at most ${TIME_SECONDS_MAX}`, at: start } }
  if (bytes[at] !== POINT || at >= end) return { ok: false, fault: { expected: 'a point and the fraction of a second', at } }
  at += 1
  const fractionAt = at
  let milliseconds = 0
  while (at < end && isDigit(bytes[at]) && at - fractionAt < 9) {
    const digit = (bytes[at] ?? 0) - 48
    const place = at - fractionAt
    milliseconds += place < 3 ? digit * (millisecondsOfPlace[place] ?? 0) : place === 3 && digit >= 5 ? 1 : 0
    at += 1
  }
  if (at === fractionAt) return { ok: false, fault: { expected: 'the fraction of a second', at } }
  if (bytes[at] !== CLOSE || at >= end) return { ok: false, fault: { expected: 'a closing bracket after 1 to 9 decimals', at } }
  return { ok: true, timeMs: seconds * 1000 + milliseconds, next: at + 1 }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57
}

function isNameByte(byte: number): boolean {
  return byte > SPACE && byte < 0x7f
}

function skipSpaces(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at] === SPACE) at += 1
  return at
}

function isDirection(bytes: Uint8Array, start: number, end: number): boolean {
  const at = skipSpaces(bytes, start, end)
  return at === end - 1 && (bytes[at] === LETTER_T || bytes[at] === LETTER_R)
}

/** `R`, or `R8` with the length asked for, and perhaps a direction. */
function isRemoteTail(bytes: Uint8Array, start: number, end: number): boolean {
  const at = start < end && isDigit(bytes[start]) ? start + 1 : start
  return at === end || (bytes[at] === SPACE && isDirection(bytes, at, end))
}
