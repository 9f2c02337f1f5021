import { errorsOf } from '@phi/core'

/** The errors of going on with an export of lines that was cut off. */
export const linesErrors = {
  PHI_AUDIT_LINES_DAMAGED: {
    problem: 'The lines that are there are not the beginning of an export, so it cannot be gone on with',
    remedy: 'Keep the file as it is if somebody may have changed it, and export the whole log to a new one.',
  },
  PHI_AUDIT_LINES_RESUME: {
    problem: 'The lines that are there are not of this log at this checkpoint, so nothing was added to them',
    remedy: 'Go on with the log and the checkpoint that the export was begun with, or export to a new file.',
  },
} as const

export const linesError = errorsOf(linesErrors)
