import { component, enumOf, Instant, ref, Type } from '../http/schemas.ts'
import { VideoCheckView } from './schemas.ts'

export const VideoCaptions = component(
  'VideoCaptions',
  Type.Object(
    {
      language: Type.String({ description: 'Language of the captions, BCP 47.', examples: ['en'] }),
      sourceFormat: enumOf(['vtt', 'srt'], { description: 'What was sent; WebVTT is kept.' }),
      checks: Type.Array(ref(VideoCheckView), {
        description: 'What was found of them; `measured` is the line of what is kept.',
      }),
      updatedAt: Instant('When they were sent.'),
    },
    { description: 'Captions in one language.' },
  ),
)
