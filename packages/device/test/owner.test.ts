import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { NO_PREVIOUS, TelltaleError, portable, recordArgsFromCbor, signTransaction } from '@telltale/core'
import { openDevice } from '../src/device.ts'
import { followOwner } from '../src/owner.ts'
import type { OwnerPin, OwnerStep } from '../src/owner.ts'
import { certify, idOf, rotationBy, transferBy } from './certified-log.ts'
import { epochIn } from './fake-ledger.ts'
import { ASSET, AUTHORITY, NETWORK, OWNER, authorityOf, person } from './people.ts'
import { createRig, pinOf, reading } from './rig.ts'

const BUYER = person('buyer')
const NEXT = person('next buyer')
const PIN = pinOf(OWNER)

const follow = (pin: OwnerPin, step: OwnerStep): Promise<OwnerPin> => followOwner(pin, step, NETWORK, portable)

async function refusedWith(code: string, pin: OwnerPin, step: OwnerStep): Promise<void> {
  await assert.rejects(follow(pin, step), (error: unknown) => error instanceof TelltaleError && error.code === code, code)
}

async function stepOf(transaction: Uint8Array): Promise<OwnerStep> {
  // Others around it, so that the inclusion proof is not empty.
  const others = [await rotationBy(person('a'), person('a', 1)), await rotationBy(person('b'), person('b', 1))]
  return (await certify([others[0]!, transaction, others[1]!]))(1)
}

suite('owner', () => {
  test('follows transfers from owner to owner, in their order', async () => {
    const first = await transferBy({ from: OWNER, to: BUYER, number: 0, previous: NO_PREVIOUS })
    const second = await transferBy({ from: BUYER, to: NEXT, number: 1, previous: idOf(first) })
    const step = await certify([first, second])
    const bought = await follow(PIN, step(0))
    assert.deepEqual([bought.owner.address, bought.transfers, bought.lastTransfer], [BUYER.address, 1, idOf(first)])
    const sold = await follow(bought, step(1))
    assert.deepEqual([sold.owner.address, sold.owner.key, sold.transfers], [NEXT.address, NEXT.signer.publicKey, 2])
    await refusedWith('not-the-owner', PIN, step(1))
    await refusedWith('not-the-owner', sold, step(0))
  })

  test('a sale back does not let the first transfer be shown again', async () => {
    const first = await transferBy({ from: OWNER, to: BUYER, number: 0, previous: NO_PREVIOUS })
    const back = await transferBy({ from: BUYER, to: OWNER, number: 1, previous: idOf(first) })
    const step = await certify([first, back])
    const home = await follow(await follow(PIN, step(0)), step(1))
    assert.equal(home.owner.address, OWNER.address)
    await refusedWith('wrong-transfer-number', home, step(0))
  })

  test('a transfer that the owner did not sign, or that is about something else, is refused', async () => {
    await follow(PIN, await stepOf(await transferBy({ from: OWNER, to: BUYER, number: 0, previous: NO_PREVIOUS })))
    const thief = person('thief')
    await refusedWith('not-the-owner', PIN, await stepOf(await transferBy({ from: thief, to: thief, number: 0, previous: NO_PREVIOUS })))
    await refusedWith('not-the-owner', PIN, await stepOf(await transferBy({ from: { ...thief, address: OWNER.address }, to: thief, number: 0, previous: NO_PREVIOUS })))
    await refusedWith('invalid-signature', PIN, await stepOf(await transferBy({ from: OWNER, to: BUYER, number: 0, previous: NO_PREVIOUS, consenting: thief })))
    await refusedWith('wrong-shape', PIN, await stepOf(await transferBy({ from: OWNER, to: BUYER, number: 0, previous: NO_PREVIOUS, asset: 'ta1another' })))
    await refusedWith('wrong-transfer-number', PIN, await stepOf(await transferBy({ from: OWNER, to: BUYER, number: 1, previous: NO_PREVIOUS })))
    await refusedWith('wrong-transfer-number', PIN, await stepOf(await transferBy({ from: OWNER, to: BUYER, number: 0, previous: new Uint8Array(32).fill(1) })))
  })

  test('other calls by the owner change nothing', async () => {
    const args = ['reason']
    const suspension = await signTransaction({ network: NETWORK.subarray(0, 16), iss: OWNER.address, sub: ASSET, call: 3, sequence: 0, args }, OWNER.signer)
    await refusedWith('wrong-shape', PIN, await stepOf(suspension))
  })

  test('nothing counts that the authorities did not certify', async () => {
    const transfer = await transferBy({ from: OWNER, to: BUYER, number: 0, previous: NO_PREVIOUS })
    const step = await stepOf(transfer)
    await follow(PIN, step)
    await refusedWith('not-certified', PIN, { ...step, links: [] })
    await refusedWith('not-certified', PIN, { ...step, index: 2 })
    await refusedWith('not-certified', PIN, { ...step, path: step.path.slice(1) })
    await refusedWith('not-certified', PIN, { ...step, transaction: await transferBy({ from: OWNER, to: NEXT, number: 0, previous: NO_PREVIOUS }) })
    const [link] = step.links
    const forged = { ...link!, signatures: link!.signatures.map((signed) => ({ ...signed, signature: new Uint8Array(64) })) }
    await refusedWith('not-certified', PIN, { ...step, links: [forged] })
    await refusedWith('no-quorum', PIN, { ...step, links: [{ ...link!, signatures: [] }] })
    await refusedWith('set-mismatch', PIN, (await certify([transfer], [person('other authority')]))(0))
    await refusedWith('wrong-network', PIN, { ...step, links: [{ ...link!, checkpoint: { ...link!.checkpoint, network: new Uint8Array(32) } }] })
  })

  test('a set that grew is believed through a link that the set before signed', async () => {
    const transfer = await transferBy({ from: OWNER, to: BUYER, number: 0, previous: NO_PREVIOUS })
    const second = person('second authority')
    const followed = await follow(PIN, (await certify([transfer], [AUTHORITY, second], PIN.set))(0))
    assert.deepEqual(followed.set.map((authority) => authority.address).sort(), [AUTHORITY.address, second.address].sort())
    await refusedWith('no-quorum', PIN, (await certify([transfer], [second, person('third authority')], PIN.set))(0))
  })

  test('follows a key that the owner rotated, and then takes nothing from the one before', async () => {
    const rotated = person('owner', 1)
    const rotation = await rotationBy(OWNER, rotated)
    const pin = await follow(PIN, await stepOf(rotation))
    assert.deepEqual([pin.owner.address, pin.owner.keyNumber, pin.transfers], [OWNER.address, 1, 0])
    await refusedWith('not-the-owner', pin, await stepOf(await transferBy({ from: OWNER, to: BUYER, number: 0, previous: NO_PREVIOUS })))
    const sale = await stepOf(await transferBy({ from: rotated, to: BUYER, number: 0, previous: NO_PREVIOUS }))
    assert.equal((await follow(pin, sale)).owner.address, BUYER.address)
    await refusedWith('not-the-owner', pin, await stepOf(rotation))
    await refusedWith('invalid-signature', PIN, await stepOf(await rotationBy(OWNER, { address: OWNER.address, signer: { ...rotated.signer, sign: () => new Uint8Array(64) } })))
    await refusedWith('wrong-key-number', PIN, await stepOf(await rotationBy(OWNER, person('owner', 0))))
  })
})

suite('a device that changes hands', () => {
  test('begins a new epoch in every stream, cites the transfer, and lets nobody read on', async () => {
    const rig = createRig(['odometer', 'driving'])
    const device = await openDevice(rig.start())
    for (const stream of ['odometer', 'driving']) await device.record(stream, 0, [reading(1)])
    await device.flush()
    const transfer = await transferBy({ from: OWNER, to: BUYER, number: 0, previous: NO_PREVIOUS })
    await device.follow(await stepOf(transfer))
    const restarted = await openDevice(rig.start())
    assert.equal(restarted.pin.owner.address, BUYER.address)
    for (const value of [2, 3]) for (const stream of ['odometer', 'driving']) await restarted.record(stream, 0, [reading(value)])
    await restarted.flush()
    for (const stream of ['odometer', 'driving']) {
      const records = rig.ledger.said(stream)
      assert.deepEqual(records.map(epochIn), [0, 1, 1])
      assert.deepEqual(records.map((item) => recordArgsFromCbor(item.args).cites), [null, idOf(transfer), null])
    }
    assert.notDeepEqual(rig.disk.secrets.get('odometer 0'), rig.disk.secrets.get('odometer 1'))
  })

  test('still begins a new epoch when it loses its state right after the transfer', async () => {
    const rig = createRig(['odometer'])
    const device = await openDevice(rig.start())
    await device.record('odometer', 0, [reading(1)])
    await device.flush()
    const transfer = await transferBy({ from: OWNER, to: BUYER, number: 0, previous: NO_PREVIOUS })
    await device.follow(await stepOf(transfer))
    rig.disk.state = null
    const pin = { ...pinOf(BUYER), transfers: 1, lastTransfer: idOf(transfer) }
    const restarted = await openDevice({ ...rig.start(), pin })
    await restarted.record('odometer', 0, [reading(2)])
    await restarted.flush()
    const last = rig.ledger.said('odometer').at(-1)!
    assert.equal(epochIn(last), 1)
    assert.deepEqual(recordArgsFromCbor(last.args).cites, idOf(transfer))
  })

  test('an open device cites the transfer, and has no epochs', async () => {
    const rig = createRig(['odometer'], { isOpen: true })
    const device = await openDevice(rig.start())
    await device.record('odometer', 0, [reading(1)])
    const transfer = await transferBy({ from: OWNER, to: BUYER, number: 0, previous: NO_PREVIOUS })
    await device.follow(await stepOf(transfer))
    await device.record('odometer', 0, [reading(2)])
    await device.flush()
    assert.deepEqual(rig.ledger.said('odometer').map(epochIn), [null, null])
    assert.deepEqual(recordArgsFromCbor(rig.ledger.said('odometer')[1]!.args).cites, idOf(transfer))
  })

  test('what it cannot check changes nothing', async () => {
    const rig = createRig(['odometer'])
    const device = await openDevice(rig.start())
    const thief = person('thief')
    await assert.rejects(device.follow(await stepOf(await transferBy({ from: thief, to: thief, number: 0, previous: NO_PREVIOUS }))))
    assert.deepEqual(device.pin, PIN)
    assert.deepEqual(device.pin.set, [authorityOf(AUTHORITY)])
  })
})
