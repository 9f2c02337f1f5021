import { type Clock, isPhiError, parseAs, systemClock } from '@phi/core'
import * as z from 'zod'
import { type Bucket, type Compiled, readsRecord } from '../decision/bucket.ts'
import { type Evidence, fulfil } from '../decision/fulfil.ts'
import { atTime, MAX_ROLES, type TypeRequest } from '../decision/request.ts'
import type { Rules } from '../decision/rules.ts'
import { rbacError } from '../errors.ts'
import type { Facts } from '../expression/evaluate.ts'
import type { AttributePath } from '../expression/expression.ts'
import { FALSE, TRUE, type Truth, UNKNOWN } from '../expression/truth.ts'
import { type Grant, granted, grantedPatients, instantOf } from '../policy/grant.ts'
import type { Obligation } from '../policy/obligation.ts'
import { attributeOfPath, type Vocabulary } from '../policy/parse.ts'
import type { PolicyJson } from '../policy/policy.ts'
import type { FieldOf, TypeOf } from '../policy/words.ts'
import { attributeValue } from './attribute-value.ts'
import { among, equal, type Forms } from './compare.ts'
import { and, type Condition, parameters, render } from './condition.ts'
import { atomForms, treeForms, type World } from './forms.ts'
import { parseMapping, type TableMapping } from './mapping.ts'
import { constantOperand, type Kind, literalOperand, nothing, type Operand, unknown } from './operand.ts'
import { checkColumns, columnHas, grantForms, isRecordPath, recordColumns } from './record-world.ts'
import { allowedRows, firing, type Translated, unhidden } from './rows.ts'

export interface SqlOptions<Field extends string = string> {
  /** The number of the first parameter. Default 1. */
  readonly startAt?: number
  /**
   * What was done about obligations: the condition then is true where `fulfil(decide(request), evidence)` allows. Without, records
   * that ask for something are left out, as by `can`.
   */
  readonly evidence?: Evidence
  /** Fields that the query filters by. Each must be visible wherever the actor may see anything: a filter gives away what it asks. */
  readonly filter?: readonly Field[]
  /** Fields that the query sorts by. */
  readonly sort?: readonly Field[]
  /** Fields that the query releases without passing its rows through `view`. */
  readonly select?: readonly Field[]
  /** The time, where the request does not bring it: the clock the rules were compiled with. Default: the machine's clock. */
  readonly clock?: Clock
}

/** A condition for WHERE, and the values of its parameters. */
export interface SqlCondition {
  /** Can stand as it is between AND, OR and NOT. */
  readonly text: string
  readonly values: readonly unknown[]
}

/** The bucket of a type and an action. */
export function bucketFor(rules: object, type: unknown, action: unknown): Bucket | undefined {
  return (rules as { bucket(type: unknown, action: unknown): Bucket | undefined }).bucket(type, action)
}

const optionsSchema = z.object({
  startAt: z.int().min(1).max(60_000).optional(),
  filter: z.array(z.string()).optional(),
  sort: z.array(z.string()).optional(),
  select: z.array(z.string()).optional(),
})
/** PostgreSQL's protocol counts parameters in 16 bits. */
const MAX_PARAMETER = 65_535

/**
 * A WHERE condition for PostgreSQL that is true for exactly the records for which `rules.can` says yes, given that the record was
 * loaded with all its columns. Everything that does not depend on the record is decided while translating; values travel as
 * parameters. An actor who may see nothing gets `FALSE`.
 * @throws PhiError PHI_RBAC_QUERY for a type, action or mapping that does not exist or cannot be read; PHI_RBAC_UNTRANSLATABLE when
 *   the mapping lacks a column that a rule reads, or gives it a type that cannot hold it; PHI_RBAC_HIDDEN_FIELD when the query
 *   filters, sorts or selects by a field that some permit or forbid may hide; PHI_RBAC_TOO_LARGE
 */
export function toSql<Words extends Vocabulary, const Type extends TypeOf<Words>>(
  rules: Rules<Words>,
  request: TypeRequest<Words> & { readonly type: Type },
  mapping: TableMapping,
  options: SqlOptions<FieldOf<Words, Type>> = {},
): SqlCondition {
  const refuse = (context: object) => rbacError('PHI_RBAC_QUERY', context)
  const { startAt = 1, filter = [], sort = [], select = [] } = parseAs(optionsSchema, options, 'options', refuse)
  const columns = parseMapping(mapping)
  let condition: Condition
  try {
    const asked = request as unknown as TypeRequest
    const bucket = bucketFor(rules, asked.type, asked.action)
    if (bucket === undefined)
      throw refuse({ path: 'request', detail: 'names a type or an action that the policy does not know' })
    condition = conditionFor(rules.policy, bucket, asked, columns, options, [...filter, ...sort, ...select])
  } catch (error) {
    if (isPhiError(error)) throw error
    // What a getter of the request throws may hold anything.
    throw refuse({ path: 'request', detail: 'could not be read' })
  }
  const { write, values } = parameters(startAt)
  const text = render(condition, write)
  if (startAt + values.length - 1 > MAX_PARAMETER) {
    throw rbacError('PHI_RBAC_TOO_LARGE', { detail: 'it needs more parameters than a statement can have' })
  }
  return { text: typeof condition === 'boolean' ? text : `(${text})`, values }
}

function conditionFor(
  policy: PolicyJson,
  bucket: Bucket,
  request: TypeRequest,
  mapping: TableMapping,
  options: SqlOptions,
  fields: readonly string[],
): Condition {
  const column = recordColumns(policy, bucket.type, mapping)
  checkColumns(bucket, column)
  const { id, tenant, roles } = request.actor as { readonly id: unknown; readonly tenant: unknown; readonly roles: unknown }
  const isActor = typeof id === 'string' && id !== '' && typeof tenant === 'string' && tenant !== ''
  const by = translated(policy, bucket, request, column, isActor && Array.isArray(roles) ? roles : [], options)
  checkVisible(by, fields)
  if (!isActor || !Array.isArray(roles) || roles.length > MAX_ROLES) return false
  const wall = equal(column(`resource.${bucket.type.tenant}`), constantOperand('string', tenant)).holds
  return and(wall, allowedRows(by))
}

/** @throws PhiError PHI_RBAC_HIDDEN_FIELD */
function checkVisible(by: Translated, fields: readonly string[]): void {
  for (const field of fields) {
    const declared = by.bucket.fields.includes(field)
    const shown = by.bucket.permits.every(
      (permit) =>
        firing(by, permit) === false ||
        (permit.fields.includes(field) &&
          !permit.obligations.some((each) => each.type === 'redact' && each.fields.includes(field))),
    )
    if (!declared || !shown || unhidden(by, field) !== true) throw rbacError('PHI_RBAC_HIDDEN_FIELD')
  }
}

function translated(
  policy: PolicyJson,
  bucket: Bucket,
  request: TypeRequest,
  column: (path: AttributePath) => Operand,
  roles: readonly unknown[],
  { evidence, clock = systemClock }: SqlOptions,
): Translated {
  const at = bucket.timed && request.at === undefined ? clock() : request.at
  const record = Object.create(null) as Record<string, unknown>
  const facts = { ...atTime(request as unknown as Facts, at), resource: { type: request.type, record } }
  const world = requestWorld(policy, bucket, facts, column)
  const atoms = bucket.atoms.map((atom, index): Forms => {
    return readsRecord(atom) ? atomForms(atom, world) : settledForms(() => bucket.tests[index]?.(facts) ?? UNKNOWN)
  })
  const known = new Map<Compiled, Forms>()
  return {
    bucket,
    forms: (compiled) => {
      const forms = known.get(compiled) ?? treeForms(compiled.tree, (index) => atoms[index] as Forms)
      known.set(compiled, forms)
      return forms
    },
    held: ({ holders }) => roles.some((role) => holders.has(role as string)),
    discharged: (obligation) => evidence !== undefined && isDischarged(obligation, evidence),
  }
}

/** The forms of what does not depend on the record. */
function settledForms(test: () => Truth): Forms {
  let truth: Truth = UNKNOWN
  try {
    truth = test()
  } catch {
    // A getter of the caller's that throws: unknown, as in memory.
  }
  return { holds: truth === TRUE, fails: truth === FALSE }
}

/** Asked of `fulfil`, so that there is one answer to what discharges an obligation. */
function isDischarged(obligation: Obligation, evidence: Evidence): boolean {
  const open = { outcome: 'allow-if', obligations: [obligation] } as unknown as Parameters<typeof fulfil>[0]
  return fulfil(open, evidence).outcome === 'allow'
}

function requestWorld(policy: PolicyJson, bucket: Bucket, facts: Facts, column: (path: AttributePath) => Operand): World {
  const known = new Map<AttributePath, Operand>()
  const attribute = (path: AttributePath): Operand => {
    if (isRecordPath(path)) return column(path)
    const operand = known.get(path) ?? attributeOperand(policy, bucket, path, facts)
    known.set(path, operand)
    return operand
  }
  return {
    operand: (term, beside) => {
      if ('attr' in term) return attribute(term.attr)
      if ('value' in term) return literalOperand(policy, bucket.type, term.value, beside)
      const at = instantOf(facts.at)
      return Number.isNaN(at) ? unknown : constantOperand('instant', at)
    },
    has: (path) => columnHas(attribute(path)),
    // Neither is asked: what does not read the record is settled before.
    purpose: () => ({ holds: false, fails: false }),
    granted: (kind) => grantedForms(bucket, facts, kind, column),
  }
}

function attributeOperand(policy: PolicyJson, bucket: Bucket, path: AttributePath, facts: Facts): Operand {
  const kind = (attributeOfPath(policy, bucket.type, path)?.type ?? 'opaque') as Kind
  const found = attributeValue(policy, bucket.type, path, facts)
  if (found.state === 'null') return nothing(kind)
  return found.state === 'value' ? constantOperand(kind, found.value) : unknown
}

function grantedForms(bucket: Bucket, facts: Facts, kind: string, column: (path: AttributePath) => Operand): Forms {
  const patient = column(`resource.${bucket.type.patient as string}`)
  const question = {
    kind,
    tenant: facts.actor.tenant,
    actor: facts.actor.id,
    purpose: facts.purpose,
    type: bucket.name,
    action: bucket.action,
    at: instantOf(facts.at),
  }
  let patients: readonly string[]
  let sound: boolean
  try {
    // Of a record without a patient nothing can be granted: what is not false then is a grant that cannot be read.
    sound = granted(facts.grants, { ...question, patient: null }) === FALSE
    patients = Number.isNaN(question.at) ? [] : grantedPatients(facts.grants as readonly Grant[], question)
  } catch {
    return { holds: false, fails: false }
  }
  // The record's own attribute is asked as it stands, whether or not it may be null.
  const { holds } = among({ ...patient, known: true }, patients)
  return grantForms(patient, holds, patients.length === 0, sound)
}
