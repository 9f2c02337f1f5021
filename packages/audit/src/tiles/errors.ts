import { errorsOf, isPhiError, type PhiError } from '@phi/core'

/** The errors of tile directories: writing one, and reading one that somebody else wrote. */
export const tilesErrors = {
  PHI_AUDIT_TILES_OPTIONS: {
    problem: 'An option of the tiles is not valid',
    remedy: 'Correct the named option.',
  },
  PHI_AUDIT_TILES_CHECKPOINT: {
    problem: 'The checkpoint cannot be used for these tiles',
    remedy: 'Pass a checkpoint of this log, signed by a key that was given.',
  },
  PHI_AUDIT_TILES_HISTORY: {
    problem: 'Two checkpoints contradict each other: one of the two is not of the same history',
    remedy: 'Treat this as tampering: keep both as they are, and compare them with checkpoints held elsewhere.',
  },
  PHI_AUDIT_TILES_SOURCE: {
    problem: 'The log does not have the entries that its checkpoint signs, so the new checkpoint was not published',
    remedy: 'Run verify() on the log to find out which entry is missing or altered.',
  },
  PHI_AUDIT_TILES_SINK: {
    problem: 'The tiles could not be written, so the new checkpoint was not published',
    remedy: 'Export again: it goes on where the published checkpoint ends. info.errno has the reason where there is one.',
    retryable: true,
  },
  PHI_AUDIT_TILES_BUSY: {
    problem: 'Somebody else is exporting to the same place, and nothing was written',
    remedy: 'Export again later, or from one process only.',
    retryable: true,
  },
  PHI_AUDIT_TILES_READ: {
    problem: 'The tiles could not be read',
    remedy: 'Retry; info has the status or the reason. This says nothing about the log.',
    retryable: true,
  },
  PHI_AUDIT_TILES_MISSING: {
    problem: 'A file that the checkpoint calls for is not there',
    remedy: 'Ask for the whole directory, or find out whether the log was pruned below this index.',
  },
  PHI_AUDIT_TILES_DAMAGED: {
    problem: 'The tiles or entries do not lead to the signed root: they were altered or damaged',
    remedy: 'Run verify() on the tiles to find the place, and get the named file from another copy.',
  },
  PHI_AUDIT_TILES_RANGE: {
    problem: 'The index or size lies outside the checkpoint',
    remedy: 'Ask for entries below its size.',
  },
} as const

export const tilesError = errorsOf(tilesErrors)

const ERRNO = /^E[A-Z0-9]{1,24}$/

/** An error of ours as it is; of anything else only the operating system's code: its message quotes paths. */
export function sinkFault(error: unknown): PhiError {
  if (isPhiError(error)) return error
  return tilesError('PHI_AUDIT_TILES_SINK', { info: { errno: errnoOf(error) } })
}

/** The same for reading. */
export function readFault(error: unknown): PhiError {
  if (isPhiError(error)) return error
  return tilesError('PHI_AUDIT_TILES_READ', { info: { errno: errnoOf(error) } })
}

export function errnoOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && ERRNO.test(code) ? code : 'unknown'
}
