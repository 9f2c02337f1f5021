import {
  type ClassSelector,
  type DataClass,
  isClassSelector,
  isDataClass,
  isService,
  isUse,
  plainText,
  type Service,
  type Use,
} from '@phi/core'
import * as z from 'zod'
import { own } from '../own.ts'
import { agencies, eligibilities, type ScopeLimits, scopeKeys, tiers } from './agreement.ts'
import { type Clause, type ClauseSource, clauseOf, clauseSource } from './clause.ts'
import { civilDate, dateOrInstant, instant } from './date.ts'
import { partySchema } from './party.ts'
import { noticeElements, periodSchema, triggers } from './period.ts'

const service = z.custom<Service>(isService, 'must be a service of the taxonomy')
const dataClass = z.custom<DataClass>(isDataClass, 'must be a data class of the taxonomy')
const selector = z.custom<ClassSelector>(isClassSelector, 'must be a data class, or label: and a label')
const use = z.custom<Use>(isUse, 'must be a use of the taxonomy')

/** 1 to 64 letters, digits and `. _ -`, and no name that every object has. */
export const word = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
  .refine((name) => !(name in Object.prototype), 'is a name that has another meaning')

const list = <Schema extends z.ZodType>(each: Schema, most = 500) => z.array(each).max(most).readonly()
/** One value, or any of several. */
const oneOrMore = z.union([plainText(200).transform((text) => [text]), z.array(plainText(200)).min(1).max(100)])

/** Leaves out what is not said: `undefined` and absence are one thing. */
const said = <Value extends object>(value: Value) =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Value

/** With its id, which comes first however often it is read. */
const identified = <Stated extends object>(id: string, clause: Stated) => Object.assign({ id }, said(clause), { id })

/** What is parsed can be parsed again: the ids that it was given are read over, and given again. */
const sourced = { id: z.string().max(100).optional(), ...clauseSource }
type Sourced = { readonly id?: string | undefined } & ClauseSource

/** A list of clauses, each a bare word or an object with the word and its source. Ids are given by place. */
const clauses = <Value, Schema extends z.ZodType<Value & ClauseSource>>(name: string, schema: Schema) =>
  list(schema)
    .default([] as never)
    .transform((all) =>
      all.map((each, index) => {
        const { id: _, section, page, text, ...rest } = own(each as Record<string, unknown> & Sourced)
        const named = rest as Omit<z.output<Schema>, keyof ClauseSource>
        return { ...clauseOf(`${name}[${index}]`, { section, page, text }), ...named } as Clause & z.output<Schema>
      }),
    )

const limits = {
  ...(Object.fromEntries(scopeKeys.map((key) => [key, oneOrMore.optional()])) as Record<
    (typeof scopeKeys)[number],
    z.ZodOptional<typeof oneOrMore>
  >),
  configuration: z.record(word, oneOrMore).optional(),
}

type ServiceWord = { readonly service: Service; readonly limits: ScopeLimits } & ClauseSource

const serviceClause = z.union([
  service.transform((each): ServiceWord => ({ service: each, limits: {} })),
  z
    .strictObject({ service, ...limits, limits: z.strictObject(limits).optional(), ...sourced })
    .transform((clause): ServiceWord => {
      // What zod hands out has a prototype, and limits from there would narrow an exclusion.
      const { service, section, page, text, id: _, limits: parsed, ...written } = own(clause)
      return { service, limits: { ...said(parsed ?? {}), ...said(written) } as ScopeLimits, section, page, text }
    }),
])

const named = <Key extends string, Value>(key: Key, value: z.ZodType<Value>) =>
  z.union([
    value.transform((each) => ({ [key]: each }) as { [K in Key]: Value } & ClauseSource),
    z.strictObject({ [key]: value, ...sourced }) as unknown as z.ZodType<{ [K in Key]: Value } & ClauseSource>,
  ])

const condition = z.union([
  word.transform((each) => ({ condition: each })),
  z.strictObject({ condition: word, services: list(service).optional(), ...sourced }),
])

const plain = { ...sourced }
const timed = { within: periodSchema.optional(), ...sourced }
const report = {
  ...timed,
  from: z.enum(triggers).optional(),
  content: z.array(z.enum(noticeElements)).max(noticeElements.length).readonly().optional(),
}

/** `true`: the contract says so, and where is not written down. */
const term = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.union([z.literal(true).transform(() => ({}) as z.output<z.ZodObject<Shape>>), z.strictObject(shape)]).optional()

const termShapes = {
  withinCoveredEntityLimits: term(plain),
  onlyAsPermitted: term(plain),
  safeguards: term(plain),
  reportUses: term(report),
  reportBreaches: term(report),
  reportIncidents: term(report),
  subcontractors: term(plain),
  access: term(timed),
  amendment: term(timed),
  accounting: term(timed),
  delegatedDuties: term({ ...plain, carriesOut: z.literal('none').optional() }),
  booksAndRecords: term(plain),
  returnOrDestroy: term({ ...timed, otherwiseProtect: z.boolean().optional() }),
  terminationForViolation: term(plain),
  managementDisclosures: term(plain),
  upstreamRestrictions: term(plain),
  limitedRecipients: term(plain),
  noReidentification: term(plain),
  part2: term(plain),
  governmentalObjectives: term(plain),
  cooperation: term(plain),
  logRetention: term(timed),
}

const terms = z
  .strictObject(termShapes)
  .default({})
  .transform((stated) =>
    Object.fromEntries(Object.entries(said(stated)).map(([key, each]) => [key, identified(`terms.${key}`, each as object)])),
  )

const ai = z
  .strictObject({
    training: z.enum(['prohibited', 'permitted']).optional(),
    retention: z.union([periodSchema, z.literal('none')]).optional(),
    deletion: z.boolean().optional(),
    humanReview: z.boolean().optional(),
    subprocessors: list(plainText(64), 100).optional(),
    ...sourced,
  })
  .transform((stated) => identified('ai', stated))

const agency = z
  .union([z.enum(agencies).transform((is) => ({ is })), z.strictObject({ is: z.enum(agencies), ...sourced })])
  .transform((stated) => identified('agency', stated))

const signature = z.strictObject({
  party: plainText(64),
  at: instant,
  name: plainText(200).optional(),
  title: plainText(200).optional(),
})

/** What is written; what comes out is an `Agreement`. */
export const agreementSchema = z.strictObject({
  format: z.literal('phi.agreement/v1').default('phi.agreement/v1'),
  id: plainText(100),
  tier: z.enum(tiers),
  version: plainText(80),
  dated: dateOrInstant.optional(),
  documentHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  from: partySchema,
  to: partySchema,
  services: clauses('services', serviceClause),
  excludes: clauses('excludes', serviceClause),
  permits: clauses('permits', named('class', dataClass)),
  prohibits: clauses('prohibits', named('selector', selector)),
  uses: clauses('uses', named('use', use)),
  prohibitsUses: clauses('prohibitsUses', named('use', use)),
  conditions: clauses('conditions', condition as z.ZodType<z.output<typeof condition> & ClauseSource>),
  eligibility: z.record(word, z.enum(eligibilities)).optional(),
  plan: word.optional(),
  terms,
  ai: ai.optional(),
  agency: agency.optional(),
  signatures: list(signature, 20).default([]),
  effective: dateOrInstant,
  expires: dateOrInstant.optional(),
  terminated: z.strictObject({ at: dateOrInstant, ...clauseSource }).optional(),
  windingDown: z.strictObject({ from: dateOrInstant, ...clauseSource }).optional(),
  closed: z
    .strictObject({
      at: dateOrInstant,
      how: z.enum(['returned', 'destroyed', 'protections-extended']),
      evidence: plainText(500).optional(),
    })
    .optional(),
  asOf: civilDate.optional(),
  reviewBy: civilDate.optional(),
})
