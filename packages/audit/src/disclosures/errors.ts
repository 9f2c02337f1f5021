import { errorsOf } from '@phi/core'

/** The errors of accountings. Those of the log and of evidence are in `auditErrors`. */
export const disclosureErrors = {
  PHI_AUDIT_DISCLOSURES_REQUEST: {
    problem: 'The request for an accounting is not valid, and nothing was accounted for or handed over',
    remedy: 'Correct the named field; dates are civil dates, YYYY-MM-DD, and the schema is closed.',
  },
  PHI_AUDIT_DISCLOSURES_RECORDS: {
    problem: 'The records do not come in the order of one log',
    remedy: 'Pass all records of one log, oldest first, as log.records() yields them.',
  },
  PHI_AUDIT_DISCLOSURES_FORMAT: {
    problem: 'This is not an accounting of disclosures in format v1',
    remedy: 'Ask the sender for the file again; it was damaged, cut short, or written by something else.',
  },
  PHI_AUDIT_DISCLOSURES_TEXTS: {
    problem: 'The texts of the page are not complete',
    remedy: 'Start from `englishTexts`, translate every entry, and keep the places in braces.',
  },
} as const

export const disclosureError = errorsOf(disclosureErrors)
