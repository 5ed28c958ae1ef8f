import type { ResolveCredential } from './access.ts'

/** Who knows which kind of bearer; each answers nothing for what it does not know. */
export interface CredentialKinds {
  /** `upr_…`, and `ADMIN_API_KEY`, which may have any form. */
  key: ResolveCredential
  /** `ses_…` */
  session: ResolveCredential
  /** A JWT: three parts with dots between them. Absent: no issuer is configured. */
  token?: ResolveCredential | undefined
}

/** One bearer, one kind, told by its form. */
export const resolveByForm =
  ({ key, session, token }: CredentialKinds): ResolveCredential =>
  async (bearer) => {
    if (token !== undefined && bearer.split('.').length === 3) return token(bearer)
    if (bearer.startsWith('ses_')) return (await session(bearer)) ?? key(bearer)
    return key(bearer)
  }
