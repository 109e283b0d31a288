import type { FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'

/** Heads and bodies of requests are never given to the log; what might slip in is left out. */
const REDACTED = ['req', 'res', 'headers', '*.headers', '*.secret', '*.password', '*.token', '*.key', '*.readings']

/** JSON lines on standard error, or wherever `write` puts them. */
export function createLog(level: string, write?: (line: string) => void): FastifyBaseLogger {
  const target = write ? { write } : pino.destination({ fd: 2, sync: true })
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) }, redact: { paths: REDACTED, remove: true } }, target)
}

export function silentLog(): FastifyBaseLogger {
  return pino({ level: 'silent' })
}
