import { Suspense, lazy, useEffect, useRef, useState } from 'react'
import { CERTIFICATE_BYTES_MAX } from '@telltale/core'
import layout from '../shell/layout.module.css'
import { byteText } from '../text/figures.ts'
import { words } from '../words.ts'
import type { OpenedFile } from './verify-page.tsx'
import styles from './verify.module.css'

const Scanner = lazy(async () => ({ default: (await import('../scan/scanner.tsx')).Scanner }))

/** Takes a certificate by dropping it anywhere on the page, by the file dialog, or from a QR code. */
export function DropZone({ file, onFile }: { file: OpenedFile | null; onFile: (file: OpenedFile) => void }) {
  const input = useRef<HTMLInputElement>(null)
  const [isScanning, setScanning] = useState(false)
  const isOver = usePageDrop((dropped) => void readFile(dropped, onFile))
  return (
    <>
      <div className={styles.drop} data-over={isOver || undefined}>
        <input
          ref={input}
          type="file"
          className={layout.hidden}
          aria-label={words.verify.dropLabel}
          tabIndex={-1}
          onChange={(event) => {
            const chosen = event.currentTarget.files?.[0]
            if (chosen) void readFile(chosen, onFile)
            event.currentTarget.value = ''
          }}
        />
        {file ? <span className={styles.fileName}>{file.name} · {byteText(file.bytes.length)} ·</span> : <span>{words.verify.drop}</span>}{' '}
        <button type="button" className={styles.link} onClick={() => input.current?.click()}>
          {file ? words.verify.chooseAnother : words.verify.choose}
        </button>
        {' · '}
        <button type="button" className={styles.link} aria-expanded={isScanning} onClick={() => setScanning(!isScanning)}>
          {words.verify.scan}
        </button>
      </div>
      {isScanning && (
        <Suspense fallback={null}>
          <Scanner
            onClose={() => setScanning(false)}
            onCertificate={(bytes) => {
              setScanning(false)
              onFile({ name: words.verify.fromQr, bytes })
            }}
          />
        </Suspense>
      )}
    </>
  )
}

/** Reads no more than a certificate can have: what is larger is refused by its first bytes and its size. */
async function readFile(file: File, onFile: (file: OpenedFile) => void): Promise<void> {
  const bytes = new Uint8Array(await file.slice(0, CERTIFICATE_BYTES_MAX + 1).arrayBuffer())
  onFile({ name: file.name, bytes })
}

/** Files may be dropped anywhere, so that nobody misses and leaves the page. */
function usePageDrop(onDrop: (file: File) => void): boolean {
  const [isOver, setOver] = useState(false)
  const handler = useRef(onDrop)
  useEffect(() => {
    handler.current = onDrop
  })
  useEffect(() => {
    const over = (event: DragEvent): void => {
      event.preventDefault()
      setOver(true)
    }
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false)
    }
    const drop = (event: DragEvent): void => {
      event.preventDefault()
      setOver(false)
      const dropped = event.dataTransfer?.files[0]
      if (dropped) handler.current(dropped)
    }
    document.addEventListener('dragover', over)
    document.addEventListener('dragleave', leave)
    document.addEventListener('drop', drop)
    return () => {
      document.removeEventListener('dragover', over)
      document.removeEventListener('dragleave', leave)
      document.removeEventListener('drop', drop)
    }
  }, [])
  return isOver
}
