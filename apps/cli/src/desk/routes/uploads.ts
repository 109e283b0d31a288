import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fail } from '@telltale/core'
import { Count, answers, forOperators, shape } from '@telltale/node/service'
import type { TypedServer } from '@telltale/node/service'
import { Type } from 'typebox'
import type { DeskContext } from '../desk.ts'

/** One log; a day of a whole CAN bus is about so much. */
const UPLOAD_BYTES_MAX = 4_294_967_296
/** Uploads that lie there at a time; the oldest goes when another comes. */
const UPLOADS_MAX = 8
/** A file of this size has to arrive in this time, or nobody is sending it. */
const UPLOAD_MS_MAX = 600_000

interface Upload {
  id: string
  /** As its sender called it, for messages. */
  name: string
  path: string
  bytes: number
}

/** Files that were dropped on a page, in a folder of their own that goes with the node. */
export interface Uploads {
  add(name: string, content: Readable): Promise<Upload>
  /** The upload of this id (`no-such-upload`). */
  get(id: string): Upload
  close(): Promise<void>
}

export async function createUploads(): Promise<Uploads> {
  const folder = await mkdtemp(join(tmpdir(), 'telltale-desk-'))
  const known = new Map<string, Upload>()
  return {
    async add(name, content) {
      const id = randomBytes(12).toString('hex')
      const path = join(folder, id)
      let bytes = 0
      const counter = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          bytes += chunk.length
          done(bytes > UPLOAD_BYTES_MAX ? fail('body-too-large', `${name} is too large.`, { expected: `at most ${UPLOAD_BYTES_MAX} bytes`, found: 'more' }) : null, chunk)
        },
      })
      try {
        await pipeline(content, counter, createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal: AbortSignal.timeout(UPLOAD_MS_MAX) })
      } catch (error) {
        await rm(path, { force: true })
        throw error
      }
      const upload = { id, name, path, bytes }
      known.set(id, upload)
      const [oldest] = known.values()
      if (known.size > UPLOADS_MAX && oldest) {
        known.delete(oldest.id)
        await rm(oldest.path, { force: true })
      }
      return upload
    },
    get(id) {
      const upload = known.get(id)
      if (upload) return upload
      throw fail('no-such-upload', 'That file is no longer here; drop it again.', { expected: 'one that was uploaded', found: id })
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

export const UploadId = Type.String({ pattern: '^[0-9a-f]{24}$', description: 'of a file that was uploaded' })

export function uploads(server: TypedServer, context: DeskContext): void {
  server.addContentTypeParser('application/octet-stream', async (_request: unknown, payload: Readable) => payload)
  server.post(
    '/v1/desk/uploads',
    {
      // The stream counts for itself, and a large file takes its time.
      bodyLimit: UPLOAD_BYTES_MAX,
      config: forOperators,
      schema: {
        operationId: 'upload',
        tags: ['desk'],
        summary: 'Takes a file in, for an import',
        querystring: shape({ name: Type.String({ minLength: 1, maxLength: 255 }) }),
        response: answers({ 200: shape({ upload: UploadId, name: Type.String(), bytes: Count }) }, [413, 415]),
      },
    },
    async ({ query: { name }, body }) => {
      const { id, bytes } = await context.uploads.add(name, body as Readable)
      return { upload: id, name, bytes }
    },
  )
}
