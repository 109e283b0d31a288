import assert from 'node:assert/strict'
import test from 'node:test'
import { readDbc } from '../../src/sources/dbc.ts'

const honest = `VERSION ""

NS_ :
    CM_
    VAL_
    SG_MUL_VAL_

BS_:

BU_: A B

BO_ 1553 UI_SETTING: 8 XXX
 SG_ UNITS : 26|2@0+ (1,0) [0|3] "" XXX
 SG_ ODOMETER : 39|32@0+ (1,0) [0|1048575] "" XXX

BO_ 2566889505 CLIMATE: 4 A
 SG_ PAGE M : 0|4@1+ (1,0) [0|15] "" A,B
 SG_ INSIDE m0 : 8|12@1- (0.1,-40) [-40|85.5] "degC" A
 SG_ OUTSIDE m1 : 8|12@1- (3.05E-5,+1.5) [0.0|1.9988175] "degC"  A

CM_ BO_ 1553 "first line
BO_ 1 NOT_A_MESSAGE: 8 X
 SG_ NOT_A_SIGNAL : 0|1@1+ (1,0) [0|1] \\"quoted\\" X
last line";
BA_ "x" 1;
VAL_ 1553 UNITS 1 "km" 2 "miles"
  3 "with ; and more";
VAL_ 9999 NOWHERE 1 "x";
`

test('messages, signals, multiplexing and names of values are read; all else is passed over', () => {
  for (const text of [honest, honest.replaceAll('\n', '\r\n'), `\uFEFF${honest}`]) {
    const { messages, notes } = readDbc(text)
    assert.deepEqual(notes, [])
    assert.deepEqual(messages.map((message) => [message.name, message.id, message.extended, message.bytes, [...message.signals.keys()]]), [
      ['UI_SETTING', 1553, false, 8, ['UNITS', 'ODOMETER']],
      ['CLIMATE', 0x18ffa021, true, 4, ['PAGE', 'INSIDE', 'OUTSIDE']],
    ])
  }
})

test('each part of a signal is read', () => {
  const [setting, climate] = readDbc(honest).messages
  const units = setting?.signals.get('UNITS')
  assert.deepEqual([...(units?.values ?? [])], [[1n, 'km'], [2n, 'miles'], [3n, 'with ; and more']])
  const odometer = setting?.signals.get('ODOMETER')
  assert.deepEqual([odometer?.startBit, odometer?.bits, odometer?.littleEndian, odometer?.signed, odometer?.multiplexedBy], [39, 32, false, false, null])
  assert.equal(climate?.signals.get('PAGE')?.multiplexer, true)
  const inside = climate?.signals.get('INSIDE')
  assert.deepEqual([inside?.littleEndian, inside?.signed, inside?.unit, inside?.multiplexedBy], [true, true, 'degC', 0])
  assert.deepEqual([inside?.factor, inside?.offset], [{ mantissa: 1n, exponent: -1 }, { mantissa: -40n, exponent: 0 }])
  assert.deepEqual([climate?.signals.get('OUTSIDE')?.factor, climate?.signals.get('OUTSIDE')?.offset], [{ mantissa: 305n, exponent: -7 }, { mantissa: 15n, exponent: -1 }])
})

test('a broken message or signal is refused with its line, what was expected and what was found', () => {
  const message = 'BO_ 1 M: 8 X'
  const signal = ' SG_ S : 0|8@1+ (1,0) [0|255] "" X'
  assert.equal(readDbc(`${message}\n${signal}\n`).messages.length, 1)
  const cases: [string, number, RegExp][] = [
    [`\n\n${signal}`, 3, /BO_/],
    ['BO_ x M: 8 X', 1, /identifier as a decimal number/],
    ['BO_ 1 : 8 X', 1, /name of the message/],
    ['BO_ 1 M 8 X', 1, /colon/],
    ['BO_ 1 M: X', 1, /length/],
    ['BO_ 1 M: 60000 X', 1, /at most 1785/],
    ['BO_ 4294967296 M: 8 X', 1, /32 bits/],
    ['BO_ 1073741824 M: 8 X', 1, /29 bits/],
    [`${message}\n${message}`, 2, /line 1 has it/],
    [`${message}\n${signal}\n${signal}`, 3, /line 2 has it/],
    [`${message}\n SG_ : 0|8@1+ (1,0) [0|255] "" X`, 2, /name of the signal/],
    [`${message}\n SG_ S m : 0|8@1+ (1,0) [0|255] "" X`, 2, /colon/],
    [`${message}\n SG_ S : 0,8@1+ (1,0) [0|255] "" X`, 2, /number of bits/],
    [`${message}\n SG_ S : 0|0@1+ (1,0) [0|255] "" X`, 2, /one bit/],
    [`${message}\n SG_ S : 99999|8@1+ (1,0) [0|255] "" X`, 2, /start bit/],
    [`${message}\n SG_ S : 0|8@2+ (1,0) [0|255] "" X`, 2, /byte order/],
    [`${message}\n SG_ S : 0|8@1 (1,0) [0|255] "" X`, 2, /"\+" or "-"/],
    [`${message}\n SG_ S : 0|8@1+ (1;0) [0|255] "" X`, 2, /factor/],
    [`${message}\n SG_ S : 0|8@1+ (1,x) [0|255] "" X`, 2, /offset/],
    [`${message}\n SG_ S : 0|8@1+ (1,0) 0|255 "" X`, 2, /range/],
    [`${message}\n SG_ S : 0|8@1+ (1,0) [0|255] "km/h X\nBO_ 2 N: 8 X`, 2, /unit in quotes/],
    [`${message}\nCM_ "never closed\n`, 2, /quotation/],
  ]
  assert.throws(() => readDbc(`${message}\n SG_ S : 0|8@1+ (1,0) [0`), { message: /range.*The file ends in this line/ })
  assert.throws(() => readDbc(`${message}\n SG_ S : 0|8@1+ (1,0) [0\n`), ({ message: words }: Error) => !words.includes('ends in this line'))
  for (const [text, line, expected] of cases) {
    assert.throws(() => readDbc(text), (error: Error & { code?: string; expected?: string; found?: string }) => {
      assert.equal(error.code, 'malformed-dbc', text)
      assert.match(error.message, new RegExp(`Line ${line} `), text)
      assert.match(error.expected ?? '', expected, text)
      assert.match(error.found ?? '', new RegExp(`line ${line}`), text)
      return true
    })
  }
})

test('a list whose semicolon was forgotten ends at the next keyword', () => {
  const { messages } = readDbc('BO_ 1 M: 8 X\n SG_ S : 0|8@1+ (1,0) [0|1] "" X\nVAL_ 1 S 1 "one"\nBO_ 2 N: 8 X\n')
  assert.deepEqual(messages.map((message) => message.name), ['M', 'N'])
  assert.equal(messages[0]?.signals.get('S')?.values.get(1n), 'one')
})

test('what a database leaves open is noted', () => {
  const { notes, messages } = readDbc('CM_ "IMPORT _honda_common.dbc";\n')
  assert.deepEqual([messages.length, notes.map((note) => [note.code, note.line])], [0, [['import-not-followed', 1], ['no-messages', 0]]])
  const long = readDbc('BO_ 13274 LKAS_HUD_A: 5 ADAS\n')
  assert.deepEqual([long.messages[0]?.extended, long.notes.map((note) => note.code)], [true, ['identifier-too-long']])
})

test('signals whose bits would be misread are marked', () => {
  const head = 'BO_ 1 M: 8 X\n SG_ S : 0|32@1+ (1,0) [0|1] "" X\n'
  const reason = (text: string, name = 'S'): string | null | undefined => readDbc(text).messages[0]?.signals.get(name)?.unreadable
  assert.equal(reason(head), null)
  assert.equal(reason(`${head}SIG_VALTYPE_ 1 S : 0;`), null)
  assert.match(reason(`${head}SIG_VALTYPE_ 1 S : 1;`) ?? '', /float/)
  assert.match(reason(`${head}SG_MUL_VAL_ 1 S P 1-3;`) ?? '', /nested/)
  assert.match(reason('BO_ 1 M: 64 X\n SG_ S : 0|65@1+ (1,0) [0|1] "" X\n') ?? '', /65 bits/)
  const nested = 'BO_ 1 M: 8 X\n SG_ P M : 0|4@1+ (1,0) [0|1] "" X\n SG_ Q m0M : 4|4@1+ (1,0) [0|1] "" X\n SG_ S m1 : 8|8@1+ (1,0) [0|1] "" X\n'
  assert.match(reason(nested) ?? '', /nested/)
  assert.equal(reason(nested.replace('m0M', 'm0')), null)
})

test('the shelf for signals without a message is left out', () => {
  const { messages } = readDbc('BO_ 3221225472 VECTOR__INDEPENDENT_SIG_MSG: 0 Vector__XXX\n SG_ S : 0|8@1+ (1,0) [0|1] "" X\nBO_ 2 N: 8 X\n')
  assert.deepEqual(messages.map((message) => message.name), ['N'])
})
