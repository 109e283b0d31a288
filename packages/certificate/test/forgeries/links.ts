import { isSameAuthority, setHash, signStatement, sortSet } from '@telltale/core'
import type { Authority, AuthoritySet, Checkpoint, Link, LinkSignature } from '@telltale/core'
import { NETWORK_KEY } from '@telltale/ledger'
import { flipBit, makeLink, testBytes, testIdentity } from '@telltale/testing'
import type { TestIdentity } from '@telltale/testing'
import { addOrder, highS, identityNonceSigner, mixedOrderSigner, smallOrderSigner } from './crafted.ts'
import { changeRow, found, headSet, outsider, recertify, trustedSet } from './forging.ts'
import type { Forgery, Forging } from './forging.ts'
import { STRANGERS, claimSet, setOf } from './trust.ts'

const QUORUM = { by: 'quorum' as const }

/** How authorities are counted. */
function counted(): Forgery[] {
  const head = (code: string, name: string, change: (signatures: LinkSignature[]) => unknown, lamp: Forgery['lamp'] = 'certified'): Forgery => outsider([lamp, code], name, ({ certificate }) => change(certificate.head.signatures))
  return [
    head('no-quorum', 'two cosignatures of four', (signatures) => signatures.splice(2)),
    head('no-quorum', 'no cosignature', (signatures) => signatures.splice(0)),
    head('unsorted', 'one authority counted twice', (signatures) => signatures.splice(2, 2, found(signatures[1])), null),
    head('unsorted', 'cosignatures out of order', (signatures) => signatures.reverse(), null),
    head('unknown-authority', 'a cosignature of nobody', (signatures) => void (found(signatures[3]).position = 9)),
    head('invalid-cosignature', 'the cosignature of one told to be of another', (signatures) => [(found(signatures[0]).position = 1), signatures.splice(1, 1)]),
    outsider(['network', 'no-quorum'], 'a link that two of four signed', ({ certificate }) => [found(certificate.links[0]).signatures.splice(1), found(certificate.links[0]).leavers.splice(0)]),
    outsider(['network', 'unknown-authority'], 'a leaver who is nobody', ({ certificate }) => void (found(found(certificate.links[0]).leavers[0]).position = 9)),
    outsider(['network', 'invalid-cosignature'], 'a leaver who signed something else', ({ certificate }) => turn(found(found(certificate.links[0]).leavers[0]))),
    outsider(['network', 'surplus'], 'an authority that stays, counted as a leaver too', async (f) => {
      const link = found(f.certificate.links[0])
      const stays = f.network.ledger.authorities(0).findIndex((authority) => found(link.set ?? undefined).some((other) => isSameAuthority(authority, other)))
      const { address, signer } = found(f.network.known.find((identity) => identity.address === f.network.ledger.authorities(0)[stays]?.address))
      const again = await makeLink(link.checkpoint, setOf([{ address, signer }]), setOf([{ address, signer }]), f.network.known, f.world.primitives)
      link.leavers = [{ ...found(again.signatures[0]), position: stays }, ...link.leavers].sort((a, b) => a.position - b.position)
    }, QUORUM),
  ]
}

/** A head that was never signed like this. */
function changedHeads(): Forgery[] {
  const changed = (code: string, name: string, change: (checkpoint: Checkpoint) => Partial<Checkpoint>): Forgery => outsider(['certified', code], name, ({ certificate: { head } }) => Object.assign(head.checkpoint, change(head.checkpoint)))
  return [
    changed('invalid-cosignature', 'a longer log', ({ size }) => ({ size: size + 1 })),
    changed('invalid-cosignature', 'another log', ({ logRoot }) => ({ logRoot: flipBit(logRoot) })),
    changed('invalid-cosignature', 'another state', ({ stateRoot }) => ({ stateRoot: flipBit(stateRoot) })),
    changed('invalid-cosignature', 'a head a block higher', ({ height }) => ({ height: height + 1 })),
    changed('set-mismatch', 'another set of authorities named', ({ setHash }) => ({ setHash: flipBit(setHash) })),
    changed('other-network', 'a head of another network', () => ({ network: testBytes('network') })),
    outsider(['certified', 'other-network'], 'a head that the same authorities signed for another network', (f) => recertify(f, { checkpoint: { network: testBytes('network') } }), QUORUM),
    outsider(['certified', 'set-mismatch'], 'a head that names other authorities than those who sign', (f) => recertify(f, { checkpoint: { setHash: testBytes('set') } }), QUORUM),
    outsider(['certified', 'invalid-state-proof'], 'an old head with a new state', async (f) => {
      const height = found(f.story.heights.links.at(-1)) + 1
      f.certificate.head = await f.network.linkTo(height, trustedSet(f))
    }),
    outsider(['certified', 'invalid-cosignature'], 'the cosignatures of an old head', async (f) => {
      const height = found(f.story.heights.links.at(-1)) + 1
      f.certificate.head.signatures = (await f.network.linkTo(height, trustedSet(f))).signatures
    }),
    outsider(['certified', 'invalid-cosignature'], 'the cosignatures of another network', async (f) => {
      f.certificate.head.signatures = (await f.world.other.story.network.cosignHead()).signatures
    }),
    outsider(['certified', 'surplus'], 'the set of authorities carried although it did not change', (f) => void (f.certificate.head.set = headSet(f))),
    outsider(['certified', 'surplus'], 'a leaver although nobody left', ({ certificate: { head } }) => head.leavers.push(found(head.signatures[0]))),
  ]
}

/** Signatures that are none, though a careless library takes some of them. */
function signatures(): Forgery[] {
  const by = (name: string, algorithm: string, change: (signature: Uint8Array, f: Forging) => Uint8Array | Promise<Uint8Array>): Forgery =>
    outsider(['certified', 'invalid-cosignature'], name, async (f) => {
      const signed = found(f.certificate.head.signatures.find(({ position }) => headSet(f)[position]?.key.algorithm === algorithm))
      signed.signature = await change(signed.signature, f)
    })
  return [
    outsider(['certified', 'invalid-cosignature'], 'a clock set back', ({ certificate: { head } }) => void (found(head.signatures[0]).issuedAtSeconds -= 86_400)),
    outsider([null, 'wrong-shape'], 'a clock beyond all dates', ({ certificate: { head } }) => void (found(head.signatures[0]).issuedAtSeconds = 253_402_300_800)),
    by('a bit of a cosignature turned', 'EdDSA', (signature) => flipBit(signature)),
    by('a cosignature cut short', 'EdDSA', (signature) => signature.subarray(0, 63)),
    by('no bytes as a cosignature', 'EdDSA', () => new Uint8Array(0)),
    by('a cosignature with S above the order', 'EdDSA', (signature) => addOrder(signature)),
    by('the seal of a block as a cosignature', 'EdDSA', async (_, f) => {
      const position = found(f.certificate.head.signatures.find((signed) => headSet(f)[signed.position]?.key.algorithm === 'EdDSA')).position
      const { address, keyNumber } = found(headSet(f)[position])
      const { signer } = found(f.network.known.find((identity) => identity.address === address && identity.signer.keyNumber === keyNumber))
      return (await signStatement('seal', f.network.ledger.network, [f.certificate.head.checkpoint.logRoot], signer)).signature
    }),
    by('a cosignature with the higher s', 'ES256', (signature) => highS('ES256', signature)),
    by('a cosignature with the higher s, on the other curve', 'ES256K', (signature) => highS('ES256K', signature)),
    by('a cosignature of zeros', 'ES256', () => new Uint8Array(64)),
  ]
}

/** Links left out, moved or added. */
function paths(): Forgery[] {
  const changed = (code: string, name: string, change: (links: Link[], f: Forging) => unknown): Forgery => outsider(['network', code], name, (f) => change(f.certificate.links, f))
  return [
    changed('links-out-of-order', 'links out of order', (links) => links.reverse()),
    changed('links-out-of-order', 'a link twice', (links) => links.splice(1, 0, found(links[0]))),
    changed('links-out-of-order', 'the head as a link', (links, { certificate: { head } }) => links.push({ ...head, set: found(links.at(-1)).set })),
    changed('surplus', 'a link without its set', (links) => void (found(links[0]).set = null)),
    changed('set-mismatch', 'a link with the set of another', (links) => void (found(links[0]).set = found(links[1]).set)),
    changed('other-network', 'a link of another network', (links) => void (found(links[0]).checkpoint.network = testBytes('network'))),
    changed('invalid-cosignature', 'a link with another log', (links) => void (found(links[0]).checkpoint.logRoot = testBytes('log'))),
    outsider(['certified', 'set-mismatch'], 'all links left out', ({ certificate }) => void (certificate.links = [])),
    outsider(['certified', 'no-quorum'], 'all links left out, the authorities of the head named', (f) => void Object.assign(f.certificate, { head: { ...f.certificate.head, set: headSet(f) }, links: [] })),
    outsider(['network', 'other-network'], 'a link that the same authorities signed for another network', async (f) => {
      const link = found(f.certificate.links[0])
      f.certificate.links[0] = await makeLink({ ...link.checkpoint, network: testBytes('network') }, found(link.set ?? undefined), f.network.ledger.authorities(0), f.network.known, f.world.primitives)
    }, QUORUM),
    outsider(['network', 'surplus'], 'a link on which nothing changed', async (f) => {
      const { before } = f.story.heights
      f.certificate.links.unshift(await f.network.linkTo(before, f.network.ledger.authorities(0)))
    }, QUORUM),
    outsider(['network', 'surplus'], 'a link that carries the set that it follows', async (f) => {
      const { before } = f.story.heights
      f.certificate.links.unshift({ ...(await f.network.linkTo(before, f.network.ledger.authorities(0))), set: f.network.ledger.authorities(0) })
    }, QUORUM),
    outsider(['network', 'links-out-of-order'], 'a log that has shrunk since the last link', (f) => recertify(f, { checkpoint: { size: found(f.certificate.links.at(-1)).checkpoint.size } }), QUORUM),
    outsider(['network', 'links-out-of-order'], 'a head below its last link', (f) => recertify(f, { checkpoint: { height: found(f.certificate.links.at(-1)).checkpoint.height } }), QUORUM),
  ]
}

/** Authorities who are not, not yet or no longer in force. */
function sets(): Forgery[] {
  const certifiedBy = (code: string, name: string, choose: (f: Forging) => AuthoritySet, signers?: TestIdentity[]): Forgery =>
    outsider(['certified', code], name, (f) => recertify(f, { set: choose(f), ...(signers ? { signers } : {}) }), QUORUM)
  const replaced = (f: Forging, address: string, by: TestIdentity): AuthoritySet => sortSet([...headSet(f).filter((authority) => authority.address !== address), ...setOf([by])])
  const linkedBy = (name: string, choose: (first: AuthoritySet, f: Forging) => AuthoritySet, signers?: TestIdentity[]): Forgery =>
    outsider(['network', 'no-quorum'], name, async (f) => {
      const first = f.network.ledger.authorities(0)
      const set = choose(first, f)
      const checkpoint = { ...found(f.certificate.links[0]).checkpoint, setHash: setHash(set, f.world.primitives) }
      f.certificate.links = [await makeLink(checkpoint, set, first, signers ?? known(f, set), f.world.primitives)]
    }, QUORUM)
  return [
    certifiedBy('set-not-in-force', 'an authority after its removal', (f) => replaced(f, f.story.joiner.address, f.story.leaver)),
    certifiedBy('set-not-in-force', 'an authority with the key that it replaced', (f) => replaced(f, f.story.rotatedAfter.address, f.story.rotatedBefore)),
    certifiedBy('set-not-in-force', 'an authority that the ledger does not know', (f) => sortSet([...headSet(f), ...setOf([found(STRANGERS[0])])])),
    certifiedBy('no-quorum', 'strangers as authorities', () => setOf(STRANGERS), STRANGERS),
    linkedBy('a link to strangers, signed by them alone', () => setOf(STRANGERS), STRANGERS),
    linkedBy('an authority before its admission, with two of four beside it', (first, f) => sortSet([...first.slice(0, 2), ...setOf([f.story.joiner])])),
    linkedBy('a larger set of which only the old ones signed', (first) => sortSet([...first, ...setOf(STRANGERS)])),
    outsider(['certified', 'no-quorum'], 'a larger set at the head of which only the old ones signed', async (f) => {
      const set = sortSet([...headSet(f), ...setOf(STRANGERS)])
      claimSet(f, set)
      await recertify(f, { set })
    }, QUORUM),
    outsider([null, 'wrong-shape'], 'a set of 129, of whom 100 signed', async (f) => {
      const crowd = Array.from({ length: 125 }, (_, i) => testIdentity(1000 + i, 'ES256'))
      const set = sortSet([...headSet(f), ...setOf(crowd)])
      claimSet(f, set)
      await recertify(f, { set, signers: [...f.network.known, ...crowd].filter(({ address }) => address !== set[128]?.address).slice(0, 100) })
    }, QUORUM),
    outsider(['certified', 'set-not-in-force'], 'a ledger that knows no authorities at that height', async (f) => {
      changeRow(f.certificate, NETWORK_KEY, (row) => void (row[1] = []))
      await recertify(f)
    }, QUORUM),
  ]
}

/** Those of a set whose keys are at hand. */
function known({ network }: Forging, set: AuthoritySet): TestIdentity[] {
  return network.known.filter(({ address }) => set.some((authority) => authority.address === address))
}

/** Sets with a member that no reader may accept, whoever signs; every authority signs the head, so that nothing else is wrong. */
function weakSets(): Forgery[] {
  const withMember = (code: string, name: string, signer: TestIdentity['signer'], change: (set: AuthoritySet, member: Authority) => AuthoritySet = (set, member) => sortSet([...set, member])): Forgery =>
    outsider([code === 'weak-key' || code === 'wrong-shape' ? null : 'certified', code], name, async (f) => {
      const identity = { address: found(STRANGERS[0]).address, signer }
      const member = found(setOf([identity])[0])
      const set = change(headSet(f), member)
      claimSet(f, set)
      await recertify(f, { set, signers: [...f.network.known, identity] })
    }, QUORUM)
  return [
    withMember('weak-key', 'an authority whose key is of small order, so that anybody signs', smallOrderSigner()),
    withMember('weak-key', 'an authority whose key hides a part of small order', mixedOrderSigner()),
    withMember('invalid-cosignature', 'an authority whose nonce is the identity', identityNonceSigner(60)),
    withMember('wrong-shape', 'a set out of order', found(STRANGERS[1]).signer, (set, member) => [member, ...sortSet(set)].reverse()),
    withMember('wrong-shape', 'an authority with two seats', found(STRANGERS[1]).signer, (set, member) => sortSet([...set, { ...member, address: found(set[0]).address, keyNumber: 7 }])),
  ]
}

function turn(signed: LinkSignature): void {
  signed.signature = flipBit(signed.signature)
}

/** Too few authorities, others, or another way from the anchor to the head. */
export const LINKS: Forgery[] = [...counted(), ...changedHeads(), ...signatures(), ...paths(), ...sets(), ...weakSets()]
