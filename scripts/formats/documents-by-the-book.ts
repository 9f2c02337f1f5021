/**
 * Signed documents, the id of a disposition plan, and the terms hash and status of an agreement: docs/formats/conventions.md,
 * retention-v1.md and agreements-v1.md, and nothing else. No import of this repository but the file beside it.
 */
import { createHash, createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import { canonical } from './audit-by-the-book.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

export interface BookKey extends JsonWebKey {
  readonly kid: string
}

/** Conventions, "Signed documents", steps 1 to 7: the payload, or why it is refused. */
export function openDocument(jws: string, keys: readonly BookKey[], typ: string): { payload: unknown } | { refused: string } {
  const parts = jws.split('.')
  const [head, payload, signature] = parts.map((part) => {
    const bytes = Buffer.from(part, 'base64url')
    return bytes.toString('base64url') === part ? bytes : undefined
  })
  if (parts.length !== 3 || !head || !payload || !signature) return { refused: 'form' }
  const read = (bytes: Buffer): unknown => {
    try {
      const value: unknown = JSON.parse(bytes.toString('utf8'))
      return Buffer.from(canonical(value, 0)).equals(bytes) ? value : undefined
    } catch {
      return undefined
    }
  }
  const header = read(head) as Readonly<Record<string, unknown>> | undefined
  if (header === undefined || Object.keys(header ?? {}).join() !== 'alg,kid,typ') return { refused: 'header' }
  if (header.alg !== 'EdDSA' && header.alg !== 'ES256') return { refused: 'algorithm' }
  if (header.typ !== typ) return { refused: 'type' }
  const key = keys.find(({ kid }) => kid === header.kid)
  if (key === undefined) return { refused: 'unknown-key' }
  if (key.crv !== (header.alg === 'EdDSA' ? 'Ed25519' : 'P-256')) return { refused: 'unsuitable-key' }
  const { kty, crv, x, y } = key
  const jwk = { kty, crv, x, ...(y === undefined ? {} : { y }) } as JsonWebKey
  const signed = Buffer.from(`${parts[0]}.${parts[1]}`, 'ascii')
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
  const isValid =
    header.alg === 'EdDSA'
      ? verify(null, signed, publicKey, signature)
      : verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)
  if (!isValid) return { refused: 'signature' }
  const document = read(payload)
  return document === undefined ? { refused: 'document' } : { payload: document }
}

type Plain = Readonly<Record<string, unknown>>

/** Retention, "Plan": steps 1 to 3. */
export function planIdOf(plan: Plain): string {
  const { id: _, groups, ...rest } = plan
  const listed = (groups as readonly (Plain & { ids: readonly string[]; versions: readonly string[] })[]).map((group) => ({
    ...group,
    ids: sha256(group.ids.join('\n')),
    versions: sha256(group.versions.join('\n')),
    records: group.ids.length,
  }))
  return sha256(canonical({ ...rest, groups: listed }, 0))
}

const without = (value: Plain, names: readonly string[]): Plain =>
  Object.fromEntries(Object.entries(value).filter(([name, each]) => !names.includes(name) && each !== undefined))

/** Agreements, "Terms hash": of an agreement as `parseAgreement` gives it. */
export function termsHashOf(agreement: Plain): string {
  const standing = ['documentHash', 'plan', 'signatures', 'terminated', 'windingDown', 'closed', 'asOf', 'reviewBy']
  const party = (value: unknown) => without(value as Plain, ['licences', 'professions', 'standardTransactions'])
  const terms = { ...without(agreement, standing), from: party(agreement.from), to: party(agreement.to) }
  return sha256(canonical(terms, 0))
}
