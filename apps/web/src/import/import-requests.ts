import { errorOfProblem } from '@telltale/client'
import type { Problem } from '@telltale/client'
import { fail } from '@telltale/core'
import { postJson, send } from '../api/request.ts'

export interface Uploaded {
  upload: string
  name: string
  bytes: number
}

/** A mapping that the node found for a CAN database: which signals become which readings. */
export interface Suggestion {
  name: string
  source: 'shipped' | 'guessed' | 'none'
  mapping: string
  signals: { message: string; signal: string; path: string; unit: string }[]
}

export interface ImportReport {
  device: string
  asset: string
  records: number
  readings: number
  refused: number
  refusals: Record<string, unknown>[]
  streams: unknown
  continued: { file: string; records: number }[]
  clockFalls: { count: number } | null
}

export interface ImportProgress {
  done: number
  total: number | null
}

/** A log may take minutes to arrive on a slow disk. */
const UPLOAD_MS = 600_000

export async function uploadFile(file: File): Promise<Uploaded> {
  const answer = await send(`/v1/desk/uploads?name=${encodeURIComponent(file.name.slice(0, 255))}`, { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: file }, undefined, UPLOAD_MS)
  return answer.json() as Promise<Uploaded>
}

export function suggestMapping(dbc: string): Promise<Suggestion> {
  return postJson<Suggestion>('/v1/desk/suggestions', { dbc })
}

/** Starts the import and tells how far it is; resolves with its report, or fails with the code of what stopped it. */
export async function importLog(request: { log: string; dbc?: string; mapping?: string; recordedAt?: string; again?: boolean }, onProgress: (progress: ImportProgress) => void): Promise<ImportReport> {
  const answer = await send('/v1/desk/imports', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) }, undefined, null)
  for await (const line of linesOf(answer.body as ReadableStream<Uint8Array>)) {
    const { progress, report, problem } = JSON.parse(line) as { progress?: ImportProgress; report?: ImportReport; problem?: Pick<Problem, 'code' | 'detail' | 'expected' | 'found'> }
    if (progress) onProgress(progress)
    if (report) return report
    if (problem) throw errorOfProblem(problem)
  }
  throw fail('node-unreachable', 'The node stopped before the import was done. What it certified stays; drop the log again to go on.')
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  for await (const part of body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)) {
    const lines = (rest + part).split('\n')
    rest = lines.pop() ?? ''
    yield* lines.filter((line) => line !== '')
  }
}
