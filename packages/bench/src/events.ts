import type { AuditEventInput } from '@phi/audit'

const roles = ['therapist', 'front-desk', 'billing', 'admin']
const agents = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64)',
]

/** An event of a clinic's day, of the size that services record. */
export const benchEvent = (i: number): AuditEventInput => ({
  action: i % 5 === 0 ? 'update' : 'read',
  outcome: i % 50 === 0 ? 'denied' : 'success',
  occurredAt: '2026-11-21T10:00:00.000Z',
  actor: { id: `u-${i % 97}`, type: 'workforce', roles: [roles[i % roles.length] as string] },
  source: { ip: `203.0.113.${i % 256}`, userAgent: agents[i % agents.length] as string, session: `s-${i % 512}` },
  subject: { resource: { type: 'ProgressNote', id: `n-${i}` }, patients: [`p-${i % 1000}`] },
  context: { purpose: 'TREAT' },
})

/** So many events, all different. */
export const benchEvents = (count: number): AuditEventInput[] => Array.from({ length: count }, (_, i) => benchEvent(i))
