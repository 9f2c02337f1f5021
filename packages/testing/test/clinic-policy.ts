import { definePolicy } from '@phi/rbac'
import { z } from 'zod'

/** The policy of a small clinic: the worked example of the README, with a test file beside it in YAML. */
export const clinicPolicy = definePolicy(
  {
    id: 'clinic',
    version: '1',
    resources: {
      Note: z.object({
        id: z.string(),
        tenant: z.string(),
        patient: z.string(),
        careTeam: z.array(z.string()),
        restricted: z.boolean(),
        status: z.enum(['draft', 'signed']),
        body: z.string(),
        diagnosis: z.string(),
      }),
      Claim: z.object({ id: z.string(), tenant: z.string(), patient: z.string(), selfPaid: z.boolean(), amount: z.number() }),
    },
    actions: ['read', 'update'],
    roles: { therapist: {}, supervisor: { inherits: ['therapist'] }, billing: {}, patient: {} },
    views: { billing: { Note: ['id', 'patient', 'diagnosis'] } },
  },
  ({ permit, forbid, is }) => [
    permit('therapist')
      .to('read')
      .on('Note')
      .when(is.in(is.actor('id'), is.resource('careTeam')))
      .cite('45 CFR 164.308(a)(4)')
      .as('care-team-reads'),
    permit('therapist')
      .to('update')
      .on('Note')
      .when(is.and(is.in(is.actor('id'), is.resource('careTeam')), is.eq(is.resource('status'), 'draft')))
      .cite('45 CFR 164.308(a)(4)')
      .as('care-team-writes'),
    permit('supervisor')
      .to('read')
      .on('Note')
      .for('HQUALIMP')
      .requiring({ type: 'step-up', acr_values: ['mfa'] })
      .as('supervision'),
    permit('billing').to('read').on('Note').for('HPAYMT').seeing('billing').cite('45 CFR 164.502(b)').as('billing-notes'),
    permit('billing').to('read', 'update').on('Claim').for('HPAYMT').as('billing-claims'),
    permit('patient')
      .to('read')
      .on('Note', 'Claim')
      .when(is.eq(is.actor('id'), is.resource('patient')))
      .cite('45 CFR 164.524(a)')
      .as('own-record'),
    forbid()
      .to('read')
      .on('Note')
      .when(is.resource('restricted'))
      .unless('emergency')
      .cite('45 CFR 164.522(a)')
      .as('restriction'),
    forbid()
      .to('read')
      .on('Claim')
      .for('HPAYMT')
      .when(is.resource('selfPaid'))
      .cite('45 CFR 164.522(a)(1)(vi)')
      .as('self-paid'),
  ],
)
