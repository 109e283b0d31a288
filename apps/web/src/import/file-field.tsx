import { Button } from '@mantine/core'
import { useId, useRef, useState } from 'react'
import layout from '../shell/layout.module.css'
import { words } from '../words.ts'
import styles from './import.module.css'

interface FileFieldProps {
  label: string
  hint: string
  /** What was taken in, or undefined. */
  chosen: string | undefined
  isBusy: boolean
  onFile: (file: File) => void
}

/** A file by dropping it here or by the dialog. */
export function FileField({ label, hint, chosen, isBusy, onFile }: FileFieldProps) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [isOver, setOver] = useState(false)
  return (
    <div
      className={styles.file}
      data-over={isOver || undefined}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        const file = event.dataTransfer.files[0]
        if (file) onFile(file)
      }}
    >
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      <input
        ref={input}
        id={id}
        type="file"
        tabIndex={-1}
        className={layout.hidden}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0]
          if (file) onFile(file)
          event.currentTarget.value = ''
        }}
      />
      <p>{chosen ?? <span className={styles.hint}>{hint}</span>}</p>
      <Button loading={isBusy} onClick={() => input.current?.click()} aria-label={`${words.import.choose}: ${label}`}>
        {words.import.choose}
      </Button>
    </div>
  )
}
