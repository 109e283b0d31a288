import { readFile, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { TelltaleError, fail } from '@telltale/core'
import { hasSignals, parseMapping, suggestMapping } from '@telltale/device'
import { createAsset, enrolDevice, ensureIdentity, ensureStreams } from '@telltale/node'
import type { DeviceProfile } from '@telltale/node'
import { answers, forOperators, problemOf, shape } from '@telltale/node/service'
import type { TypedServer } from '@telltale/node/service'
import { Type } from 'typebox'
import { createImportReport } from '../../import-report.ts'
import { alreadyImported, hashLog, newestTimes, openImportedLogs } from '../../imported-logs.ts'
import { importSource } from '../../importing.ts'
import { DATABASE_FILE_BYTES_MAX, SMALL_FILE_BYTES_MAX, readInputText } from '../../input-file.ts'
import { formatOf, openLog, requireReadings, settingsOf } from '../../log-files.ts'
import type { LogFile } from '../../log-files.ts'
import { readIsoTime } from '../../range.ts'
import { workplaceOf } from '../../workplace.ts'
import { OWNER_KEY, OWNER_ROLES, defaultDevice } from '../../session.ts'
import type { DeskContext } from '../desk.ts'
import { UploadId } from './uploads.ts'

const SHIPPED = resolve(import.meta.dirname, '../../../../../mappings')
/** Key of the device that logs are imported with in a demonstration, whose own car goes on driving. */
const IMPORTED_KEY = 'imported'

const Signal = shape({ message: Type.String(), signal: Type.String(), path: Type.String(), unit: Type.String() })
const Suggestion = shape({ name: Type.String(), source: Type.Union([Type.Literal('shipped'), Type.Literal('guessed'), Type.Literal('none')]), mapping: Type.String({ description: 'a mapping file; empty where nothing was found' }), signals: Type.Array(Signal) })
const ImportRequest = shape({ log: UploadId, dbc: Type.Optional(UploadId), mapping: Type.Optional(Type.String({ maxLength: SMALL_FILE_BYTES_MAX })), recordedAt: Type.Optional(Type.String({ maxLength: 40 })), again: Type.Optional(Type.Boolean({ description: 'also where this log was imported before' })) })
type ImportRequest = { log: string; dbc?: string; mapping?: string; recordedAt?: string; again?: boolean }

/** Logs that were dropped on a page become records: what the command `import` does. */
export function imports(server: TypedServer, context: DeskContext): void {
  server.post(
    '/v1/desk/suggestions',
    { config: forOperators, schema: { operationId: 'suggestMapping', tags: ['desk'], summary: 'A mapping that fits a CAN database', body: shape({ dbc: UploadId }), response: answers({ 200: Suggestion }, [404, 413, 415]) } },
    async ({ body: { dbc } }) => suggest(await readUpload(context, dbc, DATABASE_FILE_BYTES_MAX)),
  )

  let isBusy = false
  server.post(
    '/v1/desk/imports',
    {
      config: forOperators,
      schema: {
        operationId: 'importLog',
        tags: ['desk'],
        summary: 'Turns a log into signed, sealed, certified records',
        body: ImportRequest,
        response: answers({ 200: { description: 'a JSON value a line: {"progress"}, at the end {"report"} or {"problem"}', content: { 'application/x-ndjson': { schema: Type.String() } } } }, [404, 409, 413, 415]),
      },
    },
    async ({ body }, reply) => {
      if (isBusy) throw fail('import-running', 'Another log is being imported; wait until it is done.', { expected: 'one import at a time', found: 'another' })
      isBusy = true
      try {
        const log = await openUpload(context, body)
        const lines = importLines(context, log, { recordedAt: readRecordedAt(body.recordedAt), isAgain: body.again === true })
        return await reply.type('application/x-ndjson').send(Readable.from(ending(lines, () => void (isBusy = false))))
      } catch (error) {
        isBusy = false
        throw named(error, context, body)
      }
    },
  )
}

async function readUpload({ uploads }: DeskContext, id: string, bytesMax: number): Promise<string> {
  return readInputText(uploads.get(id).path, bytesMax)
}

/** A shipped mapping whose signals are all there, else a guess. */
async function suggest(dbcText: string) {
  for (const file of (await readdir(SHIPPED)).filter((entry) => entry.endsWith('.json')).sort()) {
    const mapping = await readFile(join(SHIPPED, file), 'utf8')
    const { name, signals } = parseMapping(mapping)
    const taken = signals.flatMap((entry) => (entry.kind === 'can' && typeof entry.message === 'string' ? [{ message: entry.message, signal: entry.signal, path: entry.path, unit: entry.unit?.kind === 'stated' ? entry.unit.unit : '' }] : []))
    if (taken.length === signals.length && hasSignals(dbcText, taken)) return { name, source: 'shipped' as const, mapping, signals: taken }
  }
  const { signals, mapping } = suggestMapping(dbcText)
  return { name: 'Suggested', source: mapping === null ? ('none' as const) : ('guessed' as const), mapping: mapping ?? '', signals }
}

/** An upload, with the name that its sender knows. */
interface UploadedLog extends LogFile {
  name: string
}

async function openUpload(context: DeskContext, { log, dbc, mapping }: ImportRequest): Promise<UploadedLog> {
  const { path, name } = context.uploads.get(log)
  const reading = {
    dbcText: dbc === undefined ? undefined : await readUpload(context, dbc, DATABASE_FILE_BYTES_MAX),
    mapping: mapping === undefined || mapping === '' ? undefined : parseMapping(mapping),
  }
  const source = await openLog(path, { format: formatOf(name), ...reading })
  await requireReadings([{ path, source }], new AbortController().signal)
  return { path, name, source, settings: settingsOf(reading) }
}

function readRecordedAt(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  const timeMs = readIsoTime(text)
  if (timeMs === null) throw fail('malformed-request', `${text} is not an ISO time.`, { expected: '2026-01-31T12:00:00Z', found: text })
  return new Date(timeMs).toISOString()
}

const PROGRESS_MS = 200

/** The lines of the answer, while the import goes on. What is certified stays, also if whoever asked goes away. */
async function* importLines(context: DeskContext, log: UploadedLog, { recordedAt, isAgain }: { recordedAt: string | undefined; isAgain: boolean }): AsyncGenerator<string> {
  const { home, devices } = context
  const { name, source } = log
  const report = createImportReport()
  let progress = { done: 0, total: null as number | null }
  try {
    const profile = await importingDevice(context, [...source.streams.keys()])
    const device = await devices.open(profile)
    const imported = await openImportedLogs(workplaceOf(home), profile)
    const hash = await hashLog(log)
    const importedMs = isAgain ? null : await imported.importedMs(hash)
    if (importedMs !== null) throw alreadyImported(name, importedMs)
    device.restart()
    const done = await imported.begin(hash, name, source.streams.keys(), isAgain)
    report.goOn(name, done)
    const newestMs = await newestTimes(workplaceOf(home), profile, source)
    const listener = report.listen(name, (read, total) => void (progress = { done: read, total }))
    let isDone = false
    const run = importSource({ source, device, listener, recordedAt, done, newestMs }).finally(() => void (isDone = true))
    run.catch(() => undefined)
    while (!isDone) {
      yield line({ progress })
      await Promise.race([run, new Promise((wake) => setTimeout(wake, PROGRESS_MS))])
    }
    await run
    await imported.finish(hash)
    report.addLines(source.progress().lines)
    const { records, readings, refused, refusals, streams, continued, clockFalls } = await report.document(home, profile, device)
    yield line({ report: { device: profile.address, asset: profile.asset, records, readings, refused, refusals, streams, continued, clockFalls } })
  } catch (error) {
    const coded = error instanceof TelltaleError ? error : fail('internal-error', 'The import failed; the log of the node says more.', { cause: error })
    yield line({ problem: problemOf(coded) })
  }
}

async function* ending(lines: AsyncGenerator<string>, end: () => void): AsyncGenerator<string> {
  try {
    yield* lines
  } finally {
    end()
  }
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`
}

/** In a demonstration a car of its own, so that a stranger's log never continues the streams of the invented one. */
async function importingDevice({ home, isDemo }: DeskContext, streams: string[]): Promise<DeviceProfile> {
  const known = home.profile.devices.find(({ key }) => !isDemo || key === IMPORTED_KEY)
  if (known) {
    await ensureStreams(home, known, streams)
    return known
  }
  if (!isDemo) return defaultDevice(home, { algorithm: 'EdDSA', streams, isSealed: true })
  const owner = await ensureIdentity(home, OWNER_KEY, 'EdDSA', OWNER_ROLES)
  const asset = await createAsset(home, owner, new Map([['name', 'Imported log']]))
  return enrolDevice(home, { asset, name: IMPORTED_KEY, algorithm: 'EdDSA', streams, isSealed: true })
}

/** The file by the name that its sender knows. */
function named(error: unknown, { uploads }: DeskContext, request: ImportRequest): unknown {
  if (!(error instanceof TelltaleError) || error.code === 'no-such-upload') return error
  const rename = (text: string, id: string | undefined): string => (id === undefined ? text : text.replaceAll(uploads.get(id).path, uploads.get(id).name))
  const message = rename(rename(error.message, request.log), request.dbc)
  return fail(error.code, message, { cause: error, ...(error.expected === undefined ? {} : { expected: error.expected }), ...(error.found === undefined ? {} : { found: error.found }) })
}
