import { fixedClock } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { append, checkpoint, eventAt, makeLog, testLog, testSigner } from '../../test/make-log.ts'
import { codeOf, rewrite, rowsOf, storeOf, tampered } from '../../test/tampered-store.ts'
import { auditError } from '../errors.ts'
import { ed25519Signer, formatCheckpoint, signNote } from '../note/index.ts'
import { memoryStore } from '../store/memory.ts'
import type { AuditStore } from '../store/store.ts'
import type { VerificationReport } from './report.ts'
import { type ResumePoint, verifyLog } from './verify.ts'

const keys = [testSigner.vkey]
const codes = ({ findings }: VerificationReport) => findings.map(({ code }) => code)

/** The point to go on from, of a run that must have one. */
async function resumed(store: AuditStore, to?: number): Promise<ResumePoint> {
  const { resume } = await verifyLog(store, testLog, { keys, ...(to === undefined ? {} : { to }) })
  if (resume === undefined) throw new Error('no resume point')
  return resume
}

describe('S95 "append-only storage with cryptographic integrity verification"', () => {
  it('a log that nobody touched is intact', async () => {
    const { store, log } = await makeLog(1234, [256, 1000])
    expect(await verifyLog(store, log, { keys, now: Date.parse('2026-03-04T06:00:00.000Z') })).toMatchObject({
      verdict: 'intact',
      coverage: { from: 0, to: 1234, checked: 1234, anchoredTo: 1000, unanchoredTail: 234, withheld: 0 },
      freshness: { lastRecordedAt: '2026-03-04T05:06:12.500Z', lastCheckpointSize: 1000, ageMs: 3_227_500 },
      findings: [],
      findingsDropped: 0,
    })
  })

  it.each([1, 2, 3, 255, 256, 257])('a log of %i entries is intact when its last entry is signed', async (size) => {
    const { store, log } = await makeLog(size, [size])
    expect(await verifyLog(store, log, { keys })).toMatchObject({ verdict: 'intact', coverage: { anchoredTo: size } })
  })

  it('keys may be verifiers, and further keys do no harm', async () => {
    const { store, log } = await makeLog(5, [5])
    const other = await ed25519Signer.generate('other.example')
    expect((await verifyLog(store, log, { keys: [other.vkey, testSigner.vkey, testSigner.vkey] })).verdict).toBe('intact')
  })
})

describe('what cannot be verified is not called intact', () => {
  it('an empty log', async () => {
    const { store, log } = await makeLog(0, [0])
    const report = await verifyLog(store, log, { keys })
    expect(report).toMatchObject({ verdict: 'unverifiable', coverage: { checked: 0, anchoredTo: 0 } })
    expect(codes(report)).toEqual(['empty'])
  })

  it('a log without a checkpoint', async () => {
    const { store, log } = await makeLog(9)
    const report = await verifyLog(store, log, { keys })
    expect(report).toMatchObject({ verdict: 'unverifiable', coverage: { checked: 9, anchoredTo: 0, unanchoredTail: 9 } })
    expect(codes(report)).toEqual(['unanchored'])
  })

  it('a checkpoint of no entries, which covers nothing', async () => {
    const { store, log } = await makeLog(9, [0])
    expect(codes(await verifyLog(store, log, { keys }))).toEqual(['unanchored'])
  })

  it('without a key', async () => {
    const { store, log } = await makeLog(9, [9])
    const report = await verifyLog(store, log, { keys: [] })
    expect(report).toMatchObject({ verdict: 'unverifiable', coverage: { checked: 9, anchoredTo: 0 } })
    expect(codes(report)).toEqual(['no-keys'])
  })

  it('with the wrong key', async () => {
    const { store, log } = await makeLog(9, [9])
    const wrong = ed25519Signer.fromSecretKey(testSigner.name, new Uint8Array(32).fill(7))
    const report = await verifyLog(store, log, { keys: [wrong.vkey] })
    expect(report.verdict).toBe('unverifiable')
    expect(codes(report)).toEqual(['unanchored', 'unknown-key'])
  })

  it('a part of a log, though all of it checks', async () => {
    const { store, log } = await makeLog(9, [5, 9])
    const report = await verifyLog(store, log, { keys, to: 5 })
    expect(report).toMatchObject({ verdict: 'unverifiable', coverage: { from: 0, to: 5, checked: 5, anchoredTo: 5 } })
    expect(codes(report)).toEqual(['partial-range'])
  })

  it('a checkpoint that was to be used and is of another log or by an unknown key', async () => {
    const { store, log } = await makeLog(9, [9])
    const other = { tenant: 'clinic', origin: 'other.example/audit' }
    const foreign = (await makeLog(4, [4], { log: other })).notes[0] as string
    const unknown = await signNote(`${log.origin}\n9\n${'A'.repeat(43)}=\n`, [await ed25519Signer.generate('x')])
    for (const [note, code] of [
      [foreign, 'wrong-origin'],
      [unknown, 'unknown-key'],
    ] as const) {
      const report = await verifyLog(store, log, { keys, trusted: [note] })
      expect(report.verdict).toBe('unverifiable')
      expect(codes(report)).toEqual([code])
    }
  })
})

describe('warnings leave the verdict as it is', () => {
  it('a clock that went back', async () => {
    const { store, log } = await makeLog(4)
    await append(store, log, [eventAt(4)], fixedClock('2026-03-04T05:00:00.000Z'))
    await checkpoint(store, log)
    const report = await verifyLog(store, log, { keys })
    expect(report.verdict).toBe('intact')
    expect(report.findings).toMatchObject([
      {
        code: 'clock-regression',
        severity: 'warn',
        index: 4,
        expected: '2026-03-04T05:06:08.000Z',
        found: '2026-03-04T05:00:00.000Z',
      },
    ])
  })

  it('a newest entry that is older than allowed', async () => {
    const { store, log } = await makeLog(4, [4])
    const now = Date.parse('2026-03-04T05:06:08.000Z') + 60_001
    const late = await verifyLog(store, log, { keys, now, maxAgeMs: 60_000 })
    expect(late).toMatchObject({ verdict: 'intact', freshness: { ageMs: 60_001 }, findings: [{ code: 'stale' }] })
    expect(codes(await verifyLog(store, log, { keys, now, maxAgeMs: 60_001 }))).toEqual([])
  })

  it('an old checkpoint by a key that is retired', async () => {
    const { store, log } = await makeLog(4)
    await checkpoint(store, log, { signer: await ed25519Signer.generate(log.origin) })
    await append(store, log, [eventAt(4)], fixedClock('2026-03-04T05:06:09.000Z'))
    await checkpoint(store, log)
    const report = await verifyLog(store, log, { keys })
    expect(report).toMatchObject({ verdict: 'intact', findings: [{ code: 'unknown-key', severity: 'warn' }] })
  })
})

describe('going on from an earlier verification', () => {
  it('checks only what is new, and covers all', async () => {
    const { store, log } = await makeLog(700, [300])
    const first = await resumed(store)
    expect(first).toMatchObject({ size: 700, anchoredTo: 300 })
    await append(
      store,
      log,
      Array.from({ length: 40 }, (_, i) => eventAt(700 + i)),
      fixedClock('2026-03-04T06:00:00.000Z'),
    )
    const anchored = await verifyLog(store, log, { keys, from: { verified: JSON.parse(JSON.stringify(first)) } })
    expect(anchored).toMatchObject({
      verdict: 'intact',
      coverage: { from: 700, to: 740, checked: 40, anchoredTo: 300, unanchoredTail: 440 },
    })
    const note = await checkpoint(store, log)
    expect(await verifyLog(store, log, { keys, from: { verified: first }, trusted: [note] })).toMatchObject({
      verdict: 'intact',
      coverage: { checked: 40, anchoredTo: 740, unanchoredTail: 0 },
    })
  })

  it('in steps comes to the same point as in one run', async () => {
    const { store, log } = await makeLog(700, [300, 700])
    const whole = await verifyLog(store, log, { keys })
    let verified = await resumed(store, 100)
    for (const to of [101, 256, 300, 699]) {
      const { resume, verdict } = await verifyLog(store, log, { keys, from: { verified }, to })
      expect(verdict).toBe('unverifiable')
      verified = resume as ResumePoint
    }
    const last = await verifyLog(store, log, { keys, from: { verified } })
    expect(last).toMatchObject({ verdict: 'intact', coverage: { from: 699, checked: 1, anchoredTo: 700 } })
    expect(last.resume).toEqual(whole.resume)
  })

  it('finds a log that is shorter than it was (rollback)', async () => {
    const { store } = await makeLog(20, [10])
    const verified = await resumed(store)
    const { store: older } = await makeLog(15, [10])
    const report = await verifyLog(older, testLog, { keys, from: { verified } })
    expect(report).toMatchObject({ verdict: 'broken', findings: [{ code: 'rollback', expected: '20', found: '15' }, {}] })
    expect(report.resume).toBeUndefined()
  })

  it('finds that what was verified has been rewritten, though nobody reads it again', async () => {
    const { store, log } = await makeLog(20, [10])
    const verified = await resumed(store, 15)
    const forged = await tampered(store, log, (rows) =>
      rewrite(rows, 12, (texts) => {
        texts.context = '{}'
      }),
    )
    const report = await verifyLog(forged, log, { keys, from: { verified } })
    expect(report.verdict).toBe('broken')
    expect(report.findings[0]).toMatchObject({
      code: 'rewritten-history',
      between: { from: 0, to: 15 },
      expected: verified.lastHash,
    })
    const same = await tampered(store, log, (rows) => {
      rewrite(rows, 12, (texts) => {
        texts.context = '{}'
      })
      rows.entries.length = 15
    })
    const cut = await verifyLog(
      await tampered(same, log, ({ head }) => {
        head.size = 15
      }),
      log,
      {
        keys,
        from: { verified },
      },
    )
    expect(codes(cut)).toContain('rewritten-history')
  })

  it('holds trusted checkpoints from before against what was verified, by a consistency proof', async () => {
    const { store, log, notes } = await makeLog(700, [3, 300, 512])
    const verified = await resumed(store, 600)
    const from = { verified }
    expect((await verifyLog(store, log, { keys, from, trusted: notes })).verdict).toBe('intact')
    const { notes: forked } = await makeLog(300, [300], { event: (i) => eventAt(i + 1) })
    const report = await verifyLog(store, log, { keys, from, trusted: forked })
    expect(report.verdict).toBe('broken')
    expect(codes(report)).toEqual(expect.arrayContaining(['fork', 'rewritten-history']))
    const unread = await tampered(store, log, ({ tiles }) => {
      tiles[1] = []
    })
    expect(codes(await verifyLog(unread, log, { keys, from, trusted: notes }))).toContain('missing-tiles')
  })

  it('with nothing new says that nothing was checked', async () => {
    const { store, log } = await makeLog(20, [20])
    const report = await verifyLog(store, log, { keys, from: { verified: await resumed(store) } })
    expect(report).toMatchObject({ verdict: 'unverifiable', coverage: { from: 20, to: 20, checked: 0, anchoredTo: 20 } })
    expect(codes(report)).toEqual(['empty'])
    expect(report.resume).toMatchObject({ size: 20 })
  })

  it('refuses a point that is none', async () => {
    const { store, log } = await makeLog(20)
    const good = await resumed(store)
    const bad: Partial<ResumePoint>[] = [{ size: 19 }, { size: -1 }, { lastHash: 'x' }, { frontier: ['x'] }, { anchoredTo: 21 }]
    for (const change of bad) {
      expect(await codeOf(() => verifyLog(store, log, { keys, from: { verified: { ...good, ...change } } }))).toBe(
        'PHI_AUDIT_OPTIONS',
      )
    }
  })
})

describe('a verification under way', () => {
  it('tells how far it is', async () => {
    const { store, log } = await makeLog(2500)
    const seen: number[] = []
    await verifyLog(store, log, {
      keys,
      onProgress: ({ checked, total }) => {
        expect(total).toBe(2500)
        seen.push(checked)
      },
    })
    expect(seen).toEqual([1000, 2000, 2500])
  })

  it('leaves entries that are appended meanwhile to the next run', async () => {
    const { store, log } = await makeLog(1500, [1500])
    let more = 1500
    const busy: AuditStore = {
      ...store,
      async *read(key, range) {
        for await (const batch of store.read(key, range)) {
          await append(store, log, [eventAt(more++)], fixedClock('2026-03-04T06:00:00.000Z'))
          await checkpoint(store, log)
          yield batch
        }
      },
    }
    expect(await verifyLog(busy, log, { keys })).toMatchObject({
      verdict: 'intact',
      coverage: { to: 1500, checked: 1500 },
      findings: [],
    })
  })

  it('passes the errors of the store on, and does not take them for an answer', async () => {
    const { store, log } = await makeLog(1500, [1500])
    const away = async () => {
      throw auditError('PHI_AUDIT_UNAVAILABLE')
    }
    const broken: Partial<AuditStore>[] = [
      { head: away },
      { checkpoints: away },
      { tiles: away },
      {
        async *read(key, range) {
          yield* store.read(key, { ...range, to: 1000 })
          throw auditError('PHI_AUDIT_UNAVAILABLE')
        },
      },
    ]
    for (const change of broken) {
      expect(await codeOf(() => verifyLog({ ...store, ...change }, log, { keys }))).toBe('PHI_AUDIT_UNAVAILABLE')
    }
  })

  it('lists as many findings as asked for, and counts the rest', async () => {
    const { store, log } = await makeLog(300, [300])
    const altered = await tampered(store, log, ({ entries }) => {
      for (const entry of entries) (entry.open.event as { json: string }).json = '{}'
    })
    const report = await verifyLog(altered, log, { keys, maxFindings: 7 })
    expect(report.findings).toHaveLength(7)
    expect(report.findingsDropped).toBe(293)
    expect((await verifyLog(altered, log, { keys })).findings).toHaveLength(100)
  })

  it('refuses a range outside the log, and keys that are none', async () => {
    const { store, log } = await makeLog(10)
    expect(await codeOf(() => verifyLog(store, log, { keys, to: 11 }))).toBe('PHI_AUDIT_RANGE')
    expect(await codeOf(() => verifyLog(store, log, { keys, to: -1 }))).toBe('PHI_AUDIT_RANGE')
    expect(await codeOf(() => verifyLog(store, log, { keys: ['x'] }))).toBe('PHI_AUDIT_VKEY')
  })

  it('of a log that was never opened fails', async () => {
    expect(await codeOf(() => verifyLog(memoryStore(), testLog, { keys }))).toBe('PHI_AUDIT_STORE')
  })
})

describe('checkpoints that contradict', () => {
  it('each other: a fork, whoever shows it', async () => {
    const { store, log } = await makeLog(10, [10])
    const { notes } = await makeLog(10, [10], { event: (i) => eventAt(i + 1) })
    const report = await verifyLog(store, log, { keys, trusted: notes })
    expect(report.verdict).toBe('broken')
    expect(report.findings).toMatchObject([{ code: 'fork', index: 10 }])
  })

  it('the entries: the smallest one brackets where', async () => {
    const { store, log, notes } = await makeLog(40, [10, 20, 30, 40])
    const forged = await tampered(store, log, (rows) => {
      rewrite(rows, 24, (texts, index) => {
        if (index === 24) texts.subject = '{}'
      })
      rows.checkpoints = []
    })
    const report = await verifyLog(forged, log, { keys, trusted: notes })
    expect(report).toMatchObject({
      verdict: 'broken',
      coverage: { checked: 40, anchoredTo: 20 },
      findings: [{ code: 'rewritten-history', index: 20, between: { from: 20, to: 30 } }],
    })
  })

  it('the entries in a log that nobody signed elsewhere: an unanchored chain can be rewritten, and this says so', async () => {
    const { store, log } = await makeLog(40)
    const forged = await tampered(store, log, (rows) =>
      rewrite(rows, 24, (texts) => {
        texts.subject = '{}'
      }),
    )
    const report = await verifyLog(forged, log, { keys })
    expect(report.verdict).toBe('unverifiable')
    expect(codes(report)).toEqual(['unanchored'])
  })

  it('the empty tree', async () => {
    const { store, log } = await makeLog(5, [5])
    const root = new Uint8Array(32)
    const note = await signNote(formatCheckpoint({ origin: log.origin, size: 0, root }), [testSigner])
    expect(codes(await verifyLog(store, log, { keys, trusted: [note] }))).toEqual(['rewritten-history'])
  })
})

describe('the rows beyond the end', () => {
  it('are not lost from sight when the head was set back to how it was', async () => {
    const { store, log } = await makeLog(16, [8])
    const { head: older } = await rowsOf(store, log)
    await append(store, log, [eventAt(16), eventAt(17)], fixedClock('2026-03-04T06:00:00.000Z'))
    const setBack = await tampered(store, log, (rows) => {
      rows.head = older
    })
    const report = await verifyLog(setBack, log, { keys })
    expect(report).toMatchObject({ verdict: 'broken', findings: [{ code: 'head-mismatch', index: 16 }] })
    expect(report.findings).toHaveLength(1)
  })

  it('are a rollback when the log shrinks while it is read', async () => {
    const rows = await rowsOf((await makeLog(20, [8])).store, testLog)
    const store = storeOf(rows)
    let asked = 0
    const shrinking: AuditStore = { ...store, head: async () => (asked++ === 0 ? rows.head : { ...rows.head, size: 12 }) }
    expect(codes(await verifyLog(shrinking, testLog, { keys }))).toEqual(['rollback'])
  })
})

describe('what was taken away cannot be called checked', () => {
  it('groups that were erased: counted, named where they begin, and never hiding the rest', async () => {
    const { store, log } = await makeLog(20, [20])
    const erased = await tampered(store, log, ({ entries }) => {
      for (const index of [3, 4, 5, 9]) Object.assign(entries[index]?.open ?? {}, { subject: undefined })
      Object.assign(entries[4]?.open ?? {}, { context: undefined })
    })
    const report = await verifyLog(erased, log, { keys })
    expect(report).toMatchObject({ verdict: 'unverifiable', coverage: { checked: 20, anchoredTo: 20, withheld: 5 } })
    expect(report.findings.map(({ code, index, group }) => [code, index, group])).toEqual([
      ['missing-opening', 3, 'subject'],
      ['missing-opening', 4, 'context'],
      ['missing-opening', 9, 'subject'],
    ])
  })
})
