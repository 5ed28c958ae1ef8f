import { requirableFieldPointers, requiredFieldPointers } from '../domain/completeness.ts'
import { closed, component, enumOf, nullable, type Static, Type } from '../http/schemas.ts'

const properties = {
  requiredFields: Type.Array(enumOf(requirableFieldPointers, { examples: ['/organisation/name'] }), {
    uniqueItems: true,
    maxItems: requirableFieldPointers.length,
    description:
      'JSON Pointers of the fields without which an application is incomplete (R8). Whether `/uprSubmission` is needed is told by `uprSubmissionRequired`.',
  }),
  uprSubmissionRequired: Type.Boolean({
    description: 'Whether an application needs the UPR submission, as a document or a reference (R9).',
  }),
  minimumApplications: nullable(Type.Integer({ minimum: 1, maximum: 100 }), {
    description: 'Eligible applications without which a country meeting is not held (R14); null while nobody set it.',
    examples: [3],
  }),
  panelSize: Type.Object(
    {
      min: Type.Integer({ minimum: 1, maximum: 50, description: 'Speakers at least.' }),
      max: Type.Integer({ minimum: 1, maximum: 50, description: 'Speakers at most; not below `min`.' }),
    },
    { description: 'How many speakers a panel has (R15).', examples: [{ min: 4, max: 6 }] },
  ),
  speakingTimeMinutes: Type.Integer({
    minimum: 1,
    maximum: 60,
    description: 'Minutes that each speaker has (R21).',
    examples: [5],
  }),
  video: Type.Object(
    {
      maxSeconds: Type.Integer({ minimum: 1, maximum: 7200, description: 'Longest running time, in seconds.' }),
      toleranceSeconds: Type.Integer({
        minimum: 0,
        maximum: 600,
        description: 'Seconds over the longest running time that are let pass.',
      }),
      containers: Type.Array(enumOf(['mp4', 'mov', 'webm', 'mkv']), {
        minItems: 1,
        uniqueItems: true,
        description: 'File formats that are taken.',
      }),
      minLines: Type.Integer({ minimum: 1, maximum: 4320, description: 'Smallest picture height, in lines.' }),
      maxBytes: Type.Integer({ minimum: 1, maximum: 2 ** 40, description: 'Largest file, in bytes.' }),
      maxVersions: Type.Integer({
        minimum: 1,
        maximum: 1000,
        description: 'How often the video of one speaker can be handed in; every version is kept.',
      }),
    },
    { description: 'What a recorded statement must keep to (R23).' },
  ),
  languages: Type.Array(
    Type.String({ pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$', description: 'BCP 47 language.', examples: ['en'] }),
    { minItems: 1, maxItems: 50, uniqueItems: true, description: 'Languages in which a statement may be given.' },
  ),
  lateWaiversAllowed: Type.Boolean({ description: 'Whether one applicant may be let in after the deadline (R7).' }),
  aimWordLimit: Type.Integer({
    minimum: 1,
    maximum: 5000,
    description: 'Words of the aim and work above which a warning is given, never a refusal (R8).',
    examples: [200],
  }),
}

/** What differs between rounds (contract §3). */
export const RoundSettings = component(
  'RoundSettings',
  Type.Object(properties, { description: 'What differs between rounds. Rules read it each time they are applied.' }),
)
export type RoundSettings = Static<typeof RoundSettings>

export const defaultSettings: RoundSettings = {
  requiredFields: [...requiredFieldPointers],
  uprSubmissionRequired: true,
  minimumApplications: null,
  panelSize: { min: 4, max: 6 },
  speakingTimeMinutes: 5,
  video: {
    maxSeconds: 300,
    toleranceSeconds: 10,
    containers: ['mp4', 'mov', 'webm'],
    minLines: 480,
    maxBytes: 2 ** 31,
    maxVersions: 20,
  },
  languages: ['en', 'fr', 'es'],
  lateWaiversAllowed: true,
  aimWordLimit: 200,
}

type Properties = Parameters<typeof Type.Object>[0]

/** Every field may be left out (it stays) or null (it goes back to its default). */
const patchable = <T extends Properties>(fields: T) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => [
      name,
      Type.Optional(nullable(schema, { description: (schema as { description?: string }).description })),
    ]),
  )

export type SettingsPatch = { [K in keyof RoundSettings]?: unknown }

export const RoundSettingsPatch = component(
  'RoundSettingsPatch',
  Type.Unsafe<SettingsPatch>(
    closed(
      {
        ...patchable(properties),
        panelSize: Type.Optional(
          nullable(closed(patchable(properties.panelSize.properties)), {
            description: 'How many speakers a panel has (R15).',
          }),
        ),
        video: Type.Optional(
          nullable(closed(patchable(properties.video.properties)), {
            description: 'What a recorded statement must keep to (R23).',
          }),
        ),
      },
      { description: 'Settings to change (RFC 7396): what is left out stays, null goes back to the default.' },
    ),
  ),
)

/** The settings as they stand in a row; what a row from before does not have is the default. */
export const settingsOf = (stored: Record<string, unknown>): RoundSettings => mergeSettings(defaultSettings, stored)

/** RFC 7396 over the settings; null stands for the default. */
export function mergeSettings(current: RoundSettings, patch: Record<string, unknown>): RoundSettings {
  return merge(current, patch, defaultSettings) as RoundSettings
}

function merge(current: unknown, patch: unknown, fallback: unknown): unknown {
  if (patch === undefined) return current
  if (patch === null) return fallback
  if (typeof patch !== 'object' || Array.isArray(patch)) return patch
  const from = current as Record<string, unknown>
  const defaults = fallback as Record<string, unknown>
  return Object.fromEntries(
    Object.keys(defaults).map((key) => [key, merge(from[key], (patch as Record<string, unknown>)[key], defaults[key])]),
  )
}
