import { isSafeguard, plainText, type Safeguard } from '@phi/core'
import * as z from 'zod'
import { civilDate } from '../agreement/date.ts'
import { word } from '../agreement/schema.ts'
import { type ControlId, controlOf, controls, isControl, type ParameterOf } from './controls.ts'
import { type Day, type Every, everySchema } from './day.ts'
import { type Evidence, evidenceList } from './evidence.ts'
import { type Parameter, parameterSchemas } from './parameter.ts'

/** Who sees to a safeguard: the vendor, its customer, or each a part of it. */
export const responsibilities = ['provider', 'customer', 'shared'] as const
export type Responsible = (typeof responsibilities)[number]

/** What somebody said of a safeguard on a day. Whether it still stands is asked of `standingOf`. */
export const entryStatuses = ['planned', 'in-place', 'not-in-place', 'not-applicable'] as const
export type EntryStatus = (typeof entryStatuses)[number]

interface EntryFacts {
  readonly id: string
  /** The system or place that it is about, where there are several. */
  readonly system?: string | undefined
  readonly responsible: Responsible
  /** Of a shared safeguard: what each side does. */
  readonly parts?: { readonly provider?: string | undefined; readonly customer?: string | undefined } | undefined
  readonly status: EntryStatus
  /** Why it is not applicable: required of that status. 45 CFR 164.306(d)(3)(ii)(B)(1). */
  readonly reason?: string | undefined
  /** What is done in its place, 45 CFR 164.306(d)(3)(ii)(B)(2). `none-reasonable`: nothing would be reasonable and appropriate either. */
  readonly alternative?: string | undefined
  /** The person or office that answers for it. */
  readonly owner: string
  /** The day by which it is to be in place: required of what is planned or missing. */
  readonly due?: Day | undefined
  /** The day on which somebody looked, and the last on which what they saw may be relied on. */
  readonly asOf: Day
  readonly reviewBy: Day
  /** How often it comes round; the house's own number, where the catalogue only suggests one. */
  readonly every?: Every | undefined
  /** The last day on which it was done: the test, the training, the review. `never`: known not to have been. */
  readonly lastDone?: Day | 'never' | undefined
  /** The first day on which it is due. */
  readonly anchor?: Day | undefined
}

/** An entry as it is written: a control of the catalogue with its own parameter, or a safeguard of @phi/core. */
export type RegisterEntryInput = EntryFacts & { readonly evidence?: readonly Evidence[] | undefined } & (
    | {
        [Id in ControlId]: {
          readonly control: Id
          readonly safeguard?: Safeguard | undefined
          readonly parameter?: ParameterOf<Id> | undefined
        }
      }[ControlId]
    | { readonly control?: undefined; readonly safeguard: Safeguard; readonly parameter?: undefined }
  )

/** An entry of a register. */
export interface RegisterEntry extends EntryFacts {
  readonly control?: ControlId
  readonly safeguard: Safeguard
  readonly parameter?: Parameter
  readonly evidence: readonly Evidence[]
}

const prose = plainText(1000)

const shape = z.strictObject({
  id: word,
  control: z.custom<ControlId>(isControl, 'must be a control of the catalogue').optional(),
  safeguard: z.custom<Safeguard>(isSafeguard, 'must be a safeguard of the taxonomy').optional(),
  parameter: z.unknown().optional(),
  system: plainText(150).optional(),
  responsible: z.enum(responsibilities),
  parts: z.strictObject({ provider: prose.optional(), customer: prose.optional() }).readonly().optional(),
  status: z.enum(entryStatuses),
  reason: prose.optional(),
  alternative: prose.optional(),
  owner: plainText(100),
  due: civilDate.optional(),
  evidence: evidenceList.default([]),
  asOf: civilDate,
  reviewBy: civilDate,
  every: everySchema.optional(),
  lastDone: z.union([z.literal('never'), civilDate]).optional(),
  anchor: civilDate.optional(),
})

const isOpen = (status: EntryStatus) => status === 'planned' || status === 'not-in-place'

/** What makes an entry contradict itself, or say too little. Each is a place and a fixed phrase. */
const checks: readonly [string, string, (entry: z.output<typeof shape>) => boolean][] = [
  [
    'control',
    'must name a control, or `safeguard` a safeguard',
    (each) => each.control !== undefined || each.safeguard !== undefined,
  ],
  [
    'safeguard',
    'is not the one that the control serves',
    ({ control, safeguard }) => control === undefined || safeguard === undefined || controls[control].safeguard === safeguard,
  ],
  [
    'parameter',
    'is not what the control is measured by',
    ({ control, parameter }) => parameter === undefined || readParameter(control, parameter) !== undefined,
  ],
  ['parts', 'belong to a shared safeguard', (each) => each.parts === undefined || each.responsible === 'shared'],
  ['reason', 'must say why it is not applicable', (each) => each.status !== 'not-applicable' || each.reason !== undefined],
  ['due', 'must say by when it is to be in place', (each) => !isOpen(each.status) || each.due !== undefined],
  ['reviewBy', 'must not lie before `asOf`', (each) => each.asOf <= each.reviewBy],
  [
    'lastDone',
    'must not lie after `asOf`: nobody has seen it yet',
    (each) => each.lastDone === undefined || each.lastDone === 'never' || each.lastDone <= each.asOf,
  ],
]

/** The parameter as the kind of the control reads it; undefined for one that is not of that kind. */
export function readParameter(control: ControlId | undefined, parameter: unknown): Parameter | undefined {
  const kind = control && controlOf(control).parameter
  return kind === undefined ? undefined : parameterSchemas[kind].safeParse(parameter).data
}

const entrySchema = shape
  .superRefine((entry, context) => {
    for (const [key, message, holds] of checks) {
      if (!holds(entry)) context.addIssue({ code: 'custom', path: [key], message })
    }
  })
  .transform(({ control, safeguard, parameter, ...rest }) => ({
    ...rest,
    control,
    // One of the two is there: checked above.
    safeguard: control === undefined ? (safeguard as Safeguard) : controls[control].safeguard,
    parameter: readParameter(control, parameter),
  }))

export const registerSchema = z.strictObject({
  format: z.literal('phi.safeguards/v1').default('phi.safeguards/v1'),
  entries: z.array(entrySchema).max(10_000),
})

/** What an entry is about, in words: the title of its control, or the label of its safeguard. */
export function titleOf(entry: RegisterEntry, labels: { readonly [Key in Safeguard]: { readonly label: string } }): string {
  return entry.control === undefined ? labels[entry.safeguard].label : controls[entry.control].title
}
