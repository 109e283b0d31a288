import { useQuery } from '@tanstack/react-query'
import type { Stream } from '../api/ledger-answers.ts'
import { notesQuery } from '../api/queries.ts'
import { InlineLamp } from '../lamps/inline-lamp.tsx'
import { Card } from '../shell/card.tsx'
import { Loaded } from '../shell/loaded.tsx'
import table from '../shell/table.module.css'
import { WideTable } from '../shell/wide-table.tsx'
import { groupNumber } from '../text/figures.ts'
import { Hash } from '../text/hash.tsx'
import { Time } from '../text/time.tsx'
import { words } from '../words.ts'

/** What others said about the records of a stream. */
export function NotesCard({ stream }: { stream: Stream }) {
  const query = useQuery(notesQuery(stream.stream))
  return (
    <Card title={words.device.notes}>
      <Loaded query={query} height={100}>
        {(notes) => (
          <WideTable label={words.device.notes} columns={[[words.device.note], [words.device.record], [words.device.by], [words.device.when]]}>
            {notes.map((note) => (
              <tr key={note.id}>
                <td>
                  <InlineLamp look="attention" word={note.what ?? note.kind} />
                  {typeof note.content === 'string' && <div className={table.muted}>{note.content}</div>}
                </td>
                <td>{note.first === null ? words.device.wholeStream : note.first === note.last || note.last === null ? groupNumber(note.first) : `${groupNumber(note.first)}–${groupNumber(note.last)}`}</td>
                <td>
                  <Hash text={note.author} />
                </td>
                <td>
                  <Time ms={note.timeMs} />
                </td>
              </tr>
            ))}
          </WideTable>
        )}
      </Loaded>
    </Card>
  )
}
