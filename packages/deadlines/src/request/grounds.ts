import type { Citation } from '@phi/core'
import { text } from '../federal/common.ts'
import type { RequestKind } from './kinds.ts'

/** A ground on which a request may be denied. */
export interface Ground {
  readonly id: string
  readonly kind: RequestKind
  readonly says: string
  readonly citation: Citation
  /** Access only: whether the individual has a right to have the denial reviewed, 164.524(a)(4). */
  readonly reviewable: boolean
  /** Only a covered entity of this kind may use it. */
  readonly entity?: 'health-plan'
}

const access = (id: string, says: string, section: string, reviewable: boolean): Ground => ({
  id,
  kind: 'access',
  says,
  citation: text(`45 CFR 164.524${section}`),
  reviewable,
})

const other = (kind: RequestKind, id: string, says: string, section: string, entity?: 'health-plan'): Ground => ({
  id,
  kind,
  says,
  citation: text(`45 CFR ${section}`),
  reviewable: false,
  ...(entity && { entity }),
})

const confidential = 'confidential-communication'

/**
 * The grounds that the texts know. An accounting has none (what is excluded or suspended is left out of it), and a restriction
 * needs none, unless it must be agreed to.
 */
export const denialGrounds = [
  access(
    'excepted-information',
    'the information is excepted from the right of access, such as psychotherapy notes',
    '(a)(2)(i)',
    false,
  ),
  access(
    'inmate-copy',
    'a copy for an inmate would jeopardize health, safety, security, custody or rehabilitation',
    '(a)(2)(ii)',
    false,
  ),
  access('research-in-progress', 'access is suspended during research to which the individual agreed', '(a)(2)(iii)', false),
  access('privacy-act', 'the Privacy Act, 5 USC 552a, permits the denial', '(a)(2)(iv)', false),
  access(
    'confidential-source',
    'access would reveal a source other than a provider, who was promised confidentiality',
    '(a)(2)(v)',
    false,
  ),
  access(
    'endangers-life',
    'a licensed professional finds that access would endanger life or physical safety',
    '(a)(3)(i)',
    true,
  ),
  access(
    'harms-person-mentioned',
    'a licensed professional finds that access would harm another person who is mentioned',
    '(a)(3)(ii)',
    true,
  ),
  access(
    'harms-through-representative',
    'a licensed professional finds that access of the personal representative would cause harm',
    '(a)(3)(iii)',
    true,
  ),
  other('amendment', 'not-created-here', 'the covered entity did not create the information', '164.526(a)(2)(i)'),
  other('amendment', 'not-in-record-set', 'it is not part of the designated record set', '164.526(a)(2)(ii)'),
  other('amendment', 'not-open-to-access', 'it would not be available for inspection', '164.526(a)(2)(iii)'),
  other('amendment', 'accurate-and-complete', 'it is accurate and complete', '164.526(a)(2)(iv)'),
  other(confidential, 'not-reasonable', 'the request is not reasonable', '164.522(b)(1)'),
  other(confidential, 'not-in-writing', 'it is not in writing, which the covered entity requires', '164.522(b)(2)(i)'),
  other(confidential, 'no-payment-information', 'how payment will be handled was not said', '164.522(b)(2)(ii)(A)'),
  other(confidential, 'no-other-contact', 'no other address or method of contact was given', '164.522(b)(2)(ii)(B)'),
  other(
    confidential,
    'no-endangerment-statement',
    'a statement of endangerment is missing',
    '164.522(b)(1)(ii)',
    'health-plan',
  ),
] as const satisfies readonly Ground[]

/** Every ground by its id. */
export const groundOf = (id: string): Ground | undefined =>
  (denialGrounds as readonly Ground[]).find((ground) => ground.id === id)

export const groundIds = denialGrounds.map(({ id }) => id)

export const isReviewable = (grounds: readonly string[]): boolean => grounds.some((id) => groundOf(id)?.reviewable === true)
