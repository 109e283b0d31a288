/** Names so near to a mistyped one that it is worth asking "did you mean": at most three, the nearest first. */
export function closeNames(wanted: string, known: Iterable<string>): string[] {
  const target = wanted.slice(0, NAME_CHARACTERS_MAX).toLowerCase()
  const allowed = Math.max(1, Math.floor(target.length / 3))
  const near: { name: string; distance: number }[] = []
  for (const name of known) {
    const candidate = name.slice(0, NAME_CHARACTERS_MAX).toLowerCase()
    const contained = target.length >= 3 && (candidate.includes(target) || (candidate.length >= 3 && target.includes(candidate)))
    const distance = contained ? 1 : editDistance(target, candidate, allowed)
    if (distance <= allowed) near.push({ name, distance })
  }
  near.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
  return near.slice(0, 3).map((entry) => entry.name)
}

/** Longer names are compared by their beginning: the cost grows with the square of the length. */
const NAME_CHARACTERS_MAX = 64

/** Insertions, deletions and replacements between two texts; anything above `limit` is answered as `limit + 1`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const replace = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(replace, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    if (Math.min(...current) > limit) return limit + 1
    previous = current
  }
  return previous[b.length] ?? limit + 1
}
