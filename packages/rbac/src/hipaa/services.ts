import type { NamedRule } from '../policy/define.ts'
import { hipaaCitations as law } from './citations.ts'
import { type AnyBuilder, packWords } from './vocabulary.ts'

/** Programs: each for what it was set up for, and a model only for somebody of the care team. */
export function serviceRules(builder: AnyBuilder): readonly NamedRule[] {
  const { permit, is } = packWords(builder)
  const recipient = is.context('recipient')
  const drafting = is.and(
    is.contains(is.actor('services'), 'ai.note-draft'),
    is.in(is.actor('onBehalfOf'), is.resource('careTeam')),
  )
  return [
    permit('service')
      .to('read')
      .on('Patient', 'Appointment')
      .for('PATADMIN')
      .when(is.contains(is.actor('services'), 'scheduling.reminders'))
      .seeing('reminder')
      .cite(law.accessControl, law.minimumNecessary)
      .as('reminder-service-reads-channel-and-time'),
    permit('service')
      .to('read')
      .on('Claim')
      .for('HPAYMT')
      .when(is.contains(is.actor('services'), 'billing.claims'))
      .seeing('payer')
      .cite(law.accessControl, law.minimumNecessary)
      .as('claims-service-reads-claim-view'),
    permit('service')
      .to('disclose')
      .on('Claim')
      .for('HPAYMT')
      .when(is.and(is.contains(is.actor('services'), 'billing.claims'), is.in(recipient, ['health-plan', 'clearinghouse'])))
      .seeing('payer')
      .cite(law.paymentOfOthers, law.routineDisclosures)
      .as('claims-service-submits-claim-view'),
    permit('service')
      .to('read')
      .on('ProgressNote', 'TreatmentPlan', 'Recording')
      .for('TREATDS')
      .when(drafting)
      .seeing('prompt')
      .cite(law.accessControl, law.promptMinimum)
      .as('drafting-service-reads-prompt-view'),
    permit('service')
      .to('disclose')
      .on('ProgressNote', 'TreatmentPlan', 'Recording')
      .for('TREATDS')
      .when(is.and(drafting, is.eq(recipient, 'business-associate')))
      .seeing('prompt')
      .cite(law.businessAssociate, law.promptMinimum)
      .as('drafting-service-sends-prompt-view'),
    permit('service')
      .to('create')
      .on('AiDraft')
      .for('TREATDS')
      .when(drafting)
      .cite(law.accessControl)
      .as('drafting-service-writes-drafts'),
  ]
}
