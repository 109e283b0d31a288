import type { Proposal } from '../api/ledger-answers.ts'
import { InlineLamp } from '../lamps/inline-lamp.tsx'
import { Card } from '../shell/card.tsx'
import table from '../shell/table.module.css'
import { WideTable } from '../shell/wide-table.tsx'
import { words } from '../words.ts'
import { wordingOf } from './change.ts'
import { BlockLink } from './proposals-card.tsx'
import type { Standing } from './proposals-card.tsx'
import { Who } from './who.tsx'

/** What authorities signed against themselves, by name, for ever. */
export function EvidenceCard({ proposals, standing: { network, nameOf } }: { proposals: Proposal[]; standing: Standing }) {
  const noted = proposals.filter(({ kind }) => kind === 'evidence').toSorted((a, b) => (b.decidedHeight ?? 0) - (a.decidedHeight ?? 0))
  return (
    <Card title={words.governance.evidence}>
      {noted.length === 0 ? (
        <InlineLamp look="holds" word={words.governance.noEvidence} />
      ) : (
        <WideTable label={words.governance.evidence} columns={[[words.governance.accused], [words.governance.shows], [words.governance.shownBy, 'wide'], [words.governance.noted]]}>
          {noted.map(({ proposal, kind, value, proposer, decidedHeight }) => {
            const { change } = wordingOf(network, kind, value)
            if (change.kind !== 'evidence') return null
            return (
              <tr key={proposal}>
                <td>
                  <Who address={change.accused} nameOf={nameOf} />
                </td>
                <td>
                  <InlineLamp look="refuted" word={words.governance.contradictions[change.contradiction] ?? change.contradiction} />
                </td>
                <td className={table.wide}>
                  <Who address={proposer} nameOf={nameOf} />
                </td>
                <td className={table.line}>
                  <BlockLink height={decidedHeight ?? 0} />
                </td>
              </tr>
            )
          })}
        </WideTable>
      )}
    </Card>
  )
}
