import { encodeQR } from 'qr'

const WIDTH = 640
const HEIGHT = 480
/** Pixels of one module: a code of this length fills most of the picture. */
const MODULE = 4

/** A film of QR codes, as Chromium takes it in place of a camera: YUV4MPEG2, `framesPerSecond` codes a second, over and over. */
export function filmOfCodes(codes: readonly string[], framesPerSecond: number): Uint8Array {
  const head = new TextEncoder().encode(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F${framesPerSecond}:1 Ip A1:1 C420jpeg\n`)
  const frames = codes.flatMap((code) => [new TextEncoder().encode('FRAME\n'), frameOf(code)])
  return Buffer.concat([head, ...frames])
}

/** Brightness of every pixel, then no colour. */
function frameOf(code: string): Uint8Array {
  const rows = encodeQR(code, 'raw', { ecc: 'low', border: 4 })
  const frame = new Uint8Array(WIDTH * HEIGHT * 1.5).fill(255, 0, WIDTH * HEIGHT).fill(128, WIDTH * HEIGHT)
  const left = Math.floor((WIDTH - rows.length * MODULE) / 2)
  const top = Math.floor((HEIGHT - rows.length * MODULE) / 2)
  rows.forEach((row, y) =>
    row.forEach((isDark, x) => {
      if (!isDark) return
      for (let line = 0; line < MODULE; line++) frame.fill(0, (top + y * MODULE + line) * WIDTH + left + x * MODULE, (top + y * MODULE + line) * WIDTH + left + (x + 1) * MODULE)
    }),
  )
  return frame
}
