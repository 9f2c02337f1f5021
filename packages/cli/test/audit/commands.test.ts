import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type AuditLog,
  type AuditRecord,
  type AuditStore,
  memoryStore,
  openAuditLog,
  verifyBundle,
  verifyLog,
  verifyTlogProof,
} from '@phi/audit'
import { verifyAccounting } from '@phi/audit/disclosures'
import { readCsv, readJson, readJsonLines } from '@phi/audit/export'
import { fromFhirR4 } from '@phi/audit/fhir'
import { auditError } from '@phi/audit/store'
import { fixedClock, toBase64 } from '@phi/core'
import { auditSealer, localKms, memoryKeyStore, openKeyring } from '@phi/envelope'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { phi, type Ran, type RunOptions } from '../io.ts'
import { began, fill, folder, origin, signer, stopAfter } from './world.ts'

let dir: Awaited<ReturnType<typeof folder>>
let store: AuditStore
const key = { tenant: 'clinic-a', origin }
const reader = async (): Promise<AuditLog> => openAuditLog({ ...key, store })
const head = async () => (await (await reader()).head()).size
const newest = async (): Promise<AuditRecord> => (await (await reader()).query({ limit: 1 })).records[0] as AuditRecord

const audit = (line: string | readonly string[], options: RunOptions = {}): Promise<Ran> =>
  phi(typeof line === 'string' ? `audit ${line}` : ['audit', ...line], {
    cwd: dir.path,
    auditStore: store,
    env: { AUDIT_SIGNER: signer.exportSkey() },
    ...options,
  })

beforeAll(async () => {
  dir = await folder()
  store = memoryStore()
  const clock = fixedClock(began)
  const log = await openAuditLog({ ...key, store, signer, clock })
  await fill(log, clock)
  await log.close()
  await dir.write(
    'phi.config.json',
    JSON.stringify({ tenant: key.tenant, audit: { origin, keys: [signer.vkey], signerFrom: 'AUDIT_SIGNER' } }),
  )
})
afterAll(() => dir.remove())

describe('phi audit stats', () => {
  it('S97 shows an administrator what the log holds, and that there is nothing to look at', async () => {
    const { code, stdout, stderr } = await audit('stats')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatchInlineSnapshot(`
      "Nothing to look at.

        log         clinic.example/audit
        entries     37
        first       2026-11-21T12:01:00.000Z
        newest      2026-11-21T12:37:00.000Z, 23 hours ago
        checkpoint  covers 37 of 37; its signature checks
        outbox      empty

      Actions
        read      30
        update     6
        disclose   1

      Outcomes
        success  34
        denied    3

      Actors
        u-10  13
        u-11  12
        u-12  12

      Days (UTC)
        2026-11-21  37  ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇
      "
    `)
  })

  it('counts what the records say', async () => {
    const said = JSON.parse((await audit('stats --json --top 2')).stdout) as Record<string, unknown>
    const outcomes: Record<string, number> = {}
    for await (const { event } of (await reader()).records())
      outcomes[event.outcome ?? ''] = (outcomes[event.outcome ?? ''] ?? 0) + 1
    expect(said.outcomes).toEqual(outcomes)
    expect(said).toMatchObject({
      entries: 37,
      actors: { count: 3 },
      checkpoint: { size: 37, unsigned: 0, signed: true },
      concerns: [],
    })
  })

  it('S145 makes what is not looked after a finding: age, missing keys, witnesses that are asked for', async () => {
    const old = await audit('stats --max-age 1 --json')
    expect([old.code, (JSON.parse(old.stdout) as { concerns: { code: string }[] }).concerns.map(({ code }) => code)]).toEqual([
      1,
      ['stale'],
    ])
    const stranger = await audit(`stats --key ${origin}+aaaaaaaa+AAAA`)
    expect(stranger.code).toBe(4)
    expect((await audit('stats --max-age 48')).code).toBe(0)
    // Without a key nobody knows whether the checkpoint is one.
    const keyless = await audit(`stats --origin ${origin} --tenant clinic-a`, { cwd: '/' })
    expect([keyless.code, keyless.stdout.includes('not checked, for want of a key')]).toEqual([3, true])
  })
})

describe('phi audit verify, of a database', () => {
  it('S145 says what the library says', async () => {
    const { code, stdout } = await audit('verify --json --max-age 48')
    expect(code).toBe(0)
    const { kind, origin: named, ...said } = JSON.parse(stdout) as Record<string, unknown>
    const now = Date.parse('2026-11-22T12:00:00.000Z')
    const { resume: _, ...report } = await verifyLog(store, key, {
      keys: [signer.vkey],
      now,
      maxAgeMs: 48 * 3_600_000,
    })
    const keys = { from: 'phi.config.json', ids: [signer.vkey.split('+', 2).join('+')] }
    expect([kind, named, said]).toEqual(['database', origin, { ...JSON.parse(JSON.stringify(report)), keys }])
  })

  it('refuses a log that is not there', async () => {
    for (const line of [
      'verify --origin other.example/audit',
      'stats --tenant clinic-b',
      'tail --once --origin typo.example/a',
    ]) {
      const { code, stdout } = await audit(line)
      expect([line, code, stdout]).toEqual([line, 4, ''])
    }
  })

  it('says which setting is missing where none is there', async () => {
    const nowhere = { cwd: '/', env: {} }
    expect((await audit('verify', nowhere)).stderr).toContain('--origin')
    const without = { cwd: dir.path, env: {} }
    const { code, stderr } = await phi('audit verify', without)
    expect([code, stderr.includes('DATABASE_URL')]).toEqual([4, true])
    expect((await phi('audit verify --embedded nothing-there', without)).stderr).toContain(
      'there is no embedded database in it',
    )
    expect((await phi('audit verify --embedded phi.config.json', without)).code).toBe(4)
  })

  it('stops at Ctrl-C without a verdict', async () => {
    const { code, stdout } = await audit('verify --json', { signal: stopAfter(1) })
    expect([code, JSON.parse(stdout)]).toEqual([130, { interrupted: true, checked: 0 }])
  })
})

describe('phi audit prove', () => {
  it('S113 writes evidence that checks offline, withholds what is not named, and is recorded', async () => {
    const before = await head()
    const { code, stdout } = await audit([
      'prove',
      '3',
      '11-12',
      '--disclose',
      'event,actor',
      '--by',
      'u-2',
      '--purpose',
      'HLEGAL',
      '--reason',
      'case 7',
      '--out',
      'evidence.json',
    ])
    expect(code).toBe(0)
    expect(stdout).toContain(signer.vkey)
    const text = await readFile(join(dir.path, 'evidence.json'), 'utf8')
    const { verdict, coverage } = verifyBundle(text, { keys: [signer.vkey] })
    expect([verdict, coverage.checked, coverage.withheld]).toEqual(['intact', 3, 9])
    expect(text).not.toContain('session of the day')
    const recorded = await newest()
    expect([recorded.index, recorded.event.action, recorded.event.actor?.id, recorded.event.context]).toEqual([
      before,
      'disclose',
      'u-2',
      { purpose: 'HLEGAL', reason: 'case 7' },
    ])
    expect((await audit('verify evidence.json')).code).toBe(0)
  })

  it('writes a proof of one entry and its leaf, which say nothing of it', async () => {
    const before = await head()
    expect((await audit('prove 11 --as tlog-proof --out 11.tlog-proof --leaf-out 11.leaf')).code).toBe(0)
    const [proof, leaf] = await Promise.all(['11.tlog-proof', '11.leaf'].map((name) => readFile(join(dir.path, name), 'utf8')))
    expect(verifyTlogProof({ proof: proof as string, leaf: leaf as string, keys: [signer.vkey] }).verdict).toBe('intact')
    expect(await head()).toBe(before)
    expect((await audit('verify 11.tlog-proof --leaf 11.leaf')).code).toBe(0)
    expect((await audit('prove 12 --as tlog-proof')).stdout).toMatch(/^c2sp\.org\/tlog-proof@v1\nindex 12\n/)
  })

  it('needs somebody on whose behalf, a key that signs, and entries that are there', async () => {
    const before = await head()
    for (const [line, exit, words] of [
      ['prove 3', 2, '--by'],
      ['prove three --by u-2', 2, 'by number'],
      ['prove 9-3 --by u-2', 2, 'by number'],
      ['prove 0-99999 --by u-2', 2, 'at most'],
      ['prove 3 --by u-2 --purpose FUN', 2, '--purpose'],
      ['prove 3 --by u-2 --disclose everything', 2, '--disclose'],
      ['prove 3 4 --as tlog-proof', 2, 'one entry'],
      ['prove 3 --as tlog-proof --disclose event', 2, '--disclose'],
      ['prove 3 --by u-2 --out evidence.json', 4, 'exists already'],
      ['prove 3 --by u-2 --signer-from NOTHING', 4, '--signer-from'],
    ] as const) {
      const { code, stderr } = await audit(line)
      expect([line, code, stderr.includes(words)]).toEqual([line, exit, true])
    }
    expect(await head()).toBe(before)
    expect((await audit('prove 99999999 --by u-2')).stderr).toContain('PHI_AUDIT_RANGE')
    const other = await audit('prove 3 --by u-2', { env: { AUDIT_SIGNER: 'PRIVATE+KEY+rubbish' } })
    expect([other.code, other.stderr.includes('PHI_AUDIT_SKEY'), other.stderr.includes('rubbish')]).toEqual([4, true, false])
  })
})

describe('phi audit export', () => {
  const export_ = (rest: string, options?: RunOptions) => audit(`export --by u-2 ${rest}`, options)
  const indices = async (records: AsyncIterable<AuditRecord>): Promise<number[]> => {
    const all: number[] = []
    for await (const { index } of records) all.push(index)
    return all
  }

  it('S125 writes the same records as JSON, as JSON lines and as CSV, each whole, and records who asked', async () => {
    const found = (await (await reader()).query({ patient: 'p-3', order: 'oldest', limit: 100 })).records.map(
      ({ index }) => index,
    )
    for (const [as, read] of [
      ['json', readJson],
      ['jsonl', readJsonLines],
      ['csv', (text: string[]) => readCsv(text, { end: true })],
    ] as const) {
      const { code, stdout, stderr } = await export_(`--as ${as} --patient p-3 --purpose PATRQT`)
      expect([as, code, stderr]).toEqual([as, 0, ''])
      expect((await indices(read([stdout]))).slice(0, found.length)).toEqual(found)
      const { event } = await newest()
      expect([event.action, event.actor?.id, event.subject?.patients, event.context?.purpose]).toEqual([
        'export',
        'u-2',
        ['p-3'],
        'PATRQT',
      ])
    }
  })

  it('S125 narrows by actor, action, resource, outcome and time as a query does', async () => {
    for (const [options, query] of [
      ['--actor u-11', { actor: 'u-11' }],
      ['--action update', { action: 'update' }],
      ['--outcome denied', { outcome: 'denied' }],
      ['--resource ProgressNote/n-7', { resource: { type: 'ProgressNote', id: 'n-7' } }],
      ['--resource ProgressNote', { resource: { type: 'ProgressNote' } }],
      [
        '--from 2026-11-21T12:05:00.000Z --until 2026-11-21T12:09:00.000Z',
        { from: '2026-11-21T12:05:00.000Z', until: '2026-11-21T12:09:00.000Z' },
      ],
      [
        '--from 2026-11-21 --until 2026-11-22 --action read',
        { from: '2026-11-21T00:00:00.000Z', until: '2026-11-22T00:00:00.000Z', action: 'read' },
      ],
    ] as const) {
      const { records } = await (await reader()).query({ ...query, order: 'oldest', limit: 1000 })
      const got = await indices(readJsonLines([(await export_(options)).stdout]))
      expect([options, got]).toEqual([options, records.map(({ index }) => index)])
      expect(got.length).toBeGreaterThan(0)
    }
  })

  it('S125 leaves patients and free text out of what goes to a SIEM, unless it is told otherwise', async () => {
    for (const as of ['ocsf', 'cef', 'rfc5424']) {
      const plain = (await export_(`--as ${as} --actor u-11`)).stdout
      expect([as, plain.split('\n').length - 1]).toEqual([as, 12])
      expect(plain).not.toMatch(/p-[0-4]\b|session of the day/)
      const hashed = (
        await export_(`--as ${as} --actor u-11 --patients hash --hash-key-from HASH`, {
          env: { HASH: toBase64(new Uint8Array(32).fill(1)) },
        })
      ).stdout
      expect(hashed).not.toMatch(/\bp-[0-4]\b/)
      expect(hashed).toMatch(/[0-9a-f]{64}/)
      expect((await export_(`--as ${as} --actor u-11 --patients include --free-text include`)).stdout).toContain(
        'session of the day',
      )
    }
    expect(
      (await export_('--as rfc5424 --actor u-11 --hostname app1.example --enterprise 99999 --message cef')).stdout,
    ).toContain(' app1.example phi-audit - ')
  })

  it('writes FHIR AuditEvents that read back as the same events', async () => {
    const { stdout } = await export_('--as fhir-r4 --resource ProgressNote/n-7')
    const [resource] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(fromFhirR4(resource as never).event).toMatchObject({ id: 'e-7', action: 'read', actor: { id: 'u-11' } })
    expect((await export_('--as fhir-r5 --actor u-11')).stdout.trimEnd().split('\n')).toHaveLength(12)
  })

  it('writes a file whole or not at all, for its owner alone, and says what it holds', async () => {
    const { code, stdout } = await export_('--as csv --actor u-11 --out u-11.csv')
    expect(code).toBe(0)
    expect(stdout).toMatchInlineSnapshot(`
      "Written: 12 records, 4.3 kB, as csv. The log records who asked for it.
      An export proves nothing: for who must not trust you, there is phi audit prove.
      "
    `)
    expect((await stat(join(dir.path, 'u-11.csv'))).mode & 0o077).toBe(0)
    const again = await export_('--as csv --actor u-11 --out u-11.csv')
    expect([again.code, again.stderr.includes('exists already')]).toEqual([4, true])
    const { stdout: json } = await export_('--as csv --actor u-11 --out u-11.csv --replace --json')
    expect(JSON.parse(json)).toMatchObject({ written: 'csv', records: 12, partial: 0, first: 1 })
    expect((await export_('--out gone/u-11.csv')).stderr).toContain('there is no such file')
    expect((await readdir(dir.path)).filter((name) => name.endsWith('.new'))).toEqual([])
  })

  it('says in the text itself where it was cut: by Ctrl-C, or because nobody read on', async () => {
    const cut = await export_('--as jsonl', { signal: stopAfter(5) })
    expect([cut.code, cut.stdout.trimEnd().split('\n').at(-1)]).toEqual([130, '{"end":{"records":4,"complete":false}}'])
    expect(cut.stderr).toContain('Stopped after 4 records')
    expect((await export_('--as csv --out stopped.csv', { signal: stopAfter(3) })).code).toBe(130)
    await expect(stat(join(dir.path, 'stopped.csv'))).rejects.toThrow()
    expect(await export_('--as csv', { closedAfter: 0 })).toEqual({ code: 130, stdout: '', stderr: '' })
  })

  it('S145 writes the whole log as lines, goes on where that was cut off, and the result verifies', async () => {
    expect((await export_('--as lines --out log.jsonl')).code).toBe(0)
    expect((await audit('verify log.jsonl')).code).toBe(0)
    const whole = await readFile(join(dir.path, 'log.jsonl'))
    await dir.write('torn.jsonl.part', whole.subarray(0, whole.length >> 1))
    expect((await export_('--as lines --out torn.jsonl')).stderr).toContain('--continue')
    const { code } = await export_('--as lines --out torn.jsonl --continue')
    expect(code).toBe(0)
    const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
    expect(digest(await readFile(join(dir.path, 'torn.jsonl')))).toBe(digest(whole))
    const stopped = await export_('--as lines --out half.jsonl', { signal: stopAfter(3) })
    expect([stopped.code, stopped.stdout.includes('--continue')]).toEqual([130, true])
    expect((await export_('--as lines --out half.jsonl --continue')).code).toBe(0)
    expect((await audit('verify half.jsonl')).code).toBe(0)
    expect((await export_('--as lines --out nothing.jsonl --continue')).code).toBe(4)
    const piped = await export_('--as lines')
    expect((await audit('verify -', { stdin: piped.stdout })).code).toBe(0)
  })

  it('S145 publishes tiles, and again only what is new', async () => {
    const first = await export_('--as tiles --out public --json')
    expect(JSON.parse(first.stdout)).toMatchObject({ written: 'tiles', previousSize: null, published: true })
    expect((await audit('verify public')).code).toBe(0)
    const second = JSON.parse((await export_('--as tiles --out public --json')).stdout) as {
      size: number
      previousSize: number
      files: number
    }
    expect([second.size - second.previousSize, second.files]).toEqual([1, 2])
  })

  it('refuses options that would be passed over', async () => {
    const before = await head()
    for (const line of [
      'export',
      'export --by u-2 --as lines --patient p-1',
      'export --by u-2 --as tiles',
      'export --by u-2 --as csv --patients omit',
      'export --by u-2 --as json --bom',
      'export --by u-2 --as cef --patients hash',
      'export --by u-2 --as csv --json',
      'export --by u-2 --action browse',
      'export --by u-2 --from yesterday',
      'export --by u-2 --until 2026-02-30',
      'export --by u-2 --as lines --continue',
      'export --by u-2 --continue',
    ]) {
      expect([line, (await audit(line)).code]).toEqual([line, 2])
    }
    expect(await head()).toBe(before)
  })
})

describe('phi audit disclose', () => {
  const asked = '--patient p-1 --zone America/Chicago --responsible Office --by u-2 --purpose HOPERAT'

  it('S128 accounts for the disclosures of six years, with proofs that the patient can check', async () => {
    const { code, stdout } = await audit([
      'disclose',
      ...asked.split(' '),
      '--entity',
      'Example Clinic',
      '--package',
      'p-1.phi-accounting.json',
      '--request',
      'judgments.json',
    ])
    // The exports of the tests above name no purpose: somebody has to judge them.
    expect([code, stdout]).toEqual([4, ''])
    await dir.write('judgments.json', '{}')
    const review = await audit([
      'disclose',
      ...asked.split(' '),
      '--entity',
      'Example Clinic',
      '--request',
      'judgments.json',
      '--json',
    ])
    expect(review.code).toBe(3)
    const { status, entries } = JSON.parse(review.stdout) as { status: string; entries: { index: number; words: string }[] }
    expect([status, entries.length > 0, entries[0]?.words]).toEqual([
      'needs-review',
      true,
      expect.stringContaining('needs review'),
    ])
    const before = await head()
    expect((await audit(['disclose', ...asked.split(' '), '--entity', 'Example Clinic'])).stdout).toContain(
      'Nothing was handed over',
    )
    expect(await head()).toBe(before)
    const judgments = entries.map(({ index }) => ({
      index,
      decision: 'not-a-disclosure',
      why: 'A trial export.',
      by: 'Privacy Office',
    }))
    await dir.write('judgments.json', JSON.stringify({ judgments }))
    const ready = await audit([
      'disclose',
      ...asked.split(' '),
      '--entity',
      'Example Clinic',
      '--request',
      'judgments.json',
      '--package',
      'p-1.phi-accounting.json',
    ])
    expect([ready.code, ready.stderr]).toEqual([0, ''])
    expect(ready.stdout).toContain('State Department of Health')
    const text = await readFile(join(dir.path, 'p-1.phi-accounting.json'), 'utf8')
    const report = verifyAccounting(text, { keys: [signer.vkey], printed: { text: ready.stdout } })
    expect([report.verdict, report.coverage.proved, report.accounting.period]).toEqual([
      'intact',
      1,
      { from: '2020-11-22', to: '2026-11-22', outerFrom: '2020-11-22' },
    ])
    expect((await audit('verify p-1.phi-accounting.json')).code).toBe(0)
  })

  it('S128 prints a page, and takes a shorter period', async () => {
    const line = ['disclose', ...asked.split(' '), '--entity', 'Example Clinic', '--request', 'judgments.json']
    const html = await audit([...line, '--as', 'html', '--from', '2026-11-22', '--out', 'p-1.html', '--json'])
    expect(html.code).toBe(0)
    expect(
      (JSON.parse(html.stdout) as { accounting: { lines: unknown[]; period: { from: string } } }).accounting,
    ).toMatchObject({ lines: [], period: { from: '2026-11-22' } })
    expect(await readFile(join(dir.path, 'p-1.html'), 'utf8')).toMatch(/^<!doctype html>/)
    for (const [more, exit] of [
      [['--zone', 'Mars/Olympus'], 2],
      [['--from', '2026-13-01'], 4],
      [['--until', '2019-01-01'], 4],
    ] as const) {
      const { code, stdout } = await audit([
        'disclose',
        '--patient',
        'p-1',
        '--by',
        'u-2',
        '--entity',
        'E',
        '--responsible',
        'R',
        ...(more[0] === '--zone' ? [] : ['--zone', 'UTC']),
        ...more,
      ])
      expect([more, code, stdout]).toEqual([more, exit, ''])
    }
    expect((await audit('disclose --patient p-1 --by u-2')).stderr).toContain('--zone')
    expect((await audit('disclose --zone UTC --by u-2')).stderr).toContain('--patient')
  })
})

describe('phi audit tail, of a database', () => {
  it('S97 shows the last entries, one a line', async () => {
    const { code, stdout } = await audit('tail --from 33 --once')
    expect(code).toBe(0)
    expect(stdout.split('\n').slice(0, 4).join('\n')).toMatchInlineSnapshot(`
      "    33 2026-11-21T12:34:00Z success read     u-10     ProgressNote/n-33 patient p-3
          34 2026-11-21T12:35:00Z success read     u-11     ProgressNote/n-34 patient p-4
          35 2026-11-21T12:36:00Z denied  update   u-12     ProgressNote/n-35 patient p-0
          36 2026-11-21T12:37:00Z success disclose u-10     patient p-1"
    `)
    expect((await audit('tail -n 3 --once --json')).stdout.trimEnd().split('\n')).toHaveLength(3)
    // On a terminal no line is longer than the screen.
    const lines = (await audit('tail -n 20 --once', { terminal: true, env: { NO_COLOR: '1' }, columns: 60 })).stdout.split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60)
  })

  it('S97 shows new entries as they come, until Ctrl-C', async () => {
    const stop = new AbortController()
    const log = await reader()
    const [from, shown] = [await head(), [] as string[]]
    const append = (i: number) =>
      log.append({ id: `late-${i}`, action: 'read', outcome: 'success', actor: { id: 'u-10', type: 'workforce' } })
    await append(0)
    const { code, stderr } = await audit(`tail --from ${from} --every 0.001 --json`, {
      signal: stop.signal,
      onOutput: (line) => {
        shown.push((JSON.parse(line) as AuditRecord).event.id ?? '')
        if (shown.length < 3) void append(shown.length)
        else stop.abort()
      },
    })
    expect([code, stderr, shown]).toEqual([130, '', ['late-0', 'late-1', 'late-2']])
  })

  it('goes on where the store was away for a moment, and says where the log became shorter', async () => {
    const stop = new AbortController()
    let looks = 0
    const away: AuditStore = {
      ...store,
      head: async (log) => {
        looks++
        if (looks === 4) throw auditError('PHI_AUDIT_UNAVAILABLE')
        if (looks === 6) stop.abort()
        return store.head(log)
      },
    }
    const followed = await audit('tail -n 1 --every 0.001', { auditStore: away, signal: stop.signal })
    expect([
      followed.code,
      followed.stdout.trimEnd().split('\n').length,
      followed.stderr.includes('It is tried again'),
    ]).toEqual([130, 1, true])
    const shrunk = await audit('tail --from 9999 --once')
    expect([shrunk.code, shrunk.stderr.includes('shorter than what was shown')]).toEqual([1, true])
  })

  it('S97 keeps what detectors have learned, and goes on from there', async () => {
    const first = await audit('tail --once --detect --alerts-only --state detectors.json')
    expect([0, 1]).toContain(first.code)
    const again = await audit('tail --once --detect --alerts-only --state detectors.json --json')
    expect([again.code, again.stdout]).toEqual([0, ''])
    expect((await audit('tail --once --state detectors.json')).code).toBe(2)
  })
})

describe('a log that seals whom its entries are about', () => {
  it('is not searched by patient without keys: nothing found would read as nothing there', async () => {
    const sealed = { tenant: 'clinic-s', origin: 'sealed.example/audit' }
    const keys = memoryKeyStore()
    const keyring = await openKeyring({ kms: localKms.generate(), store: keys })
    const log = await openAuditLog({ ...sealed, store, sealer: auditSealer({ keyring, store: keys }) })
    await log.append({
      action: 'read',
      outcome: 'success',
      actor: { id: 'u-1', type: 'workforce' },
      subject: { patients: ['p-1'] },
    })
    await log.close()
    const at = '--origin sealed.example/audit --tenant clinic-s'
    const plain = { env: {}, cwd: '/' }
    const refused = await audit(`export --by u-2 --patient p-1 ${at}`, plain)
    expect([refused.code, refused.stdout, refused.stderr.includes('seals whom its entries are about')]).toEqual([4, '', true])
    expect((await audit(`export --by u-2 --action read ${at}`, plain)).stdout).toContain('"sealed":["subject"]')
    expect((await audit(`tail --once ${at}`, plain)).stdout).toContain('[sealed subject]')
    await keyring.close()
  })
})
