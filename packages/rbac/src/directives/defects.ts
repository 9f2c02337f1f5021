import { type Citation, type Confirmation, cite } from '@phi/core'
import type { Authorization, Consent } from './written-permission.ts'

interface Defect {
  /** What is wrong, for a list that a person reads. */
  readonly says: string
  readonly citation: Citation
}

function defectsAt<Id extends string>(
  part: string,
  confirmed: Confirmation,
  rows: Readonly<Record<Id, readonly [section: string, says: string, confirmation?: Confirmation]>>,
): { readonly [Each in Id]: Defect } {
  const table: Partial<Record<Id, Defect>> = {}
  for (const [id, [section, says, confirmation = confirmed]] of Object.entries(rows) as [
    Id,
    readonly [string, string, Confirmation?],
  ][]) {
    table[id] = Object.freeze({ says, citation: cite(`${part}${section}`, { confirmation }) })
  }
  return Object.freeze(table) as { readonly [Each in Id]: Defect }
}

/** What makes an authorization invalid: the six core elements, the three statements, and the defects of 164.508(b)(2). */
// biome-ignore format: a table
export const authorizationDefects = /* @__PURE__ */ defectsAt('45 CFR 164.508', 'text-seen', {
  'no-information': ['(c)(1)(i)', 'does not describe the information'],
  'no-discloser': ['(c)(1)(ii)', 'does not say who may disclose'],
  'no-recipient': ['(c)(1)(iii)', 'does not say to whom'],
  'no-purpose': ['(c)(1)(iv)', 'does not say what for'],
  'no-expiry': ['(c)(1)(v)', 'has no date or event that ends it; only research needs none'],
  'no-signature': ['(c)(1)(vi)', 'is not signed and dated'],
  'no-authority': ['(c)(1)(vi)', 'does not say what lets the representative act'],
  'no-revocation-statement': ['(c)(2)(i)', 'does not say that and how it can be revoked'],
  'no-conditioning-statement': ['(c)(2)(ii)', 'does not say what depends on signing'],
  'no-redisclosure-statement': ['(c)(2)(iii)', 'does not warn of redisclosure'],
  'not-plain-language': ['(c)(3)', 'is not known to be in plain language'],
  'no-notes-word': ['(b)(3)(ii)', 'does not say whether it is for psychotherapy notes', 'interpretation'],
  'notes-combined': ['(b)(3)(ii)', 'is for psychotherapy notes and something else'],
  'combined': ['(b)(3)', 'is combined with a document that it must not be combined with'],
  'conditioned': ['(b)(4)', 'is a condition for what must not depend on it'],
  'marketing-payment': ['(a)(3)(ii)', 'is for marketing and does not say whether money is paid for it'],
  'sale-payment': ['(a)(4)', 'is for a sale and does not say that money is paid for it'],
  'not-yet': ['(c)(1)(vi)', 'is dated later than now', 'interpretation'],
  'expired': ['(b)(2)(i)', 'has expired'],
  'event-unknown': ['(b)(2)(i)', 'ends with an event, and nobody said whether it has happened', 'interpretation'],
  'revoked': ['(b)(2)(iii)', 'was revoked'],
  'found-false': ['(b)(2)(v)', 'holds something material that is known to be false'],
})

/** What makes a Part 2 consent invalid: the elements of 42 CFR 2.31, and what ends it. */
// biome-ignore format: a table
export const consentDefects = /* @__PURE__ */ defectsAt('42 CFR 2.31', 'secondary', {
  'no-patient': ['(a)(1)', 'does not name the patient'],
  'no-discloser': ['(a)(2)', 'does not say who may disclose'],
  'no-information': ['(a)(3)', 'does not describe the information'],
  'no-recipient': ['(a)(4)(i)', 'does not say to whom'],
  'no-redisclosure-statement': ['(a)(4)(iii)', 'does not warn that HIPAA may allow redisclosure'],
  'no-purpose': ['(a)(5)', 'does not say what for'],
  'no-revocation-statement': ['(a)(6)', 'does not say that and how it can be revoked'],
  'no-expiry': ['(a)(7)', 'has no date, event or condition that ends it; only a single consent for TPO needs none'],
  'no-signature': ['(a)(8)', 'is not signed and dated'],
  'no-authority': ['(a)(8)', 'does not say what lets the representative act', 'interpretation'],
  'no-refusal-statement': ['(a)(10)', 'is for all future TPO and does not say what follows from not signing'],
  'no-notes-word': ['(b)', 'does not say whether it is for SUD counseling notes', 'interpretation'],
  'notes-combined': ['(b)', 'is for SUD counseling notes and something else', 'memory'],
  'no-proceedings-word': ['(d)', 'does not say whether it is for proceedings against the patient', 'interpretation'],
  'proceedings-combined': ['(d)', 'is for proceedings against the patient and something else', 'memory'],
  'not-yet': ['(a)(9)', 'is dated later than now', 'interpretation'],
  'expired': ['(c)', 'has expired'],
  'event-unknown': ['(c)', 'ends with an event, and nobody said whether it has happened', 'interpretation'],
  'revoked': ['(c)', 'was revoked'],
  'found-false': ['(c)', 'is known to be materially false'],
})

export type AuthorizationDefect = keyof typeof authorizationDefects
export type ConsentDefect = keyof typeof consentDefects
export type PermissionDefect = AuthorizationDefect | ConsentDefect

/**
 * Whether events happened that end a permission, by the id of the directive: true, it has; false, it is known not to have. What is
 * not there is unknown, and the permission does not count.
 */
export type Events = Readonly<Record<string, boolean>>

/** What may be wrong with either kind. */
function common(permission: Authorization | Consent, now: number, events: Events): PermissionDefect[] {
  const { information, disclosers, recipients, purpose, expires, signature, history } = permission
  const out: PermissionDefect[] = []
  if (information === undefined) out.push('no-information')
  else if (information.notes === undefined) out.push('no-notes-word')
  else if (information.notes === 'together') out.push('notes-combined')
  if (disclosers === undefined) out.push('no-discloser')
  if (recipients === undefined) out.push('no-recipient')
  if (purpose === undefined) out.push('no-purpose')
  if (signature === undefined) out.push('no-signature')
  else {
    if (signature.by === 'representative' && signature.authority === undefined) out.push('no-authority')
    if (Date.parse(signature.at) > now) out.push('not-yet')
  }
  if (expires === undefined) out.push('no-expiry')
  else if (expires.by === 'date' && Date.parse(expires.until) <= now) out.push('expired')
  else if (expires.by === 'event') {
    const happened = Object.hasOwn(events, permission.id) ? events[permission.id] : undefined
    if (happened !== false) out.push(happened === true ? 'expired' : 'event-unknown')
  }
  // Revocation counts once it is recorded, whatever time it bears: a clock that is behind must not keep it alive.
  if (history.some((each) => each.step === 'revoked')) out.push('revoked')
  if (history.some((each) => each.step === 'found-false')) out.push('found-false')
  return out
}

/** The defects of an authorization at an instant. @param now milliseconds since 1970 */
export function defectsOfAuthorization(each: Authorization, now: number, events: Events): readonly AuthorizationDefect[] {
  const out = common(each, now, events) as AuthorizationDefect[]
  const { statements, combinedWith, conditioned, information, expires } = each
  if (expires?.by === 'none' && expires.because !== 'research') out.push('no-expiry')
  if (statements?.revocation !== true) out.push('no-revocation-statement')
  if (statements?.conditioning !== true) out.push('no-conditioning-statement')
  if (statements?.redisclosure !== true) out.push('no-redisclosure-statement')
  if (each.plainLanguage !== true) out.push('not-plain-language')
  if (combinedWith === undefined || combinedWith === 'other-document') out.push('combined')
  // (b)(3)(ii): one for psychotherapy notes goes only with another one for psychotherapy notes.
  if (information?.notes === 'only' && combinedWith === 'research-consent') out.push('notes-combined')
  // (b)(3)(iii): those that something depends on do not go together with others.
  if (combinedWith === 'other-authorizations' && conditioned !== 'nothing' && conditioned !== 'research-treatment') {
    out.push('combined')
  }
  if (conditioned === undefined || conditioned === 'something-else') out.push('conditioned')
  if (conditioned === 'plan-enrollment' && information?.notes !== 'none') out.push('conditioned')
  if (each.marketing === undefined || each.marketing === 'payment-not-stated') out.push('marketing-payment')
  if (each.sale === undefined || each.sale === 'payment-not-stated') out.push('sale-payment')
  return [...new Set(out)]
}

/** The defects of a Part 2 consent at an instant. @param now milliseconds since 1970 */
export function defectsOfConsent(each: Consent, now: number, events: Events): readonly ConsentDefect[] {
  const out = common(each, now, events) as ConsentDefect[]
  const { statements, expires, singleTpo, proceedings } = each
  if (each.namesPatient !== true) out.push('no-patient')
  if (expires?.by === 'none' && !(expires.because === 'single-tpo-consent' && singleTpo)) out.push('no-expiry')
  if (statements?.revocation !== true) out.push('no-revocation-statement')
  if (statements?.redisclosure !== true) out.push('no-redisclosure-statement')
  if (singleTpo && statements?.refusal !== true) out.push('no-refusal-statement')
  if (proceedings === undefined) out.push('no-proceedings-word')
  if (proceedings === 'together' || (proceedings === 'only' && singleTpo)) out.push('proceedings-combined')
  return [...new Set(out)]
}
