import { encode } from '@telltale/core'
import { assetKey, commitmentInput } from '@telltale/ledger'
import { testBytes } from '@telltale/testing'
import type { DisclosedIdentity } from '../../src/certificate.ts'
import type { Question } from '../../src/verify/verifier.ts'
import { changeRow, found, outsider, quorum } from './forging.ts'
import type { Forgery, Forging } from './forging.ts'
import type { World } from './world.ts'

/** Another car than the one on the road, or another reading than the one on its dashboard. */
export const CAR: Forgery[] = [...identities(), ...readings()]

function identityOf({ certificate }: Forging): DisclosedIdentity {
  return found(certificate.identity ?? undefined)
}

function asking(more: Partial<Question>): Pick<Forgery, 'question'> {
  return { question: ({ story }: World) => ({ trust: { network: story.network.ledger.network }, ...more }) }
}

function identities(): Forgery[] {
  const other = (name: string, change: (identity: DisclosedIdentity) => unknown): Forgery => outsider(['car', 'other-identity'], name, (f) => change(identityOf(f)), asking({}))
  return [
    other('another VIN', ({ attributes }) => attributes.set('vin', 'WVWZZZ1JZXW000009')),
    other('another year', ({ attributes }) => attributes.set('year', 2021)),
    other('an attribute more', ({ attributes }) => attributes.set('owners', 1)),
    other('an attribute less', ({ attributes }) => attributes.delete('make')),
    other('another salt', (identity) => void (identity.salt = testBytes('salt'))),
    outsider(['car', 'other-identity'], 'the identity of another car', (f) => void (f.certificate.identity = found(f.world.read('lone').identity ?? undefined)), asking({})),
    outsider(['car', 'other-vin'], 'another VIN on the car', () => undefined, asking({ vin: 'WVWZZZ1JZXW000009' })),
    outsider(['car', null], 'the identity left out', ({ certificate }) => void (certificate.identity = null), { ...asking({ vin: 'WVWZZZ1JZXW000009' }), state: 'unknown' }),
    quorum(['car', 'other-vin'], 'a number as the VIN', (f) => {
      const identity = identityOf(f)
      identity.attributes.set('vin', 1)
      changeRow(f.certificate, assetKey(f.story.asset.id), (row) => void (row[1] = f.world.primitives.sha256(encode(commitmentInput(identity.salt, identity.attributes)))))
    }, asking({ vin: '1' })),
    outsider(['car', 'other-vin'], 'no text as the VIN on the car', () => undefined, asking({ vin: '' })),
  ]
}

function readings(): Forgery[] {
  const rolledBack = (name: string, state: NonNullable<Forgery['state']>, reading: string, change: (f: Forging) => unknown = () => undefined): Forgery => outsider(['reading', null], name, change, { ...asking({ reading }), state })
  const stopAt = (f: Forging, count: number): void => {
    const { certificate, story } = f
    const kept = certificate.disclosed.filter(({ stream, epoch }) => stream !== story.streams.sealed || epoch === 0).slice(0, count)
    const dropped = certificate.disclosed.filter((entry) => entry.stream === story.streams.sealed && !kept.includes(entry))
    const bodies = dropped.reduce((sum, { from, to }) => sum + to + 1 - from, 0)
    certificate.disclosed = certificate.disclosed.filter((entry) => !dropped.includes(entry))
    const sealedFirst = story.streams.sealed < story.streams.open
    const last = sealedFirst ? 6 : certificate.attachments.length
    certificate.attachments.splice(last - bodies, bodies)
  }
  return [
    rolledBack('a dashboard that was turned back', 'refuted', '15592 km'),
    rolledBack('a dashboard that was turned back, read in miles', 'refuted', '9,600 mi'),
    rolledBack('a dashboard turned back to what is still shown: the newest records are not opened', 'attention', '15594 km', (f) => stopAt(f, 2)),
    rolledBack('a dashboard turned back to the other device: nothing of the newer one is opened', 'attention', '15592 km', (f) => stopAt(f, 0)),
    rolledBack('a dashboard that shows more than the car ever reported', 'attention', '15,600 km'),
    rolledBack('no odometer opened at all', 'unknown', '15592 km', ({ certificate }) => Object.assign(certificate, { disclosed: [], attachments: [] })),
    outsider([null, 'malformed-reading'], 'a decimal comma', () => undefined, asking({ reading: '15,59 km' })),
    outsider([null, 'malformed-reading'], 'a point that may group or divide', () => undefined, asking({ reading: '15.596 km' })),
    outsider([null, 'malformed-reading'], 'a reading below zero', () => undefined, asking({ reading: '-15596 km' })),
    outsider([null, 'malformed-reading'], 'a reading without a unit', () => undefined, asking({ reading: '15596' })),
    outsider([null, 'malformed-reading'], 'a reading that was made to be long', () => undefined, asking({ reading: `${'1'.repeat(100_000)} km` })),
  ]
}
