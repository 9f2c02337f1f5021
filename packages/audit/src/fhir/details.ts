import { auditActorSchema } from '../event.ts'

/**
 * Facts for which an event has no field and FHIR has an element, by their keys in `context.details`. Write them as texts, and
 * they stand in that element; anything else under these keys is carried like every other detail.
 */
export const fhirDetails = {
  /** The client application or device: an OAuth client id, or `Device/d-1`. */
  client: 'client.id',
  /** What was searched for, by an event `search`. */
  query: 'query',
  /** `oauth`, `oauth-opaque` or `saml`. */
  tokenType: 'token.type',
  /** The token's own id: `jti`, the id of the SAML assertion, or the opaque token's hash. Without white space. */
  tokenId: 'token.id',
  /** Who issued the token: the identifier system of the user. Without white space. */
  tokenIssuer: 'token.issuer',
  /** `received` on an `upload`: another party disclosed the data to us. */
  disclosure: 'disclosure.side',
} as const

export const tokenTypes = ['oauth', 'oauth-opaque', 'saml'] as const
export type TokenType = (typeof tokenTypes)[number]

const identifier = auditActorSchema.shape.id

/** Whether an event takes the text as an identifier: in one line, and at most 256 characters. */
export const isIdentifier = (text: unknown): text is string => identifier.safeParse(text).success
