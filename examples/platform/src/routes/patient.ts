import type { Notice } from '@phi/baa/safeguards'
import { formatInstant } from '@phi/core'
import type { Call } from '@phi/http'
import type { MessageRoutingConfig } from '@phi/rbac/directives'
import { z } from 'zod'

// What the routes of patients share.

/** What a practice sends its patients, how long it is kept, and who hears of a concern. */
export interface RightsOptions {
  readonly routing: MessageRoutingConfig
  /** The notice of privacy practices of the practices here, with all its versions. */
  readonly notice: Notice
  /** Who answers for accountings: stands on the paper that the patient gets. */
  readonly entity: { readonly name: string; readonly telephone: string; readonly responsible: string }
  readonly timeZone: string
}

export const word = z.string().min(1).max(64)
export const dayOf = (at: number): string => formatInstant(at).slice(0, 10)

/** What a patient prefers, as the policy sees it. */
export const preference = (call: Call<unknown, unknown>) => ({
  ...{ id: call.params.id ?? 'preferences', tenant: call.caller.tenant },
  patient: call.params.patient ?? '',
})
/** Patients act for themselves, the practice administers. */
export const purposeFor = ({ caller }: Call<unknown, unknown>) => (caller.roles.includes('patient') ? 'PATRQT' : 'PATADMIN')
