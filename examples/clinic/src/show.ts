import type { AuditLog, AuditRecord } from '@phi/audit'
import type { Db, Queryable } from '@phi/postgres'
import type { Day } from './day.ts'
import type { Charts } from './fhir.ts'
import { failsToSign, type Played } from './play.ts'
import type { Claims } from './report.ts'
import { bold, count, dim, line, seconds, table, yellow } from './screen.ts'

/** What was read, what was left out, and what the log has no place for. */
export function showCharts({ files: read, byPatient, leftOut, auditEvents }: Charts): void {
  const entries = [...byPatient.values()].flat()
  const types = new Map<string, number>()
  for (const { type } of entries) types.set(type, (types.get(type) ?? 0) + 1)
  const common = [...types].sort(([, a], [, b]) => b - a).slice(0, 3)
  line(`${count(read)} example resources of HL7 FHIR R4 (public domain, CC0), from their npm package:`)
  line(
    `${count(entries.length)} chart entries of ${byPatient.size} patients: ${common.map(([type, n]) => `${n} ${type}`).join(', ')} …`,
  )
  line(dim(`${leftOut.length} left out: no patient of their own server, or an animal`))
  const values = auditEvents.reduce((sum, each) => sum + each.values, 0)
  const lost = auditEvents.reduce((sum, each) => sum + each.notCarried.length, 0)
  const kinds = new Map<string, number>()
  for (const path of auditEvents.flatMap(({ notCarried }) => notCarried)) {
    const kind = path
      .replace(/\[\d+\]/g, '')
      .split('.')
      .slice(0, 2)
      .join('.')
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  const worst = [...kinds].sort(([, a], [, b]) => b - a).slice(0, 3)
  const years = auditEvents.map(({ event }) => event.occurredAt?.slice(0, 4) ?? '').sort()
  line(
    `${auditEvents.length} AuditEvents of ${years[0]} to ${years.at(-1)} become entries: ${values - lost} of ${values} values carried over.`,
  )
  line(dim(`no place in an entry for the others: ${worst.map(([kind, n]) => `${kind} ${n}`).join(', ')} …`))
}

/** What happened that day, by kind, and how the log took it. */
export async function showDay(
  { db, log, claims }: { db: Db; log: AuditLog<Queryable>; claims: Claims },
  { moments }: Day,
  { events, milliseconds, checkpoints }: Played,
): Promise<void> {
  const total = (actions: readonly string[]) => count(moments.filter(({ event }) => actions.includes(event.action)).length)
  const outcome = (wanted: string) => count(moments.filter(({ event }) => event.outcome === wanted).length)
  table([
    ['read, searched', total(['read', 'search']), '  changed, signed', total(['create', 'update', 'sign'])],
    [
      'signed in or out',
      total(['login', 'logout', 'mfa', 'session-expired']),
      '  sent, exported, printed',
      total(['send', 'download', 'upload', 'export', 'print', 'disclose']),
    ],
    ['failed sign-ins', outcome('failure'), '  settings, roles, keys', total(['configure', 'grant', 'revoke', 'key-rotate'])],
    ['refused by policy', outcome('denied'), '  glass broken, reviewed', total(['break-glass', 'review'])],
  ])
  line(
    `${bold(count(events))} events recorded in ${seconds(milliseconds)}, ${count(events / (milliseconds / 1000))} a second, minute by minute.`,
  )
  line(`${checkpoints.length} signed checkpoints, one an hour; copies are kept outside the database.`)
  const signed = moments.filter(({ mark }) => mark === 'sign-note')
  const { rows } = await db.query<{ notes: number }>('select count(*)::int as notes from clinic.signed_note')
  const { records } = await log.query({ action: 'sign', limit: 1000 })
  claims.check(
    rows[0]?.notes === signed.length && records.length === signed.length,
    `${signed.length} notes signed, each in one transaction with its entry`,
  )
  const [last] = signed.slice(-1)
  claims.check(
    last !== undefined && (await failsToSign(db, log, last)),
    'one more failed before its commit: neither note nor entry is there',
  )
  const { status, pending, unanchored } = log.health()
  claims.check(
    status === 'ok' && pending === 0,
    `health: ${status}, ${pending} pending, ${unanchored} entries since the last checkpoint`,
  )
}

/** Everybody who touched what the log knows about one patient today. */
export async function showAccess(log: AuditLog<Queryable>, { emergency, opens, closes }: Day): Promise<void> {
  const seen = new Map<string, AuditRecord[]>()
  const query = {
    patient: emergency.patient,
    from: new Date(opens).toISOString(),
    until: new Date(closes).toISOString(),
    order: 'oldest' as const,
  }
  let cursor: string | undefined
  do {
    const page = await log.query(cursor === undefined ? query : { ...query, cursor })
    for (const record of page.records) {
      const glass = record.event.context?.breakGlass === true ? ' (glass broken)' : ''
      const key = `${record.event.actor?.id ?? ''}${glass}`
      seen.set(key, [...(seen.get(key) ?? []), record])
    }
    cursor = page.next
  } while (cursor !== undefined)
  const rows = [...seen].map(([who, records]) => {
    const time = (record: AuditRecord | undefined) => record?.event.occurredAt?.slice(11, 16) ?? ''
    const purposes = [...new Set(records.flatMap(({ event }) => event.context?.purpose ?? []))]
    const denied = records.filter(({ event }) => event.outcome === 'denied').length
    return [
      who,
      String(records.length),
      `${time(records[0])}–${time(records.at(-1))}`,
      purposes.join(' '),
      denied > 0 ? `${denied} denied` : '',
    ]
  })
  table(
    [['who', 'events', 'from–to', 'purpose', ''], ...rows],
    [dim, ...rows.map(([who]) => (who?.includes('glass') === true ? yellow : String))],
  )
  line(dim('TREAT treatment, PATADMIN administration, PATRQT asked for by the patient, BTG break the glass'))
}
