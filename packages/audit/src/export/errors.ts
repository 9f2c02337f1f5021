import { errorsOf } from '@phi/core'

/** The errors of the exports. Those of the log they read from are in `auditErrors`. */
export const exportErrors = {
  PHI_AUDIT_EXPORT_OPTIONS: {
    problem: 'An option of the export is not valid',
    remedy: 'Correct the named option.',
  },
  PHI_AUDIT_EXPORT_FORMAT: {
    problem: 'The text is not an export of this kind, or it was changed',
    remedy: 'Export again, or ask the sender for the file again; info says where reading stopped.',
  },
  PHI_AUDIT_EXPORT_CUT: {
    problem: 'The export ends before its end: records are missing from it',
    remedy: 'Do not use what was read as if it were all; export again.',
  },
  PHI_AUDIT_EXPORT_TOO_LARGE: {
    problem: 'A record of the export is longer than the reader takes',
    remedy: 'Raise `maxLength` if the file is trusted to that size.',
  },
} as const

export const exportError = errorsOf(exportErrors)
