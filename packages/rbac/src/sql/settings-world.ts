import type { Bucket } from '../decision/bucket.ts'
import { purposesWithin } from '../expression/evaluate.ts'
import type { AttributePath } from '../expression/expression.ts'
import type { Attribute } from '../policy/attribute.ts'
import { attributeOfPath } from '../policy/parse.ts'
import type { PolicyJson } from '../policy/policy.ts'
import type { Forms } from './compare.ts'
import { or, type Sql, sql, test, type Value } from './condition.ts'
import type { World } from './forms.ts'
import { type Kind, literalOperand, type Operand } from './operand.ts'
import { columnHas, grantForms, isRecordPath, mayBeNull } from './record-world.ts'

/** The setting that holds an attribute of the actor or of the request, and its name in it. */
export function settingOf(path: AttributePath): readonly [setting: 'phi.attributes' | 'phi.context', member: string] {
  const at = path.indexOf('.')
  return [path.startsWith('actor.') ? 'phi.attributes' : 'phi.context', path.slice(at + 1)]
}

/** Under which name `phi.grants` says for whom grants of a kind count, and whether all of them could be read. */
export const grantKey = (what: 'patients' | 'sound', type: string, action: string, kind: string): string =>
  `${what}:${type}/${action}/${kind}`

const text = (value: string): Value => ({ value, type: 'text' })

/** A call of a settings function. In a subquery of its own it runs once a statement, not once a row. */
export function call(schema: string, name: string, ...values: readonly string[]): Sql {
  const list = values.flatMap((value, index) => (index === 0 ? [text(value)] : [', ', text(value)]))
  return sql`(SELECT ${[`${schema}.${name}(`]}${list}${[')']})`
}

const readers = {
  string: 'text_of',
  number: 'number_of',
  boolean: 'boolean_of',
  instant: 'number_of',
  ip: 'address_of',
  object: 'boolean_of',
  opaque: 'boolean_of',
} as const

function readerOf(attribute: Attribute): string {
  if (attribute.type !== 'set') return readers[attribute.type]
  return attribute.of === 'string' ? 'texts_of' : 'numbers_of'
}

/** A text from a setting of its own: `phi.actor`, `phi.tenant`. */
export function settingOperand(schema: string, name: string): Operand {
  const value = call(schema, 'setting', name)
  return { kind: 'string', known: test`${value} IS NOT NULL`, isNull: false, valid: true, value }
}

/** Terms and atoms as the settings of a transaction say them. */
export function settingsWorld(
  policy: PolicyJson,
  bucket: Bucket,
  schema: string,
  column: (path: AttributePath) => Operand,
): World {
  const { type } = bucket
  const attribute = (path: AttributePath): Operand => {
    if (isRecordPath(path)) return column(path)
    if (path === 'actor.id') return settingOperand(schema, 'phi.actor')
    if (path === 'actor.tenant') return settingOperand(schema, 'phi.tenant')
    const declared = attributeOfPath(policy, type, path) ?? ({ type: 'opaque' } as const)
    const at = settingOf(path)
    const read = call(schema, readerOf(declared), ...at)
    // Without the cast, ANY would take the subquery for one whose rows it should compare with.
    const value = declared.type === 'set' ? sql`${read}::${[declared.of === 'string' ? 'text[]' : 'double precision[]']}` : read
    const names = path.split('.')
    const along = names.slice(1).map((_, index) => names.slice(0, index + 2).join('.') as AttributePath)
    const isNull = along.some((each) => mayBeNull(policy, type, each)) && test`${call(schema, 'is_null', ...at)}`
    return { kind: declared.type as Kind, known: or(test`${value} IS NOT NULL`, isNull), isNull, valid: true, value }
  }
  return {
    operand: (term, beside) => {
      if ('attr' in term) return attribute(term.attr)
      if ('value' in term) return literalOperand(policy, type, term.value, beside)
      const value = call(schema, 'moment')
      return { kind: 'instant', known: test`${value} IS NOT NULL`, isNull: false, valid: true, value }
    },
    has: (path) => {
      const operand = attribute(path)
      if (isRecordPath(path)) return columnHas(operand)
      if (path === 'actor.id' || path === 'actor.tenant') return { holds: operand.known, fails: false }
      return { holds: operand.known, fails: test`${call(schema, 'is_absent', ...settingOf(path))}` }
    },
    purpose: ({ is }): Forms => {
      const [purpose, list] = [call(schema, 'purpose'), [{ value: [...purposesWithin(is)], type: 'text[]' }] as Sql]
      return { holds: test`${purpose} = ANY (${list})`, fails: test`${purpose} <> ALL (${list})` }
    },
    granted: (kind) => {
      const list = call(schema, 'texts_of', 'phi.grants', grantKey('patients', bucket.name, bucket.action, kind))
      const patients = sql`${list}::text[]`
      const sound = call(schema, 'boolean_of', 'phi.grants', grantKey('sound', bucket.name, bucket.action, kind))
      const patient = column(`resource.${type.patient as string}`)
      const covered = test`${patient.value} = ANY (${patients})`
      return grantForms(patient, covered, test`cardinality(${patients}) = 0`, test`${sound} IS TRUE`)
    },
  }
}
