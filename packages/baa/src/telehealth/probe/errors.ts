import { errorsOf } from '@phi/core'

/** The errors of the probe. What a server does is a result and never an error. */
export const probeErrors = {
  PHI_BAA_PROBE: {
    problem: 'The probe cannot be sent',
    remedy: 'Pass an https address without credentials, and options as described by `ProbeOptions`.',
  },
} as const

export const probeError = errorsOf(probeErrors)
