import { Button, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { TelltaleError, isAddress } from '@telltale/core'
import type { Authorities } from '../api/ledger-answers.ts'
import { identityQuery } from '../api/queries.ts'
import { ReadableText } from '../text/readable-text.tsx'
import { words } from '../words.ts'
import { addAuthority } from './change.ts'
import styles from './governance.module.css'

/** Whom to add: the address is typed, the key is the one that the ledger has for it. */
export function AddForm({ authorities, onReview }: { authorities: Authorities['authorities']; onReview: (value: string) => void }) {
  const [typed, setTyped] = useState('')
  const address = typed.trim()
  const isWhole = isAddress(address, 'tt')
  const { data, error } = useQuery({ ...identityQuery(address), enabled: isWhole, retry: false })
  const key = data?.keys.findLast(({ toHeight }) => toHeight === null)
  const isIn = key !== undefined && authorities.some((one) => one.address === address && one.keyNumber === key.number)
  const isUnknown = error instanceof TelltaleError && error.code === 'unknown-identity'
  const flaw = typed !== '' && !isWhole ? words.governance.wrongAddress : isUnknown ? <ReadableText text={words.governance.notAdmitted} /> : isIn ? words.governance.alreadyOne : (error?.message ?? false)
  const isReady = isWhole && key !== undefined && !isIn
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (isReady) onReview(addAuthority(address, key))
      }}
    >
      <TextInput label={words.governance.newAddress} description={words.governance.newAddressHint} autoComplete="off" spellCheck={false} maxLength={60} value={typed} error={flaw} onChange={(event) => setTyped(event.currentTarget.value)} />
      <Button className={styles.submit} type="submit" disabled={!isReady}>
        {words.governance.review}
      </Button>
    </form>
  )
}
