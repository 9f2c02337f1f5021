import { formatInstant, sha256Base64, utf8 } from '@phi/core'
import { type Alert, type Detector, detect, type Facts, type PracticeFacts, practiceFacts } from '../../src/detect/index.ts'
import type { AuditEventInput } from '../../src/event.ts'
import { parseAuditEvent } from '../../src/parse-event.ts'
import type { AuditRecord } from '../../src/record.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** A Monday, 09:00 in New York (UTC-5). */
export const MONDAY = Date.parse('2026-01-05T14:00:00.000Z')

export type Input = Omit<AuditEventInput, 'occurredAt'> & {
  /** When the log took it; when it happened, unless `happened` says otherwise. */
  readonly at: number
  readonly happened?: number
}

/** Records as a log would give them, without one. */
export function recordsOf(inputs: readonly Input[], start = 0): AuditRecord[] {
  return inputs.map(({ at, happened, ...event }, i) => {
    const index = start + i
    const id = event.id ?? `e-${index}`
    const parsed = parseAuditEvent({ ...event, id, occurredAt: formatInstant(happened ?? at) })
    return {
      index,
      recordedAt: formatInstant(at),
      hash: sha256Base64(utf8(`${index} ${id}`)),
      origin: 'clinic.example/audit',
      event: parsed as AuditRecord['event'],
      withheld: [],
      altered: [],
      sealed: [],
      genuine: true,
    }
  })
}

export const facts = (rows: Partial<PracticeFacts> = {}): Facts => practiceFacts({ timeZone: 'America/New_York', ...rows })

export interface Ran {
  /** Every revision. */
  readonly alerts: Alert[]
  /** The last revision of each alert. */
  readonly last: Alert[]
  readonly coverage: ReturnType<ReturnType<typeof detect>['coverage']>[string]
}

export function runOne(detector: Detector, inputs: readonly Input[], known: Facts = facts()): Ran {
  const detection = detect({ detectors: [detector], facts: known })
  const alerts = recordsOf(inputs).flatMap((record) => detection.step(record))
  const last = [...new Map(alerts.map((alert) => [alert.id, alert])).values()]
  return { alerts, last, coverage: detection.coverage()[detector.name] as Ran['coverage'] }
}

export const staffMember = (id: string, ...roles: string[]) => ({ id, type: 'workforce' as const, roles })

/** Somebody opens a record. */
export const read = (at: number, actor: string, patients: readonly string[], more: Partial<Input> = {}): Input => ({
  at,
  action: 'read',
  outcome: 'success',
  actor: staffMember(actor, 'nurse'),
  ...more,
  subject: { ...more.subject, patients: [...patients] },
})

export const login = (at: number, actor: string, ip: string, outcome: 'success' | 'failure' = 'success'): Input => ({
  at,
  action: outcome === 'success' ? 'login' : 'login-failed',
  outcome,
  actor: staffMember(actor, 'nurse'),
  source: { ip },
})

/** `count` patients from a number on. */
export const patients = (count: number, from = 0): string[] => Array.from({ length: count }, (_, i) => `p-${from + i}`)
