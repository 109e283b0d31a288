import pc from 'picocolors'

export type Colours = ReturnType<typeof pc.createColors>

/** What the other end of a stream can show. */
export interface Terminal {
  /** Characters a line, at most 80: longer ones are hard to read. */
  width: number
  colours: Colours
}

const WIDTH_MIN = 40
const WIDTH_MAX = 80

/** Colours on a terminal only; NO_COLOR turns them off, FORCE_COLOR on (https://no-color.org, https://force-color.org). */
export function terminalOf(stream: NodeJS.WriteStream): Terminal {
  const { NO_COLOR: off, FORCE_COLOR: on, TERM: kind } = process.env
  // `isTTY` is absent on a pipe, and picocolors takes absent for "as the environment says".
  const isScreen = 'isTTY' in stream && stream.isTTY
  const isColoured = on !== undefined && on !== '' ? on !== '0' : isScreen && (off === undefined || off === '') && kind !== 'dumb'
  return { width: Math.min(Math.max(stream.columns || WIDTH_MAX, WIDTH_MIN), WIDTH_MAX), colours: pc.createColors(isColoured) }
}
