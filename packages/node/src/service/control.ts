import { timingSafeEqual } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { fail } from '@telltale/core'
import { Type } from 'typebox'
import { forAnybody } from '../api/http/access.ts'
import type { TypedServer } from '../api/routes.ts'
import { shape } from '../api/schema.ts'
import type { Home } from '../home/home.ts'
import { backupOpened } from '../upkeep/data-backup.ts'
import { measureDrop } from '../upkeep/drop-old.ts'
import type { DataDropped } from '../upkeep/drop-old.ts'
import type { RetentionKeeper } from './retention.ts'
import { CONTROL_HEADER } from './running-file.ts'

/** What only somebody who may read the data directory can ask of a running node: they bring the secret of `running.json`. Not part of the public description. */
export function addControl(server: FastifyInstance, home: Home, control: string, retention: RetentionKeeper): void {
  const typed: TypedServer = server
  let dropping: Promise<DataDropped> | null = null
  typed.route({
    method: 'POST',
    url: '/control/backup',
    config: forAnybody,
    schema: { hide: true, body: shape({ target: Type.String({ minLength: 1, maxLength: 4096 }) }) },
    onRequest: async (request) => requireControl(request.headers[CONTROL_HEADER], control),
    handler: async ({ body: { target } }) => backupOpened({ directory: home.directory, network: home.profile.network, store: home.store }, target),
  })
  typed.route({
    method: 'POST',
    url: '/control/drop-old',
    config: forAnybody,
    schema: { hide: true, body: shape({}) },
    onRequest: async (request) => requireControl(request.headers[CONTROL_HEADER], control),
    handler: async () => {
      // Whoever asked takes the outcome; a pass over years of blocks takes longer than a request may.
      dropping ??= measureDrop(home.directory, retention.dropNow)
      const waited = new AbortController()
      try {
        const dropped = await Promise.race([dropping, sleep(ANSWER_MS, null, { signal: waited.signal })])
        if (dropped) dropping = null
        return dropped ?? { isUnderWay: true }
      } catch (error) {
        dropping = null
        throw error
      } finally {
        waited.abort()
      }
    },
  })
}

/** How long a request waits for what goes on: below the patience of whoever asked. */
const ANSWER_MS = 20_000

function requireControl(given: unknown, control: string): void {
  const bytes = Buffer.from(typeof given === 'string' ? given : '')
  const wanted = Buffer.from(control)
  if (bytes.length === wanted.length && timingSafeEqual(bytes, wanted)) return
  throw fail('not-allowed', 'Only who may read the data directory may ask this.', { expected: 'the secret of running.json', found: 'another' })
}
