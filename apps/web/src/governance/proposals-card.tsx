import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { OwnAuthority } from '../api/desk.ts'
import type { Proposal } from '../api/ledger-answers.ts'
import { InlineLamp } from '../lamps/inline-lamp.tsx'
import { Card, Empty, Facts } from '../shell/card.tsx'
import table from '../shell/table.module.css'
import { groupNumber } from '../text/figures.ts'
import { Fingerprint } from '../text/fingerprint.tsx'
import { words } from '../words.ts'
import { ChangeDetails, ChangeTitle, changeLabel } from './change-view.tsx'
import { wordingOf } from './change.ts'
import styles from './governance.module.css'
import type { Parameters } from './parameters.ts'
import { SigningPanel } from './signing-panel.tsx'
import { Who } from './who.tsx'
import type { NameOf } from './who.tsx'

/** What all cards about proposals stand on. */
export interface Standing {
  network: string
  /** In force now. */
  parameters: Parameters
  nameOf: NameOf
  /** Whoever signs here; null where nobody can. */
  signer: OwnAuthority | null
}

/** What waits for approvals, those with most of them first. */
export function OpenCard({ proposals, standing }: { proposals: Proposal[]; standing: Standing }) {
  const [signedHeight, setSignedHeight] = useState<number | null>(null)
  const open = proposals.filter(({ decidedHeight }) => decidedHeight === null).toSorted((a, b) => b.counted - a.counted || (a.proposal < b.proposal ? -1 : 1))
  return (
    <Card title={words.governance.open}>
      {open.length === 0 ? (
        <Empty>{words.governance.noOpen}</Empty>
      ) : (
        <ul className={styles.proposals}>
          {open.map((proposal) => (
            <OpenProposal key={proposal.proposal} proposal={proposal} standing={standing} onSigned={setSignedHeight} />
          ))}
        </ul>
      )}
      <p role="status" className={styles.status}>{signedHeight !== null && <InlineLamp look="holds" word={words.governance.ownApproval(groupNumber(signedHeight))} />}</p>
    </Card>
  )
}

function OpenProposal({ proposal, standing, onSigned }: { proposal: Proposal; standing: Standing; onSigned: (height: number) => void }) {
  const { network, parameters, nameOf, signer } = standing
  const [isAsking, setAsking] = useState(false)
  const wording = wordingOf(network, proposal.kind, proposal.value)
  const { change } = wording
  const isReadable = change.kind !== 'unknown' && wording.hash === proposal.hash
  const isApproved = signer !== null && proposal.approvals.includes(signer.address)
  return (
    <li className={styles.proposal}>
      <div className={styles.line}>
        <h3>
          <ChangeTitle change={change} now={parameters} nameOf={nameOf} />
        </h3>
        {signer && isReadable && !isApproved && !isAsking && (
          <Button onClick={() => setAsking(true)} aria-label={words.governance.approveThat(changeLabel(change, nameOf))}>
            {words.governance.approve}
          </Button>
        )}
        {isApproved && <InlineLamp look="holds" word={words.governance.ownApproved} />}
      </div>
      <Facts
        className={styles.facts}
        facts={[
          [words.governance.approvals, <InlineLamp key="count" look="pending" word={words.governance.ofNeeded(groupNumber(proposal.counted), groupNumber(proposal.needed))} />],
          [words.governance.by, <Who key="by" address={proposal.proposer} nameOf={nameOf} />],
          [words.governance.approvedBy, <Approvers key="approvers" proposal={proposal} nameOf={nameOf} />],
        ]}
      />
      {!isReadable && <InlineLamp look="refuted" word={change.kind === 'unknown' ? words.governance.changes.unknown : words.governance.wrongHash} />}
      {isAsking && signer && isReadable ? (
        <SigningPanel
          proposal={proposal.proposal}
          wording={wording}
          now={parameters}
          nameOf={nameOf}
          signer={signer.name}
          onCancel={() => setAsking(false)}
          onSigned={(height) => {
            setAsking(false)
            onSigned(height)
          }}
        />
      ) : (
        <Exactly proposal={proposal} standing={standing} now={parameters} />
      )}
    </li>
  )
}

function Approvers({ proposal: { approvals }, nameOf }: { proposal: Proposal; nameOf: NameOf }) {
  return (
    <span className={styles.approvers}>
      {approvals.map((address) => (
        <span key={address}>
          <Who address={address} nameOf={nameOf} />
        </span>
      ))}
    </span>
  )
}

function Exactly({ proposal: { kind, value, hash }, standing: { network, nameOf }, now }: { proposal: Proposal; standing: Standing; now: Parameters | null }) {
  return (
    <details className={styles.exactly}>
      <summary>{words.governance.exactly}</summary>
      <ChangeDetails change={wordingOf(network, kind, value).change} now={now} nameOf={nameOf} />
      <p className="field-label">{words.governance.hash}</p>
      <Fingerprint text={hash} />
    </details>
  )
}

/** Decided proposals that are shown before somebody asks for all. */
const SHOWN = 10

/** What was decided, the newest first; evidence stands in its own card. */
export function DecidedCard({ proposals, standing }: { proposals: Proposal[]; standing: Standing }) {
  const [isAll, setAll] = useState(false)
  const decided = proposals.filter(({ kind, decidedHeight }) => kind !== 'evidence' && decidedHeight !== null).toSorted((a, b) => (b.decidedHeight ?? 0) - (a.decidedHeight ?? 0))
  const shown = isAll ? decided : decided.slice(0, SHOWN)
  return (
    <Card title={words.governance.decided}>
      {decided.length === 0 ? (
        <p className={table.muted}>{words.governance.noDecided}</p>
      ) : (
        <ul className={styles.proposals}>
          {shown.map((proposal) => (
            <DecidedProposal key={proposal.proposal} proposal={proposal} standing={standing} />
          ))}
        </ul>
      )}
      {shown.length < decided.length && (
        <div className={table.pages}>
          <Button onClick={() => setAll(true)}>{words.governance.all(groupNumber(decided.length))}</Button>
        </div>
      )}
    </Card>
  )
}

function DecidedProposal({ proposal, standing }: { proposal: Proposal; standing: Standing }) {
  const { network, nameOf } = standing
  const { change } = wordingOf(network, proposal.kind, proposal.value)
  return (
    <li className={styles.proposal}>
      <div className={styles.line}>
        <h3>
          <ChangeTitle change={change} now={null} nameOf={nameOf} />
        </h3>
      </div>
      <Facts
        className={styles.facts}
        facts={[
          [words.governance.decidedAt, <BlockLink key="block" height={proposal.decidedHeight ?? 0} />],
          [words.governance.by, <Who key="by" address={proposal.proposer} nameOf={nameOf} />],
          [words.governance.approvedBy, <Approvers key="approvers" proposal={proposal} nameOf={nameOf} />],
        ]}
      />
      <Exactly proposal={proposal} standing={standing} now={null} />
    </li>
  )
}

export function BlockLink({ height }: { height: number }) {
  return (
    <Link to="/blocks/$height" params={{ height: String(height) }}>
      {words.governance.block(groupNumber(height))}
    </Link>
  )
}
