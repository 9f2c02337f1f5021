import { errorsOf } from '@phi/core'

/** The errors of telehealth. That a platform is not usable, or a session must not take place, is a result and never an error. */
export const telehealthErrors = {
  PHI_BAA_PLATFORM: {
    problem: 'The facts of the platform cannot be read',
    remedy: 'Correct the place that is named; the form is described by `PlatformFacts` and `PlatformOptions`.',
  },
  PHI_BAA_SESSION: {
    problem: 'The session or its facts cannot be read',
    remedy: 'Correct the place that is named; the forms are described by `SessionFacts`, `Session` and `Confirmation`.',
  },
  PHI_BAA_LINK: {
    problem: 'The request for a session link cannot be read',
    remedy: 'Correct the place that is named; the form is described by `LinkRequest`.',
  },
  PHI_BAA_TRANSPORT: {
    problem: 'The transport report or profile cannot be read',
    remedy: 'Pass what `probe` returned, and a name of `transportProfiles` or an object of that form.',
  },
} as const

export const telehealthError = errorsOf(telehealthErrors)
