import { NativeSelect } from '@mantine/core'
import { useState } from 'react'
import type { OwnAuthority } from '../api/desk.ts'
import { useIsReader } from '../api/session.ts'
import type { Authorities } from '../api/ledger-answers.ts'
import { InlineLamp } from '../lamps/inline-lamp.tsx'
import { Card } from '../shell/card.tsx'
import { Choice } from '../shell/choice.tsx'
import layout from '../shell/layout.module.css'
import { groupNumber } from '../text/figures.ts'
import { words } from '../words.ts'
import { AddForm } from './add-form.tsx'
import { wordingOf } from './change.ts'
import styles from './governance.module.css'
import { ParametersForm } from './parameters-form.tsx'
import type { Standing } from './proposals-card.tsx'
import { RemoveForm } from './remove-form.tsx'
import { SigningPanel } from './signing-panel.tsx'

const KINDS = ['add-authority', 'remove-authority', 'parameters'] as const
type Kind = (typeof KINDS)[number]

interface ProposeCardProps {
  authorities: Authorities['authorities']
  standing: Standing
  own: OwnAuthority[]
  onSigner: (address: string) => void
}

/** An authority puts a change forward: what, then a look at exactly that, then one signature. */
export function ProposeCard({ authorities, standing, own, onSigner }: ProposeCardProps) {
  const { network, parameters, nameOf, signer } = standing
  const [kind, setKind] = useState<Kind>('add-authority')
  const [value, setValue] = useState<string | null>(null)
  // A form begins anew once its proposal is signed.
  const [round, setRound] = useState(0)
  const [signedHeight, setSignedHeight] = useState<number | null>(null)
  if (!signer) return null
  const review = (bytes: string): void => {
    setSignedHeight(null)
    setValue(bytes)
  }
  return (
    <Card title={words.governance.propose}>
      <div className={layout.stack}>
        {own.length > 1 && <NativeSelect label={words.governance.signAs} data={own.map(({ name, address }) => ({ label: `${name} (${nameOf(address) ?? address})`, value: address }))} value={signer.address} onChange={(event) => onSigner(event.currentTarget.value)} />}
        {/* What was typed stays for whoever looks at it and goes back. */}
        <div hidden={value !== null}>
          <div className={layout.stack}>
            <Choice label={words.governance.kind} options={KINDS.map((one) => ({ value: one, label: words.governance.kinds[one] }))} value={kind} onChange={(chosen) => setKind(chosen as Kind)} />
            {kind === 'add-authority' && <AddForm key={round} authorities={authorities} onReview={review} />}
            {kind === 'remove-authority' && <RemoveForm key={round} authorities={authorities} nameOf={nameOf} onReview={review} />}
            {kind === 'parameters' && <ParametersForm key={round} now={parameters} onReview={review} />}
          </div>
        </div>
        {value !== null && (
          <SigningPanel
            proposal={null}
            wording={wordingOf(network, kind, value)}
            now={parameters}
            nameOf={nameOf}
            signer={signer.name}
            onCancel={() => setValue(null)}
            onSigned={(height) => {
              setValue(null)
              setSignedHeight(height)
              setRound(round + 1)
            }}
          />
        )}
        <p role="status" className={styles.status}>{signedHeight !== null && <InlineLamp look="holds" word={words.governance.ownProposed(groupNumber(signedHeight))} />}</p>
      </div>
    </Card>
  )
}

/** Why whoever looks cannot propose or approve. */
export function MayNotCard({ hasDesk }: { hasDesk: boolean }) {
  const isReader = useIsReader()
  return (
    <Card title={words.governance.propose}>
      {isReader && <p>{words.governance.mayNot.reader}</p>}
      {!isReader && <p>{hasDesk ? words.governance.mayNot.noKey : words.governance.mayNot.desk}</p>}
      {!isReader && !hasDesk && <p>{words.desk.how}</p>}
    </Card>
  )
}
