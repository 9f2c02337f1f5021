import { plainText } from '@phi/core'
import * as z from 'zod'
import { hoursOf, type Period, periodSchema } from '../agreement/period.ts'

/** What the workforce is taught. A house may teach more; these are the topics that the requirements name. */
export const trainingTopics = ['privacy', 'security-awareness', 'secure-messaging', 'incident-reporting'] as const
export type TrainingTopic = (typeof trainingTopics)[number]

/** How severe a weakness is, as its finder rates it. */
export const severities = ['critical', 'high', 'moderate', 'low'] as const
export type Severity = (typeof severities)[number]

/** How fast a weakness is to be closed. A severity that is left out has no time, which is not the same as no hurry. */
export type PatchTimes = { readonly [Each in Severity]?: Period | undefined }

/** The parameters of controls, by kind. */
export interface ParameterKinds {
  /** Minutes without activity. Fewer is stricter. */
  readonly minutes: { readonly minutes: number }
  readonly tls: { readonly minimumVersion: '1.2' | '1.3' }
  readonly cipher: { readonly algorithm: 'AES-128' | 'AES-192' | 'AES-256' }
  /** RTO and RPO: how long until it runs again, and how much may be lost. */
  readonly recovery: { readonly recoveryTime: Period; readonly recoveryPoint: Period }
  readonly patch: PatchTimes
  /** Attestations by name: `SOC 2 Type II`. */
  readonly attestations: { readonly names: readonly string[] }
  readonly topics: { readonly topics: readonly TrainingTopic[] }
  /** The longest that something is kept. Shorter is stricter. */
  readonly limit: { readonly atMost: Period }
}
export type ParameterKind = keyof ParameterKinds
export type Parameter = ParameterKinds[ParameterKind]

export const parameterSchemas: { readonly [Kind in ParameterKind]: z.ZodType<ParameterKinds[Kind]> } = {
  minutes: z.strictObject({ minutes: z.int().min(1).max(1440) }).readonly(),
  tls: z.strictObject({ minimumVersion: z.enum(['1.2', '1.3']) }).readonly(),
  cipher: z.strictObject({ algorithm: z.enum(['AES-128', 'AES-192', 'AES-256']) }).readonly(),
  recovery: z.strictObject({ recoveryTime: periodSchema, recoveryPoint: periodSchema }).readonly(),
  patch: z
    .strictObject({
      critical: periodSchema.optional(),
      high: periodSchema.optional(),
      moderate: periodSchema.optional(),
      low: periodSchema.optional(),
    })
    .refine((times) => Object.values(times).some((each) => each !== undefined), 'must give a time for one severity at least')
    .readonly(),
  attestations: z.strictObject({ names: z.array(plainText(100)).min(1).max(100).readonly() }).readonly(),
  topics: z.strictObject({ topics: z.array(z.enum(trainingTopics)).min(1).max(20).readonly() }).readonly(),
  limit: z.strictObject({ atMost: periodSchema }).readonly(),
}

/** Whether something is as strict as it is wanted: periods of different units can overlap, and then it is not known. */
export type Meets = true | false | 'unknown'

function within(has: Period | undefined, wanted: Period | undefined): Meets {
  if (wanted === undefined) return true
  if (has === undefined) return 'unknown'
  if (JSON.stringify(has) === JSON.stringify(wanted)) return true
  const [a, b] = [hoursOf(has), hoursOf(wanted)]
  if (a.longest <= b.shortest) return true
  return a.shortest > b.longest ? false : 'unknown'
}

const all = (answers: readonly Meets[]): Meets =>
  answers.includes(false) ? false : answers.includes('unknown') ? 'unknown' : true

const digits = (text: string): number => Number(text.replace(/\D/g, ''))

const comparisons: { readonly [Kind in ParameterKind]: (has: ParameterKinds[Kind], wanted: ParameterKinds[Kind]) => Meets } = {
  minutes: (has, wanted) => has.minutes <= wanted.minutes,
  tls: (has, wanted) => digits(has.minimumVersion) >= digits(wanted.minimumVersion),
  cipher: (has, wanted) => digits(has.algorithm) >= digits(wanted.algorithm),
  recovery: (has, wanted) =>
    all([within(has.recoveryTime, wanted.recoveryTime), within(has.recoveryPoint, wanted.recoveryPoint)]),
  patch: (has, wanted) => all(severities.map((each) => within(has[each], wanted[each]))),
  attestations: (has, wanted) => wanted.names.every((each) => has.names.includes(each)),
  topics: (has, wanted) => wanted.topics.every((each) => has.topics.includes(each)),
  limit: (has, wanted) => within(has.atMost, wanted.atMost),
}

/** Whether a parameter is at least as strict as another of its kind. */
export function meetsParameter<Kind extends ParameterKind>(
  kind: Kind,
  has: ParameterKinds[Kind],
  wanted: ParameterKinds[Kind],
): Meets {
  return comparisons[kind](has, wanted)
}

/** A parameter on one line, for tables and exports: `minutes: 30`. */
export function parameterInWords(parameter: Parameter): string {
  const value = (each: unknown): string => {
    if (Array.isArray(each)) return each.join(', ')
    if (typeof each === 'object' && each !== null)
      return Object.entries(each)
        .map(([key, inner]) => `${inner} ${key}`)
        .join(' ')
    return String(each)
  }
  return Object.entries(parameter)
    .filter(([, each]) => each !== undefined)
    .map(([key, each]) => `${key}: ${value(each)}`)
    .join('; ')
}
