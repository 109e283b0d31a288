import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { useState } from 'react'
import { ALGORITHMS } from '@telltale/core'
import { words } from '../words.ts'
import { changeParameters } from './change.ts'
import styles from './governance.module.css'
import { PARAMETERS, changedParameters } from './parameters.ts'
import type { ParameterName, Parameters } from './parameters.ts'

const NUMBERS = PARAMETERS.map(([name]) => name).filter((name) => !['name', 'sealers', 'algorithms'].includes(name))
const NUMBER = /^\d{1,15}$/

/** The rules as they are, to be changed; what they may be is for the ledger to say. */
export function ParametersForm({ now, onReview }: { now: Parameters; onReview: (value: string) => void }) {
  const [typed, setTyped] = useState<Partial<Record<ParameterName, string>>>({})
  const [algorithms, setAlgorithms] = useState(now.algorithms)
  const textOf = (name: ParameterName): string => typed[name] ?? String(now[name] ?? '')
  const isForEver = (name: ParameterName): boolean => name === 'retentionMs' && textOf(name) === ''
  const isWrong = (name: ParameterName): boolean => !isForEver(name) && !NUMBER.test(textOf(name))
  const typing = (name: ParameterName) => (event: React.ChangeEvent<HTMLInputElement | HTMLSelectElement>) => {
    // Read at once: the event is gone when the state is set.
    const { value } = event.currentTarget
    setTyped((before) => ({ ...before, [name]: value }))
  }
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, isForEver(name) ? null : Number(textOf(name))]))
  const next: Parameters = { ...now, ...numbers, name: textOf('name'), sealers: textOf('sealers') as Parameters['sealers'], algorithms }
  const isChanged = changedParameters(now, next).length > 0
  const isReady = isChanged && algorithms.length > 0 && textOf('name') !== '' && !NUMBERS.some(isWrong)
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (isReady) onReview(changeParameters(next))
      }}
    >
      <div className={styles.fields}>
        <TextInput label={words.governance.parameters.name} autoComplete="off" maxLength={64} value={textOf('name')} onChange={typing('name')} />
        <NativeSelect label={words.governance.parameters.sealers} data={Object.entries(words.governance.sealers).map(([value, label]) => ({ value, label }))} value={textOf('sealers')} onChange={typing('sealers')} />
        {NUMBERS.map((name) => (
          <TextInput key={name} label={labelOf(name)} inputMode="numeric" autoComplete="off" maxLength={15} placeholder={name === 'retentionMs' ? words.governance.forEver : undefined} value={textOf(name)} error={isWrong(name) && words.governance.notANumber} onChange={typing(name)} />
        ))}
      </div>
      <fieldset className={styles.algorithms}>
        <legend className="field-label">{words.governance.parameters.algorithms}</legend>
        {ALGORITHMS.map((algorithm) => (
          <Checkbox key={algorithm} label={algorithm} checked={algorithms.includes(algorithm)} onChange={() => setAlgorithms(ALGORITHMS.filter((one) => (one === algorithm) !== algorithms.includes(one)))} />
        ))}
      </fieldset>
      <Button className={styles.submit} type="submit" disabled={!isReady}>
        {isChanged ? words.governance.review : words.governance.sameRules}
      </Button>
    </form>
  )
}

function labelOf(name: ParameterName): string {
  const unit = words.governance.units[name]
  return unit === undefined ? words.governance.parameters[name] : `${words.governance.parameters[name]} (${unit})`
}
