import { dateFacts, flagFacts, type RetentionRecord, recordKinds, usRetention } from '@phi/retention'
import fc from 'fast-check'
import type { Db, MappedFact, RetentionTable } from '../../src/index.ts'

// A table with a column for every fact, and records to put in.

const texts = ['kind', 'tenant', 'subject', 'state', 'provider'] as const

export async function makeTable(db: Db): Promise<void> {
  const columns = [
    ...texts.map((name) => `"${name}" text`),
    ...dateFacts.map((name) => `"${name}" date`),
    ...flagFacts.map((name) => `"${name}" boolean`),
    '"laterMammograms" date[]',
    'rules text[]',
  ]
  await db.exec(`create schema app; create table app.record (keeper text not null, id text collate "C" not null, ${columns.join(', ')},
    primary key (keeper, id)); grant usage on schema app to phi_retention; grant select, delete on app.record to phi_retention;`)
}

const facts = Object.fromEntries(
  [...texts, ...dateFacts, ...flagFacts, 'laterMammograms', 'rules'].map((name) => [name, name]),
) as { readonly [Fact in MappedFact]?: string } & { kind: string }
export const table: RetentionTable = {
  schema: 'app',
  table: 'record',
  id: [{ column: 'id', type: 'text' }],
  tenant: 'keeper',
  version: 'xmin',
  facts,
}

const two = (value: number) => `${value}`.padStart(2, '0')
export const asOf = usRetention.asOf
/** Counsel signed these rules off. */
export const signed = (rules: readonly { readonly id: string }[]) =>
  rules.map(({ id }) => ({ rule: id, by: 'counsel', on: asOf }))
/** Days, with 29 February and the edges of periods that end about the days that are asked, oftener than by chance. */
const day = fc.oneof(
  fc
    .record({ y: fc.integer({ min: 1950, max: 2040 }), m: fc.integer({ min: 1, max: 12 }), d: fc.integer({ min: 1, max: 28 }) })
    .map(({ y, m, d }) => `${y}-${two(m)}-${two(d)}`),
  fc.integer({ min: 1952 / 4, max: 2040 / 4 }).map((y) => `${y * 4}-02-29`),
  fc
    .tuple(fc.integer({ min: 1980, max: 2030 }), fc.constantFrom('11-21', '11-22', '11-23', '11-20', '02-28', '03-01', '03-02'))
    .map(([y, rest]) => `${y}-${rest}`),
)
const maybe = <T>(value: fc.Arbitrary<T>, freq = 4) => fc.option(value, { nil: undefined, freq })
const rarely = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })
const states = [...new Set(usRetention.rules.flatMap(({ jurisdiction }) => jurisdiction ?? [])), 'NH', 'GU'] as const

const place = {
  tenant: rarely(fc.constantFrom('clinic-a', '', 'x'.repeat(600))),
  subject: maybe(fc.constantFrom('p-1', 'p-2', 'p-3'), 8),
  state: maybe(
    fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...states) }, { weight: 1, arbitrary: fc.constantFrom('tx', '') }),
    12,
  ),
  provider: maybe(
    fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom('hospital', 'physician', 'therapist', 'clinic', 'chiropractor', 'other') },
      { weight: 1, arbitrary: fc.constant('dentist') },
    ),
    12,
  ),
}
/** What came last is later than what came before, as a rule: otherwise hardly a record is free of contradictions. */
const treatment = fc
  .record({
    ...place,
    kind: fc.constantFrom(
      'medical-record',
      'medical-images',
      'patient-index',
      'basic-information',
      'message',
      'mammogram',
      'x-ray',
    ),
    born: maybe(day, 8),
    dates: fc.array(day, { minLength: 5, maxLength: 5 }),
    lack: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 2 }),
    ordered: fc.integer({ min: 0, max: 9 }),
    died: rarely(day),
    adult: rarely(fc.boolean()),
    medicare: maybe(fc.boolean(), 1),
    inEffect: rarely(fc.boolean()),
    partOfRecord: maybe(fc.boolean()),
    agencyNotified: maybe(day, 1),
    mammogram: rarely(day),
    laterMammograms: rarely(fc.array(day, { maxLength: 3 })),
    keepThrough: rarely(day),
    rules: rarely(fc.constantFrom(['us.dea'], ['nowhere'])),
    agreementEnded: rarely(day),
    destructionFeasible: rarely(fc.boolean()),
  })
  .map(({ dates, lack, ordered, ...record }) => {
    const all = ordered === 0 ? dates : [...dates, record.born ?? '1900-01-01'].sort().slice(-5)
    const known = all.map((date, index) => (lack.includes(index) ? undefined : date))
    const [created, serviceDate, discharged, lastTreatment, lastEntry] = known
    return {
      ...record,
      created,
      serviceDate,
      discharged,
      lastTreatment,
      lastEntry,
      ...(record.kind === 'mammogram' && { mammogram: all[2] }),
    }
  })
const documents = fc.record({
  ...place,
  kind: fc.constantFrom(...recordKinds.slice(11)),
  ...Object.fromEntries(
    [
      'created',
      'lastEntry',
      'lastInEffect',
      'replaced',
      'terminated',
      'effective',
      'signed',
      'serviceDate',
      'disclosed',
      'separated',
    ].map((name) => [name, maybe(day, 1)]),
  ),
  ...Object.fromEntries(
    ['contractEnded', 'auditCompleted', 'approved', 'discontinued', 'authorityNotified'].map((name) => [name, maybe(day, 2)]),
  ),
  keepThrough: rarely(day),
  agreementEnded: rarely(day),
  destructionFeasible: rarely(fc.boolean()),
  inEffect: maybe(fc.boolean(), 1),
  audited: maybe(fc.boolean(), 1),
})

let keepers = 0
/** Puts records in for a keeper of their own. */
export async function fill(db: Db, records: readonly RetentionRecord[]): Promise<string> {
  const keeper = `keeper-${keepers++}`
  const names = Object.keys(facts)
    .map((name) => `"${name}"`)
    .join(', ')
  const as = records.map((record) => ({ ...record, keeper }))
  await db.query(
    `insert into app.record (keeper, id, ${names}) select keeper, id, ${names} from json_populate_recordset(null::app.record, $1::text::json)`,
    [JSON.stringify(as)],
  )
  return keeper
}

/** Records by chance, the same for a seed. */
export const sampleOf = (seed: number, many: number): RetentionRecord[] =>
  fc
    .sample(fc.oneof({ weight: 3, arbitrary: treatment }, { weight: 2, arbitrary: documents }), { numRuns: many, seed })
    .map((record, index) => ({ id: `r-${index}`, ...JSON.parse(JSON.stringify(record)) }) as RetentionRecord)
