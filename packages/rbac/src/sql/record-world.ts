import type { Bucket } from '../decision/bucket.ts'
import { rbacError } from '../errors.ts'
import { type AttributePath, pathsOf } from '../expression/expression.ts'
import { attributeOfPath } from '../policy/parse.ts'
import type { PolicyJson, ResourceType } from '../policy/policy.ts'
import type { Forms } from './compare.ts'
import { and, type Condition, or, type Sql, sql, test, unmet } from './condition.ts'
import { type Column, columnName, type TableMapping } from './mapping.ts'
import { accepts, columnOperand, type Operand } from './operand.ts'

const ROOT = 'resource.'
export const isRecordPath = (path: AttributePath): boolean => path.startsWith(ROOT)

/** Whether an attribute may be null itself. */
export function mayBeNull(policy: PolicyJson, type: ResourceType, path: AttributePath): boolean {
  const attribute = attributeOfPath(policy, type, path)
  return attribute === undefined || attribute.type === 'opaque' || attribute.nullable === true
}

function untranslatable(path: AttributePath, detail: string): never {
  throw rbacError('PHI_RBAC_UNTRANSLATABLE', { path: `mapping.columns`, detail, info: { attribute: path } })
}

/**
 * The columns of a type's records as operands. An object that attributes are nested in is there or null as its own column says, and
 * always there where it has none.
 * @throws PhiError PHI_RBAC_UNTRANSLATABLE for what is not mapped, or to another type
 */
export function recordColumns(policy: PolicyJson, type: ResourceType, mapping: TableMapping): (path: AttributePath) => Operand {
  const known = new Map<AttributePath, Operand>()
  const mapped = (name: string): Column | undefined =>
    Object.hasOwn(mapping.columns, name) ? mapping.columns[name] : undefined
  const make = (path: AttributePath): Operand => {
    const name = path.slice(ROOT.length)
    const column = mapped(name)
    if (column === undefined) return untranslatable(path, 'has no column for an attribute that a rule reads')
    const attribute = attributeOfPath(policy, type, path) ?? ({ type: 'opaque' } as const)
    if (!accepts(attribute, column.type)) untranslatable(path, 'gives an attribute a column of a type that cannot hold it')
    // Objects and opaque values are only asked whether they are there.
    const seen = attribute.type === 'opaque' || attribute.type === 'object' ? { ...column, type: 'other' as const } : column
    const operand = columnOperand(seen, columnName(mapping, name, column), mayBeNull(policy, type, path))
    return inside(path, operand)
  }
  /** What is nested in an object that is not there is not there either, whatever its column holds. */
  const inside = (path: AttributePath, inner: Operand): Operand => {
    const above = path.slice(0, path.lastIndexOf('.'))
    if (!isRecordPath(above as AttributePath)) return inner
    const name = above.slice(ROOT.length)
    const column = mapped(name)
    const holder: Sql | undefined = column && [columnName(mapping, name, column)]
    const operand = holder === undefined ? inner : nested(holder, mayBeNull(policy, type, above as AttributePath), inner)
    return inside(above as AttributePath, operand)
  }
  return (path) => {
    const operand = known.get(path) ?? make(path)
    known.set(path, operand)
    return operand
  }
}

function nested(holder: Sql, holderMayBeNull: boolean, inner: Operand): Operand {
  const [isThere, isNot] = [test`${holder} IS NOT NULL`, test`${holder} IS NULL`]
  return {
    kind: inner.kind,
    known: holderMayBeNull ? or(isNot, inner.known) : and(isThere, inner.known),
    isNull: holderMayBeNull ? or(isNot, inner.isNull) : and(isThere, inner.isNull),
    valid: inner.valid,
    value: sql`(CASE WHEN ${holder} IS NOT NULL THEN ${inner.value} END)`,
  }
}

/** Looks at every attribute that an action may read, so that a missing column is found at once and not by some actor later. */
export function checkColumns(bucket: Bucket, column: (path: AttributePath) => Operand): void {
  column(`resource.${bucket.type.tenant}`)
  for (const atom of bucket.atoms) {
    for (const path of pathsOf(atom)) if (isRecordPath(path)) column(path)
    if (atom.op === 'granted') column(`resource.${bucket.type.patient as string}`)
  }
}

/** `has` of a column: it is there, unless it holds what its type cannot be. */
export const columnHas = (operand: Operand): Forms => ({ holds: operand.known, fails: false })

/** Whether the patient of the record is one of these. `none`: there are none. `sound`: no grant stands in the way of telling. */
export function grantForms(patient: Operand, covered: Condition, none: Condition, sound: Condition): Forms {
  // A record of no patient is nobody's. One with an empty patient does not say whose it is, which matters where there are grants.
  const isNobody = test`${patient.value} IS NULL`
  const isAnother = and(test`${patient.value} <> ''`, unmet(covered))
  return { holds: covered, fails: and(sound, or(none, isNobody, isAnother)) }
}
