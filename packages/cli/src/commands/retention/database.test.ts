import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAgreement } from '@phi/baa'
import { fromHex } from '@phi/core'
import { agreementStore, caseStore, type Db, retentionStore, scheduleStore } from '@phi/postgres'
import { certificateCovers, usRetention, verifyCertificate } from '@phi/retention'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { embeddedMigrated } from '../../../../postgres/test/embedded.ts'
import { phi, type Ran, type RunOptions } from '../../../test/io.ts'
import type { DueAnswer } from '../deadlines/due.ts'
import type { PlanAnswer } from './plan.ts'
import type { RunAnswer } from './run.ts'

// The Ed25519 key pair of RFC 8037 appendix A.
const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
const KEY = JSON.stringify({ kty: 'OKP', crv: 'Ed25519', d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', x, kid: 'k-1' })
const publicJwk = { kty: 'OKP', crv: 'Ed25519', x, kid: 'k-1' } as const

const day = '2026-11-22'
const signOffs = usRetention.rules.map(({ id }) => ({ rule: id, by: 'counsel', on: usRetention.asOf }))
const tables = [
  {
    table: 'log',
    id: [{ column: 'id', type: 'text' }],
    tenant: null,
    version: 'xmin',
    facts: { kind: { value: 'audit-log' }, created: 'made', subject: 'patient' },
  },
] as const

let db: Db
let cwd: string
const put = (name: string, value: unknown) => writeFile(join(cwd, name), JSON.stringify(value))
const run = (line: string | readonly string[], options: RunOptions = {}): Promise<Ran> =>
  phi(line, { cwd, database: db, env: { KEY }, ...options })
const left = async () => (await db.query<{ id: string }>('select id from public.log order by id', [])).rows.map(({ id }) => id)

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'phi-law-'))
  db = await embeddedMigrated()
  await db.exec(`
    create table public.log (id text collate "C" primary key, made date, patient text);
    insert into public.log values ('a', '2010-02-28', 'p-1'), ('b', '2010-03-01', 'p-2'), ('c', '2026-01-01', 'p-3'), ('d', null, 'p-4'), ('e', '2011-01-01', 'p-5');
    grant select, delete on public.log to phi_retention`)
  await put('retention.json', { schedule: { id: 'clinic/1', law: usRetention.id, signOffs }, tables })
  await put('tables.json', { tables })
  await put('phi.config.json', { tenant: 'clinic', retention: 'retention.json' })
  const store = retentionStore(db, { tenant: 'clinic', tables })
  await store.appendHold({ type: 'placed', case: 'm-1', on: day, by: 'counsel', matches: { subjects: ['p-2'] } }, 0)
}, 120_000)
afterAll(async () => {
  await db?.close()
  await rm(cwd, { recursive: true, force: true })
})

describe('phi retention over the tables of a database', () => {
  const runLine = (hash: string, more = '') => [
    ...`retention run plan.json --at ${day} --confirm ${hash} --signer-from KEY --backups-until 2027-03-01T00:00:00Z --approved-by C=counsel`.split(
      ' ',
    ),
    '--performed-by',
    'records job',
    '--approved-by',
    'B. Officer=privacy-officer',
    ...more.split(' ').filter((word) => word !== ''),
  ]
  let hash = ''

  it('plans what may go, with what SQL left open judged one by one', async () => {
    const ran = await run(`retention plan --at ${day} --planned-by Records --out plan.json --json`)
    const answer = JSON.parse(ran.stdout) as PlanAnswer
    expect(ran.code).toBe(3)
    expect(answer).toMatchObject({
      records: 5,
      planned: 2,
      byStatus: { disposable: 2, held: 1, retain: 1, unknown: 1 },
      complete: true,
    })
    expect(Object.values(answer.byStatus).reduce((sum, each) => sum + each, 0)).toBe(5)
    hash = answer.plan
    expect(await left()).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('explains a row, under its holds', async () => {
    const held = await run(`retention explain b --at ${day}`)
    expect([held.code, held.stdout.split('\n')[0]]).toEqual([0, 'b: held, because it is under a hold, which has no end date.'])
    expect((await run(`retention explain d --at ${day}`)).code).toBe(3)
    expect((await run(`retention explain nobody --at ${day}`)).code).toBe(2)
  })

  it('refuses too few approvals, and deletes nothing', async () => {
    const one = runLine(hash).filter((word) => word !== 'C=counsel')
    one.splice(one.indexOf('--approved-by'), 1)
    const ran = await run(one)
    expect(ran.code).toBe(1)
    expect(ran.stdout).toMatchInlineSnapshot(`
      "Refused: nothing was deleted by this call.
      plan 9e154892234816a08a27aa1e5562e7262e2b74235a7fb9262a695c6e90c73b2f
        - too few approvals count
      "
    `)
    expect(await left()).toHaveLength(5)
  })

  it('stops at Ctrl-C, deletes what was approved and still may go, and certifies it once', async () => {
    const stopped = await run(runLine(hash), { signal: AbortSignal.abort() })
    expect([stopped.code, await left()]).toEqual([130, ['a', 'b', 'c', 'd', 'e']])
    // A hold that came after the approval keeps its record.
    const store = retentionStore(db, { tenant: 'clinic', tables })
    await store.appendHold({ type: 'placed', case: 'm-2', on: day, by: 'counsel', matches: { subjects: ['p-5'] } }, 1)
    const ran = await run(runLine(hash, '--certificate certificate.jws --salt-out salt.hex --json'))
    const answer = JSON.parse(ran.stdout) as Extract<RunAnswer, { status: 'finished' }>
    expect(ran.code).toBe(1)
    expect(answer).toMatchObject({
      status: 'finished',
      disposed: 1,
      left: [{ id: 'e', why: 'held' }],
      certificateFile: 'certificate.jws',
    })
    expect(await left()).toEqual(['b', 'c', 'd', 'e'])

    const certificate = (await readFile(join(cwd, 'certificate.jws'), 'utf8')).trim()
    const salt = fromHex((await readFile(join(cwd, 'salt.hex'), 'utf8')).trim())
    expect((await stat(join(cwd, 'salt.hex'))).mode & 0o777).toBe(0o600)
    const report = await verifyCertificate(certificate, publicJwk)
    if (report.verdict !== 'valid') throw new Error(report.problem)
    expect(certificateCovers(report.certificate, 'a', salt).covered).toBe(true)
    expect(certificateCovers(report.certificate, 'e', salt).covered).toBe(false)

    // The same command again: nothing is deleted twice, and the certificate is the same.
    const again = await run(runLine(hash, '--json'))
    expect(JSON.parse(again.stdout)).toMatchObject({ disposed: 1, certificate })
    const text = await run(runLine(hash))
    expect(text.stdout.split('\n')[0]).toBe('1 record was deleted; 1 was left (held 1).')
    // The file of the certificate is not written over, and that is seen before anything else.
    expect((await run(runLine(hash, '--certificate certificate.jws'))).stderr).toContain('PHI_CLI_EXISTS')
  })

  it('takes the schedule of the tenant that the database keeps, and refuses where there is none', async () => {
    const line = `retention plan --at ${day} --planned-by Records --schedule tables.json --json`
    const none = await run(`${line} --tenant other`)
    expect([none.code, none.stderr.includes('no version of the schedule is in force')]).toEqual([4, true])
    await scheduleStore(db).adopt({
      tenant: 'clinic',
      version: 1,
      by: 'officer',
      on: '2026-11-01',
      from: '2026-11-01',
      schedule: { id: 'clinic/kept', law: usRetention.id },
    })
    const answer = JSON.parse((await run(line)).stdout) as PlanAnswer
    expect(answer.policy).toMatch(/^clinic\/kept#/)
    // Nobody signed its rows.
    expect(answer).toMatchObject({ planned: 0, byStatus: { held: 2, retain: 1 } })
  })
})

describe('cases and agreements of a tenant', () => {
  it('S126 S158 phi deadlines due reads the open cases of the tenant, and of no other', async () => {
    const store = caseStore(db)
    for (let each = 0; each < 3; each++) {
      await store.open('clinic', {
        kind: 'request',
        opening: { kind: 'access', id: `r-${each}`, received: `2026-10-0${each + 1}` },
      })
    }
    await store.open('clinic', {
      kind: 'incident',
      opening: { id: 'i-1', role: 'covered-entity', at: '2026-11-20', groups: ['agreement-1'] },
    })
    await store.open('other', { kind: 'request', opening: { kind: 'access', id: 'r-9', received: '2026-01-01' } })
    const { code, stdout } = await run(`deadlines due --at ${day} --json`)
    const answer = JSON.parse(stdout) as DueAnswer
    expect(code).toBe(1)
    expect(answer.counts.overdue).toBe(3)
    expect(new Set(answer.items.map(({ source }) => source.id))).toEqual(new Set(['r-0', 'r-1', 'r-2', 'i-1']))
    expect(answer.gaps).toMatchObject([{ rules: 'agreement-1' }])
    const empty = await run(`deadlines due --at ${day} --tenant nobody`)
    // Not even a closed case: the name of the tenant may be wrong.
    expect([empty.code, empty.stdout]).toEqual([
      3,
      `Whether something is overdue is not known.\nAs of ${day}: nothing open was there to look at.\n`,
    ])
  })

  it('S28 phi baa decide notes the revision that it decided on', async () => {
    const agreement = parseAgreement({
      id: 'a-1',
      tier: 'ce-ba',
      version: '1',
      from: { id: 'practice', kind: 'covered-entity' },
      to: { id: 'platform', kind: 'business-associate' },
      services: ['records'],
      permits: ['phi.clinical.note'],
      uses: ['treatment'],
      effective: '2026-01-01',
      signatures: ['practice', 'platform'].map((party) => ({ party, at: '2026-01-02T15:00:00.000Z' })),
    })
    const store = agreementStore(db)
    await store.append(
      'clinic',
      [
        { type: 'agreement', agreement },
        { type: 'subprocessors', of: 'platform', subprocessors: [], complete: true },
      ],
      0,
    )
    const ended = parseAgreement({ ...agreement, terminated: { at: '2026-06-30' } })
    await store.append('clinic', [{ type: 'agreement', agreement: ended }], 1)
    const line =
      'baa decide --tenant clinic --from practice --vendor platform --service records --class phi.clinical.note --unlabelled --use treatment --json'
    const now = await run(line)
    expect([now.code, JSON.parse(now.stdout).revision]).toEqual([1, 2])
    const then = await run(`${line} --revision 1`)
    expect([then.code, JSON.parse(then.stdout).revision]).toEqual([0, 1])
    expect((await run(`${line} --revision 9`)).code).toBe(4)
    // A tenant without agreements has none, and nothing may go.
    const none = await run(line.replace('--tenant clinic', '--tenant nobody'))
    expect([none.code, JSON.parse(none.stdout).outcome]).toEqual([3, 'needs'])
  })
})
