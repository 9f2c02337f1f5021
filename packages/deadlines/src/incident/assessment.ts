import { formatCitation, plainText } from '@phi/core'
import * as z from 'zod'
import { text } from '../federal/common.ts'

/** What the person who assesses wrote. It stays in the record and reaches no error. */
const words = plainText(4000)
const weighs = z.enum(['lower', 'neither', 'higher']).optional()

/**
 * The risk assessment of 164.402(2), factor by factor. Every part may be left out while the work goes on; a finding of low
 * probability needs them all.
 */
export const assessmentSchema = z.strictObject({
  nature: z
    .strictObject({
      identifiers: z.array(plainText(200)).max(100).optional(),
      reIdentification: z.enum(['unlikely', 'possible', 'likely']).optional(),
      weighs,
      basis: words.optional(),
    })
    .optional(),
  person: z.strictObject({ who: words.optional(), weighs, basis: words.optional() }).optional(),
  acquired: z
    .strictObject({ acquiredOrViewed: z.enum(['no', 'yes', 'not-known']).optional(), weighs, basis: words.optional() })
    .optional(),
  mitigation: z.strictObject({ extent: words.optional(), weighs, basis: words.optional() }).optional(),
})
export type RiskAssessment = z.output<typeof assessmentSchema>

const factor = (id: keyof RiskAssessment, says: string, section: string, parts: readonly string[]) =>
  Object.freeze({
    id,
    says,
    citation: text(`45 CFR 164.402(2)${section}`),
    parts: Object.freeze([...parts, 'weighs', 'basis']),
  })

/** The four factors, and what each must say: its own parts, which way it weighs, and why. */
export const riskFactors = Object.freeze([
  factor('nature', 'nature and extent of the information, with identifiers and likelihood of re-identification', '(i)', [
    'identifiers',
    'reIdentification',
  ]),
  factor('person', 'the unauthorized person who used it, or to whom it was disclosed', '(ii)', ['who']),
  factor('acquired', 'whether it was actually acquired or viewed', '(iii)', ['acquiredOrViewed']),
  factor('mitigation', 'how far the risk has been mitigated', '(iv)', ['extent']),
])

/**
 * What a risk assessment lacks, as `factor.part`. That it is not known whether the information was acquired or viewed leaves that
 * factor open: what is not known supports no finding of low probability (our reading).
 */
export function missingFactors(assessment: RiskAssessment | null | undefined): readonly string[] {
  return riskFactors.flatMap(({ id, parts }) => {
    const given: Readonly<Record<string, unknown>> = { ...assessment?.[id] }
    const open = (part: string) => {
      const value = Object.hasOwn(given, part) ? given[part] : undefined
      return value === undefined || value === 'not-known' || (Array.isArray(value) && value.length === 0)
    }
    return parts.filter(open).map((part) => `${id}.${part}`)
  })
}

const exclusion = <const Id extends string>(id: Id, says: string, section: string, conditions: readonly string[]) =>
  Object.freeze({ id, says, citation: text(`45 CFR 164.402(1)${section}`), conditions: Object.freeze(conditions) })

/** What a breach is not, 164.402(1), with every condition that must be confirmed. */
export const breachExclusions = Object.freeze([
  exclusion('good-faith-workforce', 'unintentional acquisition, access or use by workforce or under authority', '(i)', [
    'unintentional',
    'by-workforce-or-under-authority',
    'in-good-faith',
    'within-scope-of-authority',
    'no-further-impermissible-use',
  ]),
  exclusion('inadvertent-between-authorized', 'inadvertent disclosure between authorized persons of one entity', '(ii)', [
    'inadvertent',
    'by-authorized-person',
    'to-authorized-person',
    'same-entity-or-arrangement',
    'no-further-impermissible-use',
  ]),
  exclusion('not-retainable', 'disclosure to somebody who would not reasonably have been able to retain it', '(iii)', [
    'good-faith-belief-that-not-retainable',
  ]),
])
export type ExclusionId = (typeof breachExclusions)[number]['id']
export const exclusionIds = breachExclusions.map(({ id }) => id)

/** 164.402, "unsecured": the Secretary's guidance decides what is unusable; that the key must not be lost with it is from memory. */
export const securedConditions = Object.freeze([
  'method-in-the-guidance',
  'applied-to-all-of-it',
  'key-not-compromised',
] as const)

export const findingConditions: readonly string[] = [
  ...new Set([...breachExclusions.flatMap(({ conditions }) => [...conditions]), ...securedConditions]),
]

/** The conditions of an exclusion that are not confirmed. */
export function missingConditions(id: ExclusionId, confirmed: readonly string[]): readonly string[] {
  return breachExclusions.find((each) => each.id === id)?.conditions.filter((each) => !confirmed.includes(each)) ?? []
}

export const factorCitations: readonly string[] = riskFactors.map(({ citation }) => formatCitation(citation))
