/** A hole that is opened on purpose, in a copy of the tree, and the test that must find it. `npm run holes` */
export interface Hole {
  /** What becomes possible. */
  opens: string
  edits: { file: string; find: string; replace: string }[]
  /** The file that is run, and what the name of the subtest that fails begins with. */
  test: string
  finds: string
}

const [lists, refusals, credentials, surfaces, invariants] = [
  'lists',
  'refusals',
  'credentials',
  'surfaces',
  'invariants',
].map((name) => `test/leaks/${name}.test.ts`) as [string, string, string, string, string]
const access = 'test/contract/access.test.ts'

export const holes: Hole[] = [
  {
    opens: 'a search answers differently where something hidden matches',
    edits: [
      {
        file: 'src/applications/list-route.ts',
        find: '  if (hidden.length > 0) {',
        replace:
          "  const found = await listApplications(deps.db, { filters: rest as never, sort: '-createdAt', after: undefined, limit: 1 })\n  if (hidden.length > 0 && found.length === 0) {",
      },
    ],
    test: lists,
    finds: 'leak 1',
  },
  {
    opens: 'an id that exists costs one statement more',
    edits: [
      {
        file: 'src/applications/reading.ts',
        find: '  const row = await findVisibleApplication(db, id, caller, now)',
        replace:
          "  if ((await db.selectFrom('application').select('id').where('id', '=', id).execute()).length > 0) await db.selectFrom('document').select('id').where('application_id', '=', id).execute()\n  const row = await findVisibleApplication(db, id, caller, now)",
      },
    ],
    test: refusals,
    finds: 'leak 2',
  },
  {
    opens: '"not yours" is 403 where "not there" is 404',
    edits: [
      {
        file: 'src/applications/reading.ts',
        find: "  if (row === undefined) throw new AppError('application_not_found')",
        replace:
          "  if (row === undefined) throw new AppError((await db.selectFrom('application').select('id').where('id', '=', id).execute()).length > 0 ? 'forbidden' : 'application_not_found')",
      },
    ],
    test: refusals,
    finds: 'leak 3',
  },
  {
    opens: 'a filter by country opens what is not released (both walls)',
    edits: [
      {
        file: 'src/applications/queries-list.ts',
        find: '    .where(visibleWithin(shapeOf(caller), reader))',
        replace:
          '    .where(filters.country === undefined ? visibleWithin(shapeOf(caller), reader) : sql<boolean>`true`)',
      },
      {
        file: 'src/applications/list-route.ts',
        find: '    const visibility = visibilityFor(caller, { ...row, assignment: assignmentIn(row) }, now)',
        replace:
          "    const visibility = country !== undefined ? { view: 'public' as const, isPseudonymous: false, showsDecision: true } : visibilityFor(caller, { ...row, assignment: assignmentIn(row) }, now)",
      },
    ],
    test: lists,
    finds: 'leak 4',
  },
  {
    opens: 'pages have gaps where rows are hidden (one wall alone)',
    edits: [
      {
        file: 'src/applications/queries-list.ts',
        find: '    .where(visibleWithin(shapeOf(caller), reader))',
        replace: '',
      },
    ],
    test: lists,
    finds: 'leak 5',
  },
  {
    opens: 'an applicant reads the history of its application',
    edits: [
      {
        file: 'src/applications/routes.ts',
        find: "      config: { access },\n      schema: {\n        operationId: 'getApplicationHistory',",
        replace:
          "      config: { access: withApplicant },\n      schema: {\n        operationId: 'getApplicationHistory',",
      },
    ],
    test: surfaces,
    finds: 'leak 6',
  },
  {
    opens: 'a link for one country opens all',
    edits: [
      {
        file: 'src/sessions/service.ts',
        find: '  ...(row.country === null ? {} : { countries: [row.country] }),\n',
        replace: '',
      },
    ],
    test: credentials,
    finds: 'leak 7',
  },
  {
    opens: 'the entity tag is a hash of hidden fields too',
    edits: [
      {
        file: 'src/applications/routes.ts',
        find: '      reply.serializer(writerOf(component))\n      return sendView(request, reply, view) as never',
        replace:
          '      reply.serializer(writerOf(component))\n      return sendView(request, reply, view, row.body as never) as never',
      },
    ],
    test: refusals,
    finds: 'leak 8',
  },
  {
    opens: 'one request sends to several addresses',
    edits: [
      {
        file: 'src/access-links/service.ts',
        find: "  if (!isEmail(email)) throw invalidInput('/email', 'wrong_format', 'It must be one e-mail address.')\n",
        replace: '',
      },
      { file: 'src/access-links/schemas.ts', find: "        format: 'email',\n", replace: '' },
    ],
    test: surfaces,
    finds: 'leak 9',
  },
  {
    opens: 'an applicant reads all mails',
    edits: [
      {
        file: 'src/mail/routes.ts',
        find: "config: { access: ['admin'], wholeService: true }",
        replace: "config: { access: ['admin', 'applicant'], wholeService: true }",
      },
    ],
    test: surfaces,
    finds: 'leak 10',
  },
  {
    opens: 'a key for one country is a key for its round',
    edits: [
      {
        file: 'src/http/access.ts',
        find: 'countries === undefined || (iso3 !== undefined && countries.includes(iso3.toUpperCase()))',
        replace: 'countries === undefined || iso3 === undefined || countries.includes(iso3.toUpperCase())',
      },
    ],
    test: credentials,
    finds: 'leak 11',
  },
  {
    opens: 'an answer that is kept for a retry is given to others',
    edits: [
      {
        file: 'src/idempotency/key.ts',
        find: "  const scope = caller.role === 'public' ? ['address', ip] : [caller.role, caller.id]",
        replace: "  const scope = ['anybody', ip.slice(0, 0), caller.role.slice(0, 0)]",
      },
    ],
    test: credentials,
    finds: 'leak 12',
  },
  {
    opens: 'everybody sees how many applied',
    edits: [
      {
        file: 'src/countries/routes.ts',
        find: 'const scope = { number: request.params.number, isStaff: isStaff(request.caller) }',
        replace: 'const scope = { number: request.params.number, isStaff: true }',
      },
    ],
    test: lists,
    finds: 'leak 13',
  },
  {
    opens: 'a reviewer keeps what was taken away',
    edits: [
      {
        file: 'src/api-keys/queries.ts',
        find: "  await tx.deleteFrom('reviewer_assignment').where('subject', '=', subject).where(inLimits(reach)).execute()\n",
        replace: '  void inLimits(reach)\n',
      },
    ],
    test: credentials,
    finds: 'leak 14',
  },
  {
    opens: 'everybody is told where to join',
    edits: [
      {
        file: 'src/slots/views.ts',
        find: '  if (!row.takes_part) return common(row)',
        replace:
          '  if (!row.takes_part) return { ...common(row), ...(row.join_url !== null && { joinUrl: row.join_url }) }',
      },
    ],
    test: surfaces,
    finds: 'leak 15',
  },
  {
    opens: 'words of a request are sent back as a page',
    edits: [
      {
        file: 'src/http/problems.ts',
        find: "      if (entry === undefined) throw new AppError('not_found')",
        replace:
          "      if (entry === undefined) return reply.type('text/html; charset=utf-8').send('No such code: ' + request.params.code)",
      },
    ],
    test: surfaces,
    finds: 'leak 16',
  },
  {
    opens: 'an address of old times has no guard',
    edits: [
      {
        file: 'src/app.ts',
        find: '  await app.register(finishMethods)\n',
        replace:
          "  app.get('/v1/old/applications', { schema: { hide: true }, config: { access: 'public' } }, () => deps.db.selectFrom('application').selectAll().execute())\n  await app.register(finishMethods)\n",
      },
    ],
    test: 'test/contract/routes.test.ts',
    finds: 'every route is an operation of the contract',
  },
  {
    opens: 'an operation lets another role in than the policy says (leak 17)',
    edits: [
      {
        file: 'src/applications/decision-routes.ts',
        find: "const staff = { access: ['admin', 'secretariat'] as const }",
        replace: "const staff = { access: ['admin', 'secretariat', 'integration'] as const }",
      },
    ],
    test: access,
    finds: 'every operation has a row in the policy',
  },
  {
    opens: 'whether a Pre-session is held shows before the release (invariant 1)',
    edits: [
      {
        file: 'src/countries/schemas.ts',
        find: "  const status = isReleased || row.status === 'withdrawn' ? row.status : 'candidate'",
        replace: "  const status = isReleased || row.status !== 'candidate' ? row.status : 'candidate'",
      },
    ],
    test: invariants,
    finds: '1: nothing that is closed shows',
  },
  {
    opens: 'the mission of the State under Review is one as any other (invariant 2, both walls)',
    edits: [
      {
        file: 'src/domain/visibility.ts',
        find: "  consents.includes('shareWithMissions') && (state !== country || consents.includes('shareWithStateUnderReview'))",
        replace: "  consents.includes('shareWithMissions') && (state !== country || country !== null)",
      },
      {
        file: 'src/applications/queries-visible.ts',
        find: "or 'shareWithStateUnderReview' = any (a.consents))))`",
        replace: 'or true)))`',
      },
    ],
    test: invariants,
    finds: '3: each consent opens its own surface',
  },
  {
    opens: 'an answer about risk that comes after the deadline does not count (invariant 4)',
    edits: [
      {
        file: 'src/applications/reading.ts',
        find: '      atRisk: row.at_risk,',
        replace:
          '      atRisk: (row as unknown as { body: { speaker?: { atRisk?: boolean } } }).body.speaker?.atRisk ?? true,',
      },
    ],
    test: access,
    finds: 'getApplication',
  },
  {
    opens: 'the time of a decision shows to its applicant (invariant 1)',
    edits: [
      {
        file: 'src/applications/decisions.ts',
        find: "    answer: 'none',\n    staff_updated_at: now,",
        replace: "    answer: 'none',\n    updated_at: now,",
      },
    ],
    test: access,
    finds: 'getApplication',
  },
  {
    opens: 'what is read leaves no entry (invariant 6)',
    edits: [
      {
        file: 'src/audit/requests.ts',
        find: '    if (request.isAudited || !isRecorded(request, reply.statusCode)) return done(null, payload)',
        replace:
          "    if (request.isAudited || request.method === 'GET' || !isRecorded(request, reply.statusCode)) return done(null, payload)",
      },
    ],
    test: invariants,
    finds: '6: who reads what is restricted',
  },
]
