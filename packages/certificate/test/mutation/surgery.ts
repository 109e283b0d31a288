import { Decimal, Tagged, decode, encode } from '@telltale/core'
import type { Cbor } from '@telltale/core'
import type { SeededRandom } from '@telltale/testing'

/** A list within a certificate and its place among them; what stands in it can be changed. */
type List = Cbor[]

/** A certificate with some of its parts moved, doubled, left out or replaced by others of its own: what somebody without any key can do to it. */
export function operate(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const items = decode(bytes) as List
  for (let left = 1 + random.below(3); left > 0; left--) change(random.pick(listsIn(items)), items, random)
  return encode(items)
}

function listsIn(item: Cbor): List[] {
  if (Array.isArray(item)) return [item, ...item.flatMap(listsIn)]
  return item instanceof Map ? [...item.values()].flatMap(listsIn) : []
}

function change(list: List, all: List, random: SeededRandom): void {
  const at = random.below(list.length + 1)
  const donor = random.pick(listsIn(all))
  switch (random.below(6)) {
    case 0:
      list.splice(at, 1)
      break
    case 1:
      list.splice(at, 0, structuredCopy(list[random.below(list.length)] ?? null))
      break
    case 2:
      if (list.length > 1) list.splice(at, 1, structuredCopy(donor[random.below(donor.length)] ?? null))
      break
    case 3:
      list.reverse()
      break
    case 4:
      if (at < list.length) list[at] = nudge(list[at] as Cbor, random)
      break
    default:
      if (at < list.length) list[at] = random.pick<Cbor>([0, 1, null, '', new Uint8Array(0), new Uint8Array(32), [], new Map(), Number.MAX_SAFE_INTEGER, -1, true, new Decimal(1, -1), new Tagged(0)])
  }
}

/** A number one off, another bit, another letter. */
function nudge(item: Cbor, random: SeededRandom): Cbor {
  if (typeof item === 'number') return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, item + random.pick([-1, 1, 1000])))
  if (typeof item === 'string') return `${item}x`
  if (item instanceof Uint8Array && item.length > 0) return item.with(random.below(item.length), random.below(256))
  return null
}

function structuredCopy(item: Cbor): Cbor {
  return decode(encode(item))
}
