import { type Clock, fixedClock } from '@phi/core'
import type { AccountingRequest } from '../../src/disclosures/index.ts'
import type { AuditEventInput } from '../../src/event.ts'
import { type AuditLog, type AuditRecord, ed25519Signer, memoryStore, openAuditLog } from '../../src/index.ts'
import type { AuditStore } from '../../src/store/store.ts'

export const origin = 'clinic.example/audit'
export const signer = ed25519Signer.fromSecretKey(
  origin,
  Uint8Array.from({ length: 32 }, (_, i) => i),
)
export const by = {
  actor: { id: 'u-2', type: 'workforce' as const, roles: ['privacy-officer'] },
  source: { ip: '203.0.113.9' },
}

export const request: AccountingRequest = {
  patient: { id: 'p-88', name: 'Ada Example' },
  entity: {
    name: 'Example Clinic',
    address: '1 Main Street\nSpringfield, IL 62701',
    telephone: '+1 217 555 0100',
    responsible: 'Privacy Office',
  },
  requestedOn: '2026-04-10',
  preparedOn: '2026-04-20',
  timeZone: 'America/Chicago',
}

type Disclosure = NonNullable<NonNullable<AuditEventInput['context']>['disclosure']>

export const toHealthDepartment: Disclosure = {
  recipient: 'State Department of Health',
  address: '535 W Jefferson St, Springfield',
  description: 'Result of a laboratory test for pertussis',
  purpose: 'Reporting of a notifiable disease, required by public health law',
}

/** A disclosure of p-88's information, to be listed unless told otherwise. */
export function disclosure(more: Partial<AuditEventInput> = {}, context: AuditEventInput['context'] = {}): AuditEventInput {
  return {
    action: 'disclose',
    outcome: 'success',
    occurredAt: '2025-06-01T15:00:00.000Z',
    actor: { id: 'u-17', type: 'workforce', roles: ['nurse'] },
    source: { ip: '203.0.113.77', userAgent: 'Mozilla/5.0' },
    subject: { patients: ['p-88'], resource: { type: 'Observation', id: 'o-1' } },
    ...more,
    context: { disclosure: toHealthDepartment, details: { 'disclosure.basis': 'public-health' }, ...context },
  }
}

export const basis = (key: string) => ({ details: { 'disclosure.basis': key } })

export interface World {
  readonly log: AuditLog
  readonly store: AuditStore
  readonly clock: Clock & { advance(milliseconds: number): void; set(to: string | number): void }
  readonly vkey: string
}

/** A log in memory. Its clock stands at the day on which the accounting is made. */
export async function world(events: readonly AuditEventInput[] = [], at = '2026-04-20T15:00:00.000Z'): Promise<World> {
  const store = memoryStore()
  const clock = fixedClock(at)
  const log = await openAuditLog({ origin, store, signer, clock })
  for (const event of events) await log.append(event)
  return { log, store, clock, vkey: signer.vkey }
}

/** A record as a log of its own making would hand it out, without the trouble of one. */
export function record(index: number, { actor, source, subject, context, ...event }: AuditEventInput): AuditRecord {
  return {
    index,
    recordedAt: event.occurredAt ?? '2026-01-01T00:00:00.000Z',
    hash: '',
    origin,
    event: {
      id: `e-${index}`,
      occurredAt: '2026-01-01T00:00:00.000Z',
      ...event,
      actor: { ...actor, roles: actor.roles ?? [] },
      ...(source && { source }),
      ...(subject && { subject }),
      ...(context && { context }),
    } as AuditRecord['event'],
    withheld: [],
    altered: [],
    sealed: [],
    genuine: true,
  }
}
