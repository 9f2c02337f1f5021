import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { explain, memoryRetentionStore, parsePlan, plan, retentionSchedule, usRetention } from '@phi/retention'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { phi, type Ran, type RunOptions } from '../../../test/io.ts'
import type { Io } from '../../io.ts'
import type { PlanAnswer } from './plan.ts'
import { lineStore } from './record-lines.ts'

const today = '2031-03-02'
const signOffs = [{ rule: 'us.hipaa.documents', by: 'counsel', on: '2031-01-15' }]
const schedule = { id: 'clinic/2031-03', law: usRetention.id, signOffs }
const policy = retentionSchedule({ id: 'clinic/2031-03', signOffs })
const document = (id: string, lastInEffect: string) => ({
  id,
  kind: 'policy-document',
  created: '2020-01-01',
  lastInEffect,
  inEffect: false,
})
const records = [
  { id: 'policy-2', kind: 'policy-document', created: '2020-01-01', inEffect: true },
  document('policy-1', '2024-06-30'),
  document('policy-3', '2025-02-28'),
  {
    id: 'mr-1',
    kind: 'medical-record',
    state: 'TX',
    provider: 'hospital',
    born: '1980-02-29',
    created: '2015-01-10',
    lastTreatment: '2016-05-31',
  },
]
const holds = [{ type: 'placed', case: 'matter-7', on: '2030-05-01', by: 'counsel', matches: { ids: ['policy-3'] } }] as const

let cwd: string
const put = (name: string, value: unknown) =>
  writeFile(join(cwd, name), typeof value === 'string' ? value : JSON.stringify(value))
const lines = (all: readonly unknown[]) => all.map((each) => JSON.stringify(each)).join('\n')
const run = (line: string | readonly string[], options: RunOptions = {}): Promise<Ran> => phi(line, { cwd, ...options })
const planned = `--schedule retention.json --at ${today} --planned-by Records`
const answerOf = async (line: string, options: RunOptions = {}) =>
  JSON.parse((await run(`${line} --json`, options)).stdout) as PlanAnswer

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'phi-retention-'))
  await put('retention.json', schedule)
  await put('records.jsonl', lines(records))
  await put('holds.json', holds)
})
afterAll(() => rm(cwd, { recursive: true, force: true }))

describe('phi retention plan', () => {
  it('says what may go, what is held, and what nobody can say', async () => {
    const { code, stdout } = await run(`retention plan records.jsonl ${planned} --holds holds.json`)
    expect(code).toBe(3)
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(stdout).toMatchInlineSnapshot(`
      "1 record may be disposed of; of 1 it is not known; 1 is held.
      4 records, as of 2031-03-02, by clinic/2031-03#7395fbc9d4844f22.

        1  unknown            a fact or a rule that may matter is not known
        1  disposable         every applicable rule allows it
        1  held               under a legal hold
        1  clock-not-started  still in effect, so that no clock runs

      What would go
        1 policy-document, kept until now by us.hipaa.documents (45 CFR
            164.316(b)(2)(i))

      Plan 539632524f09391f32da84c9f9cc6617f8056a1c2e79e9781dda24f692d64963
      Nothing was deleted. 2 people, none of them Records, must approve it; then phi
      retention run carries it out. It was not written: give --out to keep it.
      "
    `)
  })

  it('makes the plan that the library makes, and keeps it', async () => {
    const answer = await answerOf(
      `retention plan records.jsonl ${planned} --out plan.json --role privacy-officer --approvals 1`,
    )
    const kept = parsePlan(JSON.parse(await readFile(join(cwd, 'plan.json'), 'utf8')))
    const store = memoryRetentionStore(records.map((record) => ({ id: record.id, record })))
    const twin = await plan(store, policy, {
      today,
      plannedBy: 'Records',
      approvals: { required: 1, roles: ['privacy-officer'] },
    })
    expect(answer.plan).toBe(kept.id)
    // Only the versions differ: a line has a hash of its facts.
    expect({ ...kept, id: '', groups: kept.groups.map((each) => ({ ...each, versions: [] })) }).toEqual({
      ...twin,
      id: '',
      groups: twin.groups.map((each) => ({ ...each, versions: [] })),
    })
    expect(answer).toMatchObject({
      planned: 2,
      byStatus: { ...twin.counts.byStatus },
      approvals: twin.approvals,
      out: 'plan.json',
    })
    const again = await run(`retention plan records.jsonl ${planned} --out plan.json`)
    expect([again.code, again.stderr.includes('PHI_CLI_EXISTS')]).toEqual([4, true])
  })

  it('a record whose facts changed has another version, and the plan another hash', async () => {
    const hash = async (all: readonly unknown[]) => (await answerOf(`retention plan - ${planned}`, { stdin: lines(all) })).plan
    const [one, two] = [document('p', '2024-06-30'), document('p', '2024-06-29')]
    expect(await hash([one])).toBe(await hash([{ ...one }]))
    expect(await hash([one])).not.toBe(await hash([two]))
    // Where the store's own version is known, it is that.
    const stored = (version: string) => ({ id: 'p', version, record: one })
    expect(await hash([stored('1')])).not.toBe(await hash([stored('2')]))
  })

  it('deletes nothing by rows that nobody signed, and shows conflicts', async () => {
    await put('unsigned.json', {
      schedule: {
        id: 'unsigned/1',
        law: usRetention.id,
        contracts: [],
      },
    })
    const answer = await answerOf(`retention plan records.jsonl --schedule unsigned.json --at ${today} --planned-by Records`)
    expect(answer).toMatchObject({ planned: 0, needsSignOff: [{ rules: ['us.hipaa.documents'], records: 2 }] })
  })

  it('takes the version of the schedule that is in force on the day', async () => {
    const version = (number: number, from: string, list: typeof signOffs) => ({
      tenant: 'clinic-a',
      version: number,
      by: 'privacy officer',
      on: from,
      from,
      schedule: { id: `clinic-a/${number}`, law: usRetention.id, signOffs: list },
    })
    await put('versions.json', { versions: [version(1, '2031-01-15', signOffs), version(2, '2031-06-01', [])] })
    const on = (day: string) =>
      answerOf(`retention plan records.jsonl --schedule versions.json --at ${day} --planned-by Records`)
    expect((await on(today)).policy).toMatch(/^clinic-a\/1#/)
    expect((await on('2031-06-01')).policy).toMatch(/^clinic-a\/2#/)
    const before = await run(`retention plan records.jsonl --schedule versions.json --at 2031-01-14 --planned-by Records`)
    expect([before.code, before.stderr.includes('no version of the schedule is in force')]).toEqual([4, true])
  })

  it.each([
    ['no schedule', `retention plan records.jsonl --at ${today} --planned-by Records`, 4, 'no schedule is named'],
    ['no planner', `retention plan records.jsonl --schedule retention.json --at ${today}`, 2, 'planned-by'],
    [
      'no day',
      'retention plan records.jsonl --schedule retention.json --planned-by Records',
      2,
      'give --zone, or --at with a day',
    ],
    ['no database', `retention plan --schedule retention.json --at ${today} --planned-by Records`, 4, 'no tenant is named'],
    [
      'no tables',
      `retention plan --tenant t --schedule retention.json --at ${today} --planned-by Records`,
      4,
      'no tables are named',
    ],
    ['two sources', `retention plan records.jsonl --tenant t ${planned}`, 2, 'give a file of records, or a database'],
    ['a file that is not there', `retention plan no.jsonl ${planned}`, 4, 'there is no such file'],
    ['a folder', `retention plan . ${planned}`, 4, 'it is a folder'],
    [
      'a schedule that is none',
      `retention plan records.jsonl --schedule holds.json --at ${today} --planned-by R`,
      4,
      'it holds no schedule',
    ],
    [
      'holds that are none',
      `retention plan records.jsonl ${planned} --holds retention.json`,
      4,
      'it is no list of facts about holds',
    ],
  ])('says what is missing: %s', async (_, line, code, says) => {
    const ran = await run(line)
    expect([ran.code, ran.stdout]).toEqual([code, ''])
    expect(ran.stderr).toContain(says)
  })

  it.each([
    ['binary garbage', new Uint8Array([0x7b, 0xff, 0xfe, 0x0a]), 'not text in UTF-8'],
    ['a truncated last line', `${JSON.stringify(records[0])}\n{"id":"x","ki`, 'a line is not JSON'],
    ['a record without an id', '{"kind":"audit-log"}', 'no record with an id'],
    ['an id that comes twice', lines([records[0], records[0]]), 'an id comes twice'],
    ['a lone surrogate', '{"id":"x","kind":"\\ud800"}', 'what no record can'],
  ])('what cannot be read is an error, and no empty plan: %s', async (_, stdin, says) => {
    const ran = await run(`retention plan - ${planned}`, { stdin })
    expect([ran.code, ran.stdout]).toEqual([4, ''])
    expect(ran.stderr).toContain(says)
  })

  it('a misspelt fact makes a record unreadable, which is not known', async () => {
    const answer = await answerOf(`retention plan - ${planned}`, {
      stdin: lines([{ ...records[1], lastInEfect: '2024-06-30' }]),
    })
    expect(answer).toMatchObject({ planned: 0, byStatus: { unknown: 1 } })
  })

  it('reads a long file as a stream, without keeping it, and stops at Ctrl-C', async () => {
    const stop = new AbortController()
    let made = 0
    const endless = (async function* () {
      for (;;) {
        made += 1
        yield Buffer.from(`${JSON.stringify(document(`p-${String(made).padStart(12, '0')}`, '2024-06-30'))}\n`)
        if (made === 300) stop.abort()
      }
    })()
    const ran = await run(`retention plan - ${planned}`, { stdin: endless, signal: stop.signal })
    expect([ran.code, ran.stdout]).toEqual([130, ''])
    expect(made).toBeLessThan(400)
    const long = (async function* () {
      for (;;) yield Buffer.alloc(65_536, 0x20)
    })()
    const wide = await run(`retention plan - ${planned}`, { stdin: long })
    expect([wide.code, wide.stderr.includes('a line is longer than a record can be')]).toEqual([4, true])
    expect((await run(`retention plan records.jsonl ${planned}`, { closedAfter: 0 })).code).toBe(130)
  })
})

describe('records of a file', () => {
  const ioOf = (text: string, size: number) =>
    ({
      stdin: (async function* () {
        const bytes = Buffer.from(text)
        for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size)
      })(),
      signal: new AbortController().signal,
    }) as unknown as Io

  const read = async (text: string, size: number, most: number, page: number) => {
    const store = lineStore(ioOf(text, size), '-', [], most)
    const ids: string[] = []
    for (;;) {
      const rows = await store.records(ids.at(-1) ?? null, page)
      if (rows.length === 0) return ids
      ids.push(...rows.map(({ id }) => id))
    }
  }
  const order = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

  it('come in the order of their ids, however they are cut and however many are sorted', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 7 }),
        async (ids, size, page) => {
          const text = (all: readonly string[]) => all.map((id) => JSON.stringify({ id, kind: 'audit-log' })).join('\r\n')
          const sorted = [...ids].sort(order)
          expect(await read(text(ids), size, 100, page)).toEqual(sorted)
          // More than are sorted, and in order: as they come.
          expect(await read(text(sorted), size, 3, page)).toEqual(sorted)
        },
      ),
      { numRuns: 60 },
    ))

  it('more than are sorted must come in order', async () => {
    const text = lines(['a', 'b', 'd', 'c'].map((id) => ({ id })))
    expect(await read(text, 5, 5, 2)).toEqual(['a', 'b', 'c', 'd'])
    await expect(read(text, 5, 2, 2)).rejects.toMatchObject({ code: 'PHI_CLI_FILE_CONTENT', info: { line: 4 } })
    await expect(read(text, 5, 4, 2)).rejects.toMatchObject({ code: 'PHI_CLI_FILE_CONTENT' })
  })
})

describe('phi retention explain', () => {
  it('shows every rule, the event it counts from, its citation, and what would change it', async () => {
    const { code, stdout } = await run(`retention explain mr-1 --records records.jsonl --schedule retention.json --at ${today}`)
    expect(code).toBe(3)
    expect(stdout).toMatchInlineSnapshot(`
      "mr-1: unknown, because a fact that may matter is not known.
      As of 2031-03-02, by clinic/2031-03#7395fbc9d4844f22.
      Keep it through 2026-05-31 at least.
      Kept by: tx.hospital (Tex. Health & Safety Code 241.103).
      Not known: discharged.
      Not signed off: tx.hospital, us.medicare.hospital.
      - tx.hospital (Tex. Health & Safety Code 241.103, secondary): governs from
        lastTreatment 2016-05-31 through 2026-05-31.
      - us.medicare.hospital (42 CFR 482.24(b)(1), secondary): floor.

      What would change it
        discharged becomes known
        tx.hospital is signed off
        us.medicare.hospital is signed off
      "
    `)
  })

  it('says what the library says, under its holds too', async () => {
    const answer = async (id: string) => {
      const line = `retention explain ${id} --records records.jsonl --schedule retention.json --at ${today} --holds holds.json --json`
      const { code, stdout } = await run(line)
      return { code, found: JSON.parse(stdout) }
    }
    const held = await answer('policy-3')
    expect(held.code).toBe(0)
    const facts = [{ case: 'matter-7', placed: '2030-05-01', released: null }]
    expect(held.found).toEqual(JSON.parse(JSON.stringify(explain(records[2], policy, { today, holds: facts }))))
    expect((await answer('policy-1')).found).toEqual(JSON.parse(JSON.stringify(explain(records[1], policy, { today }))))
  })

  it('a release makes the first day later, and does not hold', async () => {
    await put('released.json', [...holds, { type: 'released', case: 'matter-7', on: '2031-03-01', by: 'counsel' }])
    const line = `retention explain policy-3 --records records.jsonl --schedule retention.json --at ${today} --holds released.json --json`
    expect(JSON.parse((await run(line)).stdout)).toMatchObject({ status: 'disposable', earliest: '2031-03-01', holds: [] })
  })

  it('a record that is not there is no answer', async () => {
    const ran = await run(`retention explain none --records records.jsonl --schedule retention.json --at ${today}`)
    expect([ran.code, ran.stdout, ran.stderr.includes('there is no record')]).toEqual([2, '', true])
  })
})

describe('phi retention run', () => {
  const line = (more: string) =>
    `retention run plan-1.json --at ${today} --tenant t --schedule retention.json --signer-from KEY --performed-by job --backups-until none ${more}`

  it('does nothing without the hash of this very plan, approvals and a key', async () => {
    await run(`retention plan records.jsonl ${planned} --out plan-1.json`)
    const { id } = JSON.parse(await readFile(join(cwd, 'plan-1.json'), 'utf8'))
    const none = await run(line('--approved-by B=officer'))
    expect([none.code, none.stderr.includes('PHI_CLI_CONFIRM')]).toEqual([4, true])
    expect((await run(line(`--confirm ${'0'.repeat(64)} --approved-by B=officer`))).stderr).toContain('PHI_CLI_CONFIRM')
    expect((await run(line(`--confirm ${id}`))).stderr).toContain('give --approved-by, or --approval')
    expect((await run(line(`--confirm ${id} --approved-by B`))).stderr).toContain('takes a name and a role')
    // The planner is nobody else.
    expect((await run(line(`--confirm ${id} --approved-by records=officer`))).stderr).toContain('PHI_RETENTION_APPROVAL')
    expect((await run(line(`--confirm ${id} --approved-by B=officer`))).stderr).toContain('PHI_CLI_NOT_CONFIGURED')
    const secret = '{"kty":"OKP","crv":"Ed25519","d":"s3cret","kid":"k"}'
    const key = await run(line(`--confirm ${id} --approved-by B=officer`), { env: { KEY: secret } })
    expect([key.code, key.stderr.includes('no private JWK'), key.stderr.includes('s3cret')]).toEqual([4, true, false])
  })

  it('refuses a plan that was changed after it was made', async () => {
    const made = JSON.parse(await readFile(join(cwd, 'plan-1.json'), 'utf8'))
    await put('changed.json', { ...made, plannedBy: 'Somebody' })
    const ran = await run(line(`--confirm ${made.id} --approved-by B=officer`).replace('plan-1', 'changed'))
    expect([ran.code, ran.stderr.includes('PHI_RETENTION_PLAN')]).toEqual([4, true])
  })
})
