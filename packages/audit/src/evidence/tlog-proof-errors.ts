import { errorsOf } from '@phi/core'

/** The errors of `.tlog-proof` texts. */
export const tlogProofErrors = {
  PHI_AUDIT_TLOG_PROOF: {
    problem: 'The text is not a transparency log proof',
    remedy:
      'Ask the sender for the file again and keep its bytes as they are: every space and line end counts (C2SP tlog-proof).',
  },
} as const

export const tlogProofError = errorsOf(tlogProofErrors)
