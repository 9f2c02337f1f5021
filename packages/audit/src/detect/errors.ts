import { errorsOf } from '@phi/core'

/** The errors of `@phi/audit/detect`. */
export const detectErrors = {
  PHI_AUDIT_DETECT_FACTS: {
    problem: 'The facts about the practice are not valid',
    remedy: 'Correct the named field; the schema is `practiceFactsSchema`. Leave out a section that you do not know.',
  },
  PHI_AUDIT_DETECT_OPTIONS: {
    problem: 'An option of a detector is not valid',
    remedy: 'Correct the named option.',
  },
  PHI_AUDIT_DETECT_STATE: {
    problem: 'The stored state is not one of these detectors, so detection was not resumed',
    remedy:
      'Pass the state that was saved by the same detectors with the same options, or start without one and read the log again from where the baselines should begin.',
  },
  PHI_AUDIT_DETECT_ORDER: {
    problem: 'A record is not the next one of the log, and it was not judged',
    remedy: 'Pass the records of one log oldest first and without a gap: log.records({ from: detection.next }).',
  },
  PHI_AUDIT_DETECT_FAILED: {
    problem: 'The facts failed to answer while a record was judged, and detection stopped',
    remedy: 'Correct the cause in error.cause, and resume from the state that was saved last.',
  },
  PHI_AUDIT_DETECT_INVESTIGATE: {
    problem: 'The question of the investigation is not valid',
    remedy: 'Name an actor, patients or both, and a time from its beginning to its end.',
  },
} as const

export const detectError = errorsOf(detectErrors)
