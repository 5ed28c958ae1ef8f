import { type Cipher, createCipher } from '../crypto/cipher.ts'
import type { Keys } from '../crypto/data-key.ts'

const sealedMark = 1
const ciphers = new WeakMap<Keys, Cipher>()

function cipherOf(keys: Keys): Cipher {
  const cipher = ciphers.get(keys) ?? createCipher([keys.deliveries])
  ciphers.set(keys, cipher)
  return cipher
}

/** A body names a person three times over, so it rests encrypted; its own hash is bound to it. */
export const sealBody = (keys: Keys, body: Uint8Array, sha256: Uint8Array): Buffer =>
  cipherOf(keys).encrypt(body, sha256)

/** The body as it was sent. What came before bodies were encrypted begins as text does, and no text begins with this byte. */
export const openBody = (keys: Keys, { raw_body, raw_sha256 }: { raw_body: Buffer; raw_sha256: Buffer }): Buffer =>
  raw_body[0] === sealedMark ? cipherOf(keys).decryptBytes(raw_body, raw_sha256) : raw_body
