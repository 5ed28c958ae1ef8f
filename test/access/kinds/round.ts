import { callerNames } from '../callers.ts'
import { type Kind, tableOf } from '../kind.ts'

const situations = {
  draft: 'in preparation',
  published: 'its call was published',
  neverPublished: 'called off before its call was published',
}

const numbers: Record<string, string> = { draft: '91', published: '38', neverPublished: '92' }

const everybody = Object.fromEntries(callerNames.map((name) => [name, '= public'])) as Record<
  (typeof callerNames)[number],
  string
>

export const round: Kind = {
  name: 'round',
  about: 'A round is everybody’s to see once its call was published; before that it is the secretariat’s alone.',
  situations,
  verdicts: tableOf(
    `
    situation      | public | secretariat | admin
    draft          | 404    | staff       | staff
    published      | public | staff       | staff
    neverPublished | 404    | staff       | staff
  `,
    everybody,
  ),
  shows: { staff: { canaries: 'all' }, public: { canaries: [] } },
  never: { number: '999' },
  findIn: (answer, { params }) =>
    (answer as { data: { number: number }[] }).data.find(({ number }) => number === Number(params.number)),

  async prepare({ admin }) {
    const one = (number: string, canaries: Record<string, string>) => ({
      params: { number, iso3: 'BEL' },
      email: 'nobody@mail.example',
      country: 'BEL',
      canaries,
    })
    for (const name of ['draft', 'neverPublished']) {
      const number = Number(numbers[name])
      await admin.post('/v1/pre-sessions', {
        number,
        title: `canary-round-${number}`,
        format: 'virtual',
        dates: { start: '2035-08-16', end: '2035-08-20' },
        timeZone: 'Europe/Zurich',
        applicationDeadline: { local: '2035-05-16T23:59' },
      })
      await admin.post(`/v1/pre-sessions/${number}/countries`, { iso3: 'BEL' })
    }
    await admin.post(`/v1/pre-sessions/${numbers.neverPublished}/transitions`, {
      to: 'cancelled',
      reason: 'canary-round-cancelled',
    })
    return {
      draft: one('91', { title: 'canary-round-91' }),
      published: one('38', {}),
      neverPublished: one('92', { title: 'canary-round-92', reason: 'canary-round-cancelled' }),
    }
  },
  copy: async (_world, record) => record,
}
