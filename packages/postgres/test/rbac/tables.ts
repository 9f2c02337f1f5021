/**
 * Tables for the records of random policies, with rows that hold what columns can hold: also what policies never mean. Records are
 * read back through the driver, as an application reads them.
 */
import type { Attribute, Attributes, PolicyJson } from '@phi/rbac'
import type { Column, ColumnType, TableMapping } from '@phi/rbac/sql'
import fc from 'fast-check'
import type { Queryable } from '../../src/index.ts'

const TEXTS = ['a', 'b', 'c', 'u1', 'u2', '', `it's "q" \\ \${x} %_ é\u2028\n`]
const NOW = Date.UTC(2026, 2, 3, 12)

/** What to write, as SQL text for a cast to the column's type. The first ones are what policies expect. */
const literals: { readonly [Type in ColumnType]: readonly (string | null)[] } = {
  text: [...TEXTS, null],
  uuid: ['6f1d3a52-0c3e-4d6a-9b51-0d6f0a7c1e11', null],
  boolean: ['true', 'false', null],
  integer: ['-1', '0', '1', '2', '3', null],
  bigint: ['-1', '0', '1', '2', '3', '9007199254740993', '-9223372036854775808', null],
  'double precision': ['-1', '0', '-0', '1', '2', '3', '0.5', '-1.25', 'NaN', 'Infinity', '-Infinity', '1e308', null],
  numeric: ['-1', '0', '1', '2', '3.000', '0.5', '-1.25', '1.00000000000000000001', 'NaN', 'Infinity', '1e300', '1e-310', null],
  timestamptz: [
    ...[-3_600_000, -1, 0, 1, 3_600_000].map((step) => new Date(NOW + step).toISOString()),
    '2026-03-03T12:00:00.000400Z',
    '2026-03-03T11:59:59.999999Z',
    '0044-03-15 12:00:00.000600+00 BC',
    '1969-12-31T23:59:59.999900Z',
    '290000-01-01T00:00:00Z',
    'infinity',
    '-infinity',
    null,
  ],
  inet: [
    ...['10.0.0.1', '10.1.2.3', '192.0.2.7', '198.51.100.1', '2001:db8::1', '::ffff:10.0.0.1', 'fe80::1', '10.0.0.0/8'],
    ...['::ffff:10.1.2.3', '::ffff:10.0.0.0/104', '2001:db8::/32', '0.0.0.0', '::', null],
  ],
  'text[]': ['{}', '{a}', '{u1}', '{u1,u2}', '{a,u1,NULL}', '{NULL}', '{{a,u1},{b,u2}}', '{""}', '[3:4]={u1,a}', null],
  'integer[]': ['{}', '{1}', '{0,2}', '{1,NULL}', '{{1}}', null],
  'bigint[]': ['{}', '{1}', '{0,2}', '{3,NULL}', '{9007199254740993}', null],
  'double precision[]': ['{}', '{1}', '{0,0.5}', '{1,NULL}', '{1,NaN}', '{-Infinity,2}', '{{1}}', null],
  other: ['x', 'y', null],
}

/** How a test draws: from a seed. */
export type Draw = <Value>(arbitrary: fc.Arbitrary<Value>) => Value

export function drawing(seed: number): Draw {
  let next = seed * 7_919
  return (arbitrary) => fc.sample(arbitrary, { seed: next++, numRuns: 1 })[0] as never
}

function columnType(attribute: Attribute, draw: Draw): ColumnType {
  switch (attribute.type) {
    case 'string':
      return 'text'
    case 'number':
      return draw(fc.constantFrom('integer', 'bigint', 'double precision', 'numeric'))
    case 'boolean':
      return 'boolean'
    case 'instant':
      return 'timestamptz'
    case 'ip':
      return 'inet'
    case 'set':
      return attribute.of === 'string' ? 'text[]' : draw(fc.constantFrom('integer[]', 'bigint[]', 'double precision[]'))
    default:
      return 'other'
  }
}

/** Columns for all attributes of a type, nested ones by their path. */
export function randomMapping(
  policy: PolicyJson,
  type: string,
  table: string,
  draw: Draw,
): Required<Omit<TableMapping, 'alias'>> {
  const columns: Record<string, Column> = {}
  const walk = (attributes: Attributes, above: string): void => {
    for (const [name, attribute] of Object.entries(attributes)) {
      const path = `${above}${name}`
      columns[path] = { type: columnType(attribute, draw), name: `${path} "c"` }
      if (attribute.type === 'object') walk(attribute.attributes, `${path}.`)
    }
  }
  walk(policy.resources[type]?.attributes ?? {}, '')
  return { table, columns }
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
const databaseType = (type: ColumnType) => (type === 'other' ? 'text' : type)

/** Makes the table and fills it. */
export async function fill(db: Queryable, mapping: TableMapping, rows: number, draw: Draw): Promise<void> {
  const columns = Object.entries(mapping.columns)
  const table = quoted(mapping.table as string)
  const declared = columns.map(([, { name, type }]) => `${quoted(name as string)} ${databaseType(type)}`)
  await db.query(`create table ${table} (row_number int primary key, ${declared.join(', ')})`)
  const values: (string | null)[] = []
  const lists: string[] = []
  for (let row = 0; row < rows; row++) {
    const placed = columns.map(([path, { type }]) => {
      values.push(path === 'tenant' ? draw(tenants) : draw(fc.constantFrom(...pool(path, type))))
      return `$${values.length}::text::${databaseType(type)}`
    })
    lists.push(`(${row}, ${placed.join(', ')})`)
  }
  await db.query(`insert into ${table} values ${lists.join(', ')}`, values)
}

const tenants = fc.constantFrom('t1', 't1', 't1', 't1', 't1', 't2', '', null)
const pool = (path: string, type: ColumnType): readonly (string | null)[] => {
  if (path === 'patient') return ['p1', 'p2', 'p1', 'p2', '', null]
  const all = literals[type]
  // Rows should mostly be sound, or few conditions would be true; and often null, which is where engines part.
  return [...all.slice(0, 5), ...all.slice(0, 5), ...all, null, null, null]
}

function fromDriver(type: ColumnType, value: unknown): unknown {
  if (value === null) return null
  if (type === 'bigint') return Number(value)
  if (type === 'numeric') {
    // The limit that ColumnType documents: what is too large or too small counts as unknown.
    const size = Math.abs(Number(value))
    return size === 0 || (size > 1e-300 && size < 1e300) ? Number(value) : Number.NaN
  }
  if (type === 'bigint[]') return (value as unknown[]).map((each) => (typeof each === 'string' ? Number(each) : each))
  return value
}

export interface StoredRecord {
  readonly row: number
  readonly record: Record<string, unknown>
}

/** The records as the driver gives them, with all columns. */
export async function loaded(db: Queryable, mapping: TableMapping): Promise<StoredRecord[]> {
  const { rows } = await db.query<Record<string, unknown>>(
    `select * from ${quoted(mapping.table as string)} order by row_number`,
  )
  return rows.map((row) => {
    const record: Record<string, unknown> = {}
    for (const [path, { name, type }] of Object.entries(mapping.columns)) {
      const names = path.split('.')
      const value = fromDriver(type, row[name as string])
      const holder = names.slice(0, -1).reduce<unknown>((at, each) => (at as Record<string, unknown> | null)?.[each], record)
      if (holder === null || typeof holder !== 'object') continue
      const isHolder = Object.keys(mapping.columns).some((other) => other.startsWith(`${path}.`))
      ;(holder as Record<string, unknown>)[names.at(-1) as string] = isHolder && value !== null ? {} : value
    }
    return { row: row.row_number as number, record }
  })
}
