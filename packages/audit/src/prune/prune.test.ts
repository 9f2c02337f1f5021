import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import {
  type AuditRecord,
  type Exporter,
  ed25519Signer,
  memoryStore,
  openAuditLog,
  type PruneOptions,
  retentionFloor,
  verifyBundle,
  verifyLines,
} from '../index.ts'
import { yearsBefore } from './retention-floor.ts'

const origin = 'clinic.example/old'
const key = { tenant: 'default', origin }
const officer: Exporter = { actor: { id: 'u-1', type: 'workforce', roles: ['privacy-officer'] } }

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex')

/** Ten entries of 2019, ten of 2021, and today is in 2026. */
async function old() {
  let now = Date.UTC(2019, 0, 1)
  const store = memoryStore()
  const signer = await ed25519Signer.generate(origin)
  const options = { origin, store, signer, clock: () => now }
  const log = await openAuditLog(options)
  const ten = async (from: number) => {
    for (let i = from; i < from + 10; i++)
      await log.append({
        id: `e-${i}`,
        action: 'read',
        outcome: 'success',
        actor: { id: 'u-2', type: 'workforce' },
        subject: { patients: [`p-${i}`] },
      })
  }
  await ten(0)
  now = Date.UTC(2021, 0, 1)
  await ten(10)
  const witnessed = await log.checkpoint()
  now = Date.UTC(2026, 10, 22)
  const archives: string[] = []
  const prune = (options: Partial<PruneOptions> = {}) =>
    log.prune({
      before: '2020-01-01T00:00:00.000Z',
      by: officer,
      isHeld: () => false,
      corroboration: [witnessed],
      archive: async (lines) => {
        let text = ''
        for await (const line of lines) text += line
        archives.push(text)
        return { sha256: digestOf(text) }
      },
      ...options,
    })
  const texts = async () => {
    const all: string[] = []
    for await (const batch of store.read(key, { from: 0, to: (await store.head(key)).size }))
      for (const entry of batch) all.push(JSON.stringify(entry.open))
    return all
  }
  return {
    store,
    signer,
    options,
    log,
    witnessed,
    archives,
    prune,
    texts,
    setNow: (to: number) => {
      now = to
    },
  }
}

describe('pruning', () => {
  it('S91 takes texts and salts of old entries away, and the log still proves what it proved', async () => {
    const { log, prune, texts, witnessed, signer, archives } = await old()
    const before = await log.evidence({ indices: [3], by: officer })
    const report = await prune()
    expect(report).toMatchObject({ from: 0, to: 10, endedBy: 'age' })
    expect((await texts()).map((text) => text === '{}')).toEqual([...Array(10).fill(true), ...Array(13).fill(false)])

    const verified = await log.verify({ trusted: [witnessed] })
    expect(verified.verdict).toBe('intact')
    expect(verified.coverage).toMatchObject({ checked: 23, withheld: 50 })
    expect(verified.findings).toMatchObject([{ code: 'pruned', severity: 'warn', index: 0, between: { from: 0, to: 10 } }])
    // Evidence given out before still verifies, and so does what can be given out now.
    expect((await verifyBundle(before, { keys: [signer.vkey] })).verdict).toBe('intact')
    expect((await verifyBundle(await log.evidence({ indices: [3, 12], by: officer }), { keys: [signer.vkey] })).verdict).toBe(
      'intact',
    )

    // The event says what was done, and the checkpoint after it signs it.
    const { records } = await log.query({ action: 'prune' })
    expect(records).toHaveLength(1)
    expect(records[0]?.event).toMatchObject({
      actor: { id: 'u-1' },
      subject: { count: 10 },
      context: { details: { from: 0, to: 10, archiveSha256: report.pruned?.archiveSha256 } },
    })
    const archive = archives[0] ?? ''
    expect(digestOf(archive)).toBe(report.pruned?.archiveSha256)
    const lines = archive.split('\n').slice(0, -1)
    expect((await verifyLines(lines, { keys: [signer.vkey] })).verdict).toBe('intact')
    expect(lines.filter((line) => line.includes('p-3'))).toHaveLength(1)
    expect(lines.filter((line) => line.includes('p-12'))).toHaveLength(0)
    await log.close()
  })

  it('S91 goes on where the last one ended, and finds nothing where there is nothing', async () => {
    const { log, prune, setNow } = await old()
    await prune()
    expect(await prune()).toEqual({ from: 10, to: 10, endedBy: 'age' })
    setNow(Date.UTC(2028, 0, 1))
    const kept = await log.checkpoint()
    expect(await prune({ before: '2021-06-01T00:00:00.000Z', corroboration: [kept] })).toMatchObject({ from: 10, to: 20 })
    expect(await log.verify()).toMatchObject({
      verdict: 'intact',
      findings: [{ code: 'pruned', between: { from: 0, to: 20 } }],
    })
    await log.close()
  })

  it('S91 keeps everything from the first record that is held, and asks again before anything goes', async () => {
    const { log, prune, texts } = await old()
    const held = (record: AuditRecord) => record.event.subject?.patients?.includes('p-4') === true
    expect(await prune({ isHeld: held })).toMatchObject({ from: 0, to: 4, endedBy: 'hold' })
    let asked = 0
    const late = (record: AuditRecord) => record.index === 7 && asked++ > 0
    expect(await refusal(prune({ isHeld: late }))).toMatchObject({ code: 'PHI_AUDIT_PRUNE_HELD' })
    expect((await texts()).filter((text) => text === '{}')).toHaveLength(4)
    // Anything but a plain no holds.
    expect(await prune({ isHeld: () => undefined as never })).toMatchObject({ from: 4, to: 4, endedBy: 'hold' })
    await log.close()
  })

  it.each([
    ['younger than six years', { before: '2020-11-22T00:00:00.001Z' }, 'PHI_AUDIT_PRUNE_FLOOR'],
    ['before no instant', { before: '2020' }, 'PHI_AUDIT_PRUNE'],
    ['without a checkpoint from elsewhere', { corroboration: [] }, 'PHI_AUDIT_PRUNE_UNPROVED'],
    ['on the word of something else', { corroboration: ['not a note'] }, 'PHI_AUDIT_PRUNE_UNPROVED'],
    ['with an archive that is another one', { archive: async () => ({ sha256: digestOf('') }) }, 'PHI_AUDIT_PRUNE_ARCHIVE'],
  ])('S91 takes nothing away %s', async (_, options, code) => {
    const { log, prune, texts } = await old()
    expect((await refusal(prune(options))).code).toBe(code)
    expect((await texts()).every((text) => text !== '{}')).toBe(true)
    expect((await log.query({ action: 'prune' })).records).toEqual([])
    await log.close()
  })

  it('S91 takes nothing away from a log that does not verify against what was kept elsewhere', async () => {
    const { store, options, prune, log, witnessed } = await old()
    // Another log of the same length, by the same key: the database was rewritten, and the head with it.
    const rewritten = memoryStore()
    const other = await openAuditLog({ ...options, store: rewritten, clock: () => Date.UTC(2019, 0, 1) })
    for (let i = 0; i < 20; i++)
      await other.append({ action: 'read', outcome: 'success', actor: { id: 'u-3', type: 'workforce' } })
    const kept = {
      before: '2020-01-01T00:00:00.000Z',
      by: officer,
      isHeld: () => false,
      corroboration: [witnessed],
      archive: async () => ({ sha256: '' }),
    }
    await other.close()
    const reopened = await openAuditLog({ ...options, store: rewritten })
    expect(await refusal(reopened.prune(kept))).toMatchObject({ code: 'PHI_AUDIT_PRUNE_UNPROVED', info: { verdict: 'broken' } })
    expect(await prune()).toMatchObject({ to: 10 })
    expect(store).toBeDefined()
    await log.close()
  })

  it('S91 takes nothing away when the log is changed between its verification and its archive', async () => {
    const { store, options, log, witnessed, texts } = await old()
    const changing = {
      ...store,
      async *read(...args: Parameters<typeof store.read>) {
        // The verification reads the log whole, and the export after it.
        const isLate = args[1].from === 0 && args[1].to > 20
        for await (const batch of store.read(...args))
          yield isLate
            ? batch.map((entry) =>
                entry.index === 3
                  ? {
                      ...entry,
                      open: {
                        ...entry.open,
                        actor: { salt: entry.open.actor?.salt ?? '', json: '{"id":"u-9","roles":[],"type":"workforce"}' },
                      },
                    }
                  : entry,
              )
            : batch
      },
    }
    const open = await openAuditLog({ ...options, store: changing })
    const archive = async (lines: AsyncIterable<string>) => {
      let text = ''
      for await (const line of lines) text += line
      return { sha256: digestOf(text) }
    }
    const request = {
      before: '2020-01-01T00:00:00.000Z',
      by: officer,
      isHeld: () => false,
      corroboration: [witnessed],
      archive,
    }
    expect(await refusal(open.prune(request))).toMatchObject({
      code: 'PHI_AUDIT_PRUNE_UNPROVED',
      path: 'archive',
      info: { verdict: 'broken' },
    })
    expect((await texts()).every((text) => text !== '{}')).toBe(true)
    await log.close()
  })

  it('finishes what was interrupted between the event and the end', async () => {
    const { store, options, log, prune, texts, witnessed } = await old()
    const failing = {
      ...store,
      prune: async () => {
        throw new Error('gone')
      },
    }
    const first = await openAuditLog({ ...options, store: failing })
    const archive = async (lines: AsyncIterable<string>) => {
      let text = ''
      for await (const line of lines) text += line
      return { sha256: digestOf(text) }
    }
    const request = {
      before: '2020-01-01T00:00:00.000Z',
      by: officer,
      isHeld: () => false,
      corroboration: [witnessed],
      archive,
    }
    await expect(first.prune(request)).rejects.toThrow('gone')
    expect((await first.verify()).verdict).toBe('intact')
    expect(await prune()).toMatchObject({ from: 0, to: 10 })
    expect((await texts()).filter((text) => text === '{}')).toHaveLength(10)
    expect(await log.verify()).toMatchObject({ verdict: 'intact', findings: [{ code: 'pruned' }] })
    await log.close()
  })

  it('S95 what is missing and no entry vouches for is reported as erased, whatever the store claims', async () => {
    const { store, options, log, prune } = await old()
    await prune()
    const erasing = (to: number, prunes: { to: number; event: number }[]) => ({
      ...store,
      prunes: async () => prunes,
      async *read(...args: Parameters<typeof store.read>) {
        for await (const batch of store.read(...args))
          yield batch.map((entry) => (entry.index < to ? { ...entry, open: {} } : entry))
      },
    })
    const { records } = await log.query({ action: 'prune' })
    const event = records[0]?.index ?? -1
    const findings = async (to: number, prunes: { to: number; event: number }[]) =>
      (await (await openAuditLog({ ...options, store: erasing(to, prunes) })).verify()).findings.map(({ code, index }) => [
        code,
        index,
      ])
    expect(await findings(10, [{ to: 10, event }])).toEqual([['pruned', 0]])
    expect(await findings(10, [])).toContainEqual(['missing-opening', 0])
    // The event says 10.
    expect(await findings(15, [{ to: 15, event }])).toEqual([['missing-opening', 0]])
    expect(await findings(15, [{ to: 10, event }])).toContainEqual(['missing-opening', 10])
    // An entry that is no pruning, and one that is not there.
    expect(await findings(10, [{ to: 10, event: 12 }])).toEqual([['missing-opening', 0]])
    expect(await findings(10, [{ to: 10, event: 99 }])).toEqual([['missing-opening', 0]])
    await log.close()
  })

  it('S91 what was pruned before its time shows, although an event says so', async () => {
    const { store, options, log } = await old()
    const event = await log.append({
      action: 'prune',
      outcome: 'success',
      actor: officer.actor,
      context: { details: { from: 0, to: 15 } },
    })
    await store.prune?.(key, { to: 15, event: event.index })
    await log.checkpoint()
    const { verdict, findings } = await (await openAuditLog(options)).verify()
    expect(verdict).toBe('unverifiable')
    expect(findings.map(({ code, index }) => [code, index])).toEqual([
      ['pruned-early', 14],
      ['pruned', 0],
    ])
    await log.close()
  })

  it('S91 a clock that ran ahead does not make entries old: verification knows its own time', async () => {
    const { store, options, log, setNow } = await old()
    setNow(Date.UTC(2031, 0, 1))
    const event = await log.append({
      action: 'prune',
      outcome: 'success',
      actor: officer.actor,
      context: { details: { from: 0, to: 15 } },
    })
    await log.checkpoint()
    await store.prune?.(key, { to: 15, event: event.index })
    const reader = await openAuditLog(options)
    const codes = async (now: number) => (await reader.verify({ now })).findings.map(({ code, found }) => [code, found])
    expect(await codes(Date.UTC(2031, 0, 1))).toEqual([['pruned', String(event.index)]])
    expect(await codes(Date.UTC(2026, 10, 22))).toEqual([
      ['pruned-early', undefined],
      ['pruned', String(event.index)],
    ])
    await log.close()
  })

  it('counts six calendar years', () => {
    expect(retentionFloor.years).toBe(6)
    expect(new Date(yearsBefore(Date.UTC(2026, 10, 22), 6)).toISOString()).toBe('2020-11-22T00:00:00.000Z')
    expect(new Date(yearsBefore(Date.UTC(2024, 1, 29), 6)).toISOString()).toBe('2018-02-28T00:00:00.000Z')
    expect(new Date(yearsBefore(Date.UTC(2028, 1, 29), 8)).toISOString()).toBe('2020-02-29T00:00:00.000Z')
  })
})
