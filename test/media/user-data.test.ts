import t, { type Test } from 'tap'
import { cleanHevcRecord, filterAv1, filterAvc, filterHevc } from '../../src/media/user-data.ts'

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const units = (...each: string[]) =>
  each.map((one) => `${hex(one).length.toString(16).padStart(8, '0')}${one.replaceAll(' ', '')}`).join('')
const same = (t: Test, found: Uint8Array, wanted: string, message = 'the same bytes') =>
  t.equal(Buffer.from(found).toString('hex'), wanted.replaceAll(' ', ''), message)

/** Configuration records that say: lengths have four bytes. */
const avcRecord = hex('01640020ff')
const picture = '658880'

t.test('H.264: user data leaves its unit, the rest of the unit and the picture stay', async (t) => {
  const filter = filterAvc(avcRecord)
  const recoveryPoint = '0601c4'
  const userData = '0502aabb'
  same(t, filter(hex(units(`06${recoveryPoint}${userData}80`, picture))), units(`06${recoveryPoint}80`, picture))
  same(t, filter(hex(units(`06${userData}80`, picture))), units(picture), 'a unit of user data alone')
  const plain = hex(units(`06${recoveryPoint}80`, picture))
  t.equal(filter(plain), plain, 'nothing is copied when nothing is to go')
  const broken = hex('000000ff0605')
  t.equal(filter(broken), broken, 'what is no packet is left as it is')
})

t.test('H.264: bytes that keep start codes away are taken out and put back', async (t) => {
  const filter = filterAvc(avcRecord)
  // Four bytes of recovery point, 00 00 00 01, and user data of three, 00 00 01, as they are written.
  const escaped = '06 0604 00000300 01 0503 000003 01 80'
  same(t, filter(hex(units(escaped))), units('06 0604 00000300 01 80'))
})

t.test('H.265: messages before and after the picture, and in the record', async (t) => {
  const record = hex(`01${'00'.repeat(20)}03 02 200001 0002 4001 270001 0006 4e010501aa80`)
  const filter = filterHevc(record)
  same(t, filter(hex(units('4e010501aa80', '260180', '50010401bb80'))), units('260180'))
  same(t, cleanHevcRecord(record), `01${'00'.repeat(20)}03 01 200001 0002 4001`)
})

t.test('AV1: private metadata and padding go, colours stay', async (t) => {
  same(t, filterAv1(hex('1200 2a0204b5 2a0201aa 7a0100 3201ff')), '1200 2a0201aa 3201ff')
  const broken = hex('2aff')
  t.equal(filterAv1(broken), broken)
})
