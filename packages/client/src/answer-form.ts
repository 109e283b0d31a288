/** What a JSON answer has to look like; a name that ends in ? may be left out, and names that are not listed may be there. */
export type AnswerForm = 'string' | 'number' | 'boolean' | 'null' | 'anything' | { list: AnswerForm } | { any: readonly AnswerForm[] } | { of: Readonly<Record<string, AnswerForm>> }

/** The first place at which a value has another form, such as `blocks[2].height`; null where it fits. */
export function misfitOf(value: unknown, form: AnswerForm, place = 'the answer'): string | null {
  if (form === 'anything') return null
  if (form === 'null') return value === null ? null : place
  if (typeof form === 'string') return typeof value === form ? null : place
  if ('any' in form) return form.any.some((one) => misfitOf(value, one, place) === null) ? null : place
  if ('list' in form) return Array.isArray(value) ? firstOf(value.map((item, i) => () => misfitOf(item, form.list, `${place}[${i}]`))) : place
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return place
  return firstOf(Object.entries(form.of).map(([name, inner]) => () => misfitOfField(value as Record<string, unknown>, name, inner, place)))
}

function misfitOfField(value: Record<string, unknown>, name: string, form: AnswerForm, place: string): string | null {
  const isOptional = name.endsWith('?')
  const key = isOptional ? name.slice(0, -1) : name
  if (isOptional && value[key] === undefined) return null
  return misfitOf(value[key], form, place === 'the answer' ? key : `${place}.${key}`)
}

function firstOf(checks: (() => string | null)[]): string | null {
  for (const check of checks) {
    const found = check()
    if (found !== null) return found
  }
  return null
}
