import { parseAs, plainText } from '@phi/core'
import * as z from 'zod'
import type { CivilDate } from '../calendar/civil-date.ts'
import { isCivilDate } from '../calendar/civil-date.ts'
import { type Starts, startFacts } from './clock.ts'
import { contractError } from './errors.ts'

/** A period as a document states it. `days` are days without another word. Business days that no calendar defines stay undefined. */
export type StatedPeriod =
  | { readonly hours: number }
  | { readonly days: number }
  | { readonly businessDays: number; readonly calendar?: string | undefined }
  | { readonly months: number }
  | { readonly years: number }

/** Where a sentence stands, and what it says: the requirement by its id, and its words. */
interface Stated {
  readonly requirement: string
  readonly quote: string
}

/** How many people, and which, make a notice due. */
export interface StatedThreshold {
  readonly of: 'individuals' | 'residents-of-one-state'
  readonly comparator: 'more-than' | 'at-least' | 'fewer-than' | 'at-most'
  readonly count: number
}

export const noticeAddressees = ['covered-entity', 'individuals', 'secretary', 'media'] as const
export type NoticeAddressee = (typeof noticeAddressees)[number]

/** What 164.410(c)(1) and 164.404(c)(1)(A) to (E) want a notice to hold. */
export const noticeElements = [
  'identification of each individual',
  'what happened',
  'date of the breach',
  'date of discovery',
  'types of information',
  'steps for individuals',
  'what is being done',
  'contact procedures',
] as const
export type NoticeElement = (typeof noticeElements)[number]

export const rights = ['access', 'amendment', 'accounting'] as const
export type Right = (typeof rights)[number]

/** One sentence of a document, as data. */
export type Statement = Stated &
  (
    | {
        readonly about: 'breach-notice'
        readonly to: NoticeAddressee
        readonly within?: StatedPeriod | undefined
        readonly from?: Starts | 'end-of-calendar-year-of-discovery' | undefined
        readonly threshold?: StatedThreshold | undefined
      }
    | {
        readonly about: 'notice-content'
        readonly to: 'covered-entity' | 'individuals'
        /** Each item in its own words, and the element that it is: `null` for words that name none of them. */
        readonly items: readonly { readonly words: string; readonly element: NoticeElement | null }[]
      }
    | { readonly about: 'log-retention' | 'documentation-retention'; readonly keep: StatedPeriod }
    | {
        readonly about: Right
        readonly within: StatedPeriod
        readonly from?: Starts | undefined
        readonly extension?:
          | {
              readonly adds: StatedPeriod
              readonly times: number
              readonly requires: readonly ('written' | 'reasons' | 'promisedDate')[]
            }
          | undefined
      }
    | { readonly about: 'accounting-period'; readonly covers: StatedPeriod }
    | {
        readonly about: 'recurring'
        /** A duty of `recurringDuties`, by its id. */
        readonly duty: string
        readonly every?: StatedPeriod | undefined
        readonly events?: readonly string[] | undefined
      }
  )

/** The statements of one kind. */
export type StatementAbout<About extends Statement['about']> = Extract<Statement, { readonly about: About }>

/** The periods that a platform's documents state, as data. */
export interface Profile {
  readonly id: string
  /** What kind of platform it is, without a name: "A practice tool". */
  readonly title: string
  /** The date of the documents; where they name a month, its first day. */
  readonly asOf: CivilDate
  readonly statements: readonly Statement[]
}

const amount = z.int().min(1).max(10_000)
const period = z.union([
  z.strictObject({ hours: amount }),
  z.strictObject({ days: amount }),
  z.strictObject({ businessDays: z.int().min(1).max(1000), calendar: plainText(100).optional() }),
  z.strictObject({ months: z.int().min(1).max(1200) }),
  z.strictObject({ years: z.int().min(1).max(100) }),
])
const starts = z.enum(Object.keys(startFacts) as [Starts, ...Starts[]])
const stated = { requirement: plainText(40), quote: plainText(1000) }

const statement = z.discriminatedUnion('about', [
  z.strictObject({
    ...stated,
    about: z.literal('breach-notice'),
    to: z.enum(noticeAddressees),
    within: period.optional(),
    from: z.union([starts, z.literal('end-of-calendar-year-of-discovery')]).optional(),
    threshold: z
      .strictObject({
        of: z.enum(['individuals', 'residents-of-one-state']),
        comparator: z.enum(['more-than', 'at-least', 'fewer-than', 'at-most']),
        count: z.int().min(0).max(10_000_000_000),
      })
      .optional(),
  }),
  z.strictObject({
    ...stated,
    about: z.literal('notice-content'),
    to: z.enum(['covered-entity', 'individuals']),
    items: z.array(z.strictObject({ words: plainText(300), element: z.enum(noticeElements).nullable() })).max(100),
  }),
  z.strictObject({ ...stated, about: z.enum(['log-retention', 'documentation-retention']), keep: period }),
  z.strictObject({
    ...stated,
    about: z.enum(rights),
    within: period,
    from: starts.optional(),
    extension: z
      .strictObject({
        adds: period,
        times: z.int().min(1).max(100),
        requires: z.array(z.enum(['written', 'reasons', 'promisedDate'])).max(3),
      })
      .optional(),
  }),
  z.strictObject({ ...stated, about: z.literal('accounting-period'), covers: period }),
  z.strictObject({
    ...stated,
    about: z.literal('recurring'),
    duty: plainText(100),
    every: period.optional(),
    events: z.array(plainText(100)).max(20).optional(),
  }),
])

const schema = z.strictObject({
  id: plainText(100),
  title: plainText(300),
  asOf: z.string().refine(isCivilDate, 'must be a day that exists, as YYYY-MM-DD'),
  statements: z.array(statement).max(1000),
})

/** Reads a profile from unknown data. @throws PhiError PHI_DEADLINES_CONTRACT */
export function parseProfile(profile: unknown): Profile {
  return parseAs(schema, profile, 'profile', (context) => contractError('PHI_DEADLINES_CONTRACT', context))
}
