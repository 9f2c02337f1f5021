import { citationSchema, confirmations, parseAs, plainText, usStates } from '@phi/core'
import * as z from 'zod'
import { isCivilDate, readDay } from '../calendar/civil-date.ts'
import { deadlinesError } from '../errors.ts'
import { freeze } from '../freeze.ts'
import type { Condition } from './condition.ts'
import type { Rule } from './rule.ts'

// Rules may come from a file, so that what the types close is closed again here. Every part must be there: an open basis, a status
// that nobody knows or a condition that can never hold would be a duty that is silently never due.

const name = plainText(200)
const date = z.string().refine(isCivilDate, 'must be a day that exists, as YYYY-MM-DD')
const amount = z.int().min(1).max(100_000)
const counts = z.enum(['after', 'beginning-on'])
const rounding = z.enum(['earlier', 'later'])

const roll = z.strictObject({ by: z.enum(['rule', 'statute']), citation: citationSchema, calendar: name })

const basis = z.discriminatedUnion('unit', [
  z.strictObject({
    unit: z.enum(['calendar-days', 'months', 'years']),
    amount,
    counts,
    roll: z.union([z.literal('none'), roll]),
    rounding,
  }),
  z.strictObject({
    unit: z.literal('business-days'),
    amount: z.int().min(1).max(5000),
    counts,
    roll: z.literal('none'),
    rounding,
    calendar: z.strictObject({ strict: name, lawful: name.optional() }),
  }),
  z.strictObject({ unit: z.literal('hours'), amount, counts: z.literal('after'), roll: z.literal('none'), rounding }),
  z.strictObject({ unit: z.literal('same-day'), counts: z.literal('after'), roll: z.literal('none'), rounding }),
  z.strictObject({ unit: z.literal('qualitative'), standard: plainText(500) }),
])

const threshold = z.int().min(0).max(10_000_000_000)
const condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    z.literal('always'),
    z.strictObject({ fact: name, is: z.union([z.string().max(200), z.boolean()]) }),
    z.strictObject({ fact: name, oneOf: z.array(z.string().max(200)).min(1).max(200) }),
    z.strictObject({ count: name, moreThan: threshold }),
    z.strictObject({ count: name, atLeast: threshold }),
    z.strictObject({ count: name, fewerThan: threshold }),
    z.strictObject({ count: name, atMost: threshold }),
    z.strictObject({ all: z.array(condition).min(1).max(50) }),
    z.strictObject({ any: z.array(condition).min(1).max(50) }),
    z.strictObject({ not: condition }),
  ]),
)

const inForce = z
  .strictObject({
    from: date,
    until: date.optional(),
    status: z.enum(['in-force', 'proposed', 'vacated', 'superseded']),
    published: date.optional(),
    endPublished: date.optional(),
  })
  .refine(({ status, until }) => status !== 'superseded' || until !== undefined, 'what is superseded has a last day')
  .refine(
    ({ from, until }) => until === undefined || (readDay(until) as number) >= (readDay(from) as number),
    'ends before it begins',
  )

const event = z.enum([
  'discovery',
  'awareness',
  'detection',
  'determination',
  'confirmation',
  'receipt',
  'notification',
  'release',
  'other',
])

const ruleSchema = z.strictObject({
  id: name,
  duty: name.optional(),
  title: plainText(500),
  citation: citationSchema,
  also: z.array(citationSchema).max(50).optional(),
  addressee: name,
  jurisdiction: z.enum(['each', ...usStates]).optional(),
  trigger: z.strictObject({
    fact: name,
    event,
    anchor: z.literal('end-of-calendar-year').optional(),
    planFrom: name.optional(),
    scheduled: z.literal(true).optional(),
  }),
  basis,
  limit: z.strictObject({ kind: z.enum(['act', 'keep']), standard: plainText(500).optional() }),
  extensions: z
    .array(
      z.strictObject({
        citation: citationSchema,
        fact: name,
        adds: z.strictObject({ unit: z.literal('calendar-days'), amount: z.int().min(1).max(3650) }),
        requires: z.array(z.enum(['written', 'reasons', 'promisedDate'])).max(3),
      }),
    )
    .max(10),
  holds: z.array(z.strictObject({ citation: citationSchema, fact: name, days: z.int().min(0).max(3650) })).max(10),
  applies: condition,
  inForce,
  confirmation: z.enum(confirmations),
  asOf: date,
  metBy: name.optional(),
  note: plainText(2000).optional(),
})

/** Reads a rule from unknown data, as a frozen copy. @throws PhiError PHI_DEADLINES_RULE */
export function parseRule(value: unknown): Rule {
  const parsed = parseAs(ruleSchema, value, 'rule', (context) => deadlinesError('PHI_DEADLINES_RULE', context))
  // Optional keys that are there and undefined would make two spellings of one rule.
  return freeze(withoutUndefined(parsed) as Rule)
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => [key, withoutUndefined(part)]),
  )
}
