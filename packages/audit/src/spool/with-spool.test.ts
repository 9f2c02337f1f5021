import { isPhiError } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { MemoryDisk } from '../../test/spool/disk.ts'
import { announced, atNoon, event, idsOf, impatient, isOurs, Outage, opened, until } from '../../test/spool/world.ts'
import { ed25519Signer, type Receipt } from '../index.ts'
import { drain } from './drain.ts'
import type { SpoolOptions } from './open-spool.ts'
import { spoolReport } from './report.ts'
import type { SpoolReceipt } from './spool.ts'
import { isSpooled, withSpool } from './with-spool.ts'

const backoff = { firstMs: 5, longestMs: 20 }

async function start(options: Partial<SpoolOptions> = {}, outage = new Outage(), disk = new MemoryDisk()) {
  const spool = await opened({ fs: disk.fs, name: 'web-1', ...options })
  const log = await withSpool(await outage.open(impatient), spool, {
    backoff,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  })
  return { spool, log, outage, disk }
}
const spooledOf = (receipt: Receipt | SpoolReceipt): SpoolReceipt => {
  if (!isSpooled(receipt)) throw new Error('went to the log')
  return receipt
}

describe('a log with a spool', () => {
  it('S95 S123 goes to the log, to the disk while the store is away, and back: every event once, in order', async () => {
    const { log, outage } = await start()
    const direct = await log.append(event('e-0'))
    expect(isSpooled(direct)).toBe(false)
    expect(direct).toMatchObject({ eventId: 'e-0', duplicate: false })
    expect(log.health()).toMatchObject({
      status: 'ok',
      spool: { mode: 'direct', count: 0, announced: true, failure: undefined },
    })

    outage.away = true
    const first = spooledOf(await log.append(event('e-1')))
    expect(first).toMatchObject({ spooled: true, eventId: 'e-1', sequence: 0, spool: log.health().spool.spool })
    expect('index' in first || 'hash' in first).toBe(false)
    for (let i = 2; i < 60; i++) expect(spooledOf(await log.append(event(`e-${i}`))).sequence).toBe(i - 1)
    expect(log.health()).toMatchObject({ status: 'degraded', spool: { mode: 'spooling', count: 59 } })
    await until(() => log.health().spool.failure !== undefined, 'the background task to fail')
    expect(log.health().spool.failure).toMatch(/^PHI_AUDIT_(UNAVAILABLE|BUSY)$/)

    outage.away = false
    // While there is something on the disk, what comes goes behind it.
    const order: string[] = Array.from({ length: 60 }, (_, i) => `e-${i}`)
    for (let i = 60; i < 70 || (i < 500 && log.health().spool.mode === 'spooling'); i++) {
      order.push(`e-${i}`)
      await log.append(event(`e-${i}`))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await until(() => log.health().status === 'ok', 'the log to be well again')
    expect(isSpooled(await log.append(event('last')))).toBe(false)
    const records = await outage.records()
    expect(idsOf(records)).toEqual([...order, 'last'])
    const report = spoolReport(records)
    expect(report).toMatchObject({ lost: [], missing: 0, unusable: [] })
    expect(report.outstanding).toEqual([log.health().spool.spool])
    expect(report.spools.filter(({ standing }) => standing === 'drained').length).toBe(report.spools.length - 1)
    expect(await log.close()).toEqual({ drained: 0, left: 0, failure: undefined })
  })

  it('tells an id and time once, so that an attempt whose answer was lost is the same event', async () => {
    const clock = atNoon()
    const { log, outage } = await start({ clock })
    // Committed, and the answer lost, until the log gives up.
    outage.fault = () => 'lost-answer'
    const { id: _, ...anonymous } = event('x')
    const kept = spooledOf(await log.append(anonymous))
    const timed = spooledOf(await log.append(event('e-1', { occurredAt: '2026-11-21T11:00:00.000Z' })))
    clock.advance(5000)
    outage.fault = () => undefined
    await until(() => log.health().spool.mode === 'direct', 'draining')
    // The caller asks again, later, without a time: the same event.
    expect(await log.append({ ...anonymous, id: kept.eventId })).toMatchObject({ eventId: kept.eventId, duplicate: true })
    expect(idsOf(await outage.records())).toEqual([kept.eventId, timed.eventId])
    await log.close()
  })

  it('says the id when the outcome is unknown and the spool does not take the event either', async () => {
    const { log, outage, disk } = await start()
    outage.fault = () => 'lost-answer'
    disk.fault = (_, operation) => (operation === 'create' ? 'full' : undefined)
    const { id: _, ...anonymous } = event('x')
    const error = await refusal(log.append(anonymous))
    expect(error).toMatchObject({ code: 'PHI_AUDIT_OUTCOME_UNKNOWN', retryable: true })
    disk.fault = () => undefined
    outage.fault = () => undefined
    expect(await log.append({ ...anonymous, id: error.info.eventId as string })).toMatchObject({ duplicate: true })
    await log.close()
  })

  it('fails closed: an unannounced, full or broken spool refuses, and health says failing', async () => {
    const outage = new Outage()
    const away = await outage.open(impatient)
    outage.away = true
    const disk = new MemoryDisk()
    const log = await withSpool(away, await opened({ fs: disk.fs, maxBytes: 8192 }), { backoff })
    expect(log.health()).toMatchObject({ spool: { announced: false, refusing: 'PHI_AUDIT_SPOOL_UNANNOUNCED' } })
    const error = await refusal(log.append(event('e-0')))
    expect(error).toMatchObject({ code: 'PHI_AUDIT_SPOOL_UNANNOUNCED', retryable: true })
    expect(isPhiError(error.cause, 'PHI_AUDIT_UNAVAILABLE')).toBe(true)
    // Reached for a moment: announced in the background.
    outage.away = false
    await until(() => log.health().spool.announced, 'the announcement')
    outage.away = true
    const acknowledged: string[] = []
    const codes = new Set<string>()
    for (let i = 0; codes.size === 0; i++)
      await log.append(event(`e-${i}`)).then(
        () => acknowledged.push(`e-${i}`),
        (refused: { code: string }) => codes.add(refused.code),
      )
    expect([...codes]).toEqual(['PHI_AUDIT_SPOOL_FULL'])
    expect(log.health()).toMatchObject({ status: 'failing', spool: { refusing: 'PHI_AUDIT_SPOOL_FULL' } })
    expect(acknowledged.length).toBeGreaterThan(5)
    outage.away = false
    await until(() => log.health().spool.mode === 'direct', 'draining')
    expect(idsOf(await outage.records())).toEqual(acknowledged)

    await until(() => log.health().spool.bytes < 3000, 'the files to be gone')
    outage.away = true
    disk.fault = (_, operation) => (operation === 'sync' ? 'error' : undefined)
    expect(await refusal(log.append(event('b-0')))).toMatchObject({ code: 'PHI_AUDIT_SPOOL_BROKEN' })
    disk.fault = () => undefined
    expect(await refusal(log.append(event('b-1')))).toMatchObject({ code: 'PHI_AUDIT_SPOOL_BROKEN' })
    expect(log.health()).toMatchObject({ status: 'failing', spool: { refusing: 'PHI_AUDIT_SPOOL_BROKEN' } })
    outage.away = false
    expect(isSpooled(await log.append(event('b-2')))).toBe(false)
    await log.close()
  })

  it('waits for an event that is still on its way to the disk, and lets it get there', async () => {
    const outage = new Outage()
    const spool = await opened({ fs: new MemoryDisk().fs })
    await announced(spool, outage)
    const plain = await outage.open()
    const kept = spool.append(event('e-0'))
    const log = await withSpool(plain, spool, { backoff })
    expect((await kept).sequence).toBe(0)
    await until(() => log.health().status === 'ok' && log.health().spool.count === 0, 'draining')
    await log.close()
    expect(idsOf(await outage.records())).toEqual(['e-0'])
  })

  it('passes on what is no outage, and what `when` does not name', async () => {
    const { log, outage } = await start()
    expect(await refusal(log.append({ ...event('e'), actor: { id: '', type: 'system' } }))).toMatchObject({
      code: 'PHI_AUDIT_EVENT',
    })
    await log.append(event('e-0'))
    expect(await refusal(log.append(event('e-0', { action: 'delete' })))).toMatchObject({ code: 'PHI_AUDIT_CONFLICT' })
    expect(await refusal(log.appendIn({} as never, event('e-1')))).toMatchObject({ code: 'PHI_AUDIT_TRANSACTION' })
    expect(log.health().spool.count).toBe(0)
    await log.close()
    expect(await refusal(log.append(event('e-2')))).toMatchObject({ code: 'PHI_AUDIT_CLOSED' })

    const picky = await withSpool(await outage.open(impatient), await opened({ fs: new MemoryDisk().fs }), {
      when: ({ code }) => code === 'PHI_AUDIT_BUSY',
    })
    outage.away = true
    expect(await refusal(picky.append(event('e-3')))).toMatchObject({ code: 'PHI_AUDIT_UNAVAILABLE' })
    expect(picky.health().spool.count).toBe(0)
    await picky.close()
    expect(await refusal(withSpool(await outage.open(impatient).catch(() => ({}) as never), {} as never))).toMatchObject({
      code: 'PHI_AUDIT_SPOOL_OPTIONS',
    })
  })

  it('records an event under another id when its own is taken meanwhile: nothing that was acknowledged is dropped', async () => {
    const { log, outage } = await start()
    outage.away = true
    const { spool } = spooledOf(await log.append(event('taken')))
    await log.append(event('other'))
    outage.away = false
    const elsewhere = await outage.open()
    await elsewhere.append(event('taken', { action: 'delete' }))
    await until(() => log.health().spool.mode === 'direct', 'draining')
    const records = await outage.records()
    const renamed = records.find((record) => record.event.id === `phi.audit.spool/${spool}/event/0`)
    expect(renamed?.event).toMatchObject({ action: 'read', subject: { resource: { id: 'note-of-taken' } } })
    await log.close()
    expect(spoolReport(await outage.records())).toMatchObject({ events: 2, unusable: [], lost: [] })
    expect(spoolReport(await outage.records()).spools[0]?.drained).toMatchObject({ renamed: 1, count: 2, refused: 0 })
    await elsewhere.close()
  })

  it('keeps what the log refuses for good, aside on the disk, and says so in the log', async () => {
    const { spool, outage, disk, log } = await start()
    await log.close()
    void spool
    const again = await opened({ fs: disk.fs, name: 'web-1' })
    await again.append(event('good'))
    await again.append(event('bad'))
    const plain = await outage.open()
    // A later version of the log no longer takes this event.
    const report = await drain(again, (input) =>
      plain.append(input.id === 'bad' ? { ...input, action: 'gone' as never } : input),
    )
    expect(report.drained[0]).toMatchObject({ count: 1, refused: 1, missing: 0, intact: true })
    expect([...disk.files().keys()].filter((path) => path.includes('/kept-')).length).toBe(2)
    const [entry] = spoolReport(await outage.records()).spools
    expect(entry).toMatchObject({ standing: 'drained-with-loss', drained: { refused: 1 } })
    await again.close()
  })
})

describe('the end of a process', () => {
  it('close() drains when it can, leaves the rest when it cannot, and says which', async () => {
    const clock = atNoon()
    const { log, outage, disk } = await start({ clock })
    outage.away = true
    for (let i = 0; i < 10; i++) await log.append(event(`e-${i}`))
    expect(await log.close()).toMatchObject({ drained: 0, left: 10, failure: expect.stringMatching(/^PHI_AUDIT_/) })
    expect(await log.close()).toMatchObject({ drained: 0, left: 10 })

    // The next process starts while the store is still away: the log knows of this spool, so it takes more.
    clock.set('2026-11-20T00:00:00.000Z') // and its clock is a day behind
    outage.away = false
    const plain = await outage.open(impatient)
    outage.away = true
    const second = await withSpool(plain, await opened({ fs: disk.fs, name: 'web-1', clock }), { backoff, clock })
    expect(second.health().spool).toMatchObject({ count: 10, oldestAgeMs: 0, announced: true, mode: 'spooling' })
    expect(spooledOf(await second.append(event('e-10'))).sequence).toBe(10)
    outage.away = false
    const { drained, left, failure } = await second.close()
    expect([drained, left, failure]).toEqual([11, 0, undefined])
    const records = await outage.records()
    expect(idsOf(records)).toEqual(Array.from({ length: 11 }, (_, i) => `e-${i}`))
    expect(spoolReport(records)).toMatchObject({ events: 11, lost: [], missing: 0 })
  })

  it('retires a spool, after which the log expects nothing more of this machine', async () => {
    const { log, outage, disk } = await start()
    await log.append(event('e-0'))
    expect(await log.close({ retire: true })).toEqual({ drained: 0, left: 0, failure: undefined })
    const report = spoolReport(await outage.records())
    expect(report.outstanding).toEqual([])
    expect(report.spools.map(({ standing, drained }) => [standing, drained?.count, drained?.last])).toEqual([
      ['drained', 0, undefined],
    ])
    expect(disk.files().size).toBe(0)
  })

  it('S95 a lost spool shows: by name when the next one is opened, and by what is present', async () => {
    const { log, outage } = await start()
    outage.away = true
    for (let i = 0; i < 5; i++) await log.append(event(`e-${i}`))
    const lost = log.health().spool.spool as string
    await log.close()
    outage.away = false
    // The disk is gone with it. Without a word from the machine it is outstanding, or, for who knows what is there, lost.
    expect(spoolReport(await outage.records())).toMatchObject({ outstanding: [lost], lost: [] })
    expect(spoolReport(await outage.records(), { present: [] })).toMatchObject({ outstanding: [], lost: [lost] })
    const next = await start({}, outage)
    const records = await outage.records()
    expect(spoolReport(records)).toMatchObject({ lost: [lost], outstanding: [next.log.health().spool.spool], events: 0 })
    expect(spoolReport(records.toReversed())).toEqual(spoolReport(records))
    await next.log.close()
  })

  it('a signed log with a spool verifies, and holds what each spool was', async () => {
    const outage = new Outage()
    const signer = await ed25519Signer.generate('clinic.example/audit')
    const log = await withSpool(await outage.open({ signer, ...impatient }), await opened({ fs: new MemoryDisk().fs }), {
      backoff,
    })
    await log.append(event('e-0'))
    outage.away = true
    await Promise.all(Array.from({ length: 20 }, (_, i) => log.append(event(`s-${i}`))))
    outage.away = false
    expect((await log.drain()).events).toBeGreaterThanOrEqual(0)
    await until(() => log.health().spool.count === 0, 'draining')
    await log.close()
    const records = await outage.records()
    expect(idsOf(records).length).toBe(21)
    expect(records.filter(isOurs).every((record) => record.event.actor?.type === 'system')).toBe(true)
    const plain = await outage.open({ signer })
    expect((await plain.verify()).verdict).toBe('intact')
    await plain.close()
  })
})
