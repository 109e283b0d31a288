import { Type } from 'typebox'
import type { Static } from 'typebox'
import { bytesToHex, decode, encode, fail } from '@telltale/core'
import { proposalHash, proposalKey, proposalRowFromCbor } from '@telltale/ledger'
import type { ProposalRow } from '@telltale/ledger'
import { quorumOf } from '../../peers/stall.ts'
import { cborToJson } from '../cbor-json.ts'
import type { ApiContext } from '../context.ts'
import { forReaders } from '../http/access.ts'
import type { Resource } from '../routes.ts'
import { Address, Count, Hash, Hex, ProposalId, answers, limitOf, nullable, shape } from '../schema.ts'
import { idsOfRow } from '../state-entries.ts'
import { afterKey, proposalScan } from '../state-scan.ts'

const PROPOSALS_MAX = 200

const Proposal = shape({
  proposal: ProposalId,
  kind: Type.String({ description: 'add-authority, remove-authority or parameters; evidence for what an authority signed against itself, which is decided as it stands' }),
  value: Type.Unsafe<string>({ ...Hex, description: 'what is proposed, CBOR' }),
  content: Type.Unknown({ description: 'the same as JSON' }),
  hash: Type.Unsafe<string>({ ...Hash, description: 'what an approval signs: SHA-256 of cbor [network, kind, value]' }),
  proposer: Address,
  approvals: Type.Array(Address),
  counted: Type.Unsafe<number>({ ...Count, description: 'approvals of those who are authorities now' }),
  needed: Type.Unsafe<number>({ ...Count, description: 'approvals that decide it, of the authorities now' }),
  decidedHeight: nullable(Count),
})

/** What the authorities decide together, and what is known against them. */
export const proposals: Resource = (server, context) => {
  server.get(
    '/v1/proposals',
    {
      config: forReaders,
      schema: {
        operationId: 'listProposals',
        tags: ['network'],
        summary: 'Proposals, open and decided, and evidence against authorities, by id',
        querystring: shape({ after: Type.Optional(ProposalId), limit: limitOf(PROPOSALS_MAX, 50) }),
        response: answers({ 200: shape({ proposals: Type.Array(Proposal), after: nullable(ProposalId) }) }),
      },
    },
    async ({ query: { after, limit = 50 } }) => {
      const found = []
      for await (const [key, value] of context.ledger.store.scan(proposalScan(), after === undefined ? undefined : afterKey(proposalKey(after)))) {
        found.push(showProposal(context, idsOfRow(key)[0] as string, proposalRowFromCbor(decode(value))))
        if (found.length > limit) break
      }
      const page = found.slice(0, limit)
      return { proposals: page, after: found.length > limit ? (page.at(-1)?.proposal ?? null) : null }
    },
  )

  server.get(
    '/v1/proposals/:proposal',
    { config: forReaders, schema: { operationId: 'getProposal', tags: ['network'], summary: 'A proposal: what it would change, who approved it, and whether it is decided', params: shape({ proposal: ProposalId }), response: answers({ 200: Proposal }, [404]) } },
    async ({ params: { proposal } }) => {
      const { value } = context.reader.state(proposalKey(proposal))
      if (!value) throw fail('unknown-proposal', `${proposal} is not a proposal of this network.`, { expected: 'a proposal', found: proposal })
      return showProposal(context, proposal, proposalRowFromCbor(decode(value)))
    },
  )
}

function showProposal({ ledger, primitives }: ApiContext, proposal: string, { kind, value, proposer, approvals, decidedHeight }: ProposalRow): Static<typeof Proposal> {
  const set = ledger.authorities(ledger.position.height + 1)
  const counted = approvals.filter((address) => set.some((authority) => authority.address === address)).length
  return { proposal, kind, value: bytesToHex(encode(value)), content: cborToJson(value), hash: bytesToHex(proposalHash(ledger.network, kind, value, primitives)), proposer, approvals, counted, needed: quorumOf(set.length), decidedHeight }
}
