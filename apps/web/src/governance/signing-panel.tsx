import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { problemOf } from '../api/problem.ts'
import { HEAD } from '../api/queries.ts'
import { postJson } from '../api/request.ts'
import { ProblemBox } from '../shell/problem-box.tsx'
import table from '../shell/table.module.css'
import { Fingerprint } from '../text/fingerprint.tsx'
import { words } from '../words.ts'
import { ChangeDetails } from './change-view.tsx'
import type { Wording } from './change.ts'
import styles from './governance.module.css'
import type { Parameters } from './parameters.ts'
import type { NameOf } from './who.tsx'

interface Signed {
  proposal: string
  height: number
}

interface SigningPanelProps {
  /** An open proposal that is approved; null for a new one. */
  proposal: string | null
  wording: Wording
  now: Parameters
  nameOf: NameOf
  /** Name of the key that signs. */
  signer: string
  onSigned: (height: number) => void
  onCancel: () => void
}

/** A block has to be made, become final and be certified by several authorities. */
const SIGN_MS_MAX = 60_000

/** The one question before a signature: everything that is signed, and the hash that binds it. */
export function SigningPanel({ proposal, wording, now, nameOf, signer, onSigned, onCancel }: SigningPanelProps) {
  const queries = useQueryClient()
  const panel = useRef<HTMLElement>(null)
  useEffect(() => panel.current?.focus(), [])
  const { change, kind, value, hash } = wording
  const title = proposal === null ? words.governance.proposing : words.governance.approving
  const sign = useMutation({
    mutationFn: () => (proposal === null ? postJson<Signed>('/v1/desk/proposals', { key: signer, kind, value }, undefined, SIGN_MS_MAX) : postJson<Signed>('/v1/desk/approvals', { key: signer, proposal, hash }, undefined, SIGN_MS_MAX)),
    onSuccess({ height }) {
      onSigned(height)
      return queries.invalidateQueries({ queryKey: [HEAD] })
    },
  })
  return (
    <section ref={panel} tabIndex={-1} className={styles.review} aria-label={title}>
      <h3>{title}</h3>
      <ChangeDetails change={change} now={now} nameOf={nameOf} />
      <div>
        <p className="field-label">{words.governance.hash}</p>
        <Fingerprint text={hash} />
      </div>
      <p className={table.muted}>{words.governance.whatHolds}</p>
      {sign.error && <ProblemBox title={words.governance.notSigned} problem={problemOf(sign.error)} />}
      <div className={styles.actions}>
        <Button variant="filled" loading={sign.isPending} onClick={() => sign.mutate()}>
          {proposal === null ? words.governance.signProposal : words.governance.signApproval}
        </Button>
        <Button disabled={sign.isPending} onClick={onCancel}>
          {words.governance.cancel}
        </Button>
      </div>
    </section>
  )
}
