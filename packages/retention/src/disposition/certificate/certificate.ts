import { cite, formatCitation } from '@phi/core'
import * as z from 'zod'
import { approvalRuleSchema } from '../plan/plan-document.ts'
import { civilDate, count, digest, idText, instant, person, ruleReference, shownText } from '../text.ts'

export const CERTIFICATE_TYPE = 'phi-disposition+jwt'
export const CERTIFICATE_FORMAT = 'phi.retention/disposition/v1'

/** The guideline whose words are used. Revision 2 of September 2025 supersedes revision 1; section 4.6 is about certificates. */
export const sanitizationGuideline = cite('NIST SP 800-88r2', {
  title: 'Guidelines for Media Sanitization',
  confirmation: 'secondary',
})

/**
 * How well it is confirmed which fields a certificate of sanitization has: `sanitizationSchema` carries those of the sample form of
 * revision 1 as they are remembered, since the form itself was not read.
 */
export const sanitizationFields = cite('NIST SP 800-88r1', { confirmation: 'memory' })

const about = shownText.optional()

/** Who did the work, or who checked it. */
export const workerSchema = z.strictObject({ name: shownText, title: about, location: about, phone: about })
export type Worker = z.infer<typeof workerSchema>

/** What the operator states about how the records were sanitized. Stands in the certificate as given, so it names no patient. */
export const sanitizationSchema = z.strictObject({
  category: z.enum(['clear', 'purge', 'destroy']),
  /** For example `row deletion`, `overwrite`, `cryptographic-erase`. */
  technique: shownText,
  tool: z.strictObject({ name: shownText, version: shownText }).optional(),
  verification: about,
  /** The media, where there are such. */
  media: z.strictObject({ type: about, source: about, manufacturer: about, model: about, serial: about }).optional(),
  /** The category of confidentiality, before and after. */
  confidentiality: z.strictObject({ before: shownText, after: shownText }).optional(),
  destination: about,
})
export type Sanitization = z.infer<typeof sanitizationSchema>

/** Why a record of the plan was left. The statuses are those of its assessment on the day. */
export const skipReasons = [
  'held',
  'conflict',
  'unknown',
  'clock-not-started',
  'retain',
  'condition-unmet',
  'needs-sign-off',
  /** Its facts, or the rules that allow it, are not those that were approved. */
  'changed',
  /** Somebody else deleted it, or moved it away. */
  'missing',
  /** The policy is another than the plan's, so nothing more was deleted. */
  'policy-changed',
  /** The run was cancelled. */
  'cancelled',
  /** Its keys are to be destroyed, and it does not say whose they are. */
  'no-key-scope',
] as const
export type SkipReason = (typeof skipReasons)[number]

/** Why keys were not destroyed although records under them were disposed of. */
export const keptReasons = [
  /** Other records are left under them. */
  'records-remain',
  /** A hold was placed since that may reach copies in backups. */
  'held',
  /** The key store has none for this tenant or subject. */
  'no-keys',
  'cancelled',
  'policy-changed',
] as const

const erasureSchema = z.discriminatedUnion('outcome', [
  z.strictObject({
    scope: digest,
    outcome: z.literal('destroyed'),
    keys: z.array(idText).min(1).readonly(),
    at: instant,
    /** SHA-256 of the certificate that the key store gave, where it gave one. */
    certificate: digest.nullable(),
  }),
  z.strictObject({
    scope: digest,
    outcome: z.literal('kept'),
    why: z.enum(keptReasons),
    at: instant,
  }),
])

export const certificateSchema = z
  .strictObject({
    format: z.literal(CERTIFICATE_FORMAT),
    /** The id of the run, which is that of the plan. */
    run: digest,
    plan: digest,
    /** By its id, with its version. */
    policy: idText,
    plannedBy: shownText,
    plannedFor: civilDate,
    approvalRule: approvalRuleSchema,
    approvals: z
      .array(z.strictObject({ by: shownText, role: shownText, on: civilDate, signed: z.boolean() }))
      .min(1)
      .readonly(),
    startedAt: instant,
    finishedAt: instant,
    guideline: shownText,
    sanitization: sanitizationSchema,
    performer: workerSchema,
    /** Somebody else than the performer; null where nobody checked. */
    validator: workerSchema.nullable(),
    /** When the last backup expires that may hold these records, as the operator declared it; null: no backup does. */
    backupHorizon: instant.nullable(),
    /** Recognises the salt, which stays with the owner of the records. */
    salt: digest,
    counts: z.strictObject({
      planned: count,
      disposed: count,
      byKind: z.record(z.string(), count),
      skipped: z.partialRecord(z.enum(skipReasons), count),
    }),
    /** Records deleted together, of one kind and under the same rules. */
    records: z
      .array(
        z.strictObject({
          kind: idText,
          /** The rules that kept them, and whose end allowed it. */
          rules: z.array(ruleReference).min(1).readonly(),
          /** The policy was asked on this day; all of them were disposable. */
          assessedFor: civilDate,
          /** No case held any of them: looked at then, among so many open cases, and unchanged when they were deleted. */
          holdCheck: z.strictObject({ result: z.literal('no-hold'), open: count, revision: count, at: instant }),
          /** Whose keys sealed them, where keys were to be destroyed. */
          scope: digest.nullable(),
          ids: z.array(digest).min(1).readonly(),
        }),
      )
      .min(1)
      .readonly(),
    erasures: z.array(erasureSchema).readonly(),
  })
  .readonly()

/** What a disposition certificate says. */
export type DispositionCertificate = z.infer<typeof certificateSchema>
export type KeyErasure = z.infer<typeof erasureSchema>

const sum = (numbers: Iterable<number>): number => {
  let total = 0
  for (const each of numbers) total += each
  return total
}

/** Whether everything adds up: the counts, the order of the instants, the approvals, each record once. */
export function isConsistent(certificate: DispositionCertificate): boolean {
  const { counts, records, erasures, approvals, approvalRule, startedAt, finishedAt, performer, validator } = certificate
  const ids = new Set<string>()
  const byKind = new Map<string, number>()
  for (const group of records) {
    for (const id of group.ids) ids.add(id)
    byKind.set(group.kind, (byKind.get(group.kind) ?? 0) + group.ids.length)
  }
  const listed = sum(byKind.values())
  const people = new Set(approvals.map(({ by }) => person(by)))
  const scopes = new Set(erasures.map(({ scope }) => scope))
  const named = new Set(records.flatMap(({ scope }) => scope ?? []))
  return (
    certificate.run === certificate.plan &&
    startedAt <= finishedAt &&
    (certificate.backupHorizon === null || certificate.backupHorizon >= startedAt) &&
    ids.size === listed &&
    counts.disposed === listed &&
    counts.planned === listed + sum(Object.values(counts.skipped)) &&
    Object.keys(counts.byKind).length === byKind.size &&
    [...byKind].every(([kind, each]) => Object.hasOwn(counts.byKind, kind) && counts.byKind[kind] === each) &&
    people.size === approvals.length &&
    people.size >= approvalRule.required &&
    !people.has(person(certificate.plannedBy)) &&
    approvals.every(({ role, on, signed }) => {
      const inRole = approvalRule.roles.length === 0 || approvalRule.roles.includes(role)
      return inRole && on >= certificate.plannedFor && (signed || !approvalRule.signed)
    }) &&
    (validator === null || person(validator.name) !== person(performer.name)) &&
    records.every(({ holdCheck: { at }, assessedFor }) => {
      return at >= startedAt && at <= finishedAt && assessedFor >= certificate.plannedFor
    }) &&
    erasures.every(({ at }) => at <= finishedAt) &&
    scopes.size === erasures.length &&
    named.size === scopes.size &&
    [...named].every((scope) => scopes.has(scope))
  )
}

export const guideline = formatCitation(sanitizationGuideline)
