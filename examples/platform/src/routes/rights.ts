import type { RouteModule } from '../parts.ts'
import type { RightsOptions } from './patient.ts'
import { patientDirectiveRoutes } from './patient-directives.ts'
import { patientRequestRoutes } from './patient-requests.ts'
import { privacyNoticeRoutes } from './privacy-notice.ts'
import { whole } from './records.ts'
import { routesOf } from './routes-of.ts'

export type { RightsOptions } from './patient.ts'

/** What patients ask for: 45 CFR 164.520 to 164.528. */
export const rightsRoutes =
  (options: RightsOptions): RouteModule =>
  (app, parts) => {
    for (const routes of [patientRequestRoutes(options), patientDirectiveRoutes(options), privacyNoticeRoutes(options)])
      routes(app, parts)
    const { records, within } = parts
    const route = routesOf(app, parts)

    // A physician who referred the patient stands outside: a look at the plan is a disclosure to a treating provider.
    route.get('/referred/plans/:id', {
      ...{ action: 'disclose', on: 'TreatmentPlan', purpose: 'TREAT' },
      context: () => ({ recipient: 'treating-provider', identityVerified: true }),
      load: async ({ caller, params }) =>
        whole(
          parts,
          caller.tenant,
          await within(caller.tenant, (tx) => records.find(tx, caller.tenant, 'TreatmentPlan', params.id ?? '')),
        ),
    })

    // A booking that was a mistake goes; what was sent or signed never does.
    route.delete('/appointments/:id', {
      ...{ action: 'update', auditAs: 'delete', on: 'Appointment', purpose: 'PATADMIN', writes: true, fields: () => [] },
      load: async ({ caller, params }) =>
        whole(
          parts,
          caller.tenant,
          await within(caller.tenant, (tx) => records.find(tx, caller.tenant, 'Appointment', params.id ?? '')),
        ),
      handle: async ({ caller, params }, { tx }) => {
        await records.remove(tx, caller.tenant, 'Appointment', params.id ?? '')
        return undefined
      },
    })
  }
