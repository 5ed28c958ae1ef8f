// Makes test/fixtures/media/ with ffmpeg (libx264, libx265, libvpx, libopus). The files are committed: tests need no ffmpeg.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { boxAt, insertBox, patchDurations, topBoxes } from './support/mp4-surgery.ts'

const run = promisify(execFile)
const folder = join(import.meta.dirname, '../test/fixtures/media')
const scratch = await mkdtemp(join(tmpdir(), 'media-fixtures-'))

const ffmpeg = (...args: string[]) => run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...args])
const at = (name: string) => join(folder, name)
const bars = (size = '640x480', rate = 25) => ['-f', 'lavfi', '-i', `smptebars=s=${size}:r=${rate}`]
const tone = (rate = 48_000) => ['-f', 'lavfi', '-i', `sine=f=440:r=${rate}`]
const silence = ['-f', 'lavfi', '-i', 'anullsrc=r=48000:cl=mono']
const h264 = ['-c:v', 'libx264', '-preset', 'veryslow', '-crf', '40', '-pix_fmt', 'yuv420p']
const vp9 = ['-c:v', 'libvpx-vp9', '-b:v', '10k', '-pix_fmt', 'yuv420p']
const aac = ['-c:a', 'aac', '-b:a', '32k', '-ac', '1']
const opus = ['-c:a', 'libopus', '-b:a', '16k', '-ac', '1']
const front = ['-movflags', '+faststart']
const seconds = (length: number) => ['-t', String(length)]
const write = (name: string, ...parts: (Buffer | string)[]) =>
  writeFile(
    at(name),
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))),
  )

async function main() {
  await right()
  await codecs()
  await lengths()
  await pictures()
  await sounds()
  await damaged()
  await disguised()
  await hostile()
  await personal()
  await rm(scratch, { recursive: true })
}

async function right() {
  await ffmpeg(...bars(), ...tone(), ...seconds(3), ...h264, ...aac, ...front, at('right.mp4'))
  await ffmpeg(...bars(), ...tone(), ...seconds(3), ...h264, ...aac, at('right.mov'))
  await ffmpeg(...bars(), ...tone(), ...seconds(3), ...vp9, ...opus, at('right.webm'))
  // As a browser records it: no length, no index, clusters of unknown size.
  const vp8 = ['-c:v', 'libvpx', '-b:v', '30k']
  await ffmpeg(...bars(), ...tone(), ...seconds(3), ...vp8, ...opus, '-f', 'webm', '-live', '1', at('recorder.webm'))
  const fragments = ['-movflags', '+frag_keyframe+empty_moov+default_base_moof']
  await ffmpeg(...bars(), ...tone(), ...seconds(3), ...h264, '-g', '25', ...aac, ...fragments, at('fragmented.mp4'))
}

async function codecs() {
  await ffmpeg(...bars(), ...tone(), ...seconds(2), '-c:v', 'mpeg4', '-q:v', '31', ...aac, at('mpeg4-part2.mp4'))
  const hevc = [
    '-c:v',
    'libx265',
    '-crf',
    '40',
    '-tag:v',
    'hvc1',
    '-pix_fmt',
    'yuv420p',
    '-x265-params',
    'log-level=none',
  ]
  await ffmpeg(...bars(), ...tone(), ...seconds(2), ...hevc, ...aac, at('hevc.mov'))
  await ffmpeg(...bars(), ...tone(8_000), ...seconds(2), ...h264, '-c:a', 'pcm_s16le', at('pcm.mov'))
  await ffmpeg(...bars(), ...tone(), ...seconds(2), ...h264, '-c:a', 'ac3', '-b:a', '32k', '-ac', '1', at('ac3.mp4'))
  await ffmpeg(...bars(), ...tone(), ...seconds(2), ...h264, ...aac, at('right.mkv'))
}

async function lengths() {
  const small = ['-g', '400', '-c:a', 'aac', '-b:a', '4k', '-ac', '1', ...front]
  for (const [name, length] of [
    ['5-00.mp4', 300],
    ['5-11.mp4', 311],
  ] as const)
    await ffmpeg(...bars('640x480', 1), ...tone(8_000), ...seconds(length), ...h264, ...small, at(name))
  const webm = [...vp9, '-g', '400', '-c:a', 'libopus', '-b:a', '6k', '-ac', '1', '-frame_duration', '60']
  await ffmpeg(...bars('640x480', 1), ...tone(8_000), ...seconds(310), ...webm, at('5-10.webm'))
  await write('says-1-00.mp4', patchDurations(await readFile(at('5-11.mp4')), 60 / 311))
  await write('says-10-00.mp4', patchDurations(await readFile(at('right.mp4')), 200))
}

async function pictures() {
  await ffmpeg(...bars('480x640'), ...tone(), ...seconds(2), ...h264, ...aac, at('portrait.mp4'))
  await ffmpeg('-i', at('right.mov'), '-c', 'copy', '-metadata:s:v:0', 'rotate=90', at('rotated.mov'))
  await ffmpeg(...bars('320x240'), ...tone(), ...seconds(2), ...h264, ...aac, at('small.mp4'))
  const uneven = ['-vf', "select='lt(mod(n\\,25)\\,8)+not(mod(n\\,9))'", '-fps_mode', 'vfr']
  await ffmpeg(...bars(), ...tone(), ...seconds(4), ...uneven, ...h264, ...aac, at('variable-frame-rate.mp4'))
  await ffmpeg(...tone(), ...seconds(2), ...aac, '-f', 'mp4', at('sound-only.mp4'))
}

async function sounds() {
  await ffmpeg(...bars(), ...seconds(2), ...h264, at('no-sound.mp4'))
  await ffmpeg(...bars(), ...silence, ...seconds(2), ...h264, ...aac, at('silent.mp4'))
  await ffmpeg(...bars(), ...silence, ...seconds(2), ...vp9, ...opus, at('silent.webm'))
  const faint = ['-af', 'volume=-50dB']
  await ffmpeg(...bars(), ...tone(), ...seconds(2), ...faint, ...h264, ...aac, '-b:a', '96k', at('faint.mp4'))
}

async function damaged() {
  const cut = async (from: string, to: string, share: number) => {
    const bytes = await readFile(at(from))
    await write(to, bytes.subarray(0, Math.floor(bytes.length * share)))
  }
  const indexLast = join(scratch, 'last.mp4')
  await ffmpeg(...bars(), ...tone(), ...seconds(3), ...h264, ...aac, indexLast)
  const whole = await readFile(indexLast)
  await cut('right.mp4', 'truncated.mp4', 0.7)
  await write('truncated-before-index.mp4', whole.subarray(0, Math.floor(whole.length * 0.6)))
  await cut('right.webm', 'truncated.webm', 0.7)
  await cut('recorder.webm', 'truncated-recorder.webm', 0.7)
  await cut('fragmented.mp4', 'truncated-fragmented.mp4', 0.7)
  // The box of the samples claims the end of the file, so only the samples themselves tell that some are missing.
  const open = await readFile(at('right.mp4'))
  const mdat = topBoxes(open).find(({ type }) => type === 'mdat')!
  open.writeUInt32BE(0, mdat.start)
  await write('truncated-open-end.mp4', open.subarray(0, Math.floor(open.length * 0.7)))
  await write('empty.mp4')
}

const pdf =
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n'

async function disguised() {
  const mp4 = await readFile(at('right.mp4'))
  await write('mp4-named.webm', mp4)
  await write('pdf-named.mp4', pdf)
  await write('polyglot-pdf.mp4', insertBox(mp4, boxAt('free', Buffer.from(pdf)), 'ftyp'))
  await write(
    'polyglot-zip.mp4',
    mp4,
    'PK\x03\x04\x14\x00',
    Buffer.alloc(26),
    'note.txt',
    'PK\x05\x06',
    Buffer.alloc(18),
  )
  await write('html-in-front.mp4', '<html><script>alert(document.domain)</script></html>', mp4)
  await write(
    'polyglot-html.mp4',
    insertBox(mp4, boxAt('skip', Buffer.from('<html><script>alert(document.domain)</script></html>')), 'ftyp'),
  )
  await write(
    'playlist-named.mp4',
    '#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXTINF:10,\nhttp://127.0.0.1:1/canary\n#EXT-X-ENDLIST\n',
  )
  await ffmpeg(
    ...bars(),
    ...tone(),
    ...seconds(1),
    '-c:v',
    'mpeg4',
    '-q:v',
    '31',
    '-c:a',
    'mp2',
    '-f',
    'avi',
    at('avi-named.mp4'),
  )
}

async function hostile() {
  const ftyp = boxAt('ftyp', Buffer.from('isom\0\0\x02\0isomiso2mp41', 'latin1'))
  const large = (type: string, size: bigint) => {
    const header = Buffer.alloc(16)
    header.writeUInt32BE(1)
    header.write(type, 4, 'latin1')
    header.writeBigUInt64BE(size, 8)
    return header
  }
  await write('huge-moov.mp4', ftyp, large('moov', 2n ** 62n), Buffer.alloc(64))
  await write('huge-mdat.mp4', ftyp, large('mdat', 2n ** 63n), Buffer.alloc(64))
  // A table that claims four thousand million samples of one byte each, with a single chunk.
  const claims = await readFile(at('right.mp4'))
  const stsz = claims.indexOf('stsz')
  claims.writeUInt32BE(1, stsz + 8)
  claims.writeUInt32BE(0xffffffff, stsz + 12)
  await write('countless-samples.mp4', claims)
  const times = await readFile(at('right.mp4'))
  const stts = times.indexOf('stts')
  times.writeUInt32BE(0xfffffff0, stts + 12)
  await write('countless-times.mp4', times)
  let nested: Buffer = Buffer.alloc(0)
  for (let depth = 0; depth < 4_000; depth++) nested = boxAt('trak', nested)
  await write('deep-nesting.mp4', ftyp, boxAt('moov', nested))

  const doc = Buffer.concat([Buffer.from('1a45dfa38b4282847765626d42878104', 'hex')])
  // A segment of tags within tags, each claiming all that is left.
  const tags = Array.from({ length: 5_000 }, () => Buffer.from('67c801ffffffffffffff', 'hex'))
  await write('deep-nesting.webm', doc, Buffer.from('1853806701ffffffffffffff', 'hex'), ...tags)
}

/** Words that must not be in what others get. */
const canary = (what: string) => `CANARY-${what}`

async function personal() {
  const tags = [
    'title',
    'artist',
    'author',
    'comment',
    'description',
    'copyright',
    'make',
    'model',
    'composer',
    'encoded_by',
  ]
  const metadata = [
    ...tags.flatMap((tag) => ['-metadata', `${tag}=${canary(tag)}`]),
    ...['-metadata', 'location=+46.2044+006.1432/', '-metadata', 'location-eng=+46.2044+006.1432/'],
    ...['-metadata', 'com.apple.quicktime.location.ISO6709=+46.2044+006.1432/'],
    ...['-metadata', `com.apple.quicktime.make=${canary('quicktime-make')}`],
    ...['-metadata', 'creation_time=2021-01-08T22:59:59Z'],
    ...['-metadata:s:v:0', `handler_name=${canary('handler-video')}`, '-metadata:s:v:0', `title=${canary('track')}`],
    ...['-metadata:s:a:0', `handler_name=${canary('handler-audio')}`],
  ]
  const chapters = join(scratch, 'chapters.txt')
  await writeFile(
    chapters,
    `;FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1500\ntitle=${canary('chapter')}\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=1500\nEND=3000\ntitle=second\n`,
  )
  const subtitles = join(scratch, 'subtitles.srt')
  await writeFile(subtitles, `1\n00:00:00,000 --> 00:00:02,000\n${canary('subtitle')}\n`)
  const attachment = join(scratch, `${canary('file-name')}.txt`)
  await writeFile(attachment, canary('attachment'))
  const sei = `h264_metadata=sei_user_data=086f3693-b7b3-4f2c-9653-21492feee5b8+${canary('bitstream')}`
  const from = (name: string) => ['-i', at(name), '-i', chapters, '-i', subtitles]
  const maps = ['-map', '0:v', '-map', '0:a', '-map_chapters', '1']
  const withText = [...maps, '-map', '2:s', '-c', 'copy', '-c:s', 'mov_text']
  const timecode = ['-timecode', '22:59:59:00']
  await ffmpeg(...from('right.mp4'), ...withText, ...metadata, '-bsf:v', sei, at('personal.mp4'))
  await ffmpeg(
    ...[...from('right.mp4'), ...withText, ...metadata, ...timecode, '-bsf:v', sei],
    ...['-movflags', '+use_metadata_tags', at('personal.mov')],
  )
  const box = boxAt(
    'uuid',
    Buffer.concat([
      Buffer.from('be7acfcb97a942e89c71999491e3afac', 'hex'),
      Buffer.from(`<x:xmpmeta>${canary('xmp')}</x:xmpmeta>`),
    ]),
  )
  await write('personal.mp4', await readFile(at('personal.mp4')), box)
  const attach = ['-attach', attachment, '-metadata:s:t:0', 'mimetype=text/plain']
  const webm = join(scratch, 'personal.mkv')
  await ffmpeg(
    ...[...from('right.webm'), ...maps, '-map', '2:s', '-c', 'copy', '-c:s', 'webvtt', ...metadata, ...attach],
    ...['-f', 'matroska', webm],
  )
  // The muxer of WebM takes no attachments; the document type is the only difference left.
  const bytes = await readFile(webm)
  const docType = bytes.indexOf('matroska')
  bytes[docType - 1] = 0x84
  await write(
    'personal.webm',
    bytes.subarray(0, docType),
    'webm',
    Buffer.from('ec82', 'hex'),
    Buffer.alloc(2),
    bytes.subarray(docType + 8),
  )
}

await main()
