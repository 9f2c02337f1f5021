import type { AuditEventInput } from '@phi/audit'

/** Somebody who acts, and from where. */
export interface Party {
  readonly actor: AuditEventInput['actor']
  readonly source: NonNullable<AuditEventInput['source']>
}

const DESKTOP = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36'
const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148'

/** The addresses are from the blocks that RFC 5737 keeps for documentation. */
function staff(id: string, role: string, desk: number): Party {
  return {
    actor: { id, type: 'workforce', roles: [role], organization: 'clinic' },
    source: { ip: `203.0.113.${desk}`, userAgent: DESKTOP, session: `s-${desk}-1`, site: 'main building' },
  }
}

export function service(id: string, onBehalfOf?: string): Party {
  const actor = { id, type: 'service' as const, organization: 'clinic' }
  return { actor: onBehalfOf === undefined ? actor : { ...actor, onBehalfOf }, source: { ip: '203.0.113.250' } }
}

export const portalUser = (patient: string, n: number): Party => ({
  actor: { id: `patient-${patient}`, type: 'patient', roles: ['patient'] },
  source: { ip: `192.0.2.${n + 1}`, userAgent: PHONE, session: `portal-${n}` },
})

export const therapists = [1, 2, 3, 4, 5].map((n) => staff(`u-therapist-0${n}`, 'therapist', 10 + n))
export const frontDesk = [1, 2].map((n) => staff(`u-frontdesk-0${n}`, 'front-desk', 20 + n))
export const billing = staff('u-billing-01', 'billing', 31)
export const supervisor = staff('u-supervisor-01', 'supervisor', 41)
export const administrator = staff('u-admin-01', 'administrator', 51)
export const everybody = [...therapists, ...frontDesk, billing, supervisor, administrator]
