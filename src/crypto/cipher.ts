import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'

/** Encrypts what rests in the database and names e-mail addresses without telling them. */
export interface Cipher {
  /** AES-256-GCM under the present key. `context` is bound to it: the same bytes elsewhere do not open. */
  encrypt(content: string | Uint8Array, context: Uint8Array): Buffer
  /** Opens with whichever known key made it; throws for an unknown key or changed bytes. */
  decrypt(sealed: Uint8Array, context: Uint8Array): string
  /** The same for what is not text. */
  decryptBytes(sealed: Uint8Array, context: Uint8Array): Buffer
  /** A keyed hash under each known key, the present one first: equal for equal texts, and of no use without the key. */
  fingerprints(text: string): Buffer[]
}

/** Format: one byte of version, four that name the key, nonce, tag, ciphertext. */
const version = 1
const nonceAt = 5
const tagAt = nonceAt + 12
const textAt = tagAt + 16

/** The first key encrypts; the others only open what was encrypted before they were replaced. */
export function createCipher(secrets: readonly Buffer[]): Cipher {
  const keys = secrets.map(deriveKeys)
  const [present] = keys
  if (present === undefined) throw new Error('A cipher needs a key.')
  const decryptBytes = (bytes: Uint8Array, context: Uint8Array): Buffer => {
    const sealed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const id = sealed.subarray(1, nonceAt)
    const key = sealed[0] === version ? keys.find((known) => known.id.equals(id)) : undefined
    if (key === undefined) throw new Error('This was encrypted with a key that is not known here.')
    const decipher = createDecipheriv('aes-256-gcm', key.sealing, sealed.subarray(nonceAt, tagAt), {
      authTagLength: 16,
    })
    decipher.setAAD(context).setAuthTag(sealed.subarray(tagAt, textAt))
    return Buffer.concat([decipher.update(sealed.subarray(textAt)), decipher.final()])
  }
  return {
    encrypt(content, context) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', present.sealing, nonce).setAAD(context)
      const sealed = Buffer.concat([cipher.update(content as string, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(version), present.id, nonce, cipher.getAuthTag(), sealed])
    },
    decryptBytes,
    decrypt: (sealed, context) => decryptBytes(sealed, context).toString('utf8'),
    fingerprints: (text) => keys.map((key) => createHmac('sha256', key.naming).update(text).digest()),
  }
}

/** One secret, one key for each purpose, and a name that tells nothing of it. */
function deriveKeys(secret: Buffer) {
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', secret, '', `pre-sessions ${purpose}`, 32))
  const id = createHash('sha256').update(derive('id')).digest().subarray(0, 4)
  return { id, sealing: derive('sealing'), naming: derive('naming') }
}
