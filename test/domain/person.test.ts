import t from 'tap'
import type { ApplicationBody } from '../../src/domain/application.ts'
import { namesIn, roleIn } from '../../src/domain/person.ts'

const body = (speaker?: string, organisation?: string): ApplicationBody => ({
  preSession: 38,
  ...(speaker !== undefined && { speaker: { email: speaker } }),
  ...(organisation !== undefined && { organisation: { email: organisation } }),
})
const [me, other, office] = ['zoe@post.example', 'ann@post.example', 'office@ligue.example']

t.test('whose application it is', async (t) => {
  const cases: [string, string[], ApplicationBody[], ApplicationBody[], string | undefined][] = [
    ["the speaker, whoever answers the organisation's mail", [me], [body(me, office)], [], 'speaker'],
    ['written in other letters', [me], [body(' Zoe@POST.example ')], [], 'speaker'],
    ["the organisation's address, a colleague speaks", [office], [body(other, office)], [], 'contact'],
    ["the organisation's address, and nobody else is named", [office], [body(undefined, office)], [], 'speaker'],
    ['a speaker whose address was left empty', [office], [body('', office)], [], 'speaker'],
    ['one address for both', [office], [body(office, office)], [], 'speaker'],
    ['two addresses of one person', [office, me], [body(me, office)], [], 'speaker'],
    [
      'the newest content names another speaker, the one that counts this one',
      [me],
      [body(me), body(other)],
      [],
      'speaker',
    ],
    ['only an earlier version named this speaker', [me], [body(other)], [body(me)], 'formerSpeaker'],
    ['only an earlier version named the address', [office], [body(other)], [body(other, office)], 'contact'],
    ['an earlier version, and nobody speaks now', [me], [body()], [body(me)], 'speaker'],
    ['not named', [me], [body(other, office)], [body(other)], undefined],
    ['no address at all', [], [body(other, office)], [], undefined],
  ]
  for (const [name, addresses, present, earlier, role] of cases)
    t.equal(roleIn(addresses, { present, earlier }), role, name)
})

t.test('a reason that stays names nobody', async (t) => {
  const names = ['Zoë', 'Machel', 'zoe@post.example', '+32 2 123', 'An']
  const cases: [string, string[]][] = [
    ['Asked for in writing on 3 May.', []],
    ['Zoë asked for it', ['Zoë']],
    ['asked by ZOË MACHEL.', ['Zoë', 'Machel']],
    ['(machel)', ['Machel']],
    ['mail of zoe@post.example', ['zoe@post.example']],
    ['called from +32 2 123', ['+32 2 123']],
    ['Machelen is a town', []],
    ['An old request', []],
  ]
  for (const [text, found] of cases) t.same(namesIn(text, names), found, text)
})
