import t from 'tap'
import { type CaptionFormat, readCaptions } from '../../src/captions/captions.ts'

const read = (text: string, format: CaptionFormat = 'vtt', seconds: number | null = 60) =>
  readCaptions(Buffer.from(text), format, seconds)
const told = (text: string, format: CaptionFormat = 'vtt', seconds: number | null = null) =>
  read(text, format, seconds).remarks.map(({ line, severity, code }) => `${line} ${severity} ${code}`)

const cue = (times = '00:00.000 --> 00:02.000', text = 'Text') => `${times}\n${text}\n`
const file = (...cues: string[]) => `WEBVTT\n\n${cues.join('\n')}`

t.test('what is valid has no remark', async (t) => {
  const cases: Record<string, string> = {
    'one caption': file(cue()),
    'a byte order mark': `\ufeff${file(cue())}`,
    'a title': `WEBVTT - a title\n\n${cue()}`,
    'no hours, and hours of three digits': file(cue('00:01.000 --> 00:02.000'), cue('000:00:03.000 --> 100:00:00.000')),
    'line ends of every kind': file(cue()).replaceAll('\n', '\r\n'),
    'old line ends': file(cue()).replaceAll('\n', '\r'),
    'names of captions': file(`first\n${cue()}`),
    comments: file('NOTE one line\n', 'NOTE\nseveral\nlines\n', cue()),
    styles: file('STYLE\n::cue { color: red }\n', cue()),
    settings: file(cue('00:00.000 --> 00:02.000 line:10%,end position:20%,line-left size:35% align:start')),
    'upright writing': file(cue('00:00.000 --> 00:02.000 vertical:rl line:0')),
    markup: file(
      cue(
        undefined,
        '<v Maria>Hello</v> <i>there</i> <b.loud>now</b> <lang fr>oui</lang> <ruby>漢<rt>kan</rt></ruby> <00:01.000>later',
      ),
    ),
    escapes: file(cue(undefined, '1 &lt; 2 &amp; &eacute; &nbsp; &#233;')),
    'right to left': file(cue(undefined, 'شكرا &rlm;2021')),
  }
  for (const [what, text] of Object.entries(cases)) t.same(told(text), [], what)
})

t.test('every fault is told with its line', async (t) => {
  const cases: [what: string, text: string, remarks: string[]][] = [
    ['no signature', cue(), ['1 fault wrongSyntax']],
    ['a signature in small letters', `webvtt\n\n${cue()}`, ['1 fault wrongSyntax']],
    ['a signature with letters behind', `WEBVTTx\n\n${cue()}`, ['1 fault wrongSyntax']],
    ['nothing at all', '', ['1 fault wrongSyntax']],
    ['no captions', 'WEBVTT\n', ['1 fault noCaptions']],
    [
      'fields of an exporter',
      `WEBVTT\nKind: captions\nLanguage: en\n\n${cue()}`,
      ['2 warning wrongSyntax', '3 warning wrongSyntax'],
    ],
    ['no blank line after the signature', `WEBVTT\n${cue()}`, ['2 fault wrongSyntax']],
    [
      'no blank line between',
      file('00:00.000 --> 00:02.000\nText\n00:03.000 --> 00:04.000\nText'),
      ['5 fault wrongSyntax'],
    ],
    ['a name alone', file('alone\n', cue()), ['3 fault wrongSyntax']],
    ['a comma for the fraction', file(cue('00:00:00,000 --> 00:00:02,000')), ['3 fault wrongTiming']],
    ['two digits of the fraction', file(cue('00:00.00 --> 00:02.000')), ['3 fault wrongTiming']],
    ['sixty seconds', file(cue('00:00.000 --> 00:60.000')), ['3 fault wrongTiming']],
    ['sixty minutes', file(cue('00:60:00.000 --> 01:00:02.000')), ['3 fault wrongTiming']],
    ['one digit of seconds', file(cue('00:0.000 --> 00:02.000')), ['3 fault wrongTiming']],
    ['a negative time', file(cue('-00:01.000 --> 00:02.000')), ['3 fault wrongTiming']],
    ['letters for a time', file(cue('soon --> later')), ['3 fault wrongTiming']],
    ['no second time', file(cue('00:00.000 --> ')), ['3 fault wrongTiming']],
    ['no space around the arrow', file(cue('00:00.000-->00:02.000')), ['3 fault wrongTiming', '3 fault wrongTiming']],
    ['a short arrow', file('00:00.000 -> 00:02.000\nText'), ['4 fault wrongSyntax', '4 fault wrongSyntax']],
    ['an end before the start', file(cue('00:02.000 --> 00:01.000')), ['3 fault wrongTiming']],
    ['an unknown setting', file(cue('00:00.000 --> 00:02.000 colour:red')), ['3 fault wrongTiming']],
    ['a size above the whole', file(cue('00:00.000 --> 00:02.000 size:200%')), ['3 fault wrongTiming']],
    ['a setting without a value', file(cue('00:00.000 --> 00:02.000 align:')), ['3 fault wrongTiming']],
    ['an arrow in a comment', file('NOTE a --> b\n', cue()), ['3 fault wrongTiming']],
    ['a style after a caption', file(cue(), 'STYLE\n::cue {}\n'), ['8 fault wrongSyntax']],
    [
      'a tag in the second line of a text',
      file(cue(undefined, 'one\ntwo <script>alert(1)</script>')),
      ['5 fault wrongMarkup', '5 fault wrongMarkup'],
    ],
    ['a tag that stays open', file(cue(), cue('00:03.000 --> 00:04.000', '<i>one\ntwo')), ['8 fault wrongMarkup']],
    ['a closing tag alone', file(cue(undefined, 'one</b>')), ['4 fault wrongMarkup']],
    ['an ampersand alone', file(cue(undefined, 'this & that')), ['4 fault wrongMarkup']],
    ['an unknown escape', file(cue(undefined, '&unknownthing;')), ['4 fault wrongMarkup']],
    ['a time in the text outside of its caption', file(cue(undefined, '<00:05.000>late')), ['4 fault wrongMarkup']],
  ]
  for (const [what, text, remarks] of cases) t.same(told(text), remarks, what)
})

t.test('captions follow each other and the video', async (t) => {
  const both = (first: string, second: string) => file(cue(first), cue(second))
  t.same(told(both('00:03.000 --> 00:04.000', '00:01.000 --> 00:02.000')), ['6 fault wrongOrder'])
  t.same(told(both('00:01.000 --> 00:04.000', '00:02.000 --> 00:05.000')), ['6 warning overlap'])
  t.same(told(both('00:01.000 --> 00:04.000', '00:04.000 --> 00:05.000')), [])
  t.same(told(both('00:01.000 --> 00:04.000', '00:10.000 --> 00:12.000'), 'vtt', 10), ['6 fault outsideVideo'])
  t.same(told(both('00:01.000 --> 00:04.000', '00:09.000 --> 00:12.000'), 'vtt', 10), ['6 warning outsideVideo'])
  t.same(told(both('00:01.000 --> 00:04.000', '00:09.000 --> 00:10.500'), 'vtt', 10), [], 'half a second is let pass')
  t.same(told(both('00:01.000 --> 00:02.000', '00:03.000 --> 00:04.000'), 'vtt', 300), ['6 warning incomplete'])
  t.same(told(file(cue(undefined, 'a\nb\nc\nd'))), ['3 warning hardToRead'])
  t.match(
    read(file(cue('05:01.000 --> 05:02.000')), 'vtt', 300).remarks[0]?.message,
    /starts at 00:05:01.000, but the video ends at 00:05:00.000/,
  )
})

t.test('what is kept holds the captions alone', async (t) => {
  const text = [
    ...[
      'WEBVTT by Maria Example',
      '',
      'NOTE',
      'recorded at home',
      '',
      'STYLE',
      '::cue { background: url(https://example.org/a.png) }',
      '',
    ],
    ...[
      'maria-1',
      '00:00.500 --> 00:02.000 line:0 align:start',
      '<v Maria Example>Hello</v> <c.loud><i.big>you</i></c>',
      '',
    ],
    ...['00:03.000 --> 01:00:00.000', 'a &lt;b&gt; <lang es"onload=>c</lang> <00:04.000>d'],
  ].join('\n')
  t.equal(
    read(text, 'vtt', null).text,
    'WEBVTT\n\n00:00:00.500 --> 00:00:02.000 line:0 align:start\nHello <i>you</i>\n\n00:00:03.000 --> 01:00:00.000\na &lt;b&gt; <lang und>c</lang> <00:04.000>d\n',
  )
  const written = read(text, 'vtt', null).text as string
  t.same(told(written), [], 'it is valid again')
  t.equal(read(written, 'vtt', null).text, written, 'and stays as it is')
})

t.test('SubRip becomes WebVTT', async (t) => {
  const srt = [
    ...['\ufeff1', '00:00:00,500 --> 00:00:02,000', '{\\an8}<font color="#fff">Tom & <i>Anna</i></font>', ''],
    ...['2', '00:00:03.000 --> 00:00:04,5  X1:1 X2:2 Y1:1 Y2:2', '<B>open', '1 < 2', '', ''],
    ...['3', '00:01:00,000 --> 00:01:02,000', '<script>alert(1)</script>'],
  ].join('\r\n')
  const { text, remarks } = read(srt, 'srt', 62)
  t.same(remarks, [])
  t.equal(
    text,
    'WEBVTT\n\n00:00:00.500 --> 00:00:02.000\nTom &amp; <i>Anna</i>\n\n00:00:03.000 --> 00:00:04.500\nopen\n1 &lt; 2\n\n00:01:00.000 --> 00:01:02.000\n&lt;script&gt;alert(1)&lt;/script&gt;\n',
  )
  t.same(told(text as string), [])
})

t.test('faults of SubRip have their lines too', async (t) => {
  const good = '1\n00:00:00,000 --> 00:00:02,000\nText\n\n'
  t.same(told(`${good}2\n00:00:03,000 -> 00:00:04,000\nText\n\n3\n00:00:05,000 --> 00:00:06,000\nText`, 'srt'), [
    '6 fault wrongSyntax',
  ])
  t.same(told(`${good}2\n00:00:61,000 --> 00:01:04,000\nText`, 'srt'), ['6 fault wrongTiming'])
  t.same(told(`${good}2\n00:00:04,000 --> 00:00:03,000\nText`, 'srt'), ['6 fault wrongTiming'])
  t.same(told(`${good}2\n00:00:04 --> 00:00:05\nText`, 'srt'), ['6 fault wrongTiming'])
  t.same(told(`${good}hello\nworld`, 'srt'), ['5 fault wrongSyntax'])
  t.same(told('1\n00:00:00,000 --> 00:00:02,000\nText\n2\n00:00:03,000 --> 00:00:04,000\nText', 'srt'), [
    '5 fault wrongSyntax',
  ])
  t.same(told('', 'srt'), ['1 fault noCaptions'])
})

t.test('what no parser should be given is refused before', async (t) => {
  const refused = (bytes: Buffer, format: CaptionFormat = 'vtt') => readCaptions(bytes, format, null).remarks
  t.match(refused(Buffer.concat([Buffer.from('WEBVTT\n\n00:00.000 --> 00:01.000\n'), Buffer.from([0xe9])])), [
    { line: 4, code: 'wrongEncoding' },
  ])
  t.match(refused(Buffer.from(file(cue()), 'utf16le')), [{ line: 1, code: 'wrongEncoding' }])
  t.match(refused(Buffer.alloc(600 * 1024, 'a')), [{ line: 1, code: 'tooLarge' }])
  t.match(refused(Buffer.from(file(cue(undefined, '<b>'.repeat(3_000))))), [{ line: 4, code: 'tooLarge' }])
  t.match(refused(Buffer.from(file(cue(undefined, `${'<b>'.repeat(600)}\n`.repeat(40))))), [
    { line: 3, code: 'tooLarge' },
  ])
  t.match(refused(Buffer.from(file(...Array.from({ length: 5_001 }, () => cue())))), [{ code: 'tooLarge' }])
  const deep = readCaptions(Buffer.from(file(cue(undefined, '<b>'.repeat(600)))), 'vtt', null).remarks
  t.equal(deep.length, 600)
  t.same(told(file(cue(undefined, 'ab\u202ec\u0007'))), [])
  t.match(read(file(cue(undefined, 'ab\u202ec\u0007'))).text, /\nabc\n/)
})
