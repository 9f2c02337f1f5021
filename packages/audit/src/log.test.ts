import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { fixedClock, type PhiError } from '@phi/core'
import { describe, expect, it, vi } from 'vitest'
import { refusal } from '../../core/test/refusal.ts'
import {
  type AuditEventInput,
  type AuditLog,
  type AuditLogOptions,
  auditErrors,
  ed25519Signer,
  memoryStore,
  openAuditLog,
  verifyBundle,
  verifyLines,
} from './index.ts'
import { verifyConsistency, verifyInclusion } from './merkle/index.ts'
import { openNote, parseCheckpoint, verifierFromVkey } from './note/index.ts'
import { auditError } from './store/index.ts'
import type { AuditStore, Extension } from './store/store.ts'

const origin = 'clinic.example/audit'

const read = (more: Partial<AuditEventInput> = {}): AuditEventInput => ({
  action: 'read',
  outcome: 'success',
  actor: { id: 'u-17', type: 'workforce', roles: ['therapist'] },
  source: { ip: '203.0.113.9', userAgent: 'Mozilla/5.0' },
  subject: { resource: { type: 'ProgressNote', id: 'n-204' }, patients: ['p-88'] },
  context: { purpose: 'TREAT' },
  ...more,
})

async function open(options: Partial<AuditLogOptions> = {}): Promise<AuditLog> {
  return openAuditLog({ origin, store: memoryStore(), signer: await ed25519Signer.generate(origin), ...options })
}

/** A store in front of another one that fails, delays or forgets as told. */
function troubled(
  inner: AuditStore,
  extend: (call: number, run: () => Promise<Extension | null>) => Promise<Extension | null>,
): AuditStore {
  let calls = 0
  return { ...inner, extend: (log, ids, build) => extend(calls++, () => inner.extend(log, ids, build)) }
}

describe('append', () => {
  it('S6 S50 S94 S112 S123 S124 records who, where, when, what and how it ended, and verifies', async () => {
    const log = await open({ clock: fixedClock('2026-11-21T10:00:00.000Z') })
    const receipt = await log.append(
      read({ actor: { id: 'u-17', type: 'workforce', roles: ['therapist'], organization: 'org-1' } }),
    )
    expect(receipt).toMatchObject({ index: 0, recordedAt: '2026-11-21T10:00:00.000Z', duplicate: false })
    const [record] = (await log.query()).records
    expect(record?.event).toEqual({
      id: receipt.eventId,
      occurredAt: '2026-11-21T10:00:00.000Z',
      action: 'read',
      outcome: 'success',
      actor: { id: 'u-17', type: 'workforce', roles: ['therapist'], organization: 'org-1' },
      source: { ip: '203.0.113.9', userAgent: 'Mozilla/5.0' },
      subject: { resource: { type: 'ProgressNote', id: 'n-204' }, patients: ['p-88'] },
      context: { purpose: 'TREAT' },
    })
    expect((await log.verify()).verdict).toBe('intact')
    await log.close()
  })

  it('S123 takes every kind of event that the requirements name', async () => {
    const log = await open()
    const kinds = [
      'login',
      'login-failed',
      'mfa',
      'logout',
      'session-expired',
      'read',
      'update',
      'create',
      'delete',
      'download',
      'send',
      'export',
      'configure',
    ] as const
    for (const action of kinds) await log.append(read({ action }))
    expect((await log.query({ order: 'oldest' })).records.map(({ event }) => event.action)).toEqual(kinds)
    expect((await log.verify()).coverage.checked).toBe(kinds.length)
  })

  it('S108 holds every event to one user by an id of their own, and folds no two ids into one', async () => {
    const log = await open()
    for (const id of [undefined, null, '', '   ', 17, ['u-17', 'u-18'], { id: 'u-17' }]) {
      const actor = { id, type: 'workforce' } as unknown as AuditEventInput['actor']
      expect((await refusal(log.append(read({ actor })))).path).toBe('actor.id')
    }
    const ids = ['u-17', 'U-17', 'u-1', 'u-170', 'ü-17', 'u\u0308-17']
    for (const id of ids) await log.append(read({ actor: { id, type: 'workforce' } }))
    for (const id of ids) {
      expect((await log.query({ actor: id })).records.map(({ event }) => event.actor?.id)).toEqual([id])
    }
    expect((await log.head()).size).toBe(ids.length)
  })

  it('gives every event a UUIDv7 that sorts by time', async () => {
    const clock = fixedClock('2026-11-21T10:00:00.000Z')
    const log = await open({ clock })
    const ids: string[] = []
    for (let i = 0; i < 5; i++) {
      ids.push((await log.append(read())).eventId)
      clock.advance(1)
    }
    expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(true)
    expect(ids.toSorted()).toEqual(ids)
    expect(new Set(ids).size).toBe(5)
  })

  it('coalesces concurrent appends into few extensions and keeps one chain', async () => {
    let extensions = 0
    const store = troubled(memoryStore(), async (_, run) => {
      extensions++
      await new Promise((resolve) => setTimeout(resolve, 5))
      return run()
    })
    const log = await open({ store })
    const receipts = await Promise.all(Array.from({ length: 500 }, () => log.append(read())))
    expect(new Set(receipts.map(({ index }) => index)).size).toBe(500)
    expect(extensions).toBeLessThan(20)
    expect(await log.verify()).toMatchObject({ verdict: 'intact', coverage: { checked: 500 } })
  })

  it('writes the same event id once, also within one batch, and says so', async () => {
    const log = await open()
    const first = await log.append(read({ id: 'order-1', occurredAt: '2026-11-21T10:00:00.000Z' }))
    const again = await log.append(read({ id: 'order-1', occurredAt: '2026-11-21T10:00:00.000Z' }))
    expect(again).toEqual({ ...first, duplicate: true })
    const both = await Promise.all([log.append(read({ id: 'order-2' })), log.append(read({ id: 'order-2' }))])
    expect(both.map(({ duplicate }) => duplicate)).toEqual([false, true])
    expect(both[0]?.index).toBe(both[1]?.index)
    expect((await log.head()).size).toBe(2)
  })

  it('takes a retry without a time as the event of the first attempt', async () => {
    const clock = fixedClock('2026-11-21T10:00:00.000Z')
    const log = await open({ clock })
    await log.append(read({ id: 'order-1' }))
    clock.advance(90_000)
    expect((await log.append(read({ id: 'order-1' }))).duplicate).toBe(true)
  })

  it.each([
    ['another actor', { actor: { id: 'u-18', type: 'workforce' } }],
    ['another outcome', { outcome: 'denied' }],
    ['another time', { occurredAt: '2026-11-21T10:00:01.000Z' }],
    ['a group less', { context: undefined }],
  ] as const)('refuses the same event id with %s, and loses nothing', async (_, change) => {
    const log = await open()
    await log.append(read({ id: 'order-1', occurredAt: '2026-11-21T10:00:00.000Z' }))
    const [conflict, other] = await Promise.all([
      refusal(log.append(read({ id: 'order-1', occurredAt: '2026-11-21T10:00:00.000Z', ...change }))),
      log.append(read({ id: 'order-2' })),
    ])
    expect(conflict.code).toBe('PHI_AUDIT_CONFLICT')
    expect(other.index).toBe(1)
    expect((await log.head()).size).toBe(2)
  })
})

describe('when the store is in trouble', () => {
  const unavailable = () => auditError('PHI_AUDIT_UNAVAILABLE')

  it('retries what was not written, in order, and acknowledges it', async () => {
    const failures: unknown[] = []
    const log = await open({
      store: troubled(memoryStore(), async (call, run) => {
        if (call < 3) {
          failures.push(call)
          throw unavailable()
        }
        return run()
      }),
    })
    const receipts = await Promise.all([log.append(read()), log.append(read())])
    expect(receipts.map(({ index }) => index)).toEqual([0, 1])
    expect(failures.length).toBe(3)
    expect(log.health()).toMatchObject({ status: 'ok', failuresInARow: 0 })
  })

  it('a commit whose answer was lost is retried without a duplicate', async () => {
    const log = await open({
      store: troubled(memoryStore(), async (call, run) => {
        const written = await run()
        if (call === 0) throw auditError('PHI_AUDIT_OUTCOME_UNKNOWN')
        return written
      }),
    })
    const receipt = await log.append(read())
    expect(receipt).toMatchObject({ index: 0, duplicate: true })
    expect((await log.head()).size).toBe(1)
  })

  it('fails closed with a bounded wait and a health signal (vault #5361, #18943)', async () => {
    const log = await open({
      limits: { timeoutMs: 200 },
      store: troubled(memoryStore(), async () => Promise.reject(unavailable())),
    })
    const error = await refusal(log.append(read()))
    expect(error.code).toBe('PHI_AUDIT_UNAVAILABLE')
    expect(error.retryable).toBe(true)
    expect(log.health()).toMatchObject({ status: 'failing', failure: 'PHI_AUDIT_UNAVAILABLE' })
    expect((await log.head()).size).toBe(0)
  })

  it('gives each append its own time, however long callers append again as soon as they were answered', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] })
    try {
      const log = await open({
        limits: { timeoutMs: 1_000 },
        store: troubled(memoryStore(), async (_, run) => {
          await new Promise((resolve) => setTimeout(resolve, 100))
          return run()
        }),
      })
      const caller = async () => {
        for (let i = 0; i < 50; i++) await log.append(read())
      }
      const done = Promise.all([caller(), caller(), caller()])
      done.catch(() => {})
      await vi.advanceTimersByTimeAsync(20_000)
      await done
      expect((await log.head()).size).toBe(150)
    } finally {
      vi.useRealTimers()
    }
  })

  it('says that the outcome is unknown, with the id to retry by, when an answer does not come in time', async () => {
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const log = await open({
      limits: { timeoutMs: 100 },
      store: troubled(memoryStore(), async (_, run) => {
        await gate
        return run()
      }),
    })
    const error = await refusal(log.append(read()))
    expect(error.code).toBe('PHI_AUDIT_OUTCOME_UNKNOWN')
    // Whether a connection was lost, or none was to be had yet, is not known here: what ran out is.
    expect(error.message).toMatch(/did not say.*: the time for one append, limits\.timeoutMs, ran out\./)
    expect(error.message).not.toMatch(/connection|lost/)
    release()
    const retry = await log.append(read({ id: error.info.eventId as string }))
    expect(retry).toMatchObject({ index: 0, duplicate: true })
    expect((await log.head()).size).toBe(1)
  })

  it('holds callers back when the queue is full, and turns none away while there is time (hapi-fhir #4787)', async () => {
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const log = await open({
      limits: { queueEntries: 10, batchEntries: 5, timeoutMs: 20_000 },
      store: troubled(memoryStore(), async (_, run) => {
        await gate
        return run()
      }),
    })
    const appends = Array.from({ length: 100 }, () => log.append(read()))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(log.health()).toMatchObject({ status: 'degraded' })
    expect(log.health().waiting).toBeGreaterThan(0)
    expect(log.health().pending).toBeLessThanOrEqual(20)
    release()
    await Promise.all(appends)
    expect((await log.head()).size).toBe(100)
  })

  it('turns callers away after a bounded wait when the queue stays full, and writes none of those', async () => {
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const log = await open({
      limits: { queueEntries: 1, batchEntries: 1, timeoutMs: 150 },
      store: troubled(memoryStore(), async (_, run) => {
        await gate
        return run()
      }),
    })
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => log.append(read())))
    const codes = results.map((result) => (result.status === 'rejected' ? (result.reason as PhiError).code : 'written'))
    expect(codes.filter((code) => code === 'PHI_AUDIT_BUSY').length).toBeGreaterThan(0)
    const perhaps = codes.filter((code) => code === 'PHI_AUDIT_OUTCOME_UNKNOWN').length
    // What the store was never given was not written, and is not said to be unknown.
    expect(perhaps).toBeLessThanOrEqual(2)
    release()
    await log.close()
    expect((await log.head()).size).toBeLessThanOrEqual(perhaps)
  })

  it('passes on an error that a retry cannot mend, at once', async () => {
    const log = await open({ store: troubled(memoryStore(), async () => Promise.reject(auditError('PHI_AUDIT_WRONG_TENANT'))) })
    expect((await refusal(log.append(read()))).code).toBe('PHI_AUDIT_WRONG_TENANT')
  })
})

describe('checkpoints', () => {
  it('S95 signs the first entries before acknowledging them', async () => {
    const store = memoryStore()
    const log = await open({ store })
    await log.append(read())
    expect(await store.checkpoints({ tenant: 'default', origin })).toHaveLength(1)
  })

  it('are made by size, never one an entry (rekor #1067)', async () => {
    const store = memoryStore()
    const log = await open({ store, checkpoint: { entries: 10 } })
    for (let i = 0; i < 35; i++) await log.append(read())
    await log.verify()
    const sizes = (await store.checkpoints({ tenant: 'default', origin })).map((note) => Number(note.split('\n')[1]))
    expect(sizes.length).toBeGreaterThanOrEqual(3)
    expect(sizes.length).toBeLessThanOrEqual(6)
  })

  it('are made by time', async () => {
    const store = memoryStore()
    const log = await open({ store, checkpoint: { intervalMs: 30 } })
    await log.append(read())
    await log.append(read())
    await expect.poll(async () => (await store.checkpoints({ tenant: 'default', origin })).length).toBe(2)
    expect(log.health().unanchored).toBe(0)
  })

  it('are made on close, and cover everything', async () => {
    const store = memoryStore()
    const log = await open({ store })
    for (let i = 0; i < 3; i++) await log.append(read())
    await log.close()
    const note = (await store.checkpoints({ tenant: 'default', origin })).at(-1) as string
    const { text } = openNote(note, [verifierFromVkey(log.vkey as string)])
    expect(parseCheckpoint(text)).toMatchObject({ origin, size: 3 })
    expect((await refusal(log.append(read()))).code).toBe('PHI_AUDIT_CLOSED')
  })

  it('are not signed over a history that was rewritten or cut', async () => {
    const store = memoryStore()
    const signer = await ed25519Signer.generate(origin)
    const log = await open({ store, signer })
    for (let i = 0; i < 5; i++) await log.append(read())
    await log.checkpoint()
    const other = memoryStore()
    const forger = await open({ store: other, signer })
    for (let i = 0; i < 9; i++) await forger.append(read())
    // The owner of the database puts another log in the place of this one; the process still knows what it signed.
    Object.assign(store, { head: other.head, read: other.read, tiles: other.tiles, extend: other.extend })
    const error = await refusal(log.checkpoint())
    expect(error.code).toBe('PHI_AUDIT_HISTORY_REWRITTEN')
    expect(log.health().status).toBe('degraded')
  })

  it('need a signer, and without one nothing is called intact', async () => {
    const log = await openAuditLog({ origin, store: memoryStore() })
    await log.append(read())
    expect((await refusal(log.checkpoint())).code).toBe('PHI_AUDIT_NO_SIGNER')
    expect((await log.verify()).verdict).toBe('unverifiable')
  })
})

describe('proofs', () => {
  it('S95 inclusion and consistency check against the root for every entry of a log over a tile wide', async () => {
    const log = await open()
    await Promise.all(Array.from({ length: 300 }, () => log.append(read())))
    for (const index of [0, 1, 127, 255, 256, 257, 299]) {
      const { size, root, proof } = await log.proveInclusion(index)
      const receipt = (
        await log.query({ order: 'oldest', limit: 1, ...(index === 0 ? {} : { cursor: `oldest:${index - 1}` }) })
      ).records[0]
      const leafHash = Uint8Array.from(Buffer.from(receipt?.hash as string, 'base64'))
      expect(verifyInclusion({ index, size, leafHash, proof, root })).toBe(true)
    }
    for (const size1 of [1, 2, 255, 256, 257, 300]) expect(verifyConsistency(await log.proveConsistency(size1))).toBe(true)
    expect((await refusal(log.proveInclusion(300))).code).toBe('PHI_AUDIT_RANGE')
    expect((await refusal(log.proveConsistency(0))).code).toBe('PHI_AUDIT_RANGE')
  })
})

describe('what leaves the log', () => {
  const by = { actor: { id: 'u-1', type: 'workforce' as const, roles: ['auditor'] } }

  it('evidence proves entries offline with the public key alone, withholds what is not disclosed, and is itself recorded', async () => {
    const log = await open()
    for (let i = 0; i < 10; i++) await log.append(read())
    const bundle = await log.evidence({ indices: [3, 7], disclose: ['event', 'subject'], by })
    const text = JSON.stringify(bundle)
    expect(text).not.toContain('u-17')
    expect(verifyBundle(text, { keys: [log.vkey as string] })).toMatchObject({
      verdict: 'intact',
      coverage: { checked: 2, withheld: 6 },
    })
    const stranger = await ed25519Signer.generate(origin)
    expect(verifyBundle(text, { keys: [stranger.vkey] }).verdict).toBe('unverifiable')
    expect((await log.query({ action: 'disclose' })).records[0]?.event).toMatchObject({
      actor: { id: 'u-1' },
      subject: { count: 2 },
    })
  })

  it('the whole log as lines verifies offline, and is itself recorded', async () => {
    const log = await open()
    for (let i = 0; i < 10; i++) await log.append(read())
    const lines: string[] = []
    for await (const line of log.exportLines({ by })) lines.push(line)
    expect(await verifyLines(lines, { keys: [log.vkey as string] })).toMatchObject({
      verdict: 'intact',
      coverage: { checked: 11 },
    })
    expect((await log.query({ action: 'export' })).records).toHaveLength(1)
  })
})

describe('query', () => {
  it('S53 S97 finds by actor, patient, resource, action, outcome and time, a page at a time', async () => {
    const clock = fixedClock('2026-11-21T10:00:00.000Z')
    const log = await open({ clock })
    for (let i = 0; i < 60; i++) {
      await log.append(
        read({
          action: i % 2 === 0 ? 'read' : 'update',
          outcome: i % 10 === 0 ? 'denied' : 'success',
          actor: { id: `u-${i % 3}`, type: 'workforce' },
          subject: { resource: { type: 'Note', id: `n-${i % 5}` }, patients: [`p-${i % 4}`] },
        }),
      )
      clock.advance(60_000)
    }
    const count = async (query: Parameters<typeof log.query>[0]) => (await log.query({ limit: 1000, ...query })).records.length
    expect(await count({ actor: 'u-1' })).toBe(20)
    expect(await count({ patient: 'p-3' })).toBe(15)
    expect(await count({ resource: { type: 'Note' } })).toBe(60)
    expect(await count({ resource: { type: 'Note', id: 'n-2' } })).toBe(12)
    expect(await count({ action: 'update' })).toBe(30)
    expect(await count({ outcome: 'denied' })).toBe(6)
    expect(await count({ from: '2026-11-21T10:30:00.000Z', until: '2026-11-21T10:40:00.000Z' })).toBe(10)
    expect(await count({ actor: 'u-1', patient: 'p-1', action: 'update' })).toBe(5)
    const indices: number[] = []
    let cursor: string | undefined
    do {
      const page = await log.query({ actor: 'u-1', limit: 7, ...(cursor === undefined ? {} : { cursor }) })
      indices.push(...page.records.map(({ index }) => index))
      cursor = page.next
    } while (cursor !== undefined)
    expect(indices).toEqual(Array.from({ length: 20 }, (_, i) => 58 - 3 * i))
  })

  it.each([
    [{ limit: 0 }, 'limit'],
    [{ from: '2026-11-21' }, 'from'],
    [{ cursor: 'oldest:3' }, 'cursor'],
    [{ cursor: 'x' }, 'cursor'],
  ])('refuses %j', async (query, path) => {
    const log = await open()
    expect(await refusal(log.query(query))).toMatchObject({ code: 'PHI_AUDIT_QUERY', path })
  })
})

describe('diagnostics', () => {
  it('tells subscribers figures and codes, and nothing of an event', async () => {
    const told: [string, unknown][] = []
    const names = ['phi.audit.extend', 'phi.audit.checkpoint', 'phi.audit.failure']
    const listen = (message: unknown, name: string | symbol) => void told.push([String(name), message])
    for (const name of names) subscribe(name, listen)
    try {
      let failures = 1
      const store = troubled(memoryStore(), async (_, run) => {
        if (failures-- > 0) throw auditError('PHI_AUDIT_UNAVAILABLE')
        return run()
      })
      const log = await open({ store })
      await Promise.all([log.append(read()), log.append(read())])
      await log.close()
    } finally {
      for (const name of names) unsubscribe(name, listen)
    }
    expect(told).toEqual([
      ['phi.audit.failure', { origin, code: 'PHI_AUDIT_UNAVAILABLE' }],
      ['phi.audit.extend', { origin, entries: 2, size: 2 }],
      ['phi.audit.checkpoint', { origin, size: 2 }],
    ])
  })
})

describe('opening', () => {
  it.each([
    [{ origin: 'with space' }, 'PHI_AUDIT_ORIGIN'],
    [{ origin: '' }, 'PHI_AUDIT_ORIGIN'],
    [{ origin: 'a+b' }, 'PHI_AUDIT_ORIGIN'],
    [{ tenant: 'Clinic A' }, 'PHI_CORE_TENANT'],
    [{ limits: { timeoutMs: 0 } }, 'PHI_AUDIT_OPTIONS'],
    // A timer of so many milliseconds would not wait at all.
    [{ limits: { timeoutMs: 2 ** 31 } }, 'PHI_AUDIT_OPTIONS'],
    [{ checkpoint: { intervalMs: 2 ** 31 } }, 'PHI_AUDIT_OPTIONS'],
    [{ checkpoint: { entries: -1 } }, 'PHI_AUDIT_OPTIONS'],
  ])('refuses %j', async (options, code) => {
    expect((await refusal(open(options))).code).toBe(code)
  })

  it('refuses a signer with another name than the origin', async () => {
    expect(await refusal(open({ signer: await ed25519Signer.generate('other.example') }))).toMatchObject({
      code: 'PHI_AUDIT_OPTIONS',
      path: 'signer.name',
    })
  })

  it('S98 refuses a log of another tenant before anything is written', async () => {
    const store = memoryStore()
    await (await open({ store, tenant: 'clinic-a' })).append(read())
    expect((await refusal(open({ store, tenant: 'clinic-b' }))).code).toBe('PHI_AUDIT_WRONG_TENANT')
    expect((await store.head({ tenant: 'clinic-a', origin })).size).toBe(1)
  })

  it('continues where another process left off', async () => {
    const store = memoryStore()
    const signer = await ed25519Signer.generate(origin)
    const first = await open({ store, signer })
    await first.append(read())
    await first.close()
    const second = await open({ store, signer })
    expect((await second.append(read())).index).toBe(1)
    expect(await second.verify()).toMatchObject({ verdict: 'intact', coverage: { checked: 2 } })
  })

  it('has no transactions in memory, and says so', async () => {
    const log = await open()
    expect((await refusal(log.appendIn({} as never, read()))).code).toBe('PHI_AUDIT_TRANSACTION')
  })
})

it('every error of the catalogue says what to do', () => {
  for (const { problem, remedy } of Object.values(auditErrors)) {
    expect(problem).not.toMatch(/[.!]$/)
    expect(remedy).toMatch(/\.$/)
  }
})
