import { type Citation, cite, formatCitation } from '@phi/core'

const seen = { confirmation: 'text-seen' } as const
const read = { confirmation: 'secondary' } as const
const ours = { confirmation: 'interpretation' } as const

/** Every text that this subpath rests on, once, and how it was confirmed. */
export const directiveLaw = {
  mayAsk: cite('45 CFR 164.522(a)(1)(i)', seen),
  needNotAgree: cite('45 CFR 164.522(a)(1)(ii)', seen),
  emergency: cite('45 CFR 164.522(a)(1)(iii)', seen),
  noFurtherUse: cite('45 CFR 164.522(a)(1)(iv)', seen),
  notAgainstRequiredByLaw: cite('45 CFR 164.522(a)(1)(v)', seen),
  selfPay: cite('45 CFR 164.522(a)(1)(vi)', seen),
  terminatedInWriting: cite('45 CFR 164.522(a)(2)(i)', seen),
  terminatedOrally: cite('45 CFR 164.522(a)(2)(ii)', seen),
  terminatedByNotice: cite('45 CFR 164.522(a)(2)(iii)', seen),
  restrictionDocumented: cite('45 CFR 164.522(a)(3)', seen),
  documentation: cite('45 CFR 164.530(j)', seen),
  confidentialProvider: cite('45 CFR 164.522(b)(1)(i)', seen),
  confidentialPlan: cite('45 CFR 164.522(b)(1)(ii)', seen),
  confidentialConditions: cite('45 CFR 164.522(b)(2)(ii)', seen),
  noReasonAsked: cite('45 CFR 164.522(b)(2)(iii)', seen),
  plainEmail: cite('45 CFR 164.524(c)(2)', { ...ours, title: 'access in the form requested, after a warning of the risk' }),
  transmission: cite('45 CFR 164.312(e)(1)', seen),
  safeguards: cite('45 CFR 164.530(c)', { ...ours, title: 'reasonable safeguards for what is sent' }),
  authentication: cite('45 CFR 164.312(d)', seen),
  threat: cite('45 CFR 164.512(j)(1)(i)', seen),
  payment: cite('45 CFR 164.506(c)', seen),
  minimumNecessary: cite('45 CFR 164.502(b)', seen),
  notice: cite('45 CFR 164.520(c)', seen),
  access: cite('45 CFR 164.524', seen),
  amendment: cite('45 CFR 164.526', seen),
  accounting: cite('45 CFR 164.528', seen),
  authorizationRevoked: cite('45 CFR 164.508(b)(5)', seen),
  consentPartTwo: cite('42 CFR 2.31', read),
} as const satisfies Readonly<Record<string, Citation>>

export type DirectiveLaw = keyof typeof directiveLaw

/** The written form: `45 CFR 164.522(b)(1)(i)`. */
export const citing = (...keys: readonly DirectiveLaw[]): readonly string[] =>
  keys.map((key) => formatCitation(directiveLaw[key]))
