import { errorsOf } from '@phi/core'

/** The errors of anchors. None but PHI_AUDIT_ANCHOR_DAMAGED says that a checkpoint that was anchored is gone. */
export const anchorErrors = {
  PHI_AUDIT_ANCHOR_OPTIONS: {
    problem: 'An option of the anchor is not valid',
    remedy: 'Correct the named option.',
  },
  PHI_AUDIT_ANCHOR_NOTE: {
    problem: 'The text is not a checkpoint that this anchor takes, and it was not anchored',
    remedy: 'Pass a signed checkpoint of the log that the anchor was made for.',
  },
  PHI_AUDIT_ANCHOR_UNAVAILABLE: {
    problem: 'The anchor could not be reached, so it is not known whether the checkpoint is there',
    remedy: 'Put it again: the same checkpoint is kept once.',
    retryable: true,
  },
  PHI_AUDIT_ANCHOR_DENIED: {
    problem: 'The anchor refused the request, and the checkpoint does not count as anchored',
    remedy: 'Check the credentials and what they permit, and the clock of this machine.',
  },
  PHI_AUDIT_ANCHOR_ANSWER: {
    problem: 'What the anchor answered is no answer to the request, and the checkpoint does not count as anchored',
    remedy: 'Check that the address is that of the anchor and not of a proxy or a login page.',
  },
  PHI_AUDIT_ANCHOR_DAMAGED: {
    problem: 'What lies at the anchor is not what was put there',
    remedy: 'Treat this as tampering: keep what lies there as it is, and compare it with other copies.',
  },
  PHI_AUDIT_ANCHOR_UNLOCKED: {
    problem: 'The checkpoint lies in the bucket and is not locked as asked, so it does not count as anchored',
    remedy: 'Switch Object Lock on for the bucket, and permit s3:PutObjectRetention and s3:GetObjectRetention.',
  },
  PHI_AUDIT_ANCHOR_CLOCK: {
    problem: 'The clock of this machine and that of the anchor disagree, so the time of the lock is wrong',
    remedy: 'Set the clock, and put the checkpoint again: the lock is then lengthened.',
  },
  PHI_AUDIT_ANCHOR_FULL: {
    problem: 'The disk of the anchor is full, and the checkpoint was not anchored',
    remedy: 'Make room and put it again.',
    retryable: true,
  },
  PHI_AUDIT_ANCHOR_IO: {
    problem: 'The disk of the anchor refused the operation, so it is not known what is there',
    remedy: 'Check that the directory is there and its disk is mounted; info.errno has the reason.',
    retryable: true,
  },
} as const

export const anchorError = errorsOf(anchorErrors)
