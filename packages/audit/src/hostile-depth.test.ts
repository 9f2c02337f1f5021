import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../core/test/refusal.ts'
import { buildBatch } from './batch.ts'
import { Candidate, candidateOf } from './candidate.ts'
import { auditError } from './errors.ts'
import { prepareEntry } from './group.ts'
import {
  type AuditEventInput,
  type AuditLogOptions,
  type AuditRecord,
  ed25519Signer,
  memoryStore,
  openAuditLog,
  type PruneOptions,
  type Sealer,
  verifyBundle,
  verifyLines,
} from './index.ts'
import type { AuditStore, OutboxRow, Pruned } from './store/index.ts'
import { searchTerms } from './terms.ts'

// What a hostile reader of outbox, sealed groups and pruning tried.

const origin = 'clinic.example/hostile'
const key = { tenant: 'default', origin }
const officer = { actor: { id: 'u-1', type: 'workforce' } } as const

const about = (patient: string, id: string, more: Partial<AuditEventInput> = {}): AuditEventInput => ({
  id,
  action: 'read',
  outcome: 'success',
  actor: { id: 'u-17', type: 'workforce' },
  subject: { patients: [patient] },
  ...more,
})

/** Keeps what it seals in a map; a text is bound to its place, and an entry taken out of the map is a key destroyed. */
function mapSealer() {
  const kept = new Map<string, { place: string; patient: string | null; text: string }>()
  let count = 0
  const sealer: Sealer = {
    async seal(place, patient, text) {
      const name = `s${count++}`
      kept.set(name, { place: JSON.stringify(place), patient, text })
      return name
    },
    async open(place, sealed) {
      if (!/^s[0-9]+$/.test(sealed)) throw auditError('PHI_AUDIT_SEALER', { detail: 'not of this sealer' })
      const found = kept.get(sealed)
      if (found !== undefined && found.place !== JSON.stringify(place)) throw auditError('PHI_AUDIT_SEALER')
      return found?.text
    },
    blind: async (_, term) => [`b-${createHash('sha256').update(term).digest('hex')}`],
  }
  const destroy = (patient: string) => {
    for (const [name, entry] of kept) if (entry.patient === patient) kept.delete(name)
  }
  return { sealer, destroy }
}

/** The memory store with an outbox. "Transactions" commit at once. */
function storeWithOutbox() {
  const memory = memoryStore()
  const rows = new Map<string, OutboxRow>()
  const store: AuditStore<object> = {
    ...memory,
    async enqueueIn(_tx, _log, row) {
      const known = rows.get(row.eventId)
      if (known !== undefined) return known
      rows.set(row.eventId, row)
      return row
    },
    async outbox(_log, { after, limit }) {
      const order = (a: Pick<OutboxRow, 'queuedAt' | 'eventId'>) => `${a.queuedAt} ${a.eventId}`
      return [...rows.values()]
        .toSorted((a, b) => (order(a) < order(b) ? -1 : 1))
        .filter((row) => after === undefined || order(row) > order(after))
        .slice(0, limit)
    },
    async dequeue(_log, ids) {
      for (const id of ids) rows.delete(id)
      return ids.length
    },
    async extendIn(_tx, log, ids, build) {
      return memory.extend(log, ids, build)
    },
  }
  return { store, rows }
}

async function outboxLog(options: Partial<AuditLogOptions<object>> = {}) {
  const { store, rows } = storeWithOutbox()
  const signer = await ed25519Signer.generate(origin)
  const log = await openAuditLog<object>({
    origin,
    store,
    signer,
    outbox: { macKey: new Uint8Array(32).fill(7), mergeDelayMs: 3_600_000 },
    ...options,
  })
  return { log, rows, store, signer }
}

it('an outbox refuses a delay that no timer waits', async () => {
  const outbox = { macKey: new Uint8Array(32).fill(7), mergeDelayMs: 2 ** 31 }
  expect(await refusal(outboxLog({ outbox }))).toMatchObject({ code: 'PHI_AUDIT_OPTIONS', path: 'outbox.mergeDelayMs' })
})

describe('the outbox of a log that seals', () => {
  it('S95 does not take another event for one that waits under its id', async () => {
    const { sealer } = mapSealer()
    const { log } = await outboxLog({ sealer })
    await log.enqueueIn({}, about('p-1', 'e-1'))
    await log.enqueueIn({}, about('p-1', 'e-1'))
    expect(await refusal(log.enqueueIn({}, about('p-2', 'e-1')))).toMatchObject({ code: 'PHI_AUDIT_CONFLICT' })
    expect(await log.sequence()).toMatchObject({ sequenced: 1, refused: [] })
    await log.close()
  })

  it('S95 takes an event that is in the log already for the one entry that it is', async () => {
    const { sealer, destroy } = mapSealer()
    const { log, rows } = await outboxLog({ sealer })
    await log.enqueueIn({}, about('p-1', 'e-1'))
    await log.sequence()
    // The answer to the commit was lost, and the caller tries again after the first row was sequenced.
    await log.enqueueIn({}, about('p-1', 'e-1'))
    expect(await log.sequence()).toMatchObject({ sequenced: 1, refused: [] })
    expect(rows.size).toBe(0)
    await log.enqueueIn({}, about('p-2', 'e-1'))
    expect(await log.sequence()).toMatchObject({ sequenced: 0, refused: [{ eventId: 'e-1', why: 'conflict' }] })
    destroy('p-1')
    expect((await log.sequence()).refused).toHaveLength(1)
    expect((await log.head()).size).toBe(1)
    await log.close()
  })
})

describe('the outbox', () => {
  it('S95 one that cannot be read shows in health()', async () => {
    const { store } = storeWithOutbox()
    let broken = true
    const failing: AuditStore<object> = {
      ...store,
      async outbox(...args) {
        if (broken) throw auditError('PHI_AUDIT_STORE', { detail: 'permission denied' })
        return (store.outbox as NonNullable<typeof store.outbox>)(...args)
      },
    }
    const { log } = await outboxLog({ store: failing, outbox: { macKey: new Uint8Array(32), mergeDelayMs: 2 } })
    while (log.health().status === 'ok') await new Promise((resolve) => setTimeout(resolve, 1))
    expect(log.health()).toMatchObject({ status: 'degraded', failure: 'PHI_AUDIT_STORE' })
    broken = false
    while (log.health().status !== 'ok') await new Promise((resolve) => setTimeout(resolve, 1))
    await log.close()
  })

  it('S95 one row that the store will not take does not keep back the others', async () => {
    const { store, rows } = storeWithOutbox()
    const picky: AuditStore<object> = {
      ...store,
      async extend(log, ids, build) {
        if (ids.includes('e-3')) throw auditError('PHI_AUDIT_STORE', { detail: 'not this one' })
        return store.extend(log, ids, build)
      },
    }
    const { log } = await outboxLog({ store: picky, limits: { batchEntries: 1 } })
    for (let i = 0; i < 6; i++) await log.enqueueIn({}, about('p-1', `e-${i}`))
    expect(await refusal(log.sequence())).toMatchObject({ code: 'PHI_AUDIT_STORE' })
    expect([...rows.keys()]).toEqual(['e-3'])
    await log.close()
  })
})

describe('sealed groups', () => {
  it('S95 a text that the sealer never made is found, and hides nothing else', async () => {
    const { sealer } = mapSealer()
    const store = memoryStore()
    const signer = await ed25519Signer.generate(origin)
    const log = await openAuditLog({ origin, store, signer, sealer })
    await log.append(about('p-1', 'e-1'))
    await log.append(about('p-2', 'e-2'))
    const altered: AuditStore = {
      ...store,
      async *read(at, range) {
        for await (const batch of store.read(at, range))
          yield batch.map((entry) => {
            const { subject } = entry.open
            if (entry.index !== 0 || subject === undefined) return entry
            return { ...entry, open: { ...entry.open, subject: { ...subject, json: subject.json.replace('"s0"', '"x0"') } } }
          })
      },
    }
    const reader = await openAuditLog({ origin, store: altered, sealer })
    expect(await reader.verify({ keys: [signer.vkey] })).toMatchObject({
      verdict: 'broken',
      findings: [{ code: 'altered-group', index: 0, group: 'subject' }],
      // The other subject was opened; the altered one was not, and is not counted twice either.
      coverage: { checked: 2 },
    })
    expect((await reader.verify({ keys: [signer.vkey] })).coverage.sealed ?? 0).toBeGreaterThanOrEqual(0)
    await log.close()
  })

  it('S95 an entry that somebody wrote past the library, sealed by nothing, keeps nobody from reading the rest', async () => {
    const { sealer } = mapSealer()
    const store = memoryStore()
    const signer = await ed25519Signer.generate(origin)
    const log = await openAuditLog({ origin, store, signer, sealer })
    await log.append(about('p-1', 'e-1'))
    const texts = {
      event: '{"action":"read","id":"e-2","occurredAt":"2026-01-01T00:00:00.000Z","outcome":"success"}',
      actor: '{"id":"u-1","roles":[],"type":"workforce"}',
      source: '{}',
      subject: `{"of":"${'A'.repeat(43)}=","sealed":"of nobody"}`,
      context: '{}',
    }
    const { build } = buildBatch(
      origin,
      [new Candidate(prepareEntry('e-2', texts, searchTerms(texts)), 'success', undefined, true)],
      () => Date.now(),
    )
    await store.extend(key, ['e-2'], build)
    await log.append(about('p-3', 'e-3'))
    await log.checkpoint()
    expect(await log.verify()).toMatchObject({
      verdict: 'unverifiable',
      findings: [{ code: 'unopened-sealed', index: 1, group: 'subject' }],
      coverage: { checked: 3, sealed: 1 },
    })
    const { records } = await log.query()
    expect(records.map(({ event, sealed }) => [event.id, sealed.join()])).toEqual([
      ['e-3', ''],
      ['e-2', 'subject'],
      ['e-1', ''],
    ])
    await log.close()
  })

  it('S95 waits for a sealer no longer than for a store', async () => {
    const { sealer } = mapSealer()
    const { log } = await outboxLog({ sealer: { ...sealer, seal: () => new Promise(() => {}) }, limits: { timeoutMs: 20 } })
    for (const attempt of [
      log.append(about('p', 'e-1')),
      log.appendIn({}, about('p', 'e-1')),
      log.enqueueIn({}, about('p', 'e-1')),
    ])
      expect(await refusal(attempt)).toMatchObject({ code: 'PHI_AUDIT_SEALER' })
    await log.close()
  })

  it('S112 a patient whose key is gone is still found by who has the index key', async () => {
    const { sealer, destroy } = mapSealer()
    const log = await openAuditLog({ origin, store: memoryStore(), sealer })
    await log.append(about('p-1', 'e-1'))
    await log.append(about('p-2', 'e-2'))
    destroy('p-1')
    const { records } = await log.query({ patient: 'p-1' })
    expect(records.map(({ event, sealed }) => [event.id, sealed])).toEqual([['e-1', ['subject']]])
    await log.close()
  })

  it('S95 a record is on one page once, whatever the columns of the store say', async () => {
    const { sealer } = mapSealer()
    const store = memoryStore()
    const log = await openAuditLog({ origin, store, sealer })
    const open = await openAuditLog({ origin, store })
    await open.append(about('p-1', 'plain'))
    await log.append(about('p-1', 'e-1'))
    // An owner who puts the blinded term beside a plain entry.
    const planted: AuditStore = {
      ...store,
      find: async (at, query) =>
        (await store.find(at, { ...query, blind: undefined as never })).filter(({ index }) => query.patient || index >= 0),
    }
    const reader = await openAuditLog({ origin, store: planted, sealer })
    const { records } = await reader.query({ patient: 'p-1' })
    expect(records.map(({ event }) => event.id)).toEqual(['e-1', 'plain'])
    await log.close()
  })

  it('S95 does not seal into something that nobody can read again', async () => {
    const { sealer } = mapSealer()
    for (const term of ['', 'x'.repeat(513), 'a\u001eb', '\ud800']) {
      const log = await openAuditLog({ origin, store: memoryStore(), sealer: { ...sealer, blind: async () => [term] } })
      expect(await refusal(log.append(about('p-1', 'e-1')))).toMatchObject({ code: 'PHI_AUDIT_SEALER' })
      expect((await log.head()).size).toBe(0)
    }
  })

  it('S95 a repeated event in one transaction is one entry, though no other connection sees it yet', async () => {
    const { sealer } = mapSealer()
    const { store } = storeWithOutbox()
    // Reads wait for the transaction, as on a database of one connection.
    let inTransaction = false
    const single: AuditStore<object> = {
      ...store,
      async *read(at, range) {
        if (inTransaction) throw new Error('would wait for itself')
        yield* store.read(at, range)
      },
    }
    const log = await openAuditLog<object>({ origin, store: single, sealer })
    inTransaction = true
    expect(await log.appendIn({}, about('p-1', 'e-1'))).toMatchObject({ duplicate: false })
    expect(await log.appendIn({}, about('p-1', 'e-1'))).toMatchObject({ duplicate: true, index: 0 })
    expect(await refusal(log.appendIn({}, about('p-2', 'e-1')))).toMatchObject({ code: 'PHI_AUDIT_CONFLICT' })
    inTransaction = false
    await log.close()
  })
})

describe('close', () => {
  it('S95 signs what came in transactions', async () => {
    const { log, store } = await outboxLog()
    await log.appendIn({}, about('p-1', 'e-1'))
    await log.appendIn({}, about('p-1', 'e-2'))
    await log.close()
    expect((await store.checkpoints(key)).at(-1)).toContain(`${origin}\n2\n`)
  })

  it('S95 takes nothing more into transactions, also where the sealer was slow', async () => {
    const { sealer } = mapSealer()
    let go = () => {}
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    const slow: Sealer = { ...sealer, seal: (...args) => gate.then(() => sealer.seal(...args)) }
    const { log, rows } = await outboxLog({ sealer: slow })
    const late = [log.append(about('p', 'e-1')), log.appendIn({}, about('p', 'e-2')), log.enqueueIn({}, about('p', 'e-3'))]
    const refused = Promise.allSettled(late)
    await log.close()
    go()
    expect((await refused).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(rows.size).toBe(0)
    expect((await log.head()).size).toBe(0)
  })
})

/** Ten entries of 2019, ten of 2021, and today is in 2026. */
async function old(options: Partial<AuditLogOptions> = {}) {
  let now = Date.UTC(2019, 0, 1)
  const store = options.store ?? memoryStore()
  const signer = await ed25519Signer.generate(origin)
  const log = await openAuditLog({ origin, signer, clock: () => now, ...options, store })
  for (let i = 0; i < 10; i++) await log.append(about(`p-${i}`, `e-${i}`))
  now = Date.UTC(2021, 0, 1)
  for (let i = 10; i < 20; i++) await log.append(about(`p-${i}`, `e-${i}`))
  const witnessed = await log.checkpoint()
  now = Date.UTC(2026, 10, 22)
  const request: PruneOptions = {
    before: '2020-01-01T00:00:00.000Z',
    by: officer,
    isHeld: () => false,
    corroboration: [witnessed],
    archive: async (lines) => {
      const hash = createHash('sha256')
      for await (const line of lines) hash.update(line)
      return { sha256: hash.digest('hex') }
    },
  }
  const setNow = (to: number) => {
    now = to
  }
  const clock = () => now
  return { store, signer, log, witnessed, request, setNow, clock }
}

describe('pruning', () => {
  it('S95 S112 a hold on a patient holds in a log that seals', async () => {
    const { sealer } = mapSealer()
    const { log, request } = await old({ sealer })
    const isHeld = ({ event }: AuditRecord) => event.subject?.patients?.includes('p-4') === true
    expect(await log.prune({ ...request, isHeld })).toMatchObject({ from: 0, to: 4, endedBy: 'hold' })
    await log.close()
  })

  it('S95 S112 who cannot open what is sealed cannot say that nothing of it is held', async () => {
    const { sealer } = mapSealer()
    const { store, signer, log, request, clock } = await old({ sealer })
    const blindfolded = await openAuditLog({ origin, store, signer, clock })
    expect(await refusal(blindfolded.prune(request))).toMatchObject({ code: 'PHI_AUDIT_PRUNE' })
    expect((await log.query({ patient: 'p-3' })).records).toHaveLength(1)
    await log.close()
  })

  it('S95 a hold that came after an interruption holds', async () => {
    const memory = memoryStore()
    // Takes away three at a time, and the process ends after the first three.
    let interrupted = true
    const claims: Pruned[] = []
    const taken = new Set<number>()
    const store: AuditStore = {
      ...memory,
      prunes: async () => claims,
      async prune(_, pruned) {
        if (!claims.some(({ to }) => to === pruned.to)) claims.push(pruned)
        for (let i = 0; i < (interrupted ? 3 : pruned.to); i++) taken.add(i)
        if (interrupted) throw auditError('PHI_AUDIT_UNAVAILABLE')
      },
      async *read(at, range) {
        for await (const batch of memory.read(at, range))
          yield batch.map((entry) => (taken.has(entry.index) ? { ...entry, open: {} } : entry))
      },
    }
    const { log, request } = await old({ store })
    expect(await refusal(log.prune(request))).toMatchObject({ code: 'PHI_AUDIT_UNAVAILABLE' })
    expect(taken.size).toBe(3)
    interrupted = false
    const isHeld = ({ event }: AuditRecord) => event.subject?.patients?.includes('p-7') === true
    expect(await refusal(log.prune({ ...request, isHeld }))).toMatchObject({ code: 'PHI_AUDIT_PRUNE_HELD' })
    expect(taken.size).toBe(3)
    expect((await log.verify()).verdict).toBe('intact')
    expect(await log.prune(request)).toMatchObject({ from: 10, to: 10 })
    expect(taken.size).toBe(10)
    await log.close()
  })

  it('S95 does not finish a pruning that only the store claims', async () => {
    const memory = memoryStore()
    let taken = 0
    const store: AuditStore = { ...memory, prunes: async () => [{ to: 20, event: 20 }], prune: async () => void taken++ }
    const { log, request } = await old({ store })
    expect(await refusal(log.prune(request))).toMatchObject({ code: 'PHI_AUDIT_PRUNE', path: 'store' })
    await log.append({ action: 'prune', outcome: 'success', ...officer, context: { details: { to: 19 } } })
    expect(await refusal(log.prune(request))).toMatchObject({ code: 'PHI_AUDIT_PRUNE', path: 'store' })
    expect(taken).toBe(0)
    await log.close()
  })

  it('S95 a verification that runs while texts go does not call them erased', async () => {
    const memory = memoryStore()
    let during: (() => Promise<unknown>) | undefined
    const store: AuditStore = {
      ...memory,
      async *read(at, range) {
        const run = during
        during = undefined
        await run?.()
        yield* memory.read(at, range)
      },
    }
    const { log, request, witnessed } = await old({ store })
    during = () => log.prune(request)
    const report = await log.verify({ trusted: [witnessed] })
    expect(report).toMatchObject({ verdict: 'intact', findings: [{ code: 'pruned', between: { from: 0, to: 10 } }] })
    await log.close()
  })

  it('S95 an early pruning stays one when a later one follows', async () => {
    const { log, store, setNow, request } = await old()
    // Somebody writes the event by hand in 2021 and takes the texts of 2019 away.
    setNow(Date.UTC(2021, 5, 1))
    const event = await log.append({ action: 'prune', outcome: 'success', ...officer, context: { details: { to: 5 } } })
    await log.checkpoint()
    await store.prune?.(key, { to: 5, event: event.index })
    expect(await log.verify()).toMatchObject({ verdict: 'unverifiable' })
    setNow(Date.UTC(2026, 10, 22))
    const later = await log.append({ action: 'prune', outcome: 'success', ...officer, context: { details: { to: 10 } } })
    await log.checkpoint()
    await store.prune?.(key, { to: 10, event: later.index })
    const { verdict, findings } = await log.verify()
    expect(findings.map(({ code }) => code)).toContain('pruned-early')
    expect(verdict).toBe('unverifiable')
    expect(request.before < '2021').toBe(true)
    await log.close()
  })

  it('S95 an event that nothing signed vouches for nothing', async () => {
    const { log, store, signer, witnessed, clock } = await old()
    await log.close()
    // An owner of the database without the signing key: a valid entry at the end, and the texts are gone.
    const candidate = candidateOf(
      { action: 'prune', outcome: 'success', ...officer, context: { details: { to: 10 } } },
      () => 'forged',
      clock,
    )
    const { build, outcomes } = buildBatch(origin, [candidate], clock)
    await store.extend(key, ['forged'], build)
    expect(outcomes()).toHaveLength(1)
    await store.prune?.(key, { to: 10, event: 20 })
    const auditor = await openAuditLog({ origin, store })
    const { verdict, findings } = await auditor.verify({ keys: [signer.vkey], trusted: [witnessed] })
    expect(verdict).toBe('unverifiable')
    expect(findings).toContainEqual(expect.objectContaining({ code: 'missing-opening', index: 0 }))
  })

  it('S95 pruned entries in files, bundles and resumed verifications are what they are', async () => {
    const { log, signer, request } = await old()
    const half = await log.verify({ to: 15 })
    await log.prune(request)
    const keys = [signer.vkey]
    const lines: string[] = []
    for await (const line of log.exportLines({ by: officer })) lines.push(line)
    const file = await verifyLines(lines, { keys })
    expect(file.coverage.withheld).toBe(50)
    expect(file.findings.filter(({ severity }) => severity === 'break')).toEqual([])
    const bundle = await log.evidence({ indices: [3, 12], by: officer })
    expect(await verifyBundle(bundle, { keys })).toMatchObject({ verdict: 'intact', coverage: { checked: 2, withheld: 5 } })
    expect(bundle.entries.map(({ open }) => Object.keys(open).length)).toEqual([0, 5])
    // From a point inside, behind, and again.
    if (half.resume === undefined) throw new Error('no resume point')
    const rest = await log.verify({ from: { verified: half.resume } })
    expect(rest).toMatchObject({ verdict: 'intact', findings: [], coverage: { from: 15 } })
    // Up to before the event that says so: nobody has said it yet.
    expect((await log.verify({ to: 15 })).findings.map(({ code }) => code)).toContain('missing-opening')
    const five = await log.verify({ to: 5 })
    expect(five.verdict).toBe('unverifiable')
    if (five.resume === undefined) throw new Error('no resume point')
    expect(await log.verify({ from: { verified: five.resume } })).toMatchObject({
      verdict: 'intact',
      findings: [{ code: 'pruned', between: { from: 5, to: 10 } }],
    })
    await log.close()
  })

  it('S95 details.to as text, or as another number, says nothing', async () => {
    const { log, store } = await old()
    for (const to of ['5', 5.5, null, true]) {
      const { index } = await log.append({ action: 'prune', outcome: 'success', ...officer, context: { details: { to } } })
      expect(await refusal((store.prune as NonNullable<typeof store.prune>)(key, { to: 5, event: index }))).toMatchObject({
        code: 'PHI_AUDIT_PRUNE',
      })
    }
    await log.close()
  })
})
