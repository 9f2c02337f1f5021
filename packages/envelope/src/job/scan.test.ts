import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { hospital, STATES_MAX_AGE } from '../../test/job/hospital.ts'
import { memoryTable } from '../../test/job/memory-table.ts'
import { sealAnyway } from '../../test/job/seal-anyway.ts'
import { envelopeError } from '../errors.ts'
import type { Sealing } from '../keys/sealing.ts'
import { makeDeterministicField } from '../search/deterministic-field.ts'
import { type ScanFinding, type ScanOptions, type ScanTable, scanSealed } from './scan.ts'
import { type ColumnReport, type FindingKind, findingKinds, renderScan } from './scan-report.ts'
import type { ColumnValue, TableRow } from './table.ts'

const SECRET = 'Patient reports better sleep.'
const rowOf = (i: number): string => `n-${String(i).padStart(4, '0')}`
const bodyOf = (keys: Sealing) => keys.field({ table: 'note', column: 'body' })

async function clinicWith(size: number) {
  const site = await hospital()
  const keyring = await site.process()
  const refresh = () => keyring.tenant('clinic-a')
  const clinic = await refresh()
  const rows = Array.from({ length: size }, (_, i): TableRow => {
    const row = rowOf(i)
    return { key: [row], row, values: { body: bodyOf(clinic).seal(`${SECRET} ${i}`, { row }) } }
  })
  const table = memoryTable(rows)
  const put = (i: number, body: ColumnValue) => table.put({ key: [rowOf(i)], row: rowOf(i), values: { body } })
  const notes: ScanTable = { name: 'note', table, tenant: 'clinic-a', columns: { body: bodyOf(clinic) } }
  const scan = (options: Partial<ScanOptions> = {}) =>
    scanSealed({ tables: [notes], keyStore: site.store, refresh, batchSize: 3, ...options })
  return { site, keyring, refresh, clinic, table, put, notes, scan }
}

const found = (findings: Partial<Record<FindingKind, number>>): Record<FindingKind, number> =>
  ({ ...Object.fromEntries(findingKinds.map((kind) => [kind, 0])), ...findings }) as Record<FindingKind, number>

const total = ({ values, opened, notOpened, findings }: ColumnReport) => ({
  values,
  sum: opened + notOpened + Object.values(findings).reduce((all, each) => all + each, 0),
})

describe('scanSealed', () => {
  it('S18 S89 says clean only where every value opened for its row', async () => {
    const { site, scan, put } = await clinicWith(10)
    put(10, null)
    const report = await scan()
    expect(report).toEqual({
      verdict: 'clean',
      complete: true,
      keysLookedUp: true,
      tables: [{ table: 'note', rows: 11, complete: true }],
      columns: [
        {
          table: 'note',
          column: 'body',
          values: 10,
          nulls: 1,
          opened: 10,
          notOpened: 0,
          findings: found({}),
          otherTenants: [],
          keyIds: new Map([[(await site.keyIds('clinic-a'))[0], 10]]),
          errors: [],
        },
      ],
    })
  })

  it('values under a retiring key open, and are counted by key', async () => {
    const { site, refresh, clinic, put, scan } = await clinicWith(4)
    const newId = await site.rotate('clinic-a')
    site.clock.advance(STATES_MAX_AGE)
    await refresh()
    put(4, bodyOf(clinic).seal(SECRET, { row: rowOf(4) }))
    const report = await scan()
    expect(report.verdict).toBe('clean')
    expect(report.columns[0]?.keyIds).toEqual(
      new Map([
        [(await site.keyIds('clinic-a'))[0] as string, 4],
        [newId, 1],
      ]),
    )
  })

  it('nothing to look at is not clean', async () => {
    const { scan, put } = await clinicWith(0)
    expect((await scan()).verdict).toBe('empty')
    put(0, null)
    expect((await scan()).verdict).toBe('empty')
  })

  it('S91 finds what is sealed under another tenant’s key, and says whose', async () => {
    const { keyring, put, scan } = await clinicWith(3)
    for (const [i, tenant] of [
      [3, 'clinic-b'],
      [4, 'clinic-b'],
      [5, 'clinic-c'],
    ] as const) {
      put(i, bodyOf(await keyring.tenant(tenant)).seal(SECRET, { row: rowOf(i) }))
    }
    const findings: ScanFinding[] = []
    const report = await scan({ onFinding: (finding) => findings.push(finding) })
    expect(report.verdict).toBe('findings')
    expect(report.columns[0]).toMatchObject({
      opened: 3,
      findings: found({ 'other-tenant': 3 }),
      otherTenants: [
        { tenant: 'clinic-b', values: 2 },
        { tenant: 'clinic-c', values: 1 },
      ],
    })
    expect(findings).toEqual(
      [3, 4, 5].map((i) => ({ table: 'note', column: 'body', key: [rowOf(i)], kind: 'other-tenant', code: undefined })),
    )
  })

  it('S91 finds another tenant’s key also where the fields would open it: what counts is whose row it is', async () => {
    const { keyring, notes, put, scan } = await clinicWith(0)
    const other = bodyOf(await keyring.tenant('clinic-b'))
    put(0, other.seal(SECRET, { row: rowOf(0) }))
    const report = await scan({ tables: [{ ...notes, columns: { body: other } }] })
    expect(report.columns[0]?.findings).toEqual(found({ 'other-tenant': 1 }))
  })

  it('S91 scans a table of several tenants, each row with its own tenant’s fields', async () => {
    const { site, keyring, refresh } = await clinicWith(0)
    const table = memoryTable()
    for (let i = 0; i < 6; i++) {
      const tenant = i % 2 === 0 ? 'clinic-a' : 'clinic-b'
      // Row 4 belongs to clinic-a and was sealed by clinic-b.
      const keys = await keyring.tenant(i === 4 ? 'clinic-b' : tenant)
      table.put({ key: [tenant, i], row: rowOf(i), values: { tenant, body: bodyOf(keys).seal(SECRET, { row: rowOf(i) }) } })
    }
    const tenantOf = ({ values }: TableRow) => values.tenant as string
    const notes: ScanTable = {
      name: 'note',
      table,
      tenant: tenantOf,
      columns: ['body'],
      fieldsOf: async (row) => ({ body: bodyOf(await keyring.tenant(tenantOf(row))) }),
    }
    const report = await scanSealed({ tables: [notes], keyStore: site.store, refresh })
    expect(report.columns[0]).toMatchObject({
      opened: 5,
      findings: found({ 'other-tenant': 1 }),
      otherTenants: [{ tenant: 'clinic-b', values: 1 }],
    })
  })

  it('S18 finds plaintext, empty text and plain bytes', async () => {
    const { put, scan } = await clinicWith(2)
    put(2, SECRET)
    put(3, '')
    put(4, Buffer.from(SECRET))
    put(5, new Uint8Array())
    const hits: unknown[] = []
    const report = await scan({ onFinding: ({ key, kind }) => hits.push([key, kind]) })
    expect(report.columns[0]).toMatchObject({ values: 6, opened: 2, findings: found({ plaintext: 4 }) })
    expect(hits).toEqual([2, 3, 4, 5].map((i) => [[rowOf(i)], 'plaintext']))
  })

  it('finds plaintext also in a column that is still being migrated, and tells nobody else of it', async () => {
    const { clinic, put, notes, scan } = await clinicWith(1)
    put(1, SECRET)
    let told = 0
    const plaintext = { until: '2027-01-01T00:00:00.000Z', onPlaintext: () => told++ }
    const body = clinic.field({ table: 'note', column: 'body', plaintext })
    const report = await scan({ tables: [{ ...notes, columns: { body } }] })
    expect(report.columns[0]?.findings).toEqual(found({ plaintext: 1 }))
    expect(told).toBe(0)
  })

  it('finds values that were moved, exchanged or altered', async () => {
    const { table, put, scan } = await clinicWith(6)
    const [a, b, c] = [0, 1, 2].map((i) => table.rows[i]?.values.body as string) as [string, string, string]
    put(0, b)
    put(1, a)
    put(2, `${c.slice(0, 60)}${c[60] === 'A' ? 'B' : 'A'}${c.slice(61)}`)
    const report = await scan()
    expect(report.columns[0]).toMatchObject({ opened: 3, findings: found({ 'does-not-open': 3 }) })
  })

  it('finds values that were cut, re-encoded or half written', async () => {
    const { table, put, scan } = await clinicWith(4)
    const sealed = table.rows.map(({ values }) => values.body as string)
    put(0, (sealed[0] as string).slice(0, 40))
    put(1, `${sealed[1]}=`)
    put(2, 'phi1.')
    put(3, Buffer.from(sealed[3] as string))
    expect((await scan()).columns[0]).toMatchObject({ opened: 0, findings: found({ damaged: 4 }) })
  })

  it('finds keys that the store does not know, and keys that may not be used', async () => {
    const elsewhere = await clinicWith(1)
    const { site, refresh, table, put, scan } = await clinicWith(3)
    put(0, elsewhere.table.rows[0]?.values.body as string)
    await site.rotate('clinic-a')
    await site.move('clinic-a', 1, 'revoked')
    site.clock.advance(STATES_MAX_AGE)
    await refresh()
    expect(table.rows).toHaveLength(3)
    expect((await scan()).columns[0]?.findings).toEqual(found({ 'unknown-key': 1, 'unusable-key': 2 }))
  })

  it('finds headers that name a key which is not for fields', async () => {
    const { site, table, put, scan } = await clinicWith(1)
    const [indexKey] = await site.keyIds('clinic-a', 'index')
    const [row] = table.rows as [TableRow]
    const bytes = Buffer.from((row.values.body as string).slice('phi1.'.length), 'base64url')
    bytes.set(Buffer.from(indexKey as string, 'hex'), 2)
    put(0, `phi1.${bytes.toString('base64url')}`)
    expect((await scan()).columns[0]?.findings).toEqual(found({ 'unusable-key': 1 }))
  })

  it('finds keys that the KMS does not open any more, and says why', async () => {
    const { clinic, notes, scan } = await clinicWith(2)
    const gone = () => {
      throw envelopeError('PHI_ENVELOPE_KMS_KEY_GONE')
    }
    const report = await scan({ tables: [{ ...notes, columns: { body: { ...bodyOf(clinic), open: gone } } }] })
    expect(report.columns[0]).toMatchObject({
      findings: found({ 'unusable-key': 2 }),
      errors: [{ code: 'PHI_ENVELOPE_KMS_KEY_GONE', values: 2 }],
    })
  })

  it('finds a suite that the column does not declare', async () => {
    const { clinic, put, notes, scan } = await clinicWith(2)
    const other = clinic.field({ table: 'note', column: 'body', suite: 'XAES-256-GCM' })
    put(2, other.seal(SECRET, { row: rowOf(2) }))
    expect((await scan()).columns[0]?.findings).toEqual(found({ 'wrong-suite': 1 }))
    const both = clinic.field({ table: 'note', column: 'body', alsoOpens: ['XAES-256-GCM'] })
    const declared = { ...notes, columns: { body: both }, suites: { body: ['KC-XAES-256-GCM', 'XAES-256-GCM'] } } as const
    expect((await scan({ tables: [declared] })).verdict).toBe('clean')
    // Declared, and still not the field's: it does not open.
    const report = await scan({ tables: [{ ...declared, columns: notes.columns }] })
    expect(report.columns[0]?.findings).toEqual(found({ 'does-not-open': 1 }))
  })

  it('finds deterministic values in a column that is declared as a field', async () => {
    const { keyring, put, scan } = await clinicWith(1)
    const of = async (tenant: string) => {
      const keys = await keyring.tenant(tenant, { purposes: ['deterministic'] })
      return makeDeterministicField(keys.keys('deterministic'), { table: 'note', column: 'body' })
    }
    put(1, (await of('clinic-a')).seal(SECRET))
    put(2, (await of('clinic-a')).seal(SECRET))
    put(3, (await of('clinic-b')).seal(SECRET))
    const report = await scan()
    expect(report.columns[0]).toMatchObject({
      findings: found({ deterministic: 2, 'other-tenant': 1 }),
      otherTenants: [{ tenant: 'clinic-b', values: 1 }],
    })
  })

  it('finds values that were sealed twice, of text and of bytes', async () => {
    const { clinic, put, notes, scan, site, refresh, table } = await clinicWith(1)
    const inner = bodyOf(clinic).seal(SECRET, { row: rowOf(1) })
    put(1, sealAnyway(clinic, { table: 'note', column: 'body', row: rowOf(1) }, inner))
    expect((await scan()).columns[0]).toMatchObject({ opened: 1, findings: found({ 'double-sealed': 1 }) })
    // The bytes of another tenant's field: this tenant's field cannot know them, the key store does.
    const image = clinic.field({ table: 'scan', column: 'image', type: 'bytes' })
    const other = bodyOf(await (await site.process()).tenant('clinic-b')).sealBytes(SECRET, { row: '1' })
    const scans = memoryTable([{ key: [1], row: '1', values: { image: image.sealBytes(other, { row: '1' }) } }])
    const scanTable = { name: 'scan', table: scans, tenant: 'clinic-a', columns: { image } }
    const report = await scanSealed({ tables: [scanTable, { ...notes, table }], keyStore: site.store, refresh })
    expect(report.columns.map(({ findings }) => findings['double-sealed'])).toEqual([1, 1])
  })

  it('takes fields that are declared without a row, and fields of patients', async () => {
    const { site, clinic, refresh } = await clinicWith(0)
    const code = clinic.field({ table: 'code', column: 'code', unboundRow: true })
    const codes = memoryTable([{ key: [1], row: '1', values: { code: code.seal('F32.1') } }])
    const patients = memoryTable()
    for (const id of ['p-1', 'p-2']) {
      patients.put({ key: [id], row: id, values: { body: bodyOf(await clinic.subject(id)).seal(SECRET, { row: id }) } })
    }
    const report = await scanSealed({
      tables: [
        { name: 'code', table: codes, tenant: 'clinic-a', columns: { code } },
        {
          name: 'patient',
          table: patients,
          tenant: 'clinic-a',
          columns: ['body'],
          fieldsOf: async ({ row }) => ({ body: bodyOf(await clinic.subject(row)) }),
        },
      ],
      keyStore: site.store,
      refresh,
    })
    expect(report.verdict).toBe('clean')
    // The tenant's own field does not open what is a patient's.
    const wrong = { name: 'patient', table: patients, tenant: 'clinic-a', columns: { body: bodyOf(clinic) } }
    const second = await scanSealed({ tables: [wrong], keyStore: site.store, refresh })
    expect(second.columns[0]?.findings).toEqual(found({ 'does-not-open': 2 }))
  })
})

describe('unknown is never clean', () => {
  it('without a key store, another tenant’s value does not open, and the report says that keys were not looked up', async () => {
    const { keyring, put, notes, refresh } = await clinicWith(1)
    put(1, bodyOf(await keyring.tenant('clinic-b')).seal(SECRET, { row: rowOf(1) }))
    const report = await scanSealed({ tables: [notes], refresh })
    expect(report).toMatchObject({ verdict: 'findings', keysLookedUp: false })
    expect(report.columns[0]?.findings).toEqual(found({ 'does-not-open': 1 }))
    expect(renderScan(report)).toContain('The keys were not looked up')
  })

  it('a sample is called a sample, and still looks at every header', async () => {
    const { keyring, clinic, put, scan, table } = await clinicWith(100)
    const report = await scan({ open: 10 })
    expect(report).toMatchObject({ verdict: 'sampled', columns: [{ opened: 10, notOpened: 90 }] })
    put(55, SECRET)
    put(56, bodyOf(await keyring.tenant('clinic-b')).seal(SECRET, { row: rowOf(56) }))
    const otherSuite = clinic.field({ table: 'note', column: 'body', suite: 'XAES-256-GCM' })
    put(57, otherSuite.seal(SECRET, { row: rowOf(57) }))
    const second = await scan({ open: 1000 })
    expect(second.verdict).toBe('findings')
    expect(second.columns[0]).toMatchObject({
      opened: 1,
      notOpened: 96,
      findings: found({ plaintext: 1, 'other-tenant': 1, 'wrong-suite': 1 }),
    })
    expect(table.calls.swaps).toBe(0)
  })

  it('a scan that is stopped is incomplete, with what it has seen', async () => {
    const { scan, notes } = await clinicWith(10)
    const stop = new AbortController()
    const report = await scan({
      tables: [notes, { ...notes, name: 'another' }],
      signal: stop.signal,
      onProgress: ({ read }) => {
        if (read >= 6) stop.abort()
      },
    })
    expect(report).toMatchObject({
      verdict: 'incomplete',
      complete: false,
      tables: [
        { table: 'note', rows: 6, complete: false },
        { table: 'another', rows: 0, complete: false },
      ],
    })
    expect(renderScan(report)).toContain('note: 6 rows, not read to the end')
  })

  it('rows whose fields are not to be had are not checked, and say why', async () => {
    const { clinic, notes, scan } = await clinicWith(4)
    const fields = { body: bodyOf(clinic) }
    const fieldsOf = ({ row }: TableRow) => {
      if (row === rowOf(1)) throw envelopeError('PHI_ENVELOPE_NO_KEY')
      return row === rowOf(2) ? {} : fields
    }
    const report = await scan({ tables: [{ ...notes, columns: ['body'], fieldsOf }] })
    expect(report.verdict).toBe('incomplete')
    expect(report.columns[0]).toMatchObject({
      opened: 2,
      findings: found({ 'not-checked': 2 }),
      errors: [
        { code: 'PHI_ENVELOPE_NO_KEY', values: 1 },
        { code: 'PHI_ENVELOPE_JOB', values: 1 },
      ],
    })
  })

  it('what may pass ends the scan instead of counting as a finding', async () => {
    const { site, clinic, notes, scan } = await clinicWith(4)
    const down = () => {
      throw envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE')
    }
    const tables = [{ ...notes, columns: ['body'], fieldsOf: down }]
    expect((await refusal(scan({ tables }))).code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
    const keyStore = { find: () => Promise.reject(envelopeError('PHI_ENVELOPE_STORE_UNAVAILABLE')) }
    expect((await refusal(scan({ keyStore }))).code).toBe('PHI_ENVELOPE_STORE_UNAVAILABLE')
    expect((await refusal(scan({ keyStore: { find: async () => ({ tenant: 'clinic-a' }) as never } }))).code).toBe(
      'PHI_ENVELOPE_STORE',
    )
    site.clock.advance(16 * 60_000)
    expect((await refusal(scan({ refresh: async () => clinic }))).code).toBe('PHI_ENVELOPE_STALE')
  })

  it('keys that become stale in the middle of a batch are loaded anew', async () => {
    const { site, scan } = await clinicWith(6)
    let late = true
    const keyStore = {
      find: (id: string) => {
        if (late) site.clock.advance(16 * 60_000)
        late = false
        return site.store.find(id)
      },
    }
    expect(await scan({ keyStore })).toMatchObject({ verdict: 'clean', columns: [{ values: 6, opened: 6 }] })
  })

  it('every value is counted exactly once, whatever it is', async () => {
    const { keyring, clinic, put, scan, table } = await clinicWith(0)
    const other = bodyOf(await keyring.tenant('clinic-b'))
    const good = (row: string) => bodyOf(clinic).seal(SECRET, { row })
    const kinds: readonly ((row: string) => ColumnValue)[] = [
      good,
      () => null,
      () => SECRET,
      (row) => other.seal(SECRET, { row }),
      () => good('elsewhere'),
      (row) => good(row).slice(0, 50),
      (row) => bodyOf(clinic).sealBytes(SECRET, { row }),
      () => new Uint8Array(100),
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(kinds.length - 1), { maxLength: 30 }),
        fc.oneof(fc.constant('all' as const), fc.integer({ min: 1, max: 5 })),
        async (choices, open) => {
          table.rows.length = 0
          for (const [i, choice] of choices.entries()) put(i, kinds[choice]?.(rowOf(i)) ?? null)
          const report = await scan({ open })
          const column = report.columns[0] as ColumnReport
          const { values, sum } = total(column)
          expect(sum).toBe(values)
          expect(values + column.nulls).toBe(choices.length)
          const bad = choices.filter((choice) => [2, 3, 4, 5, 7].includes(choice)).length
          if (open === 'all') {
            expect(values - column.opened).toBe(bad)
            expect(report.verdict).toBe(bad > 0 ? 'findings' : values === 0 ? 'empty' : 'clean')
          } else expect(report.verdict === 'clean' && bad > 0).toBe(false)
        },
      ),
      { numRuns: process.env.PHI_LONG === '1' ? 1000 : 60 },
    )
  })
})

describe('what a scan hands out', () => {
  it('holds no value, no ciphertext and, in the report, no row', async () => {
    const { keyring, put, scan, table } = await clinicWith(3)
    put(1, SECRET)
    put(2, bodyOf(await keyring.tenant('clinic-b')).seal(SECRET, { row: rowOf(2) }))
    const findings: ScanFinding[] = []
    const report = await scan({ onFinding: (finding) => findings.push(finding) })
    const sealed = table.rows.map(({ values }) => values.body as string)
    for (const secret of [SECRET, ...sealed]) expect(JSON.stringify([report, findings])).not.toContain(secret)
    for (const secret of [SECRET, rowOf(1), ...sealed]) expect(renderScan(report)).not.toContain(secret)
  })

  it('renders as text, last', async () => {
    const { site, keyring, put, scan } = await clinicWith(2)
    put(2, SECRET)
    put(3, bodyOf(await keyring.tenant('clinic-b')).seal(SECRET, { row: rowOf(3) }))
    put(4, null)
    const [a] = await site.keyIds('clinic-a')
    const [b] = await site.keyIds('clinic-b')
    expect(renderScan(await scan())).toBe(
      [
        'Findings: values are not as they should be.',
        '',
        'note: 5 rows',
        '  body: 4 values, 1 null',
        '    2 opened and verified',
        '    1 not sealed (plaintext)',
        '    1 sealed under another tenant’s key',
        '      1 of tenant clinic-b',
        `    2 under key ${a}`,
        `    1 under key ${b}`,
        '',
      ].join('\n'),
    )
  })

  it('tells how far it is', async () => {
    const { scan, put } = await clinicWith(7)
    put(1, SECRET)
    const steps: unknown[] = []
    await scan({ onProgress: (step) => void steps.push(step) })
    expect(steps).toEqual([3, 6, 7].map((read) => ({ table: 'note', read, findings: 1, total: 7 })))
  })
})

describe('options', () => {
  it('are refused when they are not what is documented', async () => {
    const { notes, scan } = await clinicWith(1)
    const bad: readonly Record<string, unknown>[] = [
      { tables: [] },
      { tables: [notes, notes] },
      { tables: [{ ...notes, tenant: '' }] },
      { tables: [{ ...notes, columns: {} }] },
      { tables: [{ ...notes, columns: ['body'] }] },
      { tables: [{ ...notes, suites: { other: ['XAES-256-GCM'] } }] },
      { tables: [{ ...notes, suites: { body: [] } }] },
      { open: 0 },
      { open: 0.5 },
      { open: 'none' },
      { keyStore: {} },
      { refresh: undefined },
      { unknown: 1 },
    ]
    for (const options of bad) expect((await refusal(scan(options as never))).code).toBe('PHI_ENVELOPE_OPTIONS')
  })
})
