import { cite } from '@phi/core'

/** What a method shows: something the person knows, has, or is. Null for a method that shows none of the three. */
export type FactorClass = 'knowledge' | 'possession' | 'inherence'

/**
 * The authentication methods of RFC 8176 §2 and what each shows. The classes are our reading; the registry names methods and ranks
 * none. Location (`geo`), risk (`rba`), presence (`user`), a second channel (`mca`) and Windows sign-in (`wia`) are no factors.
 * `pop` stands in OpenID EAP ACR Values 1.0; it does not say where the key lies.
 */
export const authenticationMethods: Readonly<Record<string, FactorClass | 'multiple' | null>> = Object.freeze({
  face: 'inherence',
  fpt: 'inherence',
  geo: null,
  hwk: 'possession',
  iris: 'inherence',
  kba: 'knowledge',
  mca: null,
  mfa: 'multiple',
  otp: 'possession',
  pin: 'knowledge',
  pop: null,
  pwd: 'knowledge',
  rba: null,
  retina: 'inherence',
  sc: 'possession',
  sms: 'possession',
  swk: 'possession',
  tel: 'possession',
  user: null,
  vbm: 'inherence',
  wia: null,
})

/** Where the methods come from, and how sure we are of the classes. */
export const authenticationMethodCitations = Object.freeze([
  cite('RFC 8176', { confirmation: 'secondary', title: 'Authentication Method Reference Values' }),
  cite('45 CFR 164.312(d)', { confirmation: 'interpretation', title: 'Person or entity authentication' }),
])

export type MfaVerdict = 'met' | 'not-met' | 'unknown'

/** What the identity provider said about how the person signed in. Times in milliseconds since 1970. */
export interface Authentication {
  /** Methods, RFC 8176; null when the token named none. */
  readonly amr: readonly string[] | null
  /** The authentication context class; null when the token named none. */
  readonly acr: string | null
  /** When the person last signed in actively. */
  readonly authTime: number | null
}

/**
 * Whether more than one factor was used. `met`: the `acr` is one that you configured as such, or `amr` holds `mfa`, or methods of two
 * classes. `not-met`: every method is known, and together they are not two factors. `unknown`: nothing was said, or something was said
 * that this table does not know. Only `met` opens anything.
 *
 * @param acrMeansMfa the `acr` values that your identity provider gives for multi-factor sign-ins, compared exactly
 */
export function mfaVerdict(
  facts: Pick<Authentication, 'amr' | 'acr'>,
  { acrMeansMfa = [] }: { readonly acrMeansMfa?: readonly string[] } = {},
): MfaVerdict {
  const { amr, acr } = facts ?? {}
  if (typeof acr === 'string' && acr !== '' && acrMeansMfa.includes(acr)) return 'met'
  if (!Array.isArray(amr) || amr.length === 0) return 'unknown'
  const classes = new Set<FactorClass>()
  let strange = false
  for (const method of amr) {
    const known = typeof method === 'string' && Object.hasOwn(authenticationMethods, method)
    const shows = known ? authenticationMethods[method] : undefined
    if (shows === 'multiple') return 'met'
    if (shows) classes.add(shows)
    if (shows === undefined) strange = true
  }
  if (classes.size > 1) return 'met'
  return strange ? 'unknown' : 'not-met'
}
