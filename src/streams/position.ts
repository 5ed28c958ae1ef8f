import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** Where a listener stands, and what it was allowed to see there. */
export interface Position {
  id: number
  /** Equal to that of `rightsHash`, or the listener's rights are others now. */
  rights: string
}

const hash = (text: string): Buffer => createHash('sha256').update(text).digest().subarray(0, 5)

export const rightsHash = (rights: string): string => hash(rights).toString('hex')

const nonceBytes = 12
const blockBytes = 16

/**
 * The id of an event as it is sent: number, topic and rights, sealed with a nonce, so that one position never reads the same twice. Bare numbers have
 * gaps and equal ciphertexts are compared: either would tell whoever connects again and again when something happened that it may not see.
 */
export function positions(key: Buffer) {
  const secret = key.subarray(0, 16)
  return {
    write(topic: string, { id, rights }: Position): string {
      const block = Buffer.alloc(blockBytes)
      block.writeUIntBE(id, 0, 6)
      hash(topic).copy(block, 6)
      block.write(rights, 11, 'hex')
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-128-gcm', secret, nonce)
      return Buffer.concat([nonce, cipher.update(block), cipher.final(), cipher.getAuthTag()]).toString('base64url')
    },
    /** Nothing for what this service did not write for this topic. */
    read(topic: string, text: string | undefined): Position | undefined {
      const sent = Buffer.from(text ?? '', 'base64url')
      if (sent.length !== nonceBytes + 2 * blockBytes) return undefined
      const decipher = createDecipheriv('aes-128-gcm', secret, sent.subarray(0, nonceBytes))
      decipher.setAuthTag(sent.subarray(nonceBytes + blockBytes))
      const block = decipher.update(sent.subarray(nonceBytes, nonceBytes + blockBytes))
      try {
        decipher.final()
      } catch {
        return undefined
      }
      if (!block.subarray(6, 11).equals(hash(topic))) return undefined
      return { id: block.readUIntBE(0, 6), rights: block.toString('hex', 11) }
    },
  }
}

export type Positions = ReturnType<typeof positions>
