const CALL_RECORD = 16
const CALL_RESUME = 17

/** Whether a transaction is numbered by the stream that it is part of; all others are by a counter of their sender and subject. */
export function isNumberedByStream(call: number): boolean {
  return call === CALL_RECORD || call === CALL_RESUME
}
