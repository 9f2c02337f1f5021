import { type Aspects, type Catalog, type Fact, type FactKind, factKinds, type LiveCatalog, namedByKind } from './facts.ts'
import { type DoctorFinding, type DoctorFindingCode, findingOf } from './findings.ts'

const missing: Readonly<Record<FactKind, DoctorFindingCode>> = {
  schema: 'object-missing',
  table: 'object-missing',
  column: 'object-missing',
  constraint: 'object-missing',
  index: 'object-missing',
  trigger: 'trigger-missing',
  policy: 'policy-missing',
  rule: 'object-missing',
  child: 'object-missing',
  function: 'object-missing',
  type: 'object-missing',
  object: 'object-missing',
  grant: 'grant-missing',
  membership: 'role-altered',
  role: 'role-altered',
}

const unexpected: Readonly<Record<FactKind, DoctorFindingCode>> = {
  ...missing,
  schema: 'unknown-object',
  table: 'unknown-object',
  column: 'unknown-object',
  constraint: 'unknown-object',
  index: 'unknown-object',
  trigger: 'trigger-unknown',
  policy: 'policy-unknown',
  rule: 'rule',
  child: 'inheriting-table',
  function: 'unknown-object',
  type: 'unknown-object',
  object: 'unknown-object',
  grant: 'grant-unexpected',
}

/** Which finding an aspect that differs is; the first that fits is the one that is reported. */
const differs: readonly (readonly [kind: FactKind, aspect: string | undefined, code: DoctorFindingCode])[] = [
  ['table', 'rowSecurity', 'row-security-off'],
  ['table', 'forced', 'row-security-not-forced'],
  ['table', 'owner', 'wrong-owner'],
  ['table', 'persistence', 'unlogged-table'],
  ['table', 'foreignKeyTriggersOff', 'trigger-disabled'],
  ['trigger', 'enabled', 'trigger-disabled'],
  ['trigger', undefined, 'trigger-altered'],
  ['policy', undefined, 'policy-altered'],
  ['function', 'body', 'function-altered'],
  ['function', 'definer', 'function-altered'],
  ['function', 'owner', 'wrong-owner'],
  ['function', 'settings', 'function-settings'],
  ['function', undefined, 'function-altered'],
  ['type', 'owner', 'wrong-owner'],
  ['grant', undefined, 'grant-unexpected'],
  ['role', undefined, 'role-altered'],
  ['membership', undefined, 'role-altered'],
]

const codeOf = (kind: FactKind, aspects: readonly string[]): DoctorFindingCode =>
  differs.find(([of, aspect]) => of === kind && (aspect === undefined || aspects.includes(aspect)))?.[2] ?? 'altered-object'

const show = (aspects: Aspects, only: readonly string[]): string =>
  only.map((aspect) => `${aspect}: ${aspects[aspect] ?? 'none'}`).join('; ')

const kindOf = (id: string): FactKind => factKinds.find((kind) => id.startsWith(`${kind} `)) as FactKind

/** What an expected object belongs to: `trigger audit_entry.append_only` to `table audit_entry`, a grant to what it is on. */
function parentOf(id: string): string | undefined {
  const kind = kindOf(id)
  const name = id.slice(kind.length + 1)
  if (kind === 'grant') {
    const [, on, of] = /^\S+ on (table|column|function) (.*) to \S+$/.exec(name) ?? []
    return of === undefined ? undefined : on === 'function' ? `function ${of}` : `table ${of.split('.')[0]}`
  }
  const isOfTable = ['column', 'constraint', 'index', 'trigger', 'policy', 'rule', 'child'].includes(kind)
  return isOfTable ? `table ${name.split(/[. ]/)[0]}` : undefined
}

/** The same for what was found, by what the catalog says: a name that somebody chose can hold anything. */
function parentOfFact({ kind, table, grant }: Fact): string | undefined {
  if (table !== undefined) return kind === 'table' ? undefined : `table ${table}`
  return grant?.on === 'function' ? `function ${grant.name}` : undefined
}

/** What every partition of a table must have, and every table by itself: the expectation spelt out for this database. */
function expectedHere(expected: Catalog, partitions: LiveCatalog['partitions']): Map<string, Aspects> {
  const here = new Map<string, Aspects>()
  for (const [name, aspects] of Object.entries(expected)) {
    const of = /([A-Za-z0-9_]+)\[\*\]/.exec(name)?.[1]
    if (of === undefined) here.set(name, aspects)
    else
      for (const partition of partitions)
        if (partition.of === of) here.set(name.replaceAll(`${of}[*]`, partition.name), aspects)
  }
  return here
}

/**
 * Compares a live catalog with what the migrations make: one finding for each object that is missing, unknown or altered. What
 * belongs to a table or function that is itself missing or unknown is not listed again.
 */
export function compareCatalogs(expected: Catalog, live: LiveCatalog): DoctorFinding[] {
  const wanted = expectedHere(expected, live.partitions)
  const present = new Map<string, Fact>(live.facts.map((fact) => [fact.id, fact]))
  const isOdd = (parent: string | undefined) => parent !== undefined && wanted.has(parent) !== present.has(parent)
  const findings: DoctorFinding[] = []
  for (const [id, aspects] of wanted) {
    const kind = kindOf(id)
    const fact = present.get(id)
    if (fact === undefined) {
      if (!isOdd(parentOf(id))) findings.push(findingOf(missing[kind], id, 'not there', show(aspects, Object.keys(aspects))))
      continue
    }
    const is = Object.fromEntries(
      Object.entries(fact.aspects).map(([aspect, value]) => [aspect, namedByKind(value, live.partitions)]),
    )
    const names = [...new Set([...Object.keys(aspects), ...Object.keys(is)])].filter((aspect) => aspects[aspect] !== is[aspect])
    if (names.length > 0) findings.push(findingOf(codeOf(kind, names), id, show(is, names), show(aspects, names)))
  }
  for (const fact of live.facts) {
    const { id, kind, aspects } = fact
    if (wanted.has(id) || isOdd(parentOfFact(fact))) continue
    findings.push(findingOf(unexpected[kind], id, show(aspects, Object.keys(aspects)), 'nothing of this name'))
  }
  return findings
}
