import { formatCitation, isUse, parseAs, plainText, type Use } from '@phi/core'
import * as z from 'zod'
import { civilDate } from '../../agreement/date.ts'
import { freeze } from '../../freeze.ts'
import { from, text } from '../control.ts'
import { type Day, dayAfter, dayBefore, readDay } from '../day.ts'
import { safeguardError } from '../errors.ts'
import { sha256Text } from '../evidence.ts'
import { type NppCondition, type NppElementId, nppConditions, nppElementOf, nppElements, PART_2_FROM } from './elements.ts'

/** A version of a notice of privacy practices. */
export interface NoticeVersionInput {
  readonly id: string
  /** The date that the notice bears as the one on which it takes effect. */
  readonly effective: Day
  /** The day on which it was written. */
  readonly created: Day
  /** The elements that somebody found in it. */
  readonly elements: readonly NppElementId[]
  /** The uses and disclosures that it describes. */
  readonly uses: readonly Use[]
  /** Whether it changes the version before materially: uses, rights, duties or practices, 45 CFR 164.520(b)(3). */
  readonly material?: boolean | undefined
  /** The day from which the change that it tells of is practised. */
  readonly practisedFrom?: Day | undefined
  readonly sha256?: string | undefined
}

/** What the entity does, as far as the content depends on it. Left out: not known. */
export interface NoticeInput {
  readonly versions: readonly NoticeVersionInput[]
  readonly facts?: { readonly [Each in NppCondition]?: boolean | undefined } | undefined
}

/** A notice with its versions, by the day on which each takes effect. Frozen. */
export interface Notice {
  readonly versions: readonly (NoticeVersionInput & { readonly material: boolean })[]
  readonly facts: { readonly [Each in NppCondition]?: boolean }
}

const element = z.custom<NppElementId>(
  (value) => typeof value === 'string' && Object.hasOwn(nppElements, value),
  'must be an element of a notice',
)

const schema = z.strictObject({
  versions: z
    .array(
      z.strictObject({
        id: plainText(100),
        effective: civilDate,
        created: civilDate,
        elements: z.array(element).max(100),
        uses: z.array(z.custom<Use>(isUse, 'must be a use of the taxonomy')).max(500),
        // Whoever does not say that a change is immaterial is taken to have made one.
        material: z.boolean().default(true),
        practisedFrom: civilDate.optional(),
        sha256: sha256Text.optional(),
      }),
    )
    .min(1)
    .max(1000)
    .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'hold two with one id')
    .refine(
      (all) => new Set(all.map(({ effective }) => effective)).size === all.length,
      'hold two that take effect on one day',
    ),
  facts: z
    .strictObject(
      Object.fromEntries(nppConditions.map((each) => [each, z.boolean().optional()])) as Record<
        NppCondition,
        z.ZodOptional<z.ZodBoolean>
      >,
    )
    .default({}),
})

/** Notices that were read here. */
const parsed = new WeakSet<Notice>()

/** Reads a notice with all its versions. @throws PhiError PHI_BAA_NOTICE */
export function notice(input: NoticeInput): Notice {
  const read = parseAs(schema, input, 'notice', (context) => safeguardError('PHI_BAA_NOTICE', context))
  const versions = [...read.versions].sort((a, b) => (a.effective < b.effective ? -1 : 1))
  const made = freeze(JSON.parse(JSON.stringify({ ...read, versions })) as Notice)
  parsed.add(made)
  return made
}

/** The notice as it is when it was read here, and read when it was not. @throws PhiError PHI_BAA_NOTICE */
export const readNotice = (value: Notice): Notice =>
  typeof value === 'object' && value !== null && parsed.has(value) ? value : notice(value)

/** The version in effect on a day; undefined before the first. @throws PhiError PHI_BAA_QUESTION, PHI_BAA_NOTICE */
export function versionOn(value: Notice, day: Day): Notice['versions'][number] | undefined {
  const at = readDay(day, 'at')
  return readNotice(value)
    .versions.filter(({ effective }) => effective <= at)
    .at(-1)
}

/** 45 CFR 164.530(j)(2): six years from creation, or from when it last was in effect, whichever is later. */
const KEEP = { years: 6 } as const
const keepCitation = text('45 CFR 164.530(j)')

/** How long a version has to be kept. */
export interface NoticeRetention {
  readonly version: string
  /** The day from which the years are counted; absent while the version is in effect. */
  readonly from?: Day
  /** The last day; absent while the version is in effect. */
  readonly through?: Day
  readonly years: number
  readonly citation: string
}

/** Until when each version is kept, 45 CFR 164.520(e) and 164.530(j). @throws PhiError PHI_BAA_NOTICE */
export function noticeRetention(value: Notice): readonly NoticeRetention[] {
  const { versions } = readNotice(value)
  return versions.map(({ id, created }, index) => {
    const next = versions[index + 1]
    const common = { version: id, years: KEEP.years, citation: formatCitation(keepCitation) }
    if (next === undefined) return Object.freeze(common)
    const last = dayBefore(next.effective)
    const start = created > last ? created : last
    return Object.freeze({ ...common, from: start, through: dayAfter(start, KEEP, 'later') })
  })
}

const change = from('45 CFR 164.520(b)(3)', 'memory')

export const noticeFindingCodes = Object.freeze({
  'element-missing': { says: 'The notice lacks an element.', remedy: 'Write it in, and publish a revised version.' },
  'fact-unknown': { says: 'Whether the notice needs an element is not known.', remedy: 'Say it in `facts`.' },
  'practised-before-effective': {
    says: 'A material change is practised before the notice that tells of it takes effect.',
    remedy: 'Wait for the effective date, unless a law requires otherwise.',
  },
  'no-version': { says: 'No version is in effect on this day.', remedy: 'Publish one.' },
  'no-hash': { says: 'Nothing shows which text the version had.', remedy: 'Enter the hash of the document.' },
} as const)
export type NoticeFindingCode = keyof typeof noticeFindingCodes

export interface NoticeFinding {
  readonly code: NoticeFindingCode
  readonly says: string
  readonly remedy: string
  readonly citation: string
  readonly version?: string
  readonly element?: NppElementId
  readonly fact?: NppCondition
}

/** What is open in the version in effect on a day. @throws PhiError PHI_BAA_NOTICE, PHI_BAA_QUESTION */
export function noticeFindings(value: Notice, day: Day): readonly NoticeFinding[] {
  const { facts } = readNotice(value)
  const version = versionOn(value, day)
  const found: NoticeFinding[] = []
  const add = (code: NoticeFindingCode, citation: string, more: Partial<NoticeFinding> = {}) =>
    found.push(Object.freeze({ code, ...noticeFindingCodes[code], citation, ...more }))
  if (version === undefined) {
    add('no-version', formatCitation(text('45 CFR 164.520')))
    return Object.freeze(found)
  }
  for (const id of Object.keys(nppElements) as NppElementId[]) {
    const { citation, when } = nppElementOf(id)
    if (id === 'part2-records' && day < PART_2_FROM) continue
    if (version.elements.includes(id) || (when !== undefined && facts[when] === false)) continue
    const about = { version: version.id, element: id, ...(when === undefined ? {} : { fact: when }) }
    add(when === undefined || facts[when] ? 'element-missing' : 'fact-unknown', formatCitation(citation), about)
  }
  const { practisedFrom, effective, material } = version
  if (material && practisedFrom !== undefined && practisedFrom < effective) {
    add('practised-before-effective', formatCitation(change), { version: version.id })
  }
  if (version.sha256 === undefined) add('no-hash', formatCitation(keepCitation), { version: version.id })
  return Object.freeze(found)
}
