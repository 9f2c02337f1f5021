import { errorsOf } from '@phi/core'

/** The errors of the spool. Those of the log it stands in for are in `auditErrors`. */
export const spoolErrors = {
  PHI_AUDIT_SPOOL_OPTIONS: {
    problem: 'An option of the spool is not valid',
    remedy: 'Correct the named option.',
  },
  PHI_AUDIT_SPOOL_LOCKED: {
    problem: 'The directory of the spool belongs to another process that is running',
    remedy: 'Give every process a directory of its own, or end the other process first.',
  },
  PHI_AUDIT_SPOOL_KEY: {
    problem: 'The spool was sealed with another key, and nothing was changed',
    remedy: 'Open it with the key it was sealed with and drain it before the key is replaced.',
  },
  PHI_AUDIT_SPOOL_UNANNOUNCED: {
    problem: 'The log does not know of this spool yet, so its loss could not be noticed; the event was not spooled',
    remedy:
      'Refuse the access that was to be recorded. Once the log has been reached, the spool is announced and takes events.',
    retryable: true,
  },
  PHI_AUDIT_SPOOL_FULL: {
    problem: 'The spool or its disk is full, and the event was not spooled',
    remedy: 'Refuse the access that was to be recorded; there is room again once the spool has been drained.',
    retryable: true,
  },
  PHI_AUDIT_SPOOL_IO: {
    problem: 'The disk refused the operation; no event that was acknowledged is affected',
    remedy: 'Refuse the access that was to be recorded, and check the disk; info.errno has the reason.',
    retryable: true,
  },
  PHI_AUDIT_SPOOL_BROKEN: {
    problem: 'The disk did not confirm a write, or it could not be taken back, so the spool takes no more events',
    remedy: 'Refuse the access that was to be recorded, check the disk, and open the spool again. It can still be drained.',
  },
  PHI_AUDIT_SPOOL_DAMAGED: {
    problem: 'Records of the spool were altered or are missing, so it takes no more events until it has been drained',
    remedy: 'Drain it: what can be read goes to the log, together with a record of what is missing. Then find the cause.',
  },
  PHI_AUDIT_SPOOL_CLOSED: {
    problem: 'The spool has been closed',
    remedy: 'Open it again with openSpool().',
  },
} as const

export const spoolError = errorsOf(spoolErrors)

const ERRNO = /^E[A-Z0-9]{1,24}$/

/** The code of an operating system's error. Its message is not used: it quotes paths. */
export function errnoOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && ERRNO.test(code) ? code : 'unknown'
}

const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** The error for a failed call of the file system: full, or any other reason. */
export function diskError(error: unknown) {
  const errno = errnoOf(error)
  return spoolError(NO_ROOM.has(errno) ? 'PHI_AUDIT_SPOOL_FULL' : 'PHI_AUDIT_SPOOL_IO', { info: { errno } })
}
