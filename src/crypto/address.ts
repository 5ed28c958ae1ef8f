import { createHmac, timingSafeEqual } from 'node:crypto'

const macBytes = 24

/** A statement in an address that nobody else can make or change. It says who may see what until when, and is no key to anything more. */
export function signStatement(key: Buffer, statement: object): string {
  const text = Buffer.from(JSON.stringify(statement)).toString('base64url')
  return `${text}.${macOf(key, text).toString('base64url')}`
}

/** The statement as it was signed, or undefined. */
export function readStatement(key: Buffer, signed: string): Record<string, unknown> | undefined {
  const [, text, mac] = /^([\w-]{1,1000})\.([\w-]{32})$/.exec(signed) ?? []
  if (text === undefined || mac === undefined) return undefined
  if (!timingSafeEqual(Buffer.from(mac, 'base64url'), macOf(key, text))) return undefined
  return JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Record<string, unknown>
}

const macOf = (key: Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest().subarray(0, macBytes)
