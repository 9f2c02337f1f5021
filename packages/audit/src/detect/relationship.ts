import * as z from 'zod'
import { type Detector, parseOptions } from './detector.ts'
import { recordsOf, relationAt, touchDetector, touchOptions } from './touch.ts'

const DAY = 86_400_000

const optionsSchema = z.strictObject({
  ...touchOptions,
  /** Different patients without a relation that make an alert. Default 1. */
  patients: z.int().min(1).max(1000).default(1),
  /** Days before an appointment in which it explains an access. Default 3. */
  daysBefore: z.int().min(0).max(365).default(3),
  /** Days after an appointment. Default 30. */
  daysAfter: z.int().min(0).max(365).default(30),
})
export type NoRelationshipOptions = z.input<typeof optionsSchema>

/**
 * Somebody whose work is with their own patients opens the record of another one, and neither treatment, team, appointment, supervision,
 * cover, referral, request nor task explains it. Most accesses can be explained by such rows (Fabbri and LeFevre, PVLDB 5(1), 2011, and
 * JAMIA 20:52, 2013: over 94 % at one hospital), and what is left is short enough to read.
 *
 * Not judged: roles that reach every record, and accesses through a broken glass, which `breakGlass` reviews one by one.
 * Misses: misuse by somebody who has a relation; roles that reach every record.
 * @throws PhiError PHI_AUDIT_DETECT_OPTIONS
 */
export function noRelationship(options: NoRelationshipOptions = {}): Detector {
  const parsed = parseOptions(optionsSchema, options, 'noRelationship')
  const slack = { before: parsed.daysBefore * DAY, after: parsed.daysAfter * DAY }
  return touchDetector({
    name: 'no-relationship',
    version: 1,
    options: parsed,
    per: 'actor',
    threshold: parsed.patients,
    severity: (score) => (score >= 10 ? 'high' : score >= 3 ? 'medium' : 'low'),
    judge(access, patient, seen, facts) {
      if (seen.event.context?.breakGlass === true) return { is: 'not-applicable' }
      const reach = facts.reach(access.actor.roles)
      if (reach.is !== 'known') return { is: 'unknown', reason: 'reach of the role' }
      if (reach.value === 'all') return { is: 'not-applicable' }
      const relation = relationAt(access, patient, seen, facts, slack)
      if (relation.is === 'known') return { is: 'fine' }
      if (relation.is === 'unknown') return { is: 'unknown', reason: 'relations at the time' }
      return { is: 'suspect', severity: 'low' }
    },
    explain: ({ actor, patients, touches }) => ({
      explanation: `${actor} opened ${recordsOf(patients)} in ${touches} entries without a known relation to them.`,
      suggestion: 'Ask for the reason. Where there is a good one, add the relation, the cover or the task to the facts.',
    }),
    containment: (actor, patients) => [
      { step: 'revoke-sessions', actor },
      { step: 'restrict-to-incident-team', patients: [...patients] },
    ],
  })
}
