import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { ownAuthoritiesQuery, useDesk } from '../api/desk.ts'
import type { OwnAuthority } from '../api/desk.ts'
import type { Authorities, Network, Proposal } from '../api/ledger-answers.ts'
import { authoritiesQuery, networkQuery, proposalsQuery } from '../api/queries.ts'
import { Card, Facts } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { Loaded } from '../shell/loaded.tsx'
import { PageHead } from '../shell/page-head.tsx'
import { groupNumber } from '../text/figures.ts'
import { words } from '../words.ts'
import { EvidenceCard } from './evidence-card.tsx'
import { MembersCard } from './members-card.tsx'
import { PARAMETERS, parameterText } from './parameters.ts'
import { DecidedCard, OpenCard } from './proposals-card.tsx'
import type { Standing } from './proposals-card.tsx'
import { MayNotCard, ProposeCard } from './propose-card.tsx'

/** What the authorities decide together: who they are, what is proposed, what was decided, what is known against them. */
export function GovernancePage() {
  const network = useQuery(networkQuery)
  const authorities = useQuery(authoritiesQuery)
  const proposals = useQuery(proposalsQuery)
  const desk = useDesk()
  const own = useQuery({ ...ownAuthoritiesQuery, enabled: desk !== null && desk !== undefined })
  const signers = desk === null ? [] : own.data
  return (
    <div className={layout.page}>
      <PageHead title={words.governance.title}>{words.governance.subtitle}</PageHead>
      <Loaded query={network} height={600}>
        {(rules) => (
          <Loaded query={authorities} height={600}>
            {(set) => (
              <Loaded query={proposals} height={400}>
                {(all) => <Governance network={rules} authorities={set} proposals={all} signers={signers} hasDesk={desk !== null && desk !== undefined} />}
              </Loaded>
            )}
          </Loaded>
        )}
      </Loaded>
    </div>
  )
}

interface GovernanceProps {
  network: Network
  authorities: Authorities
  proposals: Proposal[]
  /** Undefined while that is not known. */
  signers: OwnAuthority[] | undefined
  hasDesk: boolean
}

function Governance({ network, authorities, proposals, signers, hasDesk }: GovernanceProps) {
  const [chosen, setChosen] = useState<string | null>(null)
  const set = authorities.authorities
  const standing: Standing = {
    network: network.network,
    parameters: network.parameters,
    nameOf(address) {
      const place = set.findIndex((one) => one.address === address)
      return place < 0 ? null : words.peers.authority(place + 1)
    },
    signer: signers?.find(({ address }) => address === chosen) ?? signers?.[0] ?? null,
  }
  return (
    <>
      <MembersCard authorities={authorities} nameOf={standing.nameOf} />
      <OpenCard proposals={proposals} standing={standing} />
      {signers && standing.signer && <ProposeCard authorities={set} standing={standing} own={signers} onSigner={setChosen} />}
      {signers?.length === 0 && <MayNotCard hasDesk={hasDesk} />}
      <DecidedCard proposals={proposals} standing={standing} />
      <EvidenceCard proposals={proposals} standing={standing} />
      <Rules network={network} />
    </>
  )
}

function Rules({ network: { parameters, parametersSinceHeight } }: { network: Network }) {
  const since = parametersSinceHeight === 0 ? words.governance.sinceStart : words.governance.sinceBlock(groupNumber(parametersSinceHeight))
  return (
    <Card title={words.governance.rules(since)}>
      <Facts facts={PARAMETERS.map(([name]) => [words.governance.parameters[name], parameterText(name, parameters)])} />
    </Card>
  )
}
