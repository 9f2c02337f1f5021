import type { NamedRule } from '../policy/define.ts'
import { builtInOverrides } from '../policy/override.ts'
import { hipaaCitations as law } from './citations.ts'
import { type AnyBuilder, packWords } from './vocabulary.ts'

/**
 * Breaking the glass: a therapist outside the care team reads one patient's record, for one hour and one stated reason, and may
 * tell the provider who treats the emergency. What is owed: an audit entry, notices and a review. Notes kept apart stay closed, and
 * Part 2 records open as the medical emergency that is written down, not because a glass was broken.
 */
export function emergencyRules(builder: AnyBuilder): readonly NamedRule[] {
  const { permit, is } = packWords(builder)
  const glass = is.granted('break-glass')
  const owed = builtInOverrides['break-glass'].obligations
  return [
    permit('therapist')
      .to('read')
      .on('Patient', 'Appointment', 'ProgressNote', 'TreatmentPlan', 'Recording')
      .for('BTG')
      .when(glass)
      .requiring(...owed)
      .cite(law.emergencyAccess)
      .as('broken-glass-opens-one-record'),
    permit('therapist')
      .to('disclose')
      .on('Patient', 'ProgressNote', 'TreatmentPlan')
      .for('BTG')
      .when(is.and(glass, is.eq(is.context('recipient'), 'treating-provider')))
      .requiring(...owed)
      .cite(law.emergencyAccess, law.treatmentExempt)
      .as('broken-glass-tells-who-treats'),
  ]
}
