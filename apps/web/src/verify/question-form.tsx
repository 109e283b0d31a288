import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useRef } from 'react'
import layout from '../shell/layout.module.css'
import type { DistanceUnit } from '../text/distance-unit.ts'
import { words } from '../words.ts'
import type { AskedQuestion, Flaws } from './answer.ts'
import styles from './verify.module.css'

/** What stands in the form, as typed. */
export interface QuestionFields {
  reading: string
  unit: string
  vin: string
  network: string
  checkpoint: { name: string; bytes: Uint8Array } | null
}

/** Nothing asked yet, in the reader's unit; that another is chosen later changes nothing of what was typed. */
export function noQuestion(unit: DistanceUnit): QuestionFields {
  return { reading: '', unit, vin: '', network: '', checkpoint: null }
}

/** More than a checkpoint of the largest set of authorities has. */
const CHECKPOINT_BYTES_MAX = 4_000_000

export function formToQuestion({ reading, unit, vin, network, checkpoint }: QuestionFields): Omit<AskedQuestion, 'trusted'> {
  const figure = reading.trim()
  return { reading: figure === '' ? '' : /[a-z]$/i.test(figure) ? figure : `${figure} ${unit}`, vin: vin.trim(), network: network.trim(), checkpoint: checkpoint?.bytes ?? null }
}

/** The questions that only the reader can ask; the answer changes while they type. */
export function QuestionForm({ form, flaws, onChange }: { form: QuestionFields; flaws: Flaws; onChange: (form: QuestionFields) => void }) {
  const set = (change: Partial<QuestionFields>): void => onChange({ ...form, ...change })
  return (
    <section aria-labelledby="question-title">
      <h2 id="question-title">{words.verify.questionTitle}</h2>
      <form className={styles.form} onSubmit={(event) => event.preventDefault()}>
        <div className={styles.readingField}>
          <TextInput label={words.verify.reading} placeholder={words.verify.readingHint} error={flaws.reading && words.verify.readingFlaw} inputMode="decimal" autoComplete="off" maxLength={40} value={form.reading} onChange={(event) => set({ reading: event.currentTarget.value })} />
          <NativeSelect aria-label={words.verify.unit} data={['mi', 'km']} value={form.unit} onChange={(event) => set({ unit: event.currentTarget.value })} />
        </div>
        <TextInput label={words.verify.vin} placeholder={words.verify.vinHint} autoComplete="off" spellCheck={false} maxLength={40} value={form.vin} onChange={(event) => set({ vin: event.currentTarget.value })} />
        <TextInput label={words.verify.network} placeholder={words.verify.networkHint} error={flaws.network && words.verify.networkFlaw} autoComplete="off" spellCheck={false} maxLength={100} value={form.network} onChange={(event) => set({ network: event.currentTarget.value })} />
        <CheckpointField checkpoint={form.checkpoint} isFlawed={flaws.checkpoint !== undefined} onChange={(checkpoint) => set({ checkpoint })} />
      </form>
    </section>
  )
}

function CheckpointField({ checkpoint, isFlawed, onChange }: { checkpoint: QuestionFields['checkpoint']; isFlawed: boolean; onChange: (checkpoint: QuestionFields['checkpoint']) => void }) {
  const input = useRef<HTMLInputElement>(null)
  const read = async (file: File): Promise<void> => onChange({ name: file.name, bytes: new Uint8Array(await file.slice(0, CHECKPOINT_BYTES_MAX).arrayBuffer()) })
  return (
    <div className={styles.checkpoint}>
      <span className="field-label" id="checkpoint-label">
        {words.verify.checkpoint}
      </span>
      <input
        ref={input}
        type="file"
        className={layout.hidden}
        aria-labelledby="checkpoint-label"
        tabIndex={-1}
        onChange={(event) => {
          const chosen = event.currentTarget.files?.[0]
          if (chosen) void read(chosen)
          event.currentTarget.value = ''
        }}
      />
      {checkpoint ? (
        <span className={styles.chosen}>
          {checkpoint.name}{' '}
          <button type="button" className={styles.link} onClick={() => onChange(null)}>
            {words.verify.dropCheckpoint}
          </button>
        </span>
      ) : (
        <Button aria-describedby="checkpoint-label" onClick={() => input.current?.click()}>
          {words.verify.openCheckpoint}
        </Button>
      )}
      {isFlawed && <p className={styles.flaw}>{words.verify.checkpointFlaw}</p>}
    </div>
  )
}
