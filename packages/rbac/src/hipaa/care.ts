import type { NamedRule } from '../policy/define.ts'
import { hipaaCitations as law } from './citations.ts'
import { type AnyBuilder, packWords } from './vocabulary.ts'

/** Treatment: the care team, what it tells other providers, and the notes that stay with who wrote them. */
export function careRules(builder: AnyBuilder): readonly NamedRule[] {
  const { permit, is } = packWords(builder)
  const inCareTeam = is.in(is.actor('id'), is.resource('careTeam'))
  const isAuthor = is.eq(is.resource('author'), is.actor('id'))
  const toProvider = is.eq(is.context('recipient'), 'treating-provider')
  return [
    permit('therapist')
      .to('read')
      .on('Patient', 'Appointment', 'ProgressNote', 'TreatmentPlan', 'Message', 'Recording', 'AiDraft')
      .for('TREAT')
      .when(inCareTeam)
      .cite(law.treatment, law.usesByRole)
      .as('care-team-reads'),
    permit('therapist')
      .to('create', 'update')
      .on('Appointment', 'Message', 'Recording', 'AiDraft')
      .for('TREAT')
      .when(inCareTeam)
      .cite(law.treatment, law.usesByRole)
      .as('care-team-writes'),
    permit('therapist')
      .to('create', 'update', 'sign')
      .on('ProgressNote', 'TreatmentPlan')
      .for('TREAT')
      .when(is.and(inCareTeam, isAuthor))
      .cite(law.treatment, law.integrity)
      .as('author-writes-and-signs'),
    permit('therapist')
      .to('sign')
      .on('AiDraft')
      .for('TREAT')
      .when(is.and(inCareTeam, is.eq(is.resource('reviewedBy'), is.actor('id'))))
      .cite(law.integrity)
      .as('reviewer-signs-ai-draft'),
    permit('therapist')
      .to('read', 'sign')
      .on('Claim')
      .for('HPAYMT')
      .when(inCareTeam)
      .seeing('billing')
      .cite(law.treatment, law.minimumNecessary)
      .as('therapist-attests-claim'),
    permit('therapist')
      .to('disclose')
      .on('Patient', 'Appointment', 'ProgressNote', 'TreatmentPlan', 'Recording')
      .for('TREAT')
      .when(is.and(inCareTeam, toProvider))
      .cite(law.treatmentOfOthers, law.treatmentExempt)
      .as('care-team-tells-treating-provider'),
    permit('referringPhysician')
      .to('disclose')
      .on('Patient', 'TreatmentPlan')
      .for('TREAT')
      .when(is.and(is.in(is.actor('id'), is.resource('referrers')), toProvider))
      .seeing('referral')
      .cite(law.treatmentOfOthers, law.accessManagement)
      .as('referring-physician-sees-plan'),
    permit('therapist')
      .to('create', 'read', 'update')
      .on('PsychotherapyNote', 'SudCounselingNote')
      .for('TREAT')
      .when(is.and(inCareTeam, isAuthor))
      .cite(law.originator, law.sudCounseling)
      .as('originator-keeps-own-notes'),
    permit('therapist')
      .to('read')
      .on('PsychotherapyNote', 'SudCounselingNote')
      .for('TRAIN')
      .when(is.in(is.actor('id'), is.resource('trainingGroup')))
      .cite(law.ownTraining, law.sudCounseling)
      .as('training-group-reads-notes'),
    permit('therapist')
      .to('read')
      .on('PsychotherapyNote')
      .for('TREAT')
      .when(is.and(inCareTeam, is.granted('psychotherapy-authorization')))
      .cite(law.psychotherapy)
      .as('care-team-reads-psychotherapy-notes-by-authorization'),
    permit('therapist')
      .to('read')
      .on('SudCounselingNote')
      .for('TREAT')
      .when(is.and(inCareTeam, is.granted('sud-counseling-consent')))
      .cite(law.sudCounseling)
      .as('care-team-reads-counseling-notes-by-consent'),
  ]
}
