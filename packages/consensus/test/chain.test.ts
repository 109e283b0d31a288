import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { RefusedError, cosignatureCheck, decode, decodeReceipt, decodeRefusal, decodeTransaction, equalBytes, isValidSignature, leafHash, portable, publicKeyToCose, rootFromInclusion, transactionId } from '@telltale/core'
import type { Cbor, CborMap, Submission } from '@telltale/core'
import { CALLS, addAuthority, admitMessage, createTestNetwork, keySignature, recordContent, role, testIdentity, testSigner } from '@telltale/testing'
import type { TestMessage } from '@telltale/testing'
import { createChain } from '../src/chain/chain.ts'
import { createInlineVerifier } from '../src/chain/signature-verifier.ts'
import { codeOf, createGate, createRig, signRecords, startChain } from './rig.ts'
import type { Rig } from './rig.ts'

const signed = async ({ network }: Rig, message: TestMessage): Promise<Submission> => ({ bytes: await network.sign(message), attachments: [] })
/** The parameters of the genesis, one of them changed. */
const changedParameters = ({ network }: Rig, change: [string, Cbor] = ['notes', 5]): Cbor => new Map([...((decode(network.genesis) as Cbor[])[6] as CborMap), change])
const admission = async (rig: Rig, n: number): Promise<Submission> => signed(rig, await admitMessage(rig.network, testIdentity(n), { roles: [role('owner')] }))

suite('a transaction that is sent to the chain', () => {
  test('is in the log, certified, and told where it stands', async () => {
    const rig = await createRig()
    const chain = await startChain(rig)
    const { position } = rig.network.ledger
    const [one, two] = (await signRecords(rig, 2)) as [Submission, Submission]
    const first = await chain.submit(one)
    assert.deepEqual([first.height, first.index], [position.height + 1, position.log.size])
    const second = await chain.submit(two)
    assert.deepEqual([second.height, second.index], [position.height + 2, position.log.size + 1])
    assert.ok(equalBytes((await rig.network.reader.transaction(second.index)).bytes, two.bytes))
    assert.ok(equalBytes((await rig.store.readAttachment(portable.sha256(two.attachments[0] as Uint8Array))) as Uint8Array, two.attachments[0] as Uint8Array))
    assert.equal(chain.head?.checkpoint.size, second.index + 1)
    assert.deepEqual(chain.head?.checkpoint, await rig.network.checkpointAt(second.height))
  })

  test('has a receipt: its path leads to the log root that the authority signed', async () => {
    const rig = await createRig()
    const chain = await startChain(rig)
    const submissions = await signRecords(rig, 20)
    const certified = await Promise.all(submissions.map((submission) => chain.submit(submission)))
    const [authority] = rig.network.ledger.authorities(1)
    for (const [i, { index }] of certified.entries()) {
      const { path, cosignature, algorithm, ...claims } = decodeReceipt(await chain.receipt(index))
      assert.deepEqual([claims.index, algorithm, cosignature.address], [index, 'EdDSA', rig.authority.address])
      const logRoot = rootFromInclusion(leafHash(submissions[i]!.bytes, portable.sha256), index, claims.size, path, portable.sha256)
      assert.ok(logRoot && equalBytes(logRoot, chain.head!.checkpoint.logRoot))
      assert.ok(await isValidSignature(cosignatureCheck({ ...claims, logRoot }, authority!, cosignature), portable))
    }
  })

  test('with many others goes into few blocks, in the order in which they came', async () => {
    const rig = await createRig()
    const chain = await startChain(rig)
    const certified = await Promise.all((await signRecords(rig, 60)).map((submission) => chain.submit(submission)))
    const start = certified[0]!.index
    assert.deepEqual(certified.map(({ index }) => index), certified.map((_, i) => start + i))
    assert.ok(new Set(certified.map(({ height }) => height)).size < 60)
  })

  test('blocks hold no more transactions and bytes than the network allows', async () => {
    const rig = await createRig({ blockTransactionsMax: 7 })
    const chain = await startChain(rig)
    const heights = (await Promise.all((await signRecords(rig, 30)).map((submission) => chain.submit(submission)))).map(({ height }) => height)
    for (const height of new Set(heights)) assert.ok(heights.filter((other) => other === height).length <= 7)
    const small = await createRig({ blockBytesMax: 65_536 })
    const gate = createGate()
    const slow = await startChain(small, { verifier: gate })
    const records = await signRecords(small, 260)
    assert.ok(records.reduce((sum, { bytes }) => sum + bytes.length, 0) > 65_536)
    const waiting = records.map((submission) => slow.submit(submission))
    gate.open()
    const certified = await Promise.all(waiting)
    for (const height of new Set(certified.map((item) => item.height))) {
      const bytes = records.reduce((sum, record, i) => (certified[i]!.height === height ? sum + record.bytes.length : sum), 0)
      assert.ok(bytes <= 65_536, `${bytes} in block ${height}`)
    }
  })

  test('is refused with its code while others of the same block pass', async () => {
    const rig = await createRig()
    const { network, owner } = rig
    const gate = createGate()
    const chain = await startChain(rig, { verifier: gate })
    const { size } = network.ledger.position.log
    const [one, two, , four] = (await signRecords(rig, 4)) as [Submission, Submission, Submission, Submission]
    const stranger = await signed(rig, await admitMessage(network, testIdentity(20), { roles: [role('owner')], by: owner }))
    const waiting = [one, stranger, four, two, one, await admission(rig, 21)].map(async (submission) => {
      try {
        return (await chain.submit(submission)).height
      } catch (error) {
        return (error as { code: string }).code
      }
    })
    gate.open()
    const answers = await Promise.all(waiting)
    const height = network.ledger.position.height
    assert.deepEqual(answers, [height, 'not-allowed', 'gap', height, 'already-included', height])
    assert.equal(network.ledger.position.log.size, size + 3)
  })

  test('is refused where it cannot be read, was not signed, or comes from nobody', async () => {
    const rig = await createRig()
    const chain = await startChain(rig)
    const [record] = (await signRecords(rig, 1)) as [Submission]
    const damaged = record.bytes.slice()
    damaged[damaged.length - 1] = (damaged[damaged.length - 1] as number) ^ 1
    assert.equal(await codeOf(chain.submit({ ...record, bytes: damaged })), 'invalid-signature')
    assert.equal(await codeOf(chain.submit({ ...record, bytes: new Uint8Array([0xff]) })), 'malformed-cbor')
    assert.equal(await codeOf(chain.submit({ ...record, bytes: new Uint8Array(16_385) })), 'transaction-too-large')
    assert.equal(await codeOf(chain.submit(await signed(rig, { key: testIdentity(99), call: CALLS.sealKey, sub: '', args: [0, new Uint8Array(32).fill(9)], sequence: 0 }))), 'unknown-identity')
    assert.equal(await codeOf(chain.submit(await signed(rig, { key: rig.owner, call: 999, sub: '', args: [], sequence: 0 }))), 'unknown-call')
    assert.equal(await codeOf(chain.submit(record)), 'accepted')
  })

  test('waits for its own signature check without overtaking: a forged one before it leaves a gap', async () => {
    const rig = await createRig()
    const inline = createInlineVerifier(portable)
    let checks = 0
    // The first check takes longest.
    const chain = await startChain(rig, { verifier: { verify: async (list) => {
      checks += 1
      for (let i = 10 - 3 * checks; i > 0; i--) await new Promise((resolve) => setTimeout(resolve, 1))
      return inline.verify(list)
    } } })
    const [one, two, three] = (await signRecords(rig, 3)) as [Submission, Submission, Submission]
    const certified = await Promise.all([one, two, three].map((submission) => chain.submit(submission)))
    assert.deepEqual(certified.map(({ index }) => index - certified[0]!.index), [0, 1, 2])
    const [four, five] = (await signRecords(rig, 2)) as [Submission, Submission]
    const forged = { ...four, bytes: four.bytes.with(four.bytes.length - 1, 0) }
    assert.deepEqual(await Promise.all([codeOf(chain.submit(forged)), codeOf(chain.submit(five))]), ['invalid-signature', 'gap'])
    assert.equal(await codeOf(chain.submit(four)), 'accepted')
  })

  test('a device that cannot be helped gets a signed refusal, others a plain one', async () => {
    const rig = await createRig()
    const chain = await startChain(rig)
    const { network, device } = rig
    const { args } = recordContent(network, device, 'odometer', { previous: new Uint8Array(32).fill(1) })
    const wrong = await signed(rig, { key: device, call: CALLS.record, sub: 'odometer', args })
    const body = recordContent(network, device, 'odometer', { previous: new Uint8Array(32).fill(1) }).body
    const read = network.ledger.read(wrong.bytes)
    await assert.rejects(chain.submit({ ...wrong, attachments: [body] }), (error: unknown) => {
      assert.ok(error instanceof RefusedError && read.ok)
      const refusal = decodeRefusal(error.refusal)
      assert.deepEqual([refusal.code, refusal.isPermanent], ['previous-mismatch', true])
      return equalBytes(refusal.id, read.value.id)
    })
    const [, later] = (await signRecords(rig, 2)) as [Submission, Submission]
    await assert.rejects(chain.submit(later), (error: unknown) => !(error instanceof RefusedError) && (error as { code: string }).code === 'gap')
  })
})

suite('attachments', () => {
  test('come with the transaction, each once and none besides', async () => {
    const rig = await createRig()
    const chain = await startChain(rig)
    const [record] = (await signRecords(rig, 1)) as [Submission]
    const [body] = record.attachments as [Uint8Array]
    assert.equal(await codeOf(chain.submit({ ...record, attachments: [] })), 'missing-attachment')
    assert.equal(await codeOf(chain.submit({ ...record, attachments: [body, new Uint8Array(3)] })), 'surplus-attachment')
    assert.equal(await codeOf(chain.submit({ ...record, attachments: [body, body] })), 'surplus-attachment')
    assert.equal(await codeOf(chain.submit({ ...record, attachments: [new Uint8Array([...body, 0])] })), 'surplus-attachment')
    assert.equal(await codeOf(chain.submit({ ...(await admission(rig, 22)), attachments: [body] })), 'surplus-attachment')
    assert.equal(await codeOf(chain.submit(record)), 'accepted')
  })

  test('that are stored need not come again; dropped ones do', async () => {
    const rig = await createRig()
    const chain = await startChain(rig)
    const body = new Uint8Array([0x80])
    const reference: Cbor = [portable.sha256(body), 1]
    const record = async (): Promise<Submission> => {
      const { args } = recordContent(rig.network, rig.device, 'odometer')
      return signed(rig, { key: rig.device, call: CALLS.record, sub: 'odometer', args: args.with(3, reference) })
    }
    assert.equal(await codeOf(chain.submit({ ...(await record()), attachments: [body] })), 'accepted')
    assert.equal(await codeOf(chain.submit(await record())), 'accepted')
    await rig.store.dropAttachment(portable.sha256(body))
    assert.equal(await codeOf(chain.submit(await record())), 'missing-attachment')
    assert.equal(await codeOf(chain.submit({ ...(await record()), attachments: [body] })), 'accepted')
    assert.ok(rig.store.hasAttachment(portable.sha256(body)))
  })

  test('may be referred to by many, in one block and later', async () => {
    const rig = await createRig()
    const { network, device } = rig
    const gate = createGate()
    const chain = await startChain(rig, { verifier: gate })
    const body = new Uint8Array([0x80])
    const submissions: Submission[] = []
    let previous = new Uint8Array(32)
    for (let sequence = 0; sequence < 3; sequence++) {
      const { args } = recordContent(network, device, 'odometer', { sequence, previous })
      const { bytes } = await signed(rig, { key: device, call: CALLS.record, sub: 'odometer', args: args.with(3, [portable.sha256(body), 1]), sequence })
      previous = new Uint8Array(transactionId(decodeTransaction(bytes), portable))
      submissions.push({ bytes, attachments: [body] })
    }
    const together = submissions.slice(0, 2).map((submission) => chain.submit(submission))
    gate.open()
    const heights = (await Promise.all(together)).map(({ height }) => height)
    assert.equal(heights[0], heights[1])
    assert.ok((await chain.submit(submissions[2] as Submission)).height > (heights[0] as number))
    assert.deepEqual(await rig.store.readAttachment(portable.sha256(body)), body)
  })
})

suite('one authority', () => {
  test('seals alone: with its own key in force, and nobody beside it', async () => {
    const rig = await createRig()
    assert.equal(await codeOf(startChain(rig, { address: rig.owner.address })), 'not-an-authority')
    assert.equal(await codeOf(startChain(rig, { signer: testSigner(1, 'EdDSA', 1) })), 'not-an-authority')
    assert.equal(await codeOf(startChain(rig, { signer: rig.owner.signer })), 'not-an-authority')
    const four = await createTestNetwork({ authorities: 4 })
    const { address, signer } = four.authorities[0]!
    assert.equal(await codeOf(createChain({ ledger: four.ledger, signer, address, verifier: createInlineVerifier(portable), primitives: portable, clock: { nowMs: () => 0 } })), 'needs-peers')
    const working = await createTestNetwork({ authorities: 1, parameters: { workBits: 8 } })
    assert.equal(await codeOf(createChain({ ledger: working.ledger, signer: working.authorities[0]!.signer, address: working.authorities[0]!.address, verifier: createInlineVerifier(portable), primitives: portable, clock: { nowMs: () => 0 } })), 'needs-peers')
    assert.equal(await codeOf(startChain(rig)), 'accepted')
  })

  test('refuses whatever would put another authority or key in force, before it is pooled', async () => {
    const rig = await createRig()
    const { network, authority, owner } = rig
    const chain = await startChain(rig)
    const { size } = network.ledger.position.log
    const rotation = async (of: typeof owner, by = of): Promise<Submission> => {
      const next = { address: of.address, signer: testSigner(30, 'EdDSA', 1) }
      return signed(rig, { key: by, call: CALLS.rotate, sub: of.address, args: [1, publicKeyToCose(next.signer.publicKey), await keySignature(network, next, 'rotation')] })
    }
    const proposal = (kind: string, value: Cbor): Promise<Submission> => signed(rig, { key: authority, call: CALLS.propose, sub: authority.address, args: [kind, value] })
    const refused = [await rotation(authority), await rotation(authority, owner), await proposal(...addAuthority(owner)), await proposal('remove-authority', authority.address), await proposal('parameters', changedParameters(rig, ['work', 8]))]
    for (const submission of refused) assert.equal(await codeOf(chain.submit(submission)), 'one-authority-only')
    assert.equal(network.ledger.position.log.size, size)
    assert.equal(await codeOf(chain.submit(await proposal('parameters', changedParameters(rig)))), 'accepted')
    assert.equal(await codeOf(chain.submit(await rotation(owner, authority))), 'accepted')
    assert.equal(network.ledger.parameters(network.ledger.position.height + 1).notesMax, 5)
  })
})

suite('reading at a certified moment', () => {
  test('finds the ledger exactly at the head, however busy the chain is', async () => {
    const rig = await createRig({ blockTransactionsMax: 2 })
    const gate = createGate()
    const chain = await startChain(rig, { verifier: gate })
    const { ledger } = rig.network
    const start = ledger.position.log.size
    const work = (await signRecords(rig, 40)).map((submission) => chain.submit(submission))
    gate.open()
    const sizes = new Set<number>()
    while (ledger.position.log.size < start + 40) {
      await chain.atCertified((head) => {
        assert.equal(head?.checkpoint.height, ledger.position.height)
        assert.equal(head?.checkpoint.size, ledger.position.log.size)
        sizes.add(ledger.position.log.size)
      })
      // Somewhere else in the making of a block each time.
      for (let i = sizes.size % 7; i > 0; i--) await Promise.resolve()
    }
    await Promise.all(work)
    assert.ok(sizes.size > 5, `${sizes.size} moments`)
    assert.equal(await codeOf(chain.atCertified(() => ledger.read(new Uint8Array(0)))), 'accepted')
  })

  test('what goes wrong in a reader reaches the reader only', async () => {
    const rig = await createRig()
    const chain = await startChain(rig)
    const [one] = (await signRecords(rig, 1)) as [Submission]
    const sent = chain.submit(one)
    await assert.rejects(chain.atCertified(() => assert.fail('mine')), { message: 'mine' })
    assert.equal(await codeOf(sent), 'accepted')
  })
})

suite('time', () => {
  test('of blocks rises, of cosignatures never falls, whatever the clock does', async () => {
    const rig = await createRig()
    const chain = await startChain(rig)
    const times: number[] = []
    const clocks: number[] = []
    for (const change of [0, 0, -3_600_000, 10_000, -1]) {
      rig.clock.ms += change
      const [one] = (await signRecords(rig, 1)) as [Submission]
      await chain.submit(one)
      times.push(rig.network.ledger.position.timeMs)
      clocks.push(chain.head!.cosignatures[0]!.issuedAtSeconds)
    }
    for (let i = 1; i < times.length; i++) assert.ok(times[i]! > times[i - 1]! && clocks[i]! >= clocks[i - 1]!)
    assert.equal(clocks[2], clocks[1])
    assert.equal(rig.store.signed?.issuedAtSeconds, clocks.at(-1))
  })
})
