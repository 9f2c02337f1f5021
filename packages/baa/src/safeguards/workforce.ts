import { formatCitation, parseAs, plainText } from '@phi/core'
import * as z from 'zod'
import { civilDate } from '../agreement/date.ts'
import { controlOf } from './controls.ts'
import { type Day, dayAfter, dayBefore, type Every, everySchema, readDay } from './day.ts'
import { safeguardError } from './errors.ts'
import { type Evidence, evidenceSchema, isFresh } from './evidence.ts'
import { type TrainingTopic, trainingTopics } from './parameter.ts'

/** A training that somebody completed. */
export interface Training {
  readonly on: Day
  readonly topics: readonly TrainingTopic[]
  readonly evidence: Evidence
}

/** A verification of a background. Only `clear` opens anything. */
export interface BackgroundCheck {
  readonly on: Day
  readonly outcome: 'clear' | 'not-clear' | 'pending'
  readonly evidence: Evidence
}

/** What is known of a member of the workforce, as far as access to production is concerned. */
export interface WorkforceMember {
  readonly id: string
  readonly hired: Day
  /** The first day on which the person is no longer of the workforce. */
  readonly separated?: Day | undefined
  readonly trainings?: readonly Training[] | undefined
  readonly backgroundChecks?: readonly BackgroundCheck[] | undefined
}

/** The house's own rules. The law has no number for either period. */
export interface AccessPolicy {
  /** How long a training counts. Default yearly, as S102 states it. */
  readonly trainingEvery?: Every | undefined
  /** Topics that have to be covered within the period. Default all of `trainingTopics`. */
  readonly topics?: readonly TrainingTopic[] | undefined
  /** How long a check counts. Left out: until a later one says otherwise. */
  readonly checkEvery?: Every | undefined
}

const memberSchema = z
  .strictObject({
    id: plainText(200),
    hired: civilDate,
    separated: civilDate.optional(),
    trainings: z
      .array(
        z.strictObject({ on: civilDate, topics: z.array(z.enum(trainingTopics)).min(1).max(20), evidence: evidenceSchema }),
      )
      .max(1000)
      .default([]),
    backgroundChecks: z
      .array(z.strictObject({ on: civilDate, outcome: z.enum(['clear', 'not-clear', 'pending']), evidence: evidenceSchema }))
      .max(1000)
      .default([]),
  })
  .refine(({ hired, separated }) => separated === undefined || hired <= separated, {
    path: ['separated'],
    message: 'must not lie before `hired`',
  })

const policySchema = z.strictObject({
  trainingEvery: everySchema.default('yearly'),
  topics: z
    .array(z.enum(trainingTopics))
    .min(1)
    .max(20)
    .default([...trainingTopics]),
  checkEvery: everySchema.optional(),
})

const refuse = (context: object) => safeguardError('PHI_BAA_WORKFORCE', context)

/** Why somebody may not reach production. */
export const accessReasonCodes = Object.freeze({
  'not-of-the-workforce': {
    effect: 'deny',
    control: 'access-after-training',
    says: 'The person is not of the workforce on this day.',
    remedy: 'Remove the access.',
  },
  'check-not-clear': {
    effect: 'deny',
    control: 'background-check',
    says: 'The last background verification did not clear.',
    remedy: 'Do not grant access.',
  },
  'check-missing': {
    effect: 'deny',
    control: 'background-check',
    says: 'No background verification is on record.',
    remedy: 'Verify the background, and enter the evidence.',
  },
  'check-pending': {
    effect: 'deny',
    control: 'background-check',
    says: 'The background verification is not concluded.',
    remedy: 'Wait for it.',
  },
  'check-expired': {
    effect: 'deny',
    control: 'background-check',
    says: 'The background verification no longer counts.',
    remedy: 'Verify the background again.',
  },
  'training-missing': {
    effect: 'deny',
    control: 'workforce-training',
    says: 'A topic was never trained.',
    remedy: 'Train the person, and enter the evidence.',
  },
  'training-expired': {
    effect: 'deny',
    control: 'workforce-training',
    says: 'A topic was trained longer ago than the period.',
    remedy: 'Train the person again.',
  },
} as const)
export type AccessReasonCode = keyof typeof accessReasonCodes

export interface AccessReason {
  readonly code: AccessReasonCode
  readonly says: string
  readonly remedy: string
  readonly citation: string
  readonly topic?: TrainingTopic
}

export interface AccessAnswer {
  readonly outcome: 'allow' | 'deny'
  /** Why not. Empty when it is allowed. */
  readonly reasons: readonly AccessReason[]
  /** The last day on which it stays allowed without anything new; absent where nothing ends it. */
  readonly until?: Day
}

const reason = (code: AccessReasonCode, topic?: TrainingTopic): AccessReason => {
  const { says, remedy, control } = accessReasonCodes[code]
  return { code, says, remedy, citation: formatCitation(controlOf(control).citation), ...(topic ? { topic } : {}) }
}

/** The last day on which something of a day counts: its period, or the end of its evidence. */
function countsUntil(on: Day, every: Every | undefined, evidence: Evidence): Day | undefined {
  const ends = [every && dayAfter(on, every), evidence.validUntil].filter((each) => each !== undefined).sort()
  return ends[0]
}

const earliest = (days: readonly (Day | undefined)[]): Day | undefined => days.filter((each) => each !== undefined).sort()[0]

/**
 * Whether somebody may reach production on a day: only after training in every topic and a background verification that cleared, both
 * within their periods and shown by evidence. Of several checks the last one counts, and of two on one day the worse.
 * @throws PhiError PHI_BAA_WORKFORCE, PHI_BAA_QUESTION
 */
export function mayAccessProduction(member: WorkforceMember, day: Day, policy: AccessPolicy = {}): AccessAnswer {
  const read = parseAs(memberSchema, member, 'member', refuse)
  const { trainingEvery, topics, checkEvery } = parseAs(policySchema, policy, 'policy', refuse)
  const at = readDay(day, 'at')
  const reasons: AccessReason[] = []
  const ends: (Day | undefined)[] = []

  if (at < read.hired || (read.separated !== undefined && at >= read.separated)) reasons.push(reason('not-of-the-workforce'))
  if (read.separated !== undefined) ends.push(dayBefore(read.separated))

  const checks = read.backgroundChecks.filter(({ on, evidence }) => on <= at && evidence.asOf <= at)
  const latest = checks.reduce((last, { on }) => (on > last ? on : last), '')
  const last = checks.filter(({ on }) => on === latest)
  if (last.length === 0) reasons.push(reason('check-missing'))
  else if (last.some(({ outcome }) => outcome === 'not-clear')) reasons.push(reason('check-not-clear'))
  else if (last.some(({ outcome }) => outcome === 'pending')) reasons.push(reason('check-pending'))
  else {
    const until = latestEnd(last.map(({ on, evidence }) => countsUntil(on, checkEvery, evidence)))
    if (until !== undefined && until < at) reasons.push(reason('check-expired'))
    ends.push(until)
  }

  for (const topic of new Set(topics)) {
    const done = read.trainings.filter(
      ({ on, evidence, topics: had }) => on <= at && evidence.asOf <= at && had.includes(topic),
    )
    const until = latestEnd(done.map(({ on, evidence }) => countsUntil(on, trainingEvery, evidence)))
    if (done.length === 0) reasons.push(reason('training-missing', topic))
    else if (until !== undefined && until < at) reasons.push(reason('training-expired', topic))
    ends.push(until)
  }
  if (reasons.length > 0) return Object.freeze({ outcome: 'deny', reasons: Object.freeze(reasons) })
  const end = earliest(ends)
  return Object.freeze({ outcome: 'allow', reasons: Object.freeze([]), ...(end === undefined ? {} : { until: end }) })
}

/** Of several that each suffice, the end of the last; none, where one has no end. */
function latestEnd(ends: readonly (Day | undefined)[]): Day | undefined {
  return ends.includes(undefined) ? undefined : [...ends].sort().at(-1)
}

/** A device that the workforce uses. */
export interface Device {
  readonly id: string
  readonly owned: 'house' | 'personal'
  /** The member of the workforce who has it. */
  readonly holder?: string | undefined
  /** Left out: not known. */
  readonly reachesProduction?: boolean | undefined
  readonly encrypted?: boolean | undefined
  readonly wipedOn?: Day | undefined
  readonly evidence?: readonly Evidence[] | undefined
}

const deviceSchema = z.strictObject({
  id: plainText(200),
  owned: z.enum(['house', 'personal']),
  holder: plainText(200).optional(),
  reachesProduction: z.boolean().optional(),
  encrypted: z.boolean().optional(),
  wipedOn: civilDate.optional(),
  evidence: z.array(evidenceSchema).max(100).default([]),
})

export const deviceFindingCodes = Object.freeze({
  'personal-device-in-production': {
    control: 'personal-devices-barred',
    says: 'A personal device reaches production.',
    remedy: 'Bar it.',
  },
  'reach-unknown': {
    control: 'personal-devices-barred',
    says: 'Nobody has said whether a personal device reaches production.',
    remedy: 'Find out, and enter it.',
  },
  'not-encrypted': { control: 'disk-encryption', says: 'A device of the house is not encrypted.', remedy: 'Encrypt it.' },
  'encryption-unknown': {
    control: 'disk-encryption',
    says: 'Nobody has shown that a device of the house is encrypted.',
    remedy: 'Find out, and enter it with evidence.',
  },
  'not-wiped': {
    control: 'wipe-on-separation',
    says: 'Its holder has left, and the device is not wiped.',
    remedy: 'Wipe it, or take it back and wipe it.',
  },
  'holder-unknown': {
    control: 'device-inventory',
    says: 'Nobody in the list of the workforce holds the device.',
    remedy: 'Enter who has it.',
  },
} as const)
export type DeviceFindingCode = keyof typeof deviceFindingCodes

export interface DeviceFinding {
  readonly code: DeviceFindingCode
  readonly device: string
  readonly says: string
  readonly remedy: string
  readonly citation: string
}

/**
 * What is open among the devices on a day: personal ones that reach production, ones of the house without encryption that is shown, and
 * ones whose holder has left and that were not wiped since.
 * @throws PhiError PHI_BAA_WORKFORCE, PHI_BAA_QUESTION
 */
export function deviceFindings(
  inventory: readonly Device[],
  workforce: readonly Pick<WorkforceMember, 'id' | 'hired' | 'separated'>[],
  day: Day,
): readonly DeviceFinding[] {
  const at = readDay(day, 'at')
  const devices = parseAs(z.array(deviceSchema).max(100_000), inventory, 'devices', refuse)
  const members = parseAs(z.array(memberSchema).max(100_000), workforce, 'workforce', refuse)
  const byId = new Map(members.map((each) => [each.id, each]))
  const found: DeviceFinding[] = []
  const add = (code: DeviceFindingCode, device: string) => {
    const { control, says, remedy } = deviceFindingCodes[code]
    found.push(Object.freeze({ code, device, says, remedy, citation: formatCitation(controlOf(control).citation) }))
  }
  for (const { id, owned, holder, reachesProduction, encrypted, wipedOn, evidence } of devices) {
    const member = holder === undefined ? undefined : byId.get(holder)
    const left = member?.separated !== undefined && at >= member.separated ? member.separated : undefined
    const wiped = wipedOn !== undefined && wipedOn <= at
    if (owned === 'personal') {
      if (reachesProduction !== false) add(reachesProduction ? 'personal-device-in-production' : 'reach-unknown', id)
    } else {
      if (encrypted === false) add('not-encrypted', id)
      else if (encrypted === undefined || !evidence.some((each) => isFresh(each, at))) add('encryption-unknown', id)
      if (member === undefined && !(holder === undefined && wiped)) add('holder-unknown', id)
      // What was wiped before the person left may have been used again.
      if (left !== undefined && !(wiped && (wipedOn as Day) >= left)) add('not-wiped', id)
    }
  }
  return Object.freeze(found)
}
