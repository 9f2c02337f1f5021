import type { NamedRule } from '../policy/define.ts'
import { hipaaCitations as law } from './citations.ts'
import { carriers, patientTypes } from './records.ts'
import { type AnyBuilder, packWords } from './vocabulary.ts'

/** Payment: codes for billing, a list of fields for health plans, and what health plans never get. */
export function paymentRules(builder: AnyBuilder): readonly NamedRule[] {
  const { permit, forbid, is } = packWords(builder)
  const towardsPlan = is.in(is.context('recipient'), ['health-plan', 'clearinghouse'])
  return [
    permit('billing')
      .to('read')
      .on('Patient', 'Appointment', 'ProgressNote', 'Claim', 'Payment')
      .for('HPAYMT')
      .seeing('billing')
      .cite(law.minimumNecessary, law.usesByRole)
      .as('billing-sees-codes'),
    permit('billing')
      .to('create', 'update')
      .on('Claim', 'Payment')
      .for('HPAYMT')
      .seeing('billing')
      .cite(law.minimumNecessary, law.usesByRole)
      .as('billing-works-on-claims'),
    permit('billing')
      .to('disclose')
      .on('Claim')
      .for('HPAYMT')
      .when(towardsPlan)
      .seeing('payer')
      .cite(law.paymentOfOthers, law.routineDisclosures)
      .as('health-plan-gets-claim-view'),
    forbid()
      .to('disclose', 'export')
      .on('Claim')
      .when(towardsPlan)
      .hiding('narrative', 'attachment')
      .cite(law.minimumNecessary, law.routineDisclosures)
      .as('health-plan-gets-no-narrative'),
    forbid()
      .to('disclose', 'export')
      .on(...patientTypes)
      .when(is.and(is.contains(is.resource('labels'), 'self-pay-restricted'), towardsPlan))
      .cite(law.selfPay)
      .as('self-pay-never-reaches-health-plan'),
    forbid()
      .to('disclose', 'export')
      .on(...carriers)
      .for('COVERAGE')
      .when(is.and(is.contains(is.resource('labels'), 'genetic'), towardsPlan))
      .cite(law.underwriting)
      .as('genetic-information-is-not-for-underwriting'),
  ]
}
