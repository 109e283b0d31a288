import { Button, NativeSelect } from '@mantine/core'
import { useState } from 'react'
import type { Authorities } from '../api/ledger-answers.ts'
import { words } from '../words.ts'
import { removeAuthority } from './change.ts'
import styles from './governance.module.css'
import type { NameOf } from './who.tsx'

/** Which authority shall leave. */
export function RemoveForm({ authorities, nameOf, onReview }: { authorities: Authorities['authorities']; nameOf: NameOf; onReview: (value: string) => void }) {
  const [wished, setWished] = useState('')
  // Whoever was chosen may have left meanwhile.
  const chosen = (authorities.find(({ address }) => address === wished) ?? authorities[0])?.address ?? ''
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        onReview(removeAuthority(chosen))
      }}
    >
      <NativeSelect label={words.governance.leaver} data={authorities.map(({ address }) => ({ value: address, label: `${nameOf(address) ?? ''} ${address}` }))} value={chosen} onChange={(event) => setWished(event.currentTarget.value)} />
      <Button className={styles.submit} type="submit" disabled={chosen === ''}>
        {words.governance.review}
      </Button>
    </form>
  )
}
