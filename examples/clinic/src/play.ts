import type { AuditLog } from '@phi/audit'
import type { Clock } from '@phi/core'
import type { Db, Queryable } from '@phi/postgres'
import type { Day } from './day.ts'
import type { Mark, Moment } from './diary.ts'
import { progress } from './screen.ts'
import { headNow, type OldHead } from './tamper.ts'

/** The clinic's own table, beside the log and in the same database. */
export const CLINIC_SCHEMA = `
  create schema clinic;
  create table clinic.signed_note (id text primary key, signed_by text not null check (signed_by like 'u-therapist-%'), signed_at timestamptz not null)`

export interface Played {
  readonly events: number
  readonly milliseconds: number
  /** Indices of the entries that the story comes back to. */
  readonly index: Readonly<Partial<Record<Mark, number>>>
  /** Signed checkpoints, one an hour, kept outside the database. */
  readonly checkpoints: readonly string[]
  /** How the log ended at noon: what a backup of that time holds. */
  readonly backup: OldHead
}

/** Plays the day, a minute at a time: what happens within a minute is appended at once. */
export async function play(
  day: Day,
  { db, log, clock }: { db: Db; log: AuditLog<Queryable>; clock: Clock & { set(to: number): void } },
): Promise<Played> {
  const bar = progress()
  const index: Partial<Record<Mark, number>> = {}
  const checkpoints: string[] = []
  let backup: OldHead | undefined
  let events = 0
  const started = performance.now()
  for (let minute = day.opens; minute < day.closes; minute += 60_000) {
    const moments = day.moments.filter(({ at }) => at >= minute && at < minute + 60_000)
    clock.set(minute + 59_999)
    const noted = await Promise.all(
      moments
        .filter(({ mark }) => mark !== 'sign-note')
        .map(async (moment) => ({ moment, receipt: await log.append(moment.event) })),
    )
    for (const { moment, receipt } of noted) if (moment.mark !== undefined) index[moment.mark] = receipt.index
    for (const moment of moments) if (moment.mark === 'sign-note') await signNote(db, log, moment)
    events += moments.length
    const time = new Date(minute + 60_000).toISOString().slice(11, 16)
    if (time.endsWith(':00')) checkpoints.push(await log.checkpoint())
    if (time === '12:00') backup = await headNow(db, log.tenant)
    bar.to((minute + 60_000 - day.opens) / (day.closes - day.opens), `${time}  ${events} events`)
  }
  bar.end()
  if (backup === undefined) throw new Error('the day was too short')
  return { events, milliseconds: performance.now() - started, index, checkpoints, backup }
}

/**
 * A business write and its audit entry, in one transaction: both, or neither. The entry comes last, because it keeps the log's
 * head locked until the transaction ends.
 */
function signNote(db: Db, log: AuditLog<Queryable>, { at, event }: Moment, after = () => {}): Promise<void> {
  return db.transaction(async (tx) => {
    const note = event.subject?.resource?.id
    await tx.query('insert into clinic.signed_note values ($1, $2, $3)', [note, event.actor.id, new Date(at).toISOString()])
    await log.appendIn(tx, event)
    after()
  })
}

/** A note is signed, and then something fails before the transaction commits. Returns whether note and entry are both gone. */
export async function failsToSign(db: Db, log: AuditLog<Queryable>, { at, event }: Moment): Promise<boolean> {
  const other = {
    ...event,
    id: 'sign-failed',
    subject: { ...event.subject, resource: { type: 'SessionNote', id: 'note-failed' } },
  }
  const outage = new Error('the application failed here')
  const failed = await signNote(db, log, { at, event: other }, () => {
    throw outage
  }).then(
    () => false,
    (error: unknown) => error === outage,
  )
  const { rows } = await db.query(`select 1 from clinic.signed_note where id = 'note-failed'`)
  const { records } = await log.query({ eventId: 'sign-failed' })
  return failed && rows.length === 0 && records.length === 0
}
