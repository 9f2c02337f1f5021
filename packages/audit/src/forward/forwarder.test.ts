import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it } from 'vitest'
import { eventOf, forwarderOf, logOf, origin, PATIENT, Receiver, recordsOf, sourceOf } from '../../test/forward/world.ts'
import type { CursorStore } from './cursor-store.ts'
import { allOf, delivered, type ItemOutcome } from './destination.ts'
import { type Destination, forward, memoryCursors } from './index.ts'

const key = { forwarder: 'siem', tenant: 'default', origin }
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const refused: ItemOutcome = { is: 'refused', code: 'PHI_AUDIT_FORWARD_REFUSED' }
const later: ItemOutcome = { is: 'retry', code: 'PHI_AUDIT_FORWARD_BUSY' }

describe('S25 S50 S125 forwarding a log', () => {
  it('sends every record once, in order, and goes on where it ended', async () => {
    const log = await logOf(7)
    const to = new Receiver()
    const cursors = memoryCursors()
    const { forwarder } = forwarderOf({ source: log, to, cursors, batch: { entries: 3 } })
    expect(forwarder.health()).toMatchObject({ status: 'delayed', logs: [{ next: undefined, lagMs: undefined }] })
    expect(await forwarder.once()).toMatchObject({
      status: 'ok',
      delivered: 7,
      setAside: 0,
      logs: [{ next: 7, lagEntries: 0, lagMs: 0 }],
    })
    expect(to.batches).toEqual([3, 3, 1])
    expect(to.got.map(({ id, index }) => [id, index])).toEqual(range(0, 7).map((i) => [`e-${i}`, i]))
    await log.append(eventOf(7))
    // Another process, with the same cursors.
    const again = forwarderOf({ source: log, to, cursors })
    expect(await again.forwarder.once()).toMatchObject({ delivered: 1 })
    expect(await again.forwarder.once()).toMatchObject({ delivered: 0, status: 'ok' })
    expect(to.indices).toEqual(range(0, 8))
    const head = await log.head()
    expect(await cursors.read(key)).toMatchObject({ next: 8, hash: head.lastHash })
  })

  it('forwards several logs by turns, and a log that stops does not hold up the others', async () => {
    const logs = await Promise.all(['a', 'b', 'c'].map((name) => logOf(6, `clinic.example/${name}`)))
    const to = new Receiver()
    const cursors = memoryCursors()
    await cursors.advance({ ...key, origin: 'clinic.example/b' }, undefined, { next: 9, hash: `${'A'.repeat(43)}=`, by: '00' })
    const { forwarder } = forwarderOf({ source: logs, to, cursors, batch: { entries: 2 } })
    await expect(forwarder.once()).rejects.toMatchObject({ code: 'PHI_AUDIT_FORWARD_ROLLED_BACK', info: { size: 6, next: 9 } })
    expect(to.got.map((item) => `${item.origin.at(-1)}${item.index}`).join(' ')).toBe('a0 a1 c0 c1 a2 a3 c2 c3 a4 a5 c4 c5')
    expect(forwarder.health()).toMatchObject({
      status: 'stopped',
      logs: [{ status: 'ok' }, { status: 'stopped' }, { status: 'ok' }],
    })
  })

  it('waits longer and longer, never beyond its bound, and as long as the receiver asks', async () => {
    const log = await logOf(1)
    const to = new Receiver()
    to.answer = (batch, call) =>
      call === 12
        ? { is: 'retry', code: 'PHI_AUDIT_FORWARD_BUSY', afterMs: 120_000 }
        : call === 13
          ? { is: 'retry', code: 'PHI_AUDIT_FORWARD_BUSY', afterMs: 1e15 }
          : call < 12
            ? { is: 'retry', code: 'PHI_AUDIT_FORWARD_FAILING' }
            : allOf(batch, delivered)
    const { forwarder, waits, runUntil } = forwarderOf({ source: log, to })
    await runUntil(() => to.got.length === 1)
    expect(waits.slice(0, 14)).toEqual([
      250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000, 30_000, 150_000, 930_000,
    ])
    expect(forwarder.health()).toMatchObject({ status: 'ok', logs: [{ code: undefined, lagEntries: 0 }] })
  })

  it('says how it is doing', async () => {
    const log = await logOf(4)
    const to = new Receiver()
    const { forwarder, clock } = forwarderOf({ source: log, to, delayedAfterMs: 1000, blockedAfterMs: 100_000 })
    to.answer = () => ({ is: 'retry', code: 'PHI_AUDIT_FORWARD_FAILING' })
    expect(await forwarder.once()).toMatchObject({
      status: 'delayed',
      delivered: 0,
      logs: [
        {
          code: 'PHI_AUDIT_FORWARD_FAILING',
          failuresInARow: 1,
          next: 0,
          size: 4,
          lagEntries: 4,
          retryAt: '2026-03-04T05:06:07.250Z',
        },
      ],
    })
    clock.advance(100_000)
    await forwarder.once()
    clock.advance(50_000)
    expect(forwarder.health()).toMatchObject({ status: 'blocked', logs: [{ lagMs: 150_000 }] })
    to.answer = (batch) => allOf(batch, delivered)
    expect(await forwarder.once()).toMatchObject({ status: 'ok', delivered: 4, logs: [{ lagMs: 0, code: undefined }] })
    // A forwarder that nobody runs is not known to be well.
    clock.advance(1001)
    expect(forwarder.health().status).toBe('delayed')
    to.answer = () => ({ is: 'blocked', code: 'PHI_AUDIT_FORWARD_NOT_ALLOWED' })
    await log.append(eventOf(4))
    expect(await forwarder.once()).toMatchObject({ status: 'blocked', logs: [{ code: 'PHI_AUDIT_FORWARD_NOT_ALLOWED' }] })
    await forwarder.close()
    expect(forwarder.health().status).toBe('stopped')
    await expect(forwarder.once()).rejects.toMatchObject({ code: 'PHI_AUDIT_FORWARD_CLOSED' })
  })

  it('of a batch that was taken in part only the rest is sent again', async () => {
    const log = await logOf(6)
    const to = new Receiver()
    const sent: number[][] = []
    to.answer = (batch, call) => {
      sent.push(batch.map(({ index }) => index))
      return { is: 'items', items: batch.map(({ index }) => (call === 0 && index % 2 === 1 ? later : delivered)) }
    }
    const cursors = memoryCursors()
    const { forwarder, clock } = forwarderOf({ source: log, to, cursors })
    await forwarder.once()
    expect(await cursors.read(key)).toMatchObject({ next: 1 })
    clock.advance(1000)
    await forwarder.once()
    expect(sent).toEqual([range(0, 6), [1, 3, 5]])
    expect(await cursors.read(key)).toMatchObject({ next: 6 })
  })
})

describe('S125 records that the receiver does not want', () => {
  it('are set aside after so many attempts, seen, and can be sent again', async () => {
    const log = await logOf(8)
    const to = new Receiver()
    let isPicky = true
    const attempts = new Map<number, number>()
    to.answer = (batch) => ({
      is: 'items',
      items: batch.map(({ index }) => {
        attempts.set(index, (attempts.get(index) ?? 0) + 1)
        return isPicky && index % 5 === 2 ? refused : delivered
      }),
    })
    const seen: unknown[] = []
    const listen = (message: unknown) => seen.push(message)
    subscribe('phi.audit.forward.dead-letter', listen)
    const { forwarder, runUntil } = forwarderOf({ source: log, to, refusals: 2 })
    try {
      await runUntil(() => forwarder.health().logs[0]?.next === 8)
    } finally {
      unsubscribe('phi.audit.forward.dead-letter', listen)
    }
    expect([...attempts.values()]).toEqual([1, 1, 2, 1, 1, 1, 1, 2])
    expect(forwarder.health().logs[0]).toMatchObject({ deadLetters: 2, setAside: 2, delivered: 6 })
    const letters = await forwarder.deadLetters()
    expect(letters).toMatchObject([
      { origin, index: 2, code: 'PHI_AUDIT_FORWARD_REFUSED', attempts: 2 },
      { origin, index: 7 },
    ])
    expect(seen).toMatchObject([{ index: 2 }, { index: 7 }])
    expect(JSON.stringify([letters, seen, forwarder.health()])).not.toContain(PATIENT)
    expect(await forwarder.retryDeadLetters()).toEqual({ delivered: 0, left: 2, code: 'PHI_AUDIT_FORWARD_REFUSED' })
    expect((await forwarder.deadLetters())[0]).toMatchObject({ attempts: 3 })
    // A receiver that is away does not count as a refusal.
    const answer = to.answer
    to.answer = () => ({ is: 'retry', code: 'PHI_AUDIT_FORWARD_BUSY' })
    const callsBefore = to.calls
    expect(await forwarder.retryDeadLetters()).toEqual({ delivered: 0, left: 2, code: 'PHI_AUDIT_FORWARD_BUSY' })
    expect(to.calls).toBe(callsBefore + 1)
    expect((await forwarder.deadLetters())[0]).toMatchObject({ attempts: 3 })
    to.answer = answer
    isPicky = false
    expect(await forwarder.dropDeadLetter(origin, 7)).toBe(true)
    expect(await forwarder.dropDeadLetter(origin, 7)).toBe(false)
    expect(await forwarder.retryDeadLetters({ origin })).toEqual({ delivered: 1, left: 0, code: undefined })
    expect(forwarder.health().logs[0]).toMatchObject({ deadLetters: 0 })
    expect(to.indices.at(-1)).toBe(2)
    await expect(forwarder.deadLetters('another.example/log')).rejects.toMatchObject({ code: 'PHI_AUDIT_FORWARD_OPTIONS' })
  })

  it('a batch that is refused as a whole is halved until the record is found; the rest arrives', async () => {
    const log = await logOf(40)
    const to = new Receiver()
    to.answer = (batch) =>
      batch.some(({ index }) => index === 13 || index === 14)
        ? { is: 'split', code: 'PHI_AUDIT_FORWARD_TOO_LARGE' }
        : allOf(batch, delivered)
    const { forwarder, runUntil } = forwarderOf({ source: log, to })
    await runUntil(() => forwarder.health().logs[0]?.next === 40)
    expect(to.indices).toEqual(range(0, 40).filter((i) => i !== 13 && i !== 14))
    expect(await forwarder.deadLetters()).toMatchObject([
      { index: 13, code: 'PHI_AUDIT_FORWARD_TOO_LARGE', attempts: 3 },
      { index: 14 },
    ])
  })

  it('when it refuses everything, forwarding waits for somebody instead of setting everything aside', async () => {
    const log = await logOf(30)
    const to = new Receiver()
    to.answer = (batch) => allOf(batch, refused)
    const { forwarder, runUntil, clock } = forwarderOf({ source: log, to, refusals: 1, mostDeadLetters: 4 })
    await runUntil(() => forwarder.health().status === 'blocked')
    expect(forwarder.health().logs[0]).toMatchObject({ next: 4, deadLetters: 4, code: 'PHI_AUDIT_FORWARD_DEAD_LETTERS_FULL' })
    to.answer = (batch) => allOf(batch, delivered)
    await forwarder.retryDeadLetters()
    clock.advance(1)
    expect(await forwarder.once()).toMatchObject({ status: 'ok', delivered: 26, logs: [{ deadLetters: 0, next: 30 }] })
    expect(new Set(to.indices).size).toBe(30)
  })
})

describe('S125 what it does not believe', () => {
  it('a log that became shorter, or says something else now, is not forwarded further', async () => {
    const records = await recordsOf(await logOf(9))
    const cursors = memoryCursors()
    const to = new Receiver()
    const five = forwarderOf({ source: sourceOf(records.slice(0, 5)), to, cursors })
    await five.forwarder.once()
    const check = async (changed: typeof records, code: string) => {
      const { forwarder, runUntil } = forwarderOf({ source: sourceOf(changed), to, cursors })
      await expect(forwarder.once()).rejects.toMatchObject({ code })
      expect(forwarder.health()).toMatchObject({ status: 'stopped', logs: [{ code, next: 5 }] })
      await expect(runUntil(() => false)).rejects.toMatchObject({ code })
    }
    await check(records.slice(0, 4), 'PHI_AUDIT_FORWARD_ROLLED_BACK')
    await check([], 'PHI_AUDIT_FORWARD_ROLLED_BACK')
    const other = await recordsOf(await logOf(9, origin))
    const rewritten = records.map((record, i) => (i === 4 ? { ...record, hash: other[3]?.hash ?? '' } : record))
    await check(rewritten, 'PHI_AUDIT_FORWARD_REWRITTEN')
    await check(rewritten.slice(0, 5), 'PHI_AUDIT_FORWARD_REWRITTEN')
    await check(
      records.map((record, i) => (i === 7 ? (records[8] as typeof record) : record)),
      'PHI_AUDIT_FORWARD_SOURCE',
    )
    await check(
      records.map((record, i) => (i === 6 ? { ...record, origin: 'other' } : record)),
      'PHI_AUDIT_FORWARD_SOURCE',
    )
    // Fewer than it said.
    const short = sourceOf(records.slice(0, 7))
    const { forwarder } = forwarderOf({ source: { ...short, head: async () => ({ size: 9 }) }, to, cursors })
    await expect(forwarder.once()).rejects.toMatchObject({ code: 'PHI_AUDIT_FORWARD_SOURCE', info: { index: 7 } })
    expect(to.indices).toEqual(range(0, 5))
    const last = forwarderOf({
      source: { ...sourceOf(records.slice(0, 5)), head: async () => ({ size: 5, lastHash: 'x' }) },
      to,
      cursors,
    })
    await expect(last.forwarder.once()).rejects.toMatchObject({ code: 'PHI_AUDIT_FORWARD_REWRITTEN' })
  })

  it('an answer of the wrong length, a rejection and silence deliver nothing', async () => {
    const log = await logOf(3)
    const to = new Receiver()
    const { forwarder, clock } = forwarderOf({ source: log, to, timeoutMs: 20 })
    const answers: [Receiver['answer'], string][] = [
      [() => ({ is: 'items', items: [delivered] }), 'PHI_AUDIT_FORWARD_ANSWER'],
      [(batch) => ({ is: 'items', items: [...batch.map(() => delivered), delivered] }), 'PHI_AUDIT_FORWARD_ANSWER'],
      [() => Promise.reject(new Error(`connection for ${PATIENT} lost`)), 'PHI_AUDIT_FORWARD_UNREACHABLE'],
      [
        () => {
          throw new Error('at once')
        },
        'PHI_AUDIT_FORWARD_UNREACHABLE',
      ],
      [() => ({ is: 'done' }) as never, 'PHI_AUDIT_FORWARD_ANSWER'],
      [() => undefined as never, 'PHI_AUDIT_FORWARD_ANSWER'],
      [(batch) => ({ is: 'items', items: batch.map(() => ({ is: 'ok' }) as never) }), 'PHI_AUDIT_FORWARD_ANSWER'],
      [
        (batch) => ({ is: 'items', items: batch.map(() => ({ is: 'refused', code: PATIENT }) as never) }),
        'PHI_AUDIT_FORWARD_ANSWER',
      ],
      [() => ({ is: 'retry', code: PATIENT }) as never, 'PHI_AUDIT_FORWARD_ANSWER'],
      // It does not heed its signal either.
      [() => new Promise(() => {}), 'PHI_AUDIT_FORWARD_TIMEOUT'],
    ]
    for (const [answer, code] of answers) {
      to.answer = answer
      clock.advance(100_000)
      expect(await forwarder.once()).toMatchObject({ delivered: 0, logs: [{ code, next: 0 }] })
    }
    expect(JSON.stringify(forwarder.health())).not.toContain(PATIENT)
    await forwarder.close()
  })

  it('of two processes with one cursor one stops, and nothing is lost', async () => {
    const log = await logOf(20)
    const cursors = memoryCursors()
    const to = new Receiver()
    const first = forwarderOf({ source: log, to, cursors, batch: { entries: 4 } })
    const second = forwarderOf({ source: log, to, cursors, batch: { entries: 4 } })
    const ends = await Promise.allSettled([first.forwarder.once(), second.forwarder.once()])
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const loser = ends.find(({ status }) => status === 'rejected') as PromiseRejectedResult
    expect(loser.reason).toMatchObject({ code: 'PHI_AUDIT_FORWARD_CONFLICT' })
    expect([...new Set(to.indices)].sort((a, b) => a - b)).toEqual(range(0, 20))
    expect(await cursors.read(key)).toMatchObject({ next: 20 })
  })

  it('a cursor that cannot be moved stops the sending until it can, and a lost answer is found out', async () => {
    const log = await logOf(10)
    const to = new Receiver()
    const inner = memoryCursors()
    let calls = 0
    const cursors: CursorStore = {
      ...inner,
      async advance(...args) {
        calls++
        if (calls < 3) throw new Error('ENOSPC /home/somebody')
        const moved = await inner.advance(...args)
        if (calls === 3) throw new Error('lost')
        return moved
      },
    }
    const { forwarder, clock } = forwarderOf({ source: log, to, cursors, batch: { entries: 5 } })
    for (let i = 0; i < 3; i++) {
      expect(await forwarder.once()).toMatchObject({ status: 'blocked', logs: [{ code: 'PHI_AUDIT_FORWARD_CURSOR', next: 0 }] })
      clock.advance(100_000)
    }
    expect(to.indices).toEqual(range(0, 5))
    expect(await forwarder.once()).toMatchObject({ logs: [{ next: 10, code: undefined }] })
    expect(to.indices).toEqual(range(0, 10))
  })

  it('a log that cannot be read for a while is read again', async () => {
    const records = await recordsOf(await logOf(4))
    const source = sourceOf(records)
    let calls = 0
    const to = new Receiver()
    const { forwarder, runUntil } = forwarderOf({
      to,
      source: {
        ...source,
        head: async () => {
          if (calls++ < 2) throw new Error('away')
          return source.head()
        },
        async *records(range) {
          if (calls++ < 5) {
            yield* records.slice(0, 2)
            throw new Error('away again')
          }
          yield* source.records(range)
        },
      },
    })
    await runUntil(() => to.got.length === 4)
    expect(to.indices).toEqual(range(0, 4))
    expect(forwarder.health().logs[0]).toMatchObject({ next: 4 })
  })

  it('an attempt that is called off in the middle is not believed', async () => {
    const log = await logOf(2)
    const cursors = memoryCursors()
    const stop = new AbortController()
    let heard: AbortSignal | undefined
    const to: Destination = {
      name: 'slow',
      send: async (batch, signal) => {
        heard = signal
        stop.abort()
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve(allOf(batch, delivered))))
      },
    }
    const { forwarder } = forwarderOf({ source: log, to, cursors })
    await forwarder.run(stop.signal)
    expect(heard?.aborted).toBe(true)
    expect(await cursors.read(key)).toBeUndefined()
  })
})

describe('S125 options', () => {
  it.each([
    [{ name: 'a b' }, 'name'],
    [{ name: '' }, 'name'],
    [{ batch: { entries: 0 } }, 'batch.entries'],
    [{ timeoutMs: 1.5 }, 'timeoutMs'],
    [{ patients: 'some' }, 'patients, hash, patientTypes or freeText'],
    [{ patients: 'hash' }, 'patients, hash, patientTypes or freeText'],
    [{ freeText: true }, 'patients, hash, patientTypes or freeText'],
    [{ redact: ['actor.id'] }, 'redact'],
    [{ source: [] }, 'source'],
    [{ backOff: { firstMs: -1 } }, 'backOff.firstMs'],
  ])('%o is refused', async (wrong, path) => {
    const good = { name: 'siem', source: sourceOf([]), to: new Receiver(), cursors: memoryCursors() }
    expect(() => forward({ ...good, ...wrong } as never)).toThrow(
      expect.objectContaining({ code: 'PHI_AUDIT_FORWARD_OPTIONS', path }),
    )
  })
})
