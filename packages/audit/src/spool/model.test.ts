import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { MemoryDisk } from '../../test/spool/disk.ts'
import { event, idsOf, isOurs, Outage, opened } from '../../test/spool/world.ts'
import { announce, drain } from './drain.ts'
import { spoolReport } from './report.ts'
import type { Spool } from './spool.ts'

/*
 * A plain twin: a list of what is spooled, and a list of what the log holds. The spool is driven by random commands, and after
 * each of them says what the twin says.
 */
type Command =
  | { readonly kind: 'append'; readonly count: number }
  | { readonly kind: 'again'; readonly pick: number }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'kill' }
  | { readonly kind: 'drain'; readonly window: number }
  | { readonly kind: 'broken-drain'; readonly after: number; readonly window: number }
  | { readonly kind: 'full'; readonly count: number }

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('again' as const), pick: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drain' as const), window: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('broken-drain' as const),
      after: fc.nat(8),
      window: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('full' as const), count: fc.integer({ min: 1, max: 3 }) }) },
)

const tally = { commands: 0, acknowledged: 0, lost: 0, duplicates: 0 }
afterAll(() =>
  console.log(
    `spool twin: ${tally.commands} commands, ${tally.acknowledged} events acknowledged, ${tally.lost} lost, ${tally.duplicates} duplicates`,
  ),
)

const options = { segmentBytes: 900, name: 'web-1' } as const

describe('a spool and its plain twin', () => {
  it('S95 agree after every command', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 3, maxLength: 25 }), async (commands) => {
        let disk = new MemoryDisk()
        const outage = new Outage()
        const log = await outage.open()
        let spool: Spool = await opened({ fs: disk.fs, ...options })
        await announce(spool, log.append)
        /** The twin. */
        const waiting: string[] = []
        const written: string[] = []
        let n = 0
        const all: string[] = []
        const toLog = () => {
          for (const id of waiting.splice(0)) if (!written.includes(id)) written.push(id)
        }

        for (const step of commands) {
          tally.commands++
          switch (step.kind) {
            case 'append': {
              const ids = Array.from({ length: step.count }, () => `e-${n++}`)
              const receipts = await Promise.all(ids.map((id) => spool.append(event(id))))
              expect(receipts.map(({ eventId }) => eventId)).toEqual(ids)
              waiting.push(...ids)
              all.push(...ids)
              break
            }
            case 'again': {
              const id = all[step.pick % Math.max(1, all.length)]
              if (id === undefined) break
              // A retry of an event: spooled a second time, in the log once.
              await spool.append(event(id))
              waiting.push(id)
              break
            }
            case 'reopen':
              await spool.close()
              spool = await opened({ fs: disk.fs, ...options })
              break
            case 'kill': {
              const after = disk.afterKill()
              await spool.close()
              disk = after
              spool = await opened({ fs: disk.fs, ...options })
              break
            }
            case 'drain': {
              await drain(spool, log.append, { window: step.window })
              toLog()
              break
            }
            case 'broken-drain': {
              // A drain that breaks off: what the log has taken stays, in order, and the rest waits.
              let left = step.after
              const attempt = drain(spool, (input) => (left-- > 0 ? log.append(input) : Promise.reject(new Error('away'))), {
                window: step.window,
              })
              await attempt.then(toLog, () => {})
              break
            }
            case 'full': {
              disk.capacity = disk.used
              const results = await Promise.allSettled(
                Array.from({ length: step.count }, () => spool.append(event(`refused-${n++}`))),
              )
              expect(results.every(({ status }) => status === 'rejected')).toBe(true)
              disk.capacity = Number.POSITIVE_INFINITY
              break
            }
          }
          expect(spool.health()).toMatchObject({ damage: [], announced: true, refusing: undefined })
          if (step.kind === 'append' || step.kind === 'full')
            expect(spool.health().count).toBeGreaterThanOrEqual(step.kind === 'append' ? step.count : 0)
        }

        const after = disk.afterKill()
        await spool.close()
        const last = await opened({ fs: after.fs, ...options })
        await drain(last, log.append)
        toLog()
        const records = await outage.records()
        const seen = idsOf(records)
        tally.lost += all.filter((id) => !seen.includes(id)).length
        tally.duplicates += seen.length - new Set(seen).size
        expect(seen).toEqual(written)
        expect(written.length).toBe(all.length)
        const report = spoolReport(records)
        expect(report).toMatchObject({ lost: [], missing: 0, unusable: [] })
        expect(report.spools.every(({ standing }) => standing === 'drained' || standing === 'outstanding')).toBe(true)
        expect(report.outstanding).toEqual([last.health().spool])
        expect(records.filter((record) => !isOurs(record)).length).toBe(all.length)
        tally.acknowledged += all.length
        await last.close()
        await log.close()
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 1000 : 40 },
    )
  })
})
