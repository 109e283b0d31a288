import { algorithmToNumber, numberToAlgorithm } from '@telltale/core'
import type { PublicKey, SignatureCheck } from '@telltale/core'

/**
 * How checks travel to a worker and answers back: one packed buffer a batch, handed over without copying. Each check is four 32-bit words
 * (algorithm; lengths of key, message and signature) and the bytes, one after the other. Both ends are ours, so nothing is checked.
 */
const WORDS = 4

export function packChecks(checks: SignatureCheck[]): ArrayBuffer {
  let bytes = 4
  for (const { key, message, signature } of checks) bytes += WORDS * 4 + key.material.length + message.length + signature.length
  const buffer = new ArrayBuffer(bytes)
  const view = new DataView(buffer)
  const target = new Uint8Array(buffer)
  view.setUint32(0, checks.length)
  let at = 4
  for (const { key, message, signature } of checks) {
    view.setInt32(at, algorithmToNumber(key.algorithm))
    view.setUint32(at + 4, key.material.length)
    view.setUint32(at + 8, message.length)
    view.setUint32(at + 12, signature.length)
    at += WORDS * 4
    for (const part of [key.material, message, signature]) {
      target.set(part, at)
      at += part.length
    }
  }
  return buffer
}

export function unpackChecks(buffer: ArrayBuffer): SignatureCheck[] {
  const view = new DataView(buffer)
  const checks: SignatureCheck[] = []
  let at = 4
  for (let count = view.getUint32(0); count > 0; count--) {
    const algorithm = numberToAlgorithm(view.getInt32(at))
    const lengths = [view.getUint32(at + 4), view.getUint32(at + 8), view.getUint32(at + 12)] as const
    at += WORDS * 4
    const take = (length: number): Uint8Array => {
      const part = new Uint8Array(buffer, at, length)
      at += length
      return part
    }
    const key: PublicKey = { algorithm, material: take(lengths[0]) }
    checks.push({ key, message: take(lengths[1]), signature: take(lengths[2]) })
  }
  return checks
}
