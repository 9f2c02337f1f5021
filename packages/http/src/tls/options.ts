import { type Clock, parseAs, systemClock } from '@phi/core'
import * as z from 'zod'
import { tlsError } from './errors.ts'
import { type Pem, pemText } from './material.ts'
import { tlsProfiles } from './profile.ts'

const pem = z.custom<Pem>((value) => (typeof value === 'string' || value instanceof Uint8Array) && value.length > 0, {
  message: 'must be PEM, as text or bytes',
})
const pems = z.union([pem, z.array(pem).min(1)])

/** What both sides take. */
const shared = {
  profile: z.enum(tlsProfiles),
  passphrase: z.string().optional(),
  /** Revocation lists. With one, each certificate of a chain must be on none, and each authority must have one. */
  crl: pems.optional(),
  clock: z.custom<Clock>((value) => typeof value === 'function', { message: 'must be a function' }).optional(),
}

export const serverSchema = z.strictObject({
  ...shared,
  key: pem,
  cert: pem,
  mutual: z.strictObject({ ca: pems, required: z.boolean() }).optional(),
  handshakeTimeoutMs: z.int().min(100).max(120_000).optional(),
})

export const clientSchema = z.strictObject({
  ...shared,
  key: pem.optional(),
  cert: pem.optional(),
  ca: pems,
  serverName: z.string().min(1).max(253).optional(),
  names: z.array(z.string().min(1).max(2048)).min(1).optional(),
})

export function parseTls<Schema extends z.ZodType>(schema: Schema, value: unknown, root: string): z.output<Schema> {
  return parseAs(schema, value, root, (context) => tlsError('PHI_HTTP_TLS_OPTIONS', context))
}

export const nowBy = (clock: Clock | undefined): number => {
  const now = (clock ?? systemClock)()
  if (!Number.isFinite(now)) throw tlsError('PHI_HTTP_TLS_OPTIONS', { path: 'clock', detail: 'it does not tell the time' })
  return now
}

export const pemList = (value: Pem | readonly Pem[]): string[] =>
  typeof value === 'string' || value instanceof Uint8Array ? [pemText(value)] : value.map(pemText)
