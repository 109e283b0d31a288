import { Button } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { decodeQR } from 'qr/decode.js'
import { fragmentToCertificate, textToCertificate } from '../verify/certificate-link.ts'
import { words } from '../words.ts'
import { createPartsCollector } from './parts.ts'
import type { PartsCollector } from './parts.ts'
import styles from './scanner.module.css'

interface ScannerProps {
  onCertificate: (bytes: Uint8Array) => void
  onClose: () => void
}

/** Pause between two looks at the camera: a code in a sequence stands for a quarter of a second. */
const LOOK_MS = 80
/** Pixels on the longer side that are searched for a code. */
const PICTURE_SIDE_MAX = 2000

/** Reads a certificate from QR codes, before the camera or from pictures; nothing leaves this device. */
export function Scanner({ onCertificate, onClose }: ScannerProps) {
  const video = useRef<HTMLVideoElement>(null)
  const collector = useRef(createPartsCollector())
  const [progress, setProgress] = useState({ got: 0, count: 0 })
  const [message, setMessage] = useState('')
  const take = useRef(async (_code: string): Promise<void> => undefined)
  take.current = async (code) => {
    const bytes = await codeToCertificate(code, collector.current)
    setProgress(collector.current.progress())
    if (bytes) onCertificate(bytes)
  }
  const [hasCamera, setCamera] = useState(true)
  useCamera(video, take, () => setCamera(false))
  const readPictures = async (files: FileList): Promise<void> => {
    setMessage('')
    for (const file of files) {
      const code = await pictureToCode(file)
      if (code === null) setMessage(words.scan.nothing)
      else await take.current(code).catch((error: Error) => setMessage(error.message))
    }
  }
  return (
    <section className={styles.scanner} aria-label={words.scan.title}>
      <p>{hasCamera ? words.scan.hint : words.scan.noCamera}</p>
      {hasCamera && <video ref={video} className={styles.video} muted playsInline aria-hidden="true" />}
      <p role="status">
        {progress.count > 0 && words.scan.progress(progress.got, progress.count)} {message}
      </p>
      <div className={styles.actions}>
        <label className={styles.picture}>
          {words.scan.image}
          <input type="file" accept="image/*" multiple onChange={(event) => event.currentTarget.files && void readPictures(event.currentTarget.files)} />
        </label>
        <Button onClick={onClose}>{words.scan.cancel}</Button>
      </div>
    </section>
  )
}

/** The certificate once everything is there: from a part of a sequence, or from a link. */
async function codeToCertificate(code: string, collector: PartsCollector): Promise<Uint8Array | null> {
  if (collector.add(code)) {
    const text = collector.text()
    return text === null ? null : textToCertificate(text)
  }
  const hash = code.indexOf('#')
  return hash < 0 ? null : fragmentToCertificate(code.slice(hash))
}

async function pictureToCode(file: File): Promise<string | null> {
  try {
    return canvasToCode(await createImageBitmap(file), true)
  } catch {
    // No picture that this browser reads, or no code in it: both are told in the same words.
    return null
  }
}

/** Throws where there is no code. */
function canvasToCode(image: ImageBitmap | HTMLVideoElement, isPatient: boolean): string {
  const [width, height] = image instanceof HTMLVideoElement ? [image.videoWidth, image.videoHeight] : [image.width, image.height]
  const scale = Math.min(1, PICTURE_SIDE_MAX / Math.max(width, height))
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)))
  const context = canvas.getContext('2d', { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D
  context.drawImage(image, 0, 0, canvas.width, canvas.height)
  return decodeQR(context.getImageData(0, 0, canvas.width, canvas.height), isPatient ? { effort: Infinity, timeLimit: 2000 } : {})
}

function useCamera(video: React.RefObject<HTMLVideoElement | null>, take: React.RefObject<(code: string) => Promise<void>>, onNone: () => void): void {
  const none = useRef(onNone)
  useEffect(() => {
    let stream: MediaStream | null = null
    let timer: ReturnType<typeof setTimeout> | undefined
    let isOver = false
    const look = (): void => {
      const element = video.current
      if (isOver || !element) return
      try {
        if (element.videoWidth > 0) take.current(canvasToCode(element, false)).catch(() => undefined)
      } catch {
        // No code in this frame: the next one follows.
      }
      timer = setTimeout(look, LOOK_MS)
    }
    const start = async (): Promise<void> => {
      const media = navigator.mediaDevices as MediaDevices | undefined
      if (!media) return none.current()
      stream = await media.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } } })
      const element = video.current
      if (isOver || !element) return stopTracks(stream)
      element.srcObject = stream
      await element.play()
      look()
    }
    start().catch(() => none.current())
    return () => {
      isOver = true
      clearTimeout(timer)
      if (stream) stopTracks(stream)
    }
  }, [video, take])
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}
