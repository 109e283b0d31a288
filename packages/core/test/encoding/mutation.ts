import { createSeededRandom } from '@telltale/testing'

/** Damages one of the inputs at each call, a little or a lot; the same seed gives the same sequence. */
export function createMutator(inputs: Uint8Array[], seed: number): () => Uint8Array {
  const random = createSeededRandom(seed)
  const once = (bytes: number[]): void => {
    const at = random.below(bytes.length + 1)
    switch (random.below(8)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
        return
      case 1:
        bytes[at] = random.below(256)
        return
      case 2:
        bytes.splice(at, 1)
        return
      case 3:
        bytes.splice(at, 0, random.below(256))
        return
      case 4:
        bytes.length = at
        return
      case 5:
        bytes.splice(at, 0, ...bytes.slice(at, at + random.below(12)))
        return
      case 6:
        // Heads are what a reader looks at: one that asks for more, or for another kind.
        bytes[at] = random.pick([0x18, 0x19, 0x1a, 0x1b, 0x38, 0x58, 0x78, 0x98, 0xb8, 0x9f, 0xc4, 0xd2, 0xd8, 0xf6, 0xf7, 0xf9, 0xff, 0x81, 0xa1])
        return
      default: {
        const other = random.pick(inputs)
        bytes.splice(at, random.below(8), ...other.subarray(random.below(other.length), random.below(other.length + 1)))
      }
    }
  }
  return () => {
    const bytes = Array.from(random.pick(inputs).subarray(0, 2_000))
    for (let i = random.below(3); i >= 0; i--) once(bytes)
    return Uint8Array.from(bytes)
  }
}
