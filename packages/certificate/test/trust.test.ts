import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { setHash } from '@telltale/core'
import type { Link } from '@telltale/core'
import { makeCertificate } from '../src/make.ts'
import type { CertificateMaterials } from '../src/make.ts'
import type { Trust } from '../src/verify/trust.ts'
import { verifyCertificate } from '../src/verify/verifier.ts'
import { createWorld } from './forgeries/world.ts'
import type { World } from './forgeries/world.ts'

describe('trust', () => {
  let world: World
  before(async () => {
    world = await createWorld()
  })

  /** The sealed stream as a file, with another beginning or other links. */
  const file = async ({ links, ...changed }: Partial<CertificateMaterials> & { links?: Link[] } = {}): Promise<Uint8Array> => {
    const { network, asset, streams } = world.story
    const count = network.stream(world.story.sealing.address, 'odometer')?.count ?? 0
    const materials = await network.materials()
    const atHead: CertificateMaterials['atHead'] = (read) => materials.atHead((head, own) => read(head, links ?? own))
    return makeCertificate({ asset: asset.id, streams: [{ stream: streams.sealed, from: 0, to: count - 1 }], disclose: 'none', identity: null }, { ...materials, atHead, ...changed })
  }
  const lamp = async (bytes: Uint8Array, trust: Trust): Promise<string> => {
    const { lamps, refusal } = await verifyCertificate(bytes, { trust }, world.primitives)
    return refusal ? `refuted: ${refusal.code}` : lamps.network.state
  }
  const pinAt = async (height: number): Promise<Trust> => ({ checkpoint: await world.pinAt(height) })
  const networkOf = (): Trust => ({ network: world.story.network.ledger.network })

  it('in the network holds from its first block on', async () => {
    assert.equal(await lamp(await file(), networkOf()), 'holds')
    assert.equal(await lamp(await file(), {}), 'unknown')
  })

  it('in a checkpoint holds wherever it lies between the links, the head included', async () => {
    const bytes = await file()
    const { heights, network } = world.story
    const head = network.ledger.position.height
    for (const height of [1, heights.before, ...heights.links.flatMap((link) => [link - 1, link, link + 1]), head - 1, head]) {
      assert.equal(await lamp(bytes, await pinAt(height)), 'holds', `block ${height}`)
      assert.equal(await lamp(bytes, { ...(await pinAt(height)), ...networkOf() }), 'holds', `block ${height}, and the network`)
    }
  })

  it('in a checkpoint holds for a file that begins at this one, before it or behind it', async () => {
    const { heights, network } = world.story
    const [first, second, third] = heights.links as [number, number, number]
    const anchor = await world.pinAt(second)
    const links = [await network.linkTo(third, network.ledger.authorities(second))]
    const bytes = await file({ anchor: { kind: 'checkpoint', ...anchor }, links })
    for (const height of [second, second + 1, third, third + 1]) assert.equal(await lamp(bytes, await pinAt(height)), 'holds', `block ${height}`)
    // Between these and the beginning of the file lies a change of the authorities that the file does not show.
    assert.equal(await lamp(bytes, await pinAt(first)), 'unknown')
    assert.equal(await lamp(bytes, await pinAt(second - 1)), 'unknown')
    assert.equal(await lamp(bytes, networkOf()), 'unknown')
  })

  it('follows a file that ends at the checkpoint where it begins', async () => {
    const { network } = world.story
    const head = await network.cosignHead()
    const set = network.ledger.authorities(network.ledger.position.height)
    const bytes = await file({ anchor: { kind: 'checkpoint', checkpoint: head.checkpoint, set }, links: [] })
    assert.equal(await lamp(bytes, { checkpoint: { checkpoint: head.checkpoint, set } }), 'holds')
  })

  it('passes over a link where enough of the authorities stayed', async () => {
    const { network, heights } = world.story
    const first = network.ledger.authorities(0)
    const [, second, third] = await network.links()
    assert.ok(second && third)
    const skipped = await network.linkTo(heights.links[1] as number, first)
    assert.equal(skipped.leavers.length, 2)
    const bytes = await file({ links: [skipped, third] })
    assert.equal(await lamp(bytes, networkOf()), 'holds')
    for (const height of [1, heights.before, heights.links[1] as number, heights.links[2] as number]) assert.equal(await lamp(bytes, await pinAt(height)), 'holds', `block ${height}`)
    // Whoever pinned the set between the two counts the leavers of that link by their keys, wherever they stood in the first set.
    assert.equal(await lamp(bytes, await pinAt(heights.links[0] as number)), 'holds')
  })

  it('waits for a node where the pin is newer than the file', async () => {
    const checkpoint = (await world.story.network.cosignHead()).checkpoint
    const pin = await world.pinAt(checkpoint.height)
    const newer = { checkpoint: { ...pin.checkpoint, height: checkpoint.height + 1, size: checkpoint.size + 1 }, set: pin.set }
    assert.equal(await lamp(await file(), { checkpoint: newer }), 'unknown')
    assert.equal(await lamp(await file(), { checkpoint: newer, ...networkOf() }), 'unknown')
  })

  it('is asked for a pin that is sound', async () => {
    const pin = await world.pinAt(world.story.heights.before)
    const set = pin.set.slice(1)
    await assert.rejects(lamp(await file(), { checkpoint: { ...pin, set } }), { code: 'malformed-checkpoint' })
    const sound = { checkpoint: { ...pin.checkpoint, setHash: setHash(set, world.primitives) }, set }
    assert.equal(await lamp(await file(), { checkpoint: sound }), 'holds')
  })
})
