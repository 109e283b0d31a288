import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { answerFromJson, answersFromJson, problemToError } from '../../src/submission/answer.ts'
import { decodeSubmissions, encodeSubmissions } from '../../src/submission/submission.ts'
import { codeOf } from '../refusal.ts'

const certified = { id: '00', status: 'certified', index: 3, height: 2, receipt: '0a0b' }
const problem = { type: '/codes/gap', title: 'Bad Request', status: 400, detail: 'Send what is missing.', code: 'gap', expected: '1', found: '2' }

suite('answers to submissions', () => {
  test('say what became of each', () => {
    assert.deepEqual(answerFromJson(certified), { status: 'certified', index: 3, height: 2, receipt: new Uint8Array([10, 11]) })
    for (const status of ['pending', 'included', 'final']) assert.deepEqual(answerFromJson({ id: '00', status }), { status: 'pending' })
    const refused = answerFromJson({ id: '00', status: 'refused', error: problem, refusal: 'ff' })
    assert.ok(refused.status === 'refused')
    assert.deepEqual([refused.error.code, refused.error.message, refused.error.expected, refused.refusal], ['gap', 'Send what is missing.', '1', new Uint8Array([255])])
  })

  test('that are none are told as such, whatever is in them', () => {
    const count = 1
    assert.equal(codeOf(() => answersFromJson({ results: [certified] }, count)), 'accepted')
    const hostile: unknown[] = [
      null, 7, 'certified', [], { results: null }, { results: [] }, { results: [certified, certified] }, { results: [null] }, { results: [{}] },
      { results: [{ ...certified, status: 'constructor' }] }, { results: [{ ...certified, index: -1 }] }, { results: [{ ...certified, index: 1.5 }] }, { results: [{ ...certified, height: '2' }] },
      { results: [{ ...certified, receipt: 'xyz' }] }, { results: [{ ...certified, receipt: '0' }] }, { results: [{ ...certified, receipt: '00'.repeat(20_000) }] }, { results: [{ ...certified, receipt: { length: 2 } }] },
    ]
    for (const answer of hostile) assert.equal(codeOf(() => answersFromJson(answer, count)), 'unexpected-answer', JSON.stringify(answer)?.slice(0, 60))
    for (const error of [undefined, {}, { code: 'Not a code' }, { code: 'a'.repeat(65) }, { code: 5 }]) assert.equal(problemToError(error).code, 'unexpected-answer')
    assert.equal(problemToError({ code: 'gap', detail: 'x'.repeat(5000) }).message.length, 1024)
  })
})

suite('bodies of submissions', () => {
  test('are read as they were written; a lone transaction is one without attachments', () => {
    const submissions = [{ bytes: new Uint8Array([1]), attachments: [new Uint8Array([2]), new Uint8Array(0)] }, { bytes: new Uint8Array([3]), attachments: [] }]
    assert.deepEqual(decodeSubmissions(encodeSubmissions(submissions)), submissions)
    const lone = new Uint8Array([0xd2, 1, 2])
    assert.deepEqual(decodeSubmissions(lone), [{ bytes: lone, attachments: [] }])
  })

  test('have limits', () => {
    const many = (count: number, attachments: number): Uint8Array => encodeSubmissions(Array.from({ length: count }, () => ({ bytes: new Uint8Array(1), attachments: Array.from({ length: attachments }, () => new Uint8Array(1)) })))
    assert.equal(codeOf(() => decodeSubmissions(many(100, 16))), 'accepted')
    for (const body of [many(0, 0), many(101, 0), many(1, 17)]) assert.equal(codeOf(() => decodeSubmissions(body)), 'wrong-shape')
    assert.equal(codeOf(() => decodeSubmissions(new Uint8Array(0))), 'malformed-cbor')
  })
})
