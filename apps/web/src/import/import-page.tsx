import { Button, Progress, TextInput } from '@mantine/core'
import '@mantine/core/styles/Progress.layer.css'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { Card, Facts } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { NeedsDesk } from '../shell/needs-desk.tsx'
import { PageHead } from '../shell/page-head.tsx'
import { ProblemBox } from '../shell/problem-box.tsx'
import table from '../shell/table.module.css'
import { WideTable } from '../shell/wide-table.tsx'
import type { Problem } from '../verify/verification.ts'
import { byteText, groupNumber } from '../text/figures.ts'
import { words } from '../words.ts'
import { FileField } from './file-field.tsx'
import { importLog, suggestMapping, uploadFile } from './import-requests.ts'
import type { ImportProgress, ImportReport, Suggestion, Uploaded } from './import-requests.ts'
import styles from './import.module.css'

/** A log that a car left becomes signed, sealed, certified records. */
export function ImportPage() {
  return (
    <div className={layout.page}>
      <PageHead title={words.import.title}>{words.import.subtitle}</PageHead>
      <NeedsDesk>{() => <Importer />}</NeedsDesk>
    </div>
  )
}

function Importer() {
  const [progress, setProgress] = useState<ImportProgress | null>(null)
  const [mapping, setMapping] = useState<{ name: string; text: string } | null>(null)
  const [recordedAt, setRecordedAt] = useState('')
  const log = useMutation({ mutationFn: uploadFile })
  const database = useMutation({
    mutationFn: async (file: File): Promise<{ uploaded: Uploaded; suggestion: Suggestion }> => {
      const uploaded = await uploadFile(file)
      return { uploaded, suggestion: await suggestMapping(uploaded.upload) }
    },
  })
  const run = useMutation({
    mutationFn: ({ uploaded, again }: { uploaded: Uploaded; again: boolean }) => {
      setProgress(null)
      const { uploaded: dbc, suggestion } = database.data ?? {}
      return importLog({ log: uploaded.upload, again, ...(dbc ? { dbc: dbc.upload } : {}), ...mappingOf(mapping?.text ?? suggestion?.mapping), ...(recordedAt === '' ? {} : { recordedAt: new Date(recordedAt).toISOString() }) }, setProgress)
    },
  })
  // What was said of the files before is no longer about these.
  const anew = (take: (file: File) => void) => (file: File) => {
    run.reset()
    take(file)
  }
  const error = log.error ?? database.error ?? run.error
  return (
    <>
      <Card>
        <div className={styles.files}>
          <FileField label={words.import.log} hint={words.import.logHint} chosen={log.data && `${log.data.name} · ${byteText(log.data.bytes)}`} isBusy={log.isPending} onFile={anew(log.mutate)} />
          <FileField label={words.import.dbc} hint={words.import.dbcHint} chosen={database.data && `${database.data.uploaded.name} · ${byteText(database.data.uploaded.bytes)}`} isBusy={database.isPending} onFile={anew(database.mutate)} />
          <FileField label={words.import.map} hint={words.import.mapHint} chosen={mapping?.name} isBusy={false} onFile={anew((file) => void file.slice(0, MAPPING_BYTES_MAX).text().then((text) => setMapping({ name: file.name, text })))} />
          <TextInput type="datetime-local" label={words.import.recordedAt} description={words.import.recordedAtHint} value={recordedAt} onChange={(event) => setRecordedAt(event.currentTarget.value)} />
        </div>
        <div className={table.pages}>
          <Button variant="filled" disabled={!log.data || log.isPending || database.isPending} loading={run.isPending} onClick={() => log.data && run.mutate({ uploaded: log.data, again: false })}>
            {words.import.run}
          </Button>
        </div>
      </Card>
      {error && <ProblemBox title={words.import.failed} problem={importProblem(error)} />}
      {log.data && run.error && problemOf(run.error).code === 'already-imported' && (
        <Button onClick={() => log.data && run.mutate({ uploaded: log.data, again: true })}>
          {words.import.again}
        </Button>
      )}
      {run.isPending && <Running progress={progress} />}
      {run.data && <Report report={run.data} />}
      {database.data && !mapping && <Signals suggestion={database.data.suggestion} />}
    </>
  )
}

/** The command's words for missing files name its options; here files are dropped. */
function importProblem(error: unknown): Problem {
  const problem = problemOf(error)
  return problem.code === 'usage' ? { code: problem.code, message: words.import.needsDatabase } : problem
}

/** What the node takes as a mapping. */
const MAPPING_BYTES_MAX = 1_000_000

function mappingOf(text: string | undefined): { mapping?: string } {
  return text === undefined || text === '' ? {} : { mapping: text }
}

function Running({ progress }: { progress: ImportProgress | null }) {
  const percent = progress?.total ? Math.round((progress.done / progress.total) * 100) : null
  return (
    <Card title={words.import.running}>
      <Progress value={percent ?? 100} animated={percent === null} aria-label={words.import.running} color="var(--blue)" />
      <p role="status" className={table.muted}>
        {percent === null ? words.import.reading : words.import.percent(String(percent))}
      </p>
    </Card>
  )
}

function Report({ report: { device, records, readings, refused, continued, clockFalls } }: { report: ImportReport }) {
  return (
    <Card title={words.import.done}>
      <Facts
        facts={[
          [words.import.records, groupNumber(records)],
          [words.import.readings, groupNumber(readings)],
          [words.import.refused, refused === 0 ? words.import.nothingRefused : groupNumber(refused)],
          ...continued.map((part): [string, string] => [words.import.continued, groupNumber(part.records)]),
          ...(clockFalls ? [[words.import.clock, words.import.clockFalls(`${groupNumber(clockFalls.count)} ×`)] as [string, string]] : []),
        ]}
      />
      <p className={styles.next}>
        <Link to="/devices/$device" params={{ device }}>
          {words.import.look}
        </Link>
      </p>
    </Card>
  )
}

/** Long names may break behind their dots and underscores. */
function breakable(name: string): string {
  return name.replaceAll(/[._]/g, '$&\u200b')
}

function Signals({ suggestion: { name, source, signals } }: { suggestion: Suggestion }) {
  return (
    <Card title={words.import.mapping(words.import.sources[source], source === 'shipped' ? name : '')}>
      {signals.length > 0 && (
        <WideTable label={words.import.signal} columns={[[words.import.signal], [words.import.becomes], [words.import.unit]]}>
          {signals.map(({ message, signal, path, unit }) => (
            <tr key={`${message} ${signal} ${path}`}>
              <td>
                {breakable(message)} · {breakable(signal)}
              </td>
              <td>{breakable(path)}</td>
              <td>{unit}</td>
            </tr>
          ))}
        </WideTable>
      )}
    </Card>
  )
}
