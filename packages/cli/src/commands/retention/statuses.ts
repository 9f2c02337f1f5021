import type { AssessmentStatus } from '@phi/retention'

/** What each status says, in the order in which they are listed. */
export const statusWords: Readonly<Record<AssessmentStatus, string>> = {
  conflict: 'should be gone by one rule and must stay by another, or by a hold',
  unknown: 'a fact or a rule that may matter is not known',
  disposable: 'every applicable rule allows it',
  'needs-sign-off': 'over by rows that nobody signed off',
  'condition-unmet': 'over, and something must be done before',
  held: 'under a legal hold',
  'clock-not-started': 'still in effect, so that no clock runs',
  retain: 'a period runs, or it is kept for good',
}
