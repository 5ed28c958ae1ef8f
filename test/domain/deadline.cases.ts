import type { DeadlineInput } from '../../src/domain/deadline.ts'

const zurich = 'Europe/Zurich'

export const accepted: { name: string; input: DeadlineInput; closesAt: string }[] = [
  {
    name: 'round 38, winter',
    input: { local: '2021-01-08T23:59', timeZone: zurich },
    closesAt: '2021-01-08T23:00:00Z',
  },
  {
    name: 'round 40, summer',
    input: { local: '2021-08-16T23:59', timeZone: zurich },
    closesAt: '2021-08-16T22:00:00Z',
  },
  {
    name: 'the last minute before the gap',
    input: { local: '2021-03-28T01:59', timeZone: zurich },
    closesAt: '2021-03-28T01:00:00Z',
  },
  {
    name: 'the first minute after the gap',
    input: { local: '2021-03-28T03:00', timeZone: zurich },
    closesAt: '2021-03-28T01:01:00Z',
  },
  {
    name: 'the evening of the spring change',
    input: { local: '2021-03-28T23:59', timeZone: zurich },
    closesAt: '2021-03-28T22:00:00Z',
  },
  {
    name: 'the evening of the autumn change',
    input: { local: '2021-10-31T23:59', timeZone: zurich },
    closesAt: '2021-10-31T23:00:00Z',
  },
  {
    name: 'the first of two',
    input: { local: '2021-10-31T02:30', timeZone: zurich, offset: '+02:00' },
    closesAt: '2021-10-31T00:31:00Z',
  },
  {
    name: 'the second of two',
    input: { local: '2021-10-31T02:30', timeZone: zurich, offset: '+01:00' },
    closesAt: '2021-10-31T01:31:00Z',
  },
  {
    name: 'the last minute of the first hour',
    input: { local: '2021-10-31T02:59', timeZone: zurich, offset: '+02:00' },
    closesAt: '2021-10-31T01:00:00Z',
  },
  {
    name: 'an offset that need not be given',
    input: { local: '2021-01-08T23:59', timeZone: zurich, offset: '+01:00' },
    closesAt: '2021-01-08T23:00:00Z',
  },
  {
    name: 'a zone with 45 minutes',
    input: { local: '2021-01-08T23:59', timeZone: 'Asia/Kathmandu' },
    closesAt: '2021-01-08T18:15:00Z',
  },
  {
    name: 'Chatham, 13:45',
    input: { local: '2021-01-08T23:59', timeZone: 'Pacific/Chatham' },
    closesAt: '2021-01-08T10:15:00Z',
  },
  {
    name: 'Lord Howe, half an hour back',
    input: { local: '2021-04-04T01:45', timeZone: 'Australia/Lord_Howe', offset: '+10:30' },
    closesAt: '2021-04-03T15:16:00Z',
  },
  {
    name: 'Lord Howe, before it',
    input: { local: '2021-04-04T01:45', timeZone: 'Australia/Lord_Howe', offset: '+11:00' },
    closesAt: '2021-04-03T14:46:00Z',
  },
  {
    name: 'the day after the one that Samoa skipped',
    input: { local: '2011-12-31T00:00', timeZone: 'Pacific/Apia' },
    closesAt: '2011-12-30T10:01:00Z',
  },
  {
    name: 'Honolulu',
    input: { local: '2021-01-08T23:59', timeZone: 'Pacific/Honolulu' },
    closesAt: '2021-01-09T10:00:00Z',
  },
  { name: 'Palau', input: { local: '2021-01-08T23:59', timeZone: 'Pacific/Palau' }, closesAt: '2021-01-08T15:00:00Z' },
  { name: 'a leap day', input: { local: '2024-02-29T23:59', timeZone: zurich }, closesAt: '2024-02-29T23:00:00Z' },
  {
    name: 'an alias, stored as given',
    input: { local: '2021-01-08T23:59', timeZone: 'Asia/Calcutta' },
    closesAt: '2021-01-08T18:30:00Z',
  },
]

const at = { local: '2021-01-08T23:59', timeZone: zurich }

export const refused: { name: string; input: DeadlineInput; pointer: string; code: string; message: RegExp }[] = [
  {
    name: 'the spring gap',
    input: { local: '2021-03-28T02:30', timeZone: zurich },
    pointer: '/local',
    code: 'nonexistent_local_time',
    message: /never show 2021-03-28T02:30/,
  },
  {
    name: 'the first minute of the gap',
    input: { local: '2021-03-28T02:00', timeZone: zurich },
    pointer: '/local',
    code: 'nonexistent_local_time',
    message: /gap/,
  },
  {
    name: 'the half-hour gap of Lord Howe',
    input: { local: '2021-10-03T02:15', timeZone: 'Australia/Lord_Howe' },
    pointer: '/local',
    code: 'nonexistent_local_time',
    message: /gap/,
  },
  {
    name: 'the day that Samoa skipped',
    input: { local: '2011-12-30T12:00', timeZone: 'Pacific/Apia' },
    pointer: '/local',
    code: 'nonexistent_local_time',
    message: /gap/,
  },
  {
    name: 'the repeated hour',
    input: { local: '2021-10-31T02:30', timeZone: zurich },
    pointer: '/offset',
    code: 'ambiguous_local_time',
    message: /\+02:00 or \+01:00/,
  },
  {
    name: 'the repeated hour, another offset',
    input: { local: '2021-10-31T02:30', timeZone: zurich, offset: '+03:00' },
    pointer: '/offset',
    code: 'offset_mismatch',
    message: /\+02:00 or \+01:00, not "\+03:00"/,
  },
  {
    name: 'the summer offset in winter',
    input: { ...at, offset: '+02:00' },
    pointer: '/offset',
    code: 'offset_mismatch',
    message: /is \+01:00, not "\+02:00"/,
  },
  {
    name: 'an offset that is none',
    input: { ...at, offset: 'CET' },
    pointer: '/offset',
    code: 'offset_mismatch',
    message: /not "CET"/,
  },
  {
    name: 'closesAt of the last second',
    input: { ...at, closesAt: '2021-01-08T22:59:59Z' },
    pointer: '/closesAt',
    code: 'closes_at_mismatch',
    message: /2021-01-08T23:00:00Z/,
  },
  {
    name: 'closesAt that is no instant',
    input: { ...at, closesAt: 'soon' },
    pointer: '/closesAt',
    code: 'closes_at_mismatch',
    message: /2021-01-08T23:00:00Z/,
  },
  {
    name: '30 February',
    input: { ...at, local: '2021-02-30T23:59' },
    pointer: '/local',
    code: 'invalid_local_time',
    message: /calendar/,
  },
  {
    name: '29 February of a common year',
    input: { ...at, local: '2021-02-29T23:59' },
    pointer: '/local',
    code: 'invalid_local_time',
    message: /calendar/,
  },
  {
    name: '24:00',
    input: { ...at, local: '2021-01-08T24:00' },
    pointer: '/local',
    code: 'invalid_local_time',
    message: /YYYY-MM-DDTHH:MM/,
  },
  {
    name: 'seconds',
    input: { ...at, local: '2021-01-08T23:59:59' },
    pointer: '/local',
    code: 'invalid_local_time',
    message: /YYYY-MM-DDTHH:MM/,
  },
  {
    name: 'the French way',
    input: { ...at, local: '2021-01-08 23h59' },
    pointer: '/local',
    code: 'invalid_local_time',
    message: /YYYY-MM-DDTHH:MM/,
  },
  {
    name: 'another century',
    input: { ...at, local: '0021-01-08T23:59' },
    pointer: '/local',
    code: 'invalid_local_time',
    message: /calendar/,
  },
  ...[
    ['CET', /is a zone with summer time in software; name the place, e\.g\. Europe\/Zurich/],
    ['EST', /abbreviation/],
    ['CEST', /abbreviation/],
    ['UTC', /show a time, not to set a deadline/],
    ['Etc/GMT-1', /sign is inverted/],
    ['+01:00', /fixed offset/],
    ['UTC+1', /fixed offset/],
    ['US/Eastern', /not a time zone of a place/],
    ['Europe/Nowhere', /not a time zone of a place/],
    ['Europe/', /not a time zone of a place/],
    ['europe/zurich', /not a time zone of a place/],
    ['', /not a time zone of a place/],
  ].map(([timeZone, message]) => ({
    name: `zone "${timeZone}"`,
    input: { ...at, timeZone: String(timeZone) },
    pointer: '/timeZone',
    code: 'invalid_time_zone',
    message: message as RegExp,
  })),
]
