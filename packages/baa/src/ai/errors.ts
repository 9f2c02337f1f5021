import { errorsOf } from '@phi/core'

/** The errors of @phi/baa/ai. That a prompt may not go, or that a draft may not move on, is a value and never an error. */
export const aiErrors = {
  PHI_BAA_AI_REQUEST: {
    problem: 'The request of a model cannot be read',
    remedy: 'Correct the place that is named; the form is described by `GateRequest` and `GateOptions`.',
  },
  PHI_BAA_AI_KEY: {
    problem: 'The key for the hashes of texts cannot be used',
    remedy: 'Pass a `Uint8Array` of 32 random bytes or more, and keep it where your other keys are kept.',
  },
  PHI_BAA_AI_EVENT: {
    problem: 'The use of a model cannot be written down',
    remedy: 'Correct the place that is named; the form is described by `AiUse`.',
  },
  PHI_BAA_AI_DRAFT: {
    problem: 'The event of a draft cannot be read',
    remedy: 'Correct the place that is named; the form is described by `DraftEvent` and `DraftPolicy`.',
  },
  PHI_BAA_AI_PURGE: {
    problem: 'The deletion of prompts and outputs cannot be planned',
    remedy: 'Correct the place that is named; the form is described by `PurgeItem`, `PurgeRules` and `PurgeEvent`.',
  },
} as const

export const aiError = errorsOf(aiErrors)
