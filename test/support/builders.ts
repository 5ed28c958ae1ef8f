/** The body of an application for Belgium in round 38 that has everything the round requires. */
export const aCompleteApplication = () => ({
  preSession: 38,
  country: 'BEL',
  organisation: {
    name: 'Ligue des droits',
    type: 'nationalCso',
    basedIn: 'BEL',
    email: 'contact@ligue.example',
    aim: 'We document cases, train lawyers and support survivors.',
  },
  speaker: { firstName: 'Zoë', lastName: 'Machel', email: 'zoe@ligue.example', atRisk: false },
  issues: ['right-to-health'],
  uprSubmission: { reference: 'JS17' },
})
