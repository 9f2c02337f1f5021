import { describe, expect, it, vi } from 'vitest'
import { eventAt, testSigner } from '../test/make-log.ts'
import { codeOf, tampered } from '../test/tampered-store.ts'
import { Anchoring, type AnchorState, type CheckpointAnchor } from './anchoring.ts'
import { auditError } from './errors.ts'
import { openAuditLog } from './log.ts'
import { parseCheckpoint, parseNote } from './note/index.ts'
import { memoryStore } from './store/memory.ts'

const sizeOf = (note: string): number => parseCheckpoint(parseNote(note).text).size

/** An anchor that keeps notes in memory, and does what it is told to before. */
function testAnchor(
  before: (size: number, signal: AbortSignal | undefined) => Promise<void> = async () => {},
  name = 'mailbox',
) {
  const notes: string[] = []
  const tried: number[] = []
  const anchor: CheckpointAnchor = {
    name,
    async put(note, { signal } = {}) {
      tried.push(sizeOf(note))
      await before(sizeOf(note), signal)
      notes.push(note)
    },
  }
  return { anchor, notes, tried, sizes: () => notes.map(sizeOf) }
}

const options = (store = memoryStore()) => ({
  origin: 'clinic.example/audit',
  tenant: 'clinic',
  store,
  signer: testSigner,
})

describe('copies of checkpoints that are kept elsewhere', () => {
  it('S6 hold every checkpoint in time, and tell when an older state of the database was put back', async () => {
    const store = memoryStore()
    const { anchor, notes, sizes } = testAnchor()
    const log = await openAuditLog({ ...options(store), anchors: { to: [anchor] } })
    for (let i = 0; i < 5; i++) await log.append(eventAt(i))
    await log.checkpoint()
    await vi.waitFor(() => expect(sizes()).toContain(5))
    const key = { tenant: 'clinic', origin: 'clinic.example/audit' }
    const before = await tampered(store, key, () => {})
    for (let i = 5; i < 9; i++) await log.append(eventAt(i))
    await log.close()
    expect(sizes().at(-1)).toBe(9)

    // Entries and checkpoints of the restored database agree with each other. Only the copy knows of nine entries.
    const restored = await openAuditLog({ origin: key.origin, tenant: key.tenant, store: before })
    const keys = [testSigner.vkey]
    expect((await restored.verify({ keys })).verdict).toBe('intact')
    expect(await restored.verify({ keys, trusted: notes })).toMatchObject({
      verdict: 'broken',
      findings: expect.arrayContaining([expect.objectContaining({ code: 'truncated-tail', expected: '9', found: '5' })]),
    })
  })

  it('keep nobody waiting, and show in health when they fail', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow = testAnchor(() => held, 'slow')
    const failing = testAnchor(() => Promise.reject(auditError('PHI_AUDIT_STORE')), 'failing')
    const log = await openAuditLog({ ...options(), anchors: { to: [slow.anchor, failing.anchor] } })
    for (let i = 0; i < 3; i++) await log.append(eventAt(i))
    await log.checkpoint()
    await vi.waitFor(() => expect(log.health().anchors?.[1]?.failure).toBe('PHI_AUDIT_STORE'))
    expect(log.health()).toMatchObject({
      status: 'degraded',
      failure: 'PHI_AUDIT_STORE',
      anchors: [
        { name: 'slow', size: undefined, failure: undefined },
        { name: 'failing', size: undefined },
      ],
    })
    release()
    await log.close()
    expect(slow.sizes().at(-1)).toBe(3)
    expect(log.health().anchors?.[0]).toEqual({ name: 'slow', size: 3, failure: undefined })
  })

  it('are tried again until they are there, and then all is well', async () => {
    let failures = 3
    const { anchor, sizes, tried } = testAnchor(async () => {
      if (failures-- > 0) throw new Error('away: p-88')
    })
    const log = await openAuditLog({ ...options(), anchors: { to: [anchor], retryMs: 1 } })
    await log.append(eventAt(0))
    await log.checkpoint()
    await vi.waitFor(() => expect(sizes()).toEqual([1]))
    expect(tried.length).toBeGreaterThan(3)
    await vi.waitFor(() => expect(log.health()).toMatchObject({ status: 'ok', anchors: [{ size: 1, failure: undefined }] }))
    await log.close()
  })

  it('do not wait for one that never answers, and what comes too late is no copy', async () => {
    const signals: (AbortSignal | undefined)[] = []
    const { anchor } = testAnchor((_, signal) => {
      signals.push(signal)
      return new Promise(() => {})
    })
    const log = await openAuditLog({ ...options(), anchors: { to: [anchor], timeoutMs: 5 } })
    await log.append(eventAt(0))
    await log.checkpoint()
    await vi.waitFor(() => expect(log.health().anchors?.[0]?.failure).toBe('PHI_AUDIT_ANCHOR_TIMEOUT'))
    expect(signals[0]?.aborted).toBe(true)
    await log.close()
    expect(log.health().anchors?.[0]?.size).toBeUndefined()
  })

  it('take the newest of those that wait: it covers the others', async () => {
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const { anchor, sizes } = testAnchor(() => gate)
    const states: AnchorState[][] = []
    const anchoring = new Anchoring({ to: [anchor] }, (now) => states.push([...now]))
    const notes = new Map<number, string>()
    const log = await openAuditLog(options())
    for (let i = 1; i <= 6; i++) {
      await log.append(eventAt(i))
      notes.set(i, await log.checkpoint())
    }
    for (const [size, note] of notes) anchoring.offer({ size, note })
    // An older one, of a slow process, puts nothing back.
    anchoring.offer({ size: 2, note: notes.get(2) as string })
    release()
    await anchoring.stop()
    expect(sizes()).toEqual([1, 6])
    expect(states.at(-1)).toEqual([{ name: 'mailbox', size: 6, failure: undefined }])
    await log.close()
  })

  it('stopping waits for the newest, also where an older one was under way', async () => {
    const { anchor, sizes } = testAnchor(() => new Promise((resolve) => setTimeout(resolve, 20)))
    const anchoring = new Anchoring({ to: [anchor] }, () => {})
    const log = await openAuditLog(options())
    for (let size = 1; size <= 2; size++) {
      await log.append(eventAt(size))
      anchoring.offer({ size, note: await log.checkpoint() })
    }
    await anchoring.stop()
    expect(sizes()).toEqual([1, 2])
    await log.close()
  })

  it('stopping tries the newest once more, also where the older one under way fails, and then ends', async () => {
    const { anchor, tried } = testAnchor(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      throw auditError('PHI_AUDIT_STORE')
    })
    const anchoring = new Anchoring({ to: [anchor], retryMs: 1 }, () => {})
    const log = await openAuditLog(options())
    for (let size = 1; size <= 2; size++) {
      await log.append(eventAt(size))
      anchoring.offer({ size, note: await log.checkpoint() })
    }
    await anchoring.stop()
    expect(tried).toEqual([1, 2])
    expect(anchoring.states).toEqual([{ name: 'mailbox', size: undefined, failure: 'PHI_AUDIT_STORE' }])
    await log.close()
  })

  it('are put again with the cosignatures that they lacked, once, and never back without', async () => {
    const notes: string[] = []
    const put = async (note: string) => {
      await new Promise((resolve) => setTimeout(resolve, 2))
      notes.push(note)
    }
    const anchoring = new Anchoring({ to: [{ name: 'mailbox', put }] }, () => {})
    for (const note of ['3 plain', '3 plain', '3 cosigned', '3 cosigned', '4 plain', '3 cosigned']) {
      anchoring.offer({ size: Number(note[0]), note })
      await vi.waitFor(() => expect(notes).toContain(note))
    }
    expect(notes).toEqual(['3 plain', '3 cosigned', '4 plain'])
    // Also where the one without is still under way.
    anchoring.offer({ size: 5, note: '5 plain' })
    anchoring.offer({ size: 5, note: '5 cosigned' })
    await anchoring.stop()
    expect(notes.slice(3)).toEqual(['5 plain', '5 cosigned'])
  })

  it('a log that could not sign its last checkpoint asks and copies nothing any more all the same', async () => {
    const inner = memoryStore()
    let isAway = false
    const store = {
      ...inner,
      saveCheckpoint: async (...given: Parameters<typeof inner.saveCheckpoint>) =>
        isAway ? Promise.reject(auditError('PHI_AUDIT_UNAVAILABLE')) : inner.saveCheckpoint(...given),
    }
    const { anchor, tried } = testAnchor(() => Promise.reject(auditError('PHI_AUDIT_STORE')))
    const log = await openAuditLog({ ...options(store), anchors: { to: [anchor], retryMs: 1 } })
    await log.append(eventAt(0))
    await vi.waitFor(() => expect(tried.length).toBeGreaterThan(1))
    await log.append(eventAt(1))
    isAway = true
    expect(await codeOf(() => log.close())).toBe('PHI_AUDIT_UNAVAILABLE')
    const ended = tried.length
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(tried).toHaveLength(ended)
  })

  it('are offered the last checkpoint of the process before this one', async () => {
    const store = memoryStore()
    const first = await openAuditLog(options(store))
    for (let i = 0; i < 4; i++) await first.append(eventAt(i))
    await first.checkpoint()
    const { anchor, sizes } = testAnchor()
    const second = await openAuditLog({ ...options(store), anchors: { to: [anchor] } })
    await vi.waitFor(() => expect(sizes()).toEqual([4]))
    await second.close()
    await first.close()
  })

  it.each([
    ['no anchor', { to: [] }, 'anchors.to'],
    ['something else', { to: [{ name: 'x' }] }, 'anchors.to'],
    ['two of a name', { to: [testAnchor().anchor, testAnchor().anchor] }, 'anchors.to'],
    ['no time', { to: [testAnchor().anchor], timeoutMs: 0 }, 'anchors.timeoutMs'],
    ['no pause', { to: [testAnchor().anchor], retryMs: 0.5 }, 'anchors.retryMs'],
  ])('refuse %s', async (_, anchors, path) => {
    const opening = () => openAuditLog({ ...options(), anchors: anchors as never })
    await expect(opening()).rejects.toMatchObject({ code: 'PHI_AUDIT_OPTIONS', path })
  })

  it('need a signer', async () => {
    const { signer: _, ...unsigned } = options()
    const opening = () => openAuditLog({ ...unsigned, anchors: { to: [testAnchor().anchor] } })
    expect(await codeOf(opening)).toBe('PHI_AUDIT_OPTIONS')
  })
})
