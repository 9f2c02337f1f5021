import { type Citation, cite, formatCitation } from '@phi/core'

const seen = { confirmation: 'text-seen' } as const
const read = { confirmation: 'secondary' } as const
const recalled = { confirmation: 'memory' } as const
const ours = { confirmation: 'interpretation' } as const

/** Every text that this subpath rests on, once, and how it was confirmed. */
export const directiveLaw = {
  mayAsk: cite('45 CFR 164.522(a)(1)(i)', read),
  needNotAgree: cite('45 CFR 164.522(a)(1)(ii)', read),
  emergency: cite('45 CFR 164.522(a)(1)(iii)', read),
  noFurtherUse: cite('45 CFR 164.522(a)(1)(iv)', read),
  notAgainstRequiredByLaw: cite('45 CFR 164.522(a)(1)(v)', read),
  selfPay: cite('45 CFR 164.522(a)(1)(vi)', seen),
  terminatedInWriting: cite('45 CFR 164.522(a)(2)(i)', read),
  terminatedOrally: cite('45 CFR 164.522(a)(2)(ii)', read),
  terminatedByNotice: cite('45 CFR 164.522(a)(2)(iii)', read),
  restrictionDocumented: cite('45 CFR 164.522(a)(3)', read),
  documentation: cite('45 CFR 164.530(j)', seen),
  confidentialProvider: cite('45 CFR 164.522(b)(1)(i)', seen),
  confidentialPlan: cite('45 CFR 164.522(b)(1)(ii)', recalled),
  confidentialConditions: cite('45 CFR 164.522(b)(2)(ii)', recalled),
  noReasonAsked: cite('45 CFR 164.522(b)(2)(iii)', seen),
  plainEmail: cite('45 CFR 164.524(c)(2)', { ...ours, title: 'access in the form requested, after a warning of the risk' }),
  transmission: cite('45 CFR 164.312(e)(1)', read),
  safeguards: cite('45 CFR 164.530(c)', { ...ours, title: 'reasonable safeguards for what is sent' }),
  authentication: cite('45 CFR 164.312(d)', read),
  threat: cite('45 CFR 164.512(j)(1)(i)', recalled),
  payment: cite('45 CFR 164.506(c)', recalled),
  minimumNecessary: cite('45 CFR 164.502(b)', read),
  notice: cite('45 CFR 164.520(c)', seen),
  access: cite('45 CFR 164.524', seen),
  amendment: cite('45 CFR 164.526', seen),
  accounting: cite('45 CFR 164.528', seen),
  authorizationRevoked: cite('45 CFR 164.508(b)(5)', read),
  consentPartTwo: cite('42 CFR 2.31', read),
} as const satisfies Readonly<Record<string, Citation>>

export type DirectiveLaw = keyof typeof directiveLaw

/** The written form: `45 CFR 164.522(b)(1)(i)`. */
export const citing = (...keys: readonly DirectiveLaw[]): readonly string[] =>
  keys.map((key) => formatCitation(directiveLaw[key]))
