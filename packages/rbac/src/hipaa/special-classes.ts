import type { NamedRule } from '../policy/define.ts'
import { hipaaCitations as law } from './citations.ts'
import { carriers, patientTypes } from './records.ts'
import { type AnyBuilder, packWords } from './vocabulary.ts'

/**
 * Notes kept apart, and whatever was made of them; records of Part 2 programs; what State law and common practice protect beyond
 * HIPAA. A broken glass opens none of the notes kept apart.
 */
export function specialClassRules(builder: AnyBuilder): readonly NamedRule[] {
  const { forbid, is } = packWords(builder)
  const labels = is.resource('labels')
  // HIPAA has no rule of its own for these. What protects them differs by State, so they stay closed but for treatment.
  const furtherProtected = is.or(
    is.contains(labels, 'hiv'),
    is.contains(labels, 'genetic'),
    is.contains(labels, 'reproductive'),
    is.resource('stateLaw'),
  )
  return [
    forbid()
      .to('read', 'update', 'sign')
      .on('PsychotherapyNote')
      .unless('psychotherapy-authorization', 'originator', 'own-training', 'legal-defense')
      .cite(law.psychotherapy)
      .as('psychotherapy-notes-need-authorization'),
    forbid()
      .to('disclose', 'export')
      .on('PsychotherapyNote')
      .unless('psychotherapy-authorization', 'own-training', 'legal-defense')
      .cite(law.psychotherapy)
      .as('psychotherapy-notes-leave-by-authorization'),
    forbid()
      .to('read', 'update', 'sign')
      .on(...carriers)
      .when(is.contains(labels, 'psychotherapy'))
      .unless('psychotherapy-authorization', 'originator', 'legal-defense')
      .cite(law.psychotherapy)
      .as('made-of-psychotherapy-notes'),
    forbid()
      .to('disclose', 'export')
      .on(...carriers)
      .when(is.contains(labels, 'psychotherapy'))
      .unless('psychotherapy-authorization', 'legal-defense')
      .cite(law.psychotherapy)
      .as('made-of-psychotherapy-notes-leaves-by-authorization'),

    forbid()
      .to('read', 'update', 'sign')
      .on('SudCounselingNote')
      .unless('sud-counseling-consent', 'originator', 'own-training', 'legal-defense')
      .cite(law.sudCounseling)
      .as('counseling-notes-need-their-own-consent'),
    forbid()
      .to('disclose', 'export')
      .on('SudCounselingNote')
      .unless('sud-counseling-consent', 'own-training', 'legal-defense')
      .cite(law.sudCounseling)
      .as('counseling-notes-leave-by-their-own-consent'),
    forbid()
      .to('read', 'update', 'sign')
      .on(...carriers)
      .when(is.contains(labels, 'sud-counseling'))
      .unless('sud-counseling-consent', 'originator', 'legal-defense')
      .cite(law.sudCounseling)
      .as('made-of-counseling-notes'),
    forbid()
      .to('disclose', 'export')
      .on(...carriers)
      .when(is.contains(labels, 'sud-counseling'))
      .unless('sud-counseling-consent', 'legal-defense')
      .cite(law.sudCounseling)
      .as('made-of-counseling-notes-leaves-by-their-own-consent'),

    forbid()
      .to('read', 'update', 'sign')
      .on('Patient', 'Appointment', 'Payment', 'PsychotherapyNote', ...carriers)
      .when(is.contains(labels, 'part2'))
      .unless('within-part2-program', 'part2-consent', 'own-record', 'medical-emergency')
      .cite(law.part2, law.part2Consent)
      .as('part2-records-need-consent'),
    forbid()
      .to('disclose', 'export')
      .on('Patient', 'Appointment', 'Payment', 'PsychotherapyNote', ...carriers)
      .when(is.contains(labels, 'part2'))
      .unless('consent', 'to-the-patient', 'medical-emergency')
      .cite(law.part2, law.part2Consent)
      .as('part2-records-leave-by-consent'),

    forbid()
      .to('read', 'update', 'sign')
      .on(...patientTypes)
      .when(furtherProtected)
      .unless('treatment-by-people', 'own-record', 'adult-represented', 'authorization')
      .cite(law.stateLaw)
      .as('protected-by-state-law'),
    forbid()
      .to('disclose', 'export')
      .on(...patientTypes)
      .when(furtherProtected)
      .unless('to-treating-provider', 'to-the-individual', 'authorization')
      .cite(law.stateLaw)
      .as('protected-by-state-law-towards-others'),
  ]
}
