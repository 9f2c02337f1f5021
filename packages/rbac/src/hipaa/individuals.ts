import type { NamedRule } from '../policy/define.ts'
import { hipaaCitations as law } from './citations.ts'
import { recordSet } from './records.ts'
import { type AnyBuilder, packWords, stepUp } from './vocabulary.ts'

/** Patients, those who stand in for them, those who help them, and what is released to whom. */
export function individualRules(builder: AnyBuilder): readonly NamedRule[] {
  const { permit, forbid, is } = packWords(builder)
  const recipient = is.context('recipient')
  const patient = is.resource('patient')
  const own = is.eq(is.actor('patient'), patient)
  const notRefused = is.not(is.resource('representativeRefused'))
  const inCareTeam = is.in(is.actor('id'), is.resource('careTeam'))
  return [
    permit('patient')
      .to('read')
      .on(...recordSet, 'Export')
      .for('PATRQT')
      .when(own)
      .seeing('portal')
      .cite(law.access, law.individualExempt)
      .as('patient-reads-own-record'),
    permit('patient')
      .to('create')
      .on('Message', 'Appointment')
      .for('PATRQT')
      .when(own)
      .seeing('portal')
      .cite(law.toTheIndividual)
      .as('patient-writes-and-books'),
    permit('patient')
      .to('export')
      .on(...recordSet)
      .for('PATRQT')
      .when(is.and(own, is.eq(recipient, 'individual')))
      .seeing('portal')
      .requiring(stepUp)
      .cite(law.access, law.copies)
      .as('patient-takes-a-copy'),

    permit('representative')
      .to('read')
      .on(...recordSet)
      .for('PATRQT')
      .when(is.and(is.in(patient, is.actor('represents')), notRefused))
      .seeing('portal')
      .cite(law.adultRepresentative, law.endangerment)
      .as('representative-of-an-adult-reads'),
    permit('representative')
      .to('read')
      .on(...recordSet)
      .for('PATRQT')
      .when(is.and(is.in(patient, is.actor('parentOf')), is.eq(is.resource('parentExcluded'), 'no'), notRefused))
      .seeing('portal')
      .cite(law.minorRepresentative, law.endangerment)
      .as('parent-of-a-minor-reads'),
    permit('representative')
      .to('read')
      .on(...recordSet)
      .for('PATRQT')
      .when(is.and(is.in(patient, is.actor('executorOf')), is.resource('deceased'), notRefused))
      .seeing('portal')
      .cite(law.executor, law.endangerment)
      .as('executor-of-the-deceased-reads'),
    forbid()
      .to('disclose', 'export')
      .on(...recordSet, 'Export')
      .when(is.and(is.in(recipient, ['personal-representative', 'parent']), is.resource('representativeRefused')))
      .cite(law.endangerment)
      .as('nobody-refused-is-a-representative'),
    forbid()
      .to('disclose', 'export')
      .on(...recordSet, 'Export')
      .when(is.and(is.eq(recipient, 'parent'), is.not(is.eq(is.resource('parentExcluded'), 'no'))))
      .cite(law.minorRepresentative)
      .as('parent-stands-aside'),

    permit('administrator')
      .to('disclose', 'export')
      .on(...recordSet)
      .for('PATRQT')
      .when(is.in(recipient, ['individual', 'personal-representative', 'parent']))
      .seeing('portal')
      .requiring(stepUp)
      .cite(law.access, law.verification)
      .as('administrator-answers-access-requests'),
    permit('administrator')
      .to('disclose')
      .on(...recordSet)
      .when(is.and(is.eq(recipient, 'authorized-party'), is.granted('authorization')))
      .seeing('portal')
      .requiring(stepUp)
      .cite(law.authorization)
      .as('administrator-releases-by-authorization'),
    permit('therapist')
      .to('disclose')
      .on('PsychotherapyNote')
      .when(
        is.and(
          is.eq(is.resource('author'), is.actor('id')),
          is.eq(recipient, 'authorized-party'),
          is.granted('psychotherapy-authorization'),
        ),
      )
      .cite(law.psychotherapy)
      .as('originator-releases-psychotherapy-notes'),
    permit('therapist')
      .to('disclose')
      .on('SudCounselingNote')
      .when(
        is.and(
          is.eq(is.resource('author'), is.actor('id')),
          is.eq(recipient, 'authorized-party'),
          is.granted('sud-counseling-consent'),
        ),
      )
      .cite(law.sudCounseling)
      .as('originator-releases-counseling-notes'),
    permit('administrator')
      .to('read', 'disclose')
      .on('PsychotherapyNote', 'SudCounselingNote')
      .for('HLEGAL')
      .when(is.eq(is.context('proceedingBy'), patient))
      .requiring(stepUp)
      .cite(law.legalDefense, law.sudCounseling)
      .as('administrator-defends-the-entity'),

    permit('therapist')
      .to('disclose')
      .on('Appointment', 'TreatmentPlan', 'Payment')
      .for('FAMRQT', 'SUPNWK')
      .when(is.and(inCareTeam, is.eq(recipient, 'involved-in-care'), is.eq(is.resource('familyPreference'), 'agreed')))
      .seeing('involvement')
      .cite(law.family, law.familyAgreed)
      .as('family-hears-what-the-patient-agreed-to'),
    permit('therapist', 'administrator')
      .to('disclose')
      .on('Appointment', 'TreatmentPlan', 'Payment')
      .for('FAMRQT', 'SUPNWK')
      .when(
        is.and(
          is.resource('deceased'),
          is.eq(recipient, 'involved-in-care'),
          is.not(is.eq(is.resource('familyPreference'), 'objected')),
        ),
      )
      .seeing('involvement')
      .cite(law.familyOfDeceased)
      .as('family-of-the-deceased-hears-what-it-was-involved-in'),
    permit('administrator')
      .to('disclose')
      .on('Patient', 'Appointment', 'ProgressNote', 'TreatmentPlan')
      .when(is.and(is.resource('deceased'), is.le(is.resource('protectedUntil'), is.now())))
      .seeing('portal')
      .cite(law.fiftyYears)
      .as('fifty-years-after-death'),
  ]
}
