import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'

/** Where a listener stands, and what it was allowed to see there. */
export interface Position {
  id: number
  /** Equal to that of `rightsHash`, or the listener's rights are others now. */
  rights: string
}

const hash = (text: string): Buffer => createHash('sha256').update(text).digest().subarray(0, 5)

export const rightsHash = (rights: string): string => hash(rights).toString('hex')

/**
 * The id of an event as it is sent: number, topic and rights in one enciphered block. Bare numbers would have gaps, from which could be counted
 * what is not shown.
 */
export function positions(key: Buffer) {
  const blockKey = key.subarray(0, 16)
  return {
    write(topic: string, { id, rights }: Position): string {
      const block = Buffer.alloc(16)
      block.writeUIntBE(id, 0, 6)
      hash(topic).copy(block, 6)
      block.write(rights, 11, 'hex')
      const cipher = createCipheriv('aes-128-ecb', blockKey, null).setAutoPadding(false)
      return Buffer.concat([cipher.update(block), cipher.final()]).toString('base64url')
    },
    /** Nothing for what this service did not write for this topic. */
    read(topic: string, text: string | undefined): Position | undefined {
      const sent = Buffer.from(text ?? '', 'base64url')
      if (sent.length !== 16) return undefined
      const decipher = createDecipheriv('aes-128-ecb', blockKey, null).setAutoPadding(false)
      const block = Buffer.concat([decipher.update(sent), decipher.final()])
      if (!block.subarray(6, 11).equals(hash(topic))) return undefined
      return { id: block.readUIntBE(0, 6), rights: block.toString('hex', 11) }
    },
  }
}

export type Positions = ReturnType<typeof positions>
