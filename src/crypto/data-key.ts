import { hkdfSync, randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Keys for one purpose each, derived from the one data key, so that no two purposes share a key. */
export interface Keys {
  /** Signs the addresses of videos. */
  addresses: Buffer
  /** Makes the pseudonyms of people at risk. */
  pseudonym: Buffer
  /** Encrypts kept answers. */
  answers: Buffer
  /** Encrypts what Jotform sent, as it was sent. */
  deliveries: Buffer
  /** Hashes the ids of erased submissions. */
  erased: Buffer
  /** Hides where in a stream of events a listener stands. */
  positions: Buffer
}

export const keyLength = 32

export function deriveKeys(dataKey: Buffer): Keys {
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', dataKey, '', purpose, keyLength))
  return {
    addresses: derive('addresses'),
    pseudonym: derive('pseudonym'),
    answers: derive('answers'),
    deliveries: derive('deliveries'),
    erased: derive('erased'),
    positions: derive('positions'),
  }
}

interface DataKeySource {
  dataDir: string
  /** `DATA_ENCRYPTION_KEY`: needed as soon as several replicas do not share DATA_DIR. */
  dataEncryptionKey: Buffer | undefined
}

/** The data key: from the configuration, or made once and kept in a file that only the service's user may read. */
export async function readDataKey({ dataDir, dataEncryptionKey }: DataKeySource): Promise<Buffer> {
  if (dataEncryptionKey !== undefined) return dataEncryptionKey
  const path = join(dataDir, 'data-encryption-key')
  const found = await readKeyFile(path)
  if (found !== undefined) return found
  await mkdir(dataDir, { recursive: true })
  // Written whole before it has its name: a killed start leaves no half of a key, and of two starts one wins.
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(temporary, `${randomBytes(keyLength).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(temporary)
  const made = await readKeyFile(path)
  if (made === undefined) throw new Error(`${path} holds no key of ${keyLength} bytes.`)
  return made
}

async function readKeyFile(path: string): Promise<Buffer | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const key = Buffer.from(text.trim(), 'base64url')
  return key.length === keyLength ? key : undefined
}
