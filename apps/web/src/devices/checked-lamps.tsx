import { useQuery, useQueryClient } from '@tanstack/react-query'
import { fail } from '@telltale/core'
import type { Lamps } from '@telltale/certificate'
import type { Device } from '../api/ledger-answers.ts'
import { networkQuery, node } from '../api/queries.ts'
import { postForBytes } from '../api/request.ts'
import { LampRow } from '../lamps/lamp-row.tsx'
import type { Answer } from '../verify/answer.ts'
import { answerLamps } from '../verify/answer-lamps.ts'
import { verify } from '../verify/verification.ts'
import { words } from '../words.ts'

/** Records of each stream that are checked: a moment's work for a browser. */
const CHECKED_MAX = 500

/**
 * The lamps of a device. Nothing is taken from the node's word: it makes a certificate of the newest records, and this browser verifies it, against the network
 * that this page was opened for.
 */
export function CheckedLamps({ device, isOwn }: { device: Device; isOwn: boolean | undefined }) {
  const answer = useCheckedDevice(device, isOwn)
  const lamps = answerLamps(answer && lampsHere(answer), { hasQuestions: true }).map((lamp) => ({ ...lamp, ground: lamp.ground.replace(ASK, '') }))
  return <LampRow lamps={lamps} label={words.lamp.row} lightFor={answer ?? null} isRoomy />
}

/**
 * This page itself asked for the newest records only, and disclosed one: that older ones are left out is no reason to look. Whatever else the verifier saw (a
 * device that lost its memory, a stream kept back) still is.
 */
function lampsHere({ lamps, streams, odometer }: Answer): Lamps {
  const { complete, reading } = lamps
  const isOnlyShort = streams.length > 0 && streams.every(({ to, count, resumes }) => to === count - 1 && resumes === 0) && !complete.ground.includes('of another device')
  return {
    ...lamps,
    complete: complete.state === 'attention' && isOnlyShort ? { ...complete, state: 'holds' } : complete,
    reading: reading.state === 'attention' && odometer ? { state: 'not-asked', ground: words.device.saysOdometer(`${odometer.value} ${odometer.unit}`) } : reading,
  }
}

/** On this page nobody can ask anything further. */
const ASK = /; give --.*$/

/** `isOwn`, undefined until that is known: at the owner's desk the certificate also says which car it is, and discloses its newest odometer reading. */
function useCheckedDevice({ device, asset, streams }: Device, isOwn: boolean | undefined): Answer | undefined {
  const queries = useQueryClient()
  const wanted = streams.filter(({ count }) => count > 0)
  const { data } = useQuery({
    queryKey: ['checked', device, isOwn],
    enabled: wanted.length > 0 && isOwn !== undefined,
    staleTime: 60_000,
    queryFn: async ({ signal }) => {
      const { network } = await queries.ensureQueryData(networkQuery)
      const ranges = wanted.map(({ stream, count }) => ({ stream, from: Math.max(0, count - CHECKED_MAX) }))
      const newest = Math.max(0, (wanted.find(({ name }) => name === 'odometer')?.count ?? 0) - 1)
      const bytes = isOwn === true ? await postForBytes('/v1/desk/certificates', { asset, streams: ranges, disclose: { from: newest, to: newest }, withIdentity: true }, signal) : await node.call('makeCertificate', { body: { asset, streams: ranges }, signal })
      const outcome = await verify(bytes, { network, trusted: [], checkpoint: null, reading: '', vin: '' })
      if ('problem' in outcome) throw fail('not-a-certificate', outcome.problem.message)
      return outcome.answer
    },
  })
  return data
}
