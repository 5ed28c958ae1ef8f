import { linkPurposes } from '../domain/access-link.ts'
import { closed, component, enumOf, Iso3, Type } from '../http/schemas.ts'

export const AccessLinkRequest = component(
  'AccessLinkRequest',
  closed(
    {
      email: Type.String({
        format: 'email',
        maxLength: 254,
        description: 'Address to send the link to; letter case does not count.',
        examples: ['zoe@example.org'],
      }),
      purpose: enumOf(linkPurposes, {
        description:
          '`applicant`: an application names the address. `mission`: it is that of a registered delegate. `moderator`: it moderates slots of the round; one link for each.',
      }),
      preSession: Type.Integer({ minimum: 1, maximum: 9999, description: 'Number of the round.', examples: [38] }),
      country: Type.Optional(Iso3('Only for this country under review.')),
    },
    {
      description: 'Whom a link is for, and what for.',
      examples: [{ email: 'zoe@example.org', purpose: 'applicant', preSession: 38 }],
    },
  ),
)

/** The same for everybody, to the letter. */
export const accepted = {
  message: 'If this address is known for this purpose, a link is on its way. It works once, for 30 minutes.',
}

export const AccessLinkAccepted = component(
  'AccessLinkAccepted',
  Type.Object(
    { message: Type.String({ description: 'A sentence to show.', examples: [accepted.message] }) },
    { description: 'The request was taken. Nothing is told of whether a link is sent.' },
  ),
)
