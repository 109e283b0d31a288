import type { ReactNode } from 'react'
import { Facts } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { WideTable } from '../shell/wide-table.tsx'
import { groupNumber } from '../text/figures.ts'
import { words } from '../words.ts'
import type { Change } from './change.ts'
import styles from './governance.module.css'
import { PARAMETERS, changedParameters, parameterText } from './parameters.ts'
import type { Parameters } from './parameters.ts'
import { Who } from './who.tsx'
import type { NameOf } from './who.tsx'

interface ChangeProps {
  change: Change
  /** In force now; null for a proposal that is decided, which is compared with nothing. */
  now: Parameters | null
  nameOf: NameOf
}

/** A proposal in a line. */
export function ChangeTitle({ change, now, nameOf }: ChangeProps) {
  const title = words.governance.changes[change.kind]
  if (change.kind === 'add-authority' || change.kind === 'remove-authority') {
    return (
      <>
        {title}: <Who address={change.address} nameOf={nameOf} />
      </>
    )
  }
  if (change.kind !== 'parameters' || !now) return title
  const changed = changedParameters(now, change.parameters).map((name) => `${words.governance.parameters[name]} ${parameterText(name, change.parameters)}`)
  return `${title}: ${changed.length === 0 ? words.governance.rulesAsNow : changed.join('; ')}`
}

/** The same as text, for whoever cannot see which button belongs to which. */
export function changeLabel(change: Change, nameOf: NameOf): string {
  const title = words.governance.changes[change.kind]
  return 'address' in change ? `${title}, ${nameOf(change.address) ?? change.address}` : title
}

/** Everything that the bytes say, nothing shortened. */
export function ChangeDetails({ change, now, nameOf }: ChangeProps) {
  if (change.kind === 'parameters') return <ParameterTable parameters={change.parameters} now={now} />
  if (change.kind === 'remove-authority') return <Facts className={styles.whole} facts={[[words.governance.address, <Exact key="address" text={change.address} />], [words.governance.authority, nameOf(change.address)]]} />
  if (change.kind !== 'add-authority') return null
  const { address, keyNumber, algorithm, key } = change
  return (
    <div className={layout.stack}>
      <Facts
        className={styles.whole}
        facts={[
          [words.governance.address, <Exact key="address" text={address} />],
          [words.governance.keyBytes, <Exact key="key" text={(key.match(/.{4}/g) ?? []).join(' ')} />],
          [words.governance.key, words.governance.keyOf(algorithm, groupNumber(keyNumber))],
        ]}
      />
      {nameOf(address) !== null && <p>{words.governance.replaces}</p>}
    </div>
  )
}

function Exact({ text }: { text: string }): ReactNode {
  return <span className={styles.exact}>{text}</span>
}

function ParameterTable({ parameters, now }: { parameters: Parameters; now: Parameters | null }) {
  const changed = now ? changedParameters(now, parameters) : []
  return (
    <WideTable label={words.governance.exactly} columns={[[words.governance.rule], [words.governance.proposed]]}>
      {PARAMETERS.map(([name]) => (
        <tr key={name}>
          <td>{words.governance.parameters[name]}</td>
          <td>
            {now && changed.includes(name) ? (
              <>
                <strong>{parameterText(name, parameters)}</strong> <span className={styles.instead}>{words.governance.instead(parameterText(name, now))}</span>
              </>
            ) : (
              parameterText(name, parameters)
            )}
          </td>
        </tr>
      ))}
    </WideTable>
  )
}
