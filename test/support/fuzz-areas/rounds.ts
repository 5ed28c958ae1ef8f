import { type Area, type FuzzCase, numbers } from './area.ts'

const spare = ['SGP', 'SLB', 'SOM', 'SYC', 'PLW', 'PRY', 'NER', 'EST']
const inRound = (iso3: string, number = '38'): FuzzCase => ({ params: { number, iso3 } })

/** Rounds, their countries and their deadlines. */
export const rounds: Area = {
  cases: {
    getState: [{ params: { iso3: 'BEL' } }],
    getWorkingGroupSession: [{ params: { number: '38' } }],
    setSandboxClock: [{ body: { now: '2020-12-15T10:00:00Z' } }],
    getPreSession: [{ params: { number: '38' } }],
    createPreSession: numbers(12).map((n) => ({
      body: {
        number: 50 + n,
        format: 'virtual',
        dates: { start: '2022-12-06', end: '2022-12-10', precision: 'week' },
        timeZone: 'Europe/Zurich',
        applicationDeadline: { local: '2022-08-16T23:59', wording: '23h59 on Tuesday, 16 August 2022' },
      },
    })),
    updatePreSession: ['40', '41'].map((number) => ({
      params: { number },
      body: { dates: { precision: 'exact' }, settings: { panelSize: { max: 7 } } },
    })),
    transitionPreSession: [
      { params: { number: '40' }, body: { to: 'callOpen' } },
      { params: { number: '41' }, body: { to: 'postponed', reason: 'Put off' } },
      { params: { number: '41' }, body: { to: 'callClosed' } },
    ],
    listCountries: [{ params: { number: '38' } }],
    addCountry: ['SDN', 'NOR', 'JPN', 'TUN', 'KEN', 'URY', 'MNE', 'FJI'].map((iso3) => ({
      params: { number: '41' },
      body: { iso3 },
    })),
    getCountry: [inRound('BEL'), inRound('DNK')],
    updateCountry: [
      { ...inRound('MOZ'), body: { status: 'held', reason: 'Twelve eligible applications' } },
      { ...inRound('MOZ'), body: { status: 'candidate', reason: 'Seed' } },
      { ...inRound('LVA'), body: { status: 'held', reason: 'Seed' } },
    ],
    removeCountry: spare.map((iso3) => inRound(iso3)),
    releaseCountry: ['EST', 'LVA', 'MOZ'].map((iso3) => ({ ...inRound(iso3), body: { at: '2021-02-15T09:00:00Z' } })),
    extendDeadline: numbers(9).map((n) => ({
      ...inRound('MOZ'),
      body: { local: `2021-01-${14 + n}T23:59`, reason: 'Few applications' },
    })),
    listDeadlineExtensions: [inRound('EST')],
    grantDeadlineWaiver: numbers(9).map((n) => ({
      ...inRound('MOZ'),
      body: { email: `late-${n}@ligue.example`, until: '2021-06-01T23:59', reason: 'Internet shutdown' },
    })),
    listDeadlineWaivers: [inRound('LVA')],
    assessWithoutStoring: [
      {
        ...inRound('BEL'),
        body: { organisation: { name: 'Ligue', type: 'nationalCso', basedIn: 'BEL' }, issues: ['right-to-health'] },
      },
    ],
  },
}
