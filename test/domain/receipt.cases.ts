import type { JotformEvidence, Receipt } from '../../src/domain/receipt.ts'

/** The deadline of round 38: 18:00:00 Eastern, submission number 485956000. */
export const closesAt = '2021-01-08T23:00:00Z'

const checked = { verified: true, apiConfigured: true }
/** A submission number whose first nine digits stand for so many seconds from the deadline. */
export const idAt = (seconds: number) => `${485_956_000 + seconds}2514470923`

type Expected = Pick<Receipt, 'timing' | 'basis' | 'receivedAt'>

export const jotformCases: { name: string; given: JotformEvidence; expected: Expected }[] = [
  {
    name: 'rule 1: here before the deadline; the time at Jotform agrees and is shown',
    given: {
      ...checked,
      createdAt: '2021-01-08 17:58:12',
      submissionId: idAt(-108),
      webhookAt: '2021-01-08T22:58:13.250Z',
    },
    expected: { timing: 'onTime', basis: 'ownArrival', receivedAt: '2021-01-08T22:58:12Z' },
  },
  {
    name: 'rule 1: by poll',
    given: {
      ...checked,
      createdAt: '2021-01-08 17:50:00',
      submissionId: idAt(-600),
      pollAt: '2021-01-08T22:59:59.999Z',
    },
    expected: { timing: 'onTime', basis: 'ownArrival', receivedAt: '2021-01-08T22:50:00Z' },
  },
  {
    name: 'rule 1: the earlier of our two arrivals counts',
    given: { ...checked, submissionId: idAt(-10), webhookAt: '2021-01-08T23:10:00Z', pollAt: '2021-01-08T22:59:55Z' },
    expected: { timing: 'onTime', basis: 'ownArrival', receivedAt: '2021-01-08T22:59:55Z' },
  },
  {
    name: 'rule 1: the time at Jotform is far before its number, but it was here in time',
    given: { ...checked, createdAt: '2021-01-06 12:00:00', submissionId: idAt(-60), webhookAt: '2021-01-08T22:59:01Z' },
    expected: { timing: 'onTime', basis: 'ownArrival', receivedAt: '2021-01-08T22:59:01Z' },
  },
  {
    name: 'rule 1: the clock of Jotform is 2 s ahead and over the line; our own arrival counts',
    given: { ...checked, createdAt: '2021-01-08 18:00:01', submissionId: idAt(1), webhookAt: '2021-01-08T22:59:59Z' },
    expected: { timing: 'onTime', basis: 'ownArrival', receivedAt: '2021-01-08T22:59:59Z' },
  },
  {
    name: 'rule 1: an unreadable number does not harm',
    given: { ...checked, createdAt: '2021-01-08 17:59:00', submissionId: '12', webhookAt: '2021-01-08T22:59:01Z' },
    expected: { timing: 'onTime', basis: 'ownArrival', receivedAt: '2021-01-08T22:59:00Z' },
  },
  {
    name: 'rule 1 does not hold: stored after it arrived',
    given: { ...checked, createdAt: '2021-01-08 17:59:50', submissionId: idAt(-10), webhookAt: '2021-01-08T22:59:44Z' },
    expected: { timing: 'undetermined', basis: 'conflict', receivedAt: '2021-01-08T22:59:44Z' },
  },
  {
    name: 'rule 2: the last second, delivered after the deadline',
    given: { ...checked, createdAt: '2021-01-08 17:59:59', submissionId: idAt(-1), webhookAt: '2021-01-08T23:00:01Z' },
    expected: { timing: 'onTime', basis: 'apiAndId', receivedAt: '2021-01-08T22:59:59Z' },
  },
  {
    name: 'rule 2: the closing instant itself',
    given: { ...checked, createdAt: '2021-01-08 18:00:00', submissionId: idAt(0), webhookAt: '2021-01-08T23:00:00Z' },
    expected: { timing: 'late', basis: 'apiAndId', receivedAt: closesAt },
  },
  {
    name: 'rule 2: Jotform called hours later',
    given: { ...checked, createdAt: '2021-01-08 17:30:00', submissionId: idAt(-1800), pollAt: '2021-01-09T06:00:00Z' },
    expected: { timing: 'onTime', basis: 'apiAndId', receivedAt: '2021-01-08T22:30:00Z' },
  },
  {
    name: 'rule 2: five seconds between time and number are within tolerance',
    given: { ...checked, createdAt: '2021-01-08 17:59:58', submissionId: idAt(3), webhookAt: '2021-01-08T23:00:04Z' },
    expected: { timing: 'onTime', basis: 'apiAndId', receivedAt: '2021-01-08T22:59:58Z' },
  },
  {
    name: 'rule 4: six are not; the latest that Jotform gives is shown',
    given: { ...checked, createdAt: '2021-01-08 17:59:58', submissionId: idAt(4), webhookAt: '2021-01-08T23:00:05Z' },
    expected: { timing: 'undetermined', basis: 'conflict', receivedAt: '2021-01-08T23:00:04Z' },
  },
  {
    name: 'rule 4: back-dated by two days, the number tells',
    given: {
      ...checked,
      createdAt: '2021-01-06 19:30:00',
      submissionId: idAt(5400),
      webhookAt: '2021-01-09T00:30:01Z',
    },
    expected: { timing: 'undetermined', basis: 'conflict', receivedAt: '2021-01-09T00:30:00Z' },
  },
  {
    name: 'rule 4: the number lies in the future of our arrival and is not believed',
    given: {
      ...checked,
      createdAt: '2021-01-08 17:59:00',
      submissionId: idAt(9000),
      webhookAt: '2021-01-08T23:00:30Z',
    },
    expected: { timing: 'undetermined', basis: 'conflict', receivedAt: '2021-01-08T22:59:00Z' },
  },
  {
    name: 'rule 4: the time at Jotform is not known',
    given: { ...checked, submissionId: idAt(-30), webhookAt: '2021-01-08T23:00:30Z' },
    expected: { timing: 'undetermined', basis: 'conflict', receivedAt: '2021-01-08T22:59:30Z' },
  },
  {
    name: 'rule 4: a garbled time',
    given: { ...checked, createdAt: '2025-05-1407:43:51', submissionId: 'x', webhookAt: '2021-01-08T23:00:30Z' },
    expected: { timing: 'undetermined', basis: 'conflict', receivedAt: '2021-01-08T23:00:30Z' },
  },
  {
    name: 'rule 3: the number cannot be read, late',
    given: {
      ...checked,
      createdAt: '2021-01-08 18:00:03',
      submissionId: '53774407625',
      webhookAt: '2021-01-08T23:00:04Z',
    },
    expected: { timing: 'late', basis: 'api', receivedAt: '2021-01-08T23:00:03Z' },
  },
  {
    name: 'rule 3: the number cannot be read, on time',
    given: {
      ...checked,
      createdAt: '2021-01-08 17:59:03',
      submissionId: '53774407625',
      webhookAt: '2021-01-08T23:00:04Z',
    },
    expected: { timing: 'onTime', basis: 'api', receivedAt: '2021-01-08T22:59:03Z' },
  },
  {
    name: 'not confirmed by Jotform yet: nothing is decided',
    given: { verified: false, apiConfigured: true, submissionId: idAt(-30), webhookAt: '2021-01-08T22:59:31Z' },
    expected: { timing: 'undetermined', basis: 'conflict', receivedAt: '2021-01-08T22:59:30Z' },
  },
  {
    name: 'no access to Jotform: our own arrival decides, on time',
    given: { verified: false, apiConfigured: false, submissionId: idAt(5), webhookAt: '2021-01-08T22:59:59.999Z' },
    expected: { timing: 'onTime', basis: 'ownArrival', receivedAt: '2021-01-08T22:59:59.999Z' },
  },
  {
    name: 'no access to Jotform: our own arrival decides, late',
    given: { verified: false, apiConfigured: false, submissionId: idAt(-1), webhookAt: '2021-01-08T23:00:00Z' },
    expected: { timing: 'late', basis: 'ownArrival', receivedAt: closesAt },
  },
]
