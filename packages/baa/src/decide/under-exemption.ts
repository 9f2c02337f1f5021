import type { Service, Use } from '@phi/core'
import type { ExemptionClaim, ExemptionKind } from '../exemption/exemption.ts'
import { claimSchema } from '../exemption/schema.ts'
import { testExemption } from '../exemption/test.ts'
import { mayNeedPermission, permissionReasons } from './permission.ts'
import type { Question } from './question.ts'
import { type Reason, reason } from './reason.ts'
import { type Inquiry, type Way, worst } from './way.ts'

const codes = {
  treatment: 'exempt-treatment',
  workforce: 'exempt-workforce',
  conduit: 'exempt-conduit',
  'payment-processing': 'exempt-payment',
  'de-identified': 'exempt-de-identified',
  individual: 'exempt-individual',
  'payment-of-recipient': 'exempt-payment-of-recipient',
} as const satisfies { readonly [Kind in ExemptionKind]: Reason['code'] }

/** These ask for no permission of the individual: it is theirs, or it is nobody's. */
const permissionFree: readonly ExemptionKind[] = ['individual', 'de-identified']

/** What the claim of an exemption comes to. */
export function underExemption(inquiry: Inquiry, claim: ExemptionClaim, question: Question, service: Service, use: Use): Way {
  const to = inquiry.model.party(question.to)
  const read = claimSchema.safeParse(claim)
  if (!read.success || to === undefined) return { outcome: 'needs', reasons: [reason('exemption-unproved')] }
  const { kind } = read.data
  const { data, at, identifiability } = question
  const facts = testExemption(read.data, { to, service, use, classes: data.classes, at, identifiability })
  const reasons: Reason[] = facts.flatMap(({ fact, holds }) =>
    holds === true ? [] : [reason(holds === false ? 'exemption-not-met' : 'exemption-unproved', { name: `${kind}: ${fact}` })],
  )
  const holds = senderMay(inquiry, kind, question, use)
  if (holds !== true) {
    const name = `${kind}: the sender may disclose it under the agreement under which it holds the data`
    reasons.push(reason(holds === false ? 'exemption-not-met' : 'exemption-unproved', { name }))
  }
  if (reasons.length === 0) reasons.push(reason(codes[kind]))
  if (!permissionFree.includes(kind) && mayNeedPermission(question, use)) {
    // Only the workforce of the originator uses its notes; a provider who receives them is another.
    reasons.push(...permissionReasons(inquiry, undefined, question, service, use, kind === 'workforce'))
  }
  return { outcome: worst(reasons), reasons, exemption: kind }
}

/** Disclosures for which the recipient needs no agreement. A business associate as sender is bound by its own all the same, 164.502(a)(3). */
const boundBySender: readonly ExemptionKind[] = ['treatment', 'payment-processing', 'individual', 'payment-of-recipient']

/**
 * Whether a business associate, or its subcontractor, may disclose the data for this: as the agreement says under which it holds the data.
 * Who does not say for whom it is held (`heldFor`) is asked for all agreements in force above the sender.
 */
function senderMay({ model }: Inquiry, kind: ExemptionKind, question: Question, use: Use): boolean | 'unknown' {
  const { from, at, data, heldFor } = question
  const sender = model.party(from)?.kind
  if (!boundBySender.includes(kind) || (sender !== 'business-associate' && sender !== 'subcontractor')) return true
  const above = model
    .above(from)
    .filter(
      (each) => each.standingAt(at).status === 'in-force' && (heldFor === undefined || each.agreement.from.id === heldFor),
    )
  if (above.length === 0) return 'unknown'
  return above.every((each) => {
    // B08: making the data available for access is among what the agreement promises.
    const forAccess = kind === 'individual' && each.agreement.terms.access !== undefined
    const found = [
      ...(forAccess ? [] : each.use(use)),
      ...data.classes.flatMap((key) => [...each.class(key)]),
      ...data.labels.flatMap((key) => [...each.label(key)]),
    ]
    return found.every(({ effect }) => effect === 'allow')
  })
}
