import { errorsOf } from '@phi/core'

/** The errors of agreements and registries. That data may not flow is a decision and never an error. */
export const baaErrors = {
  PHI_BAA_AGREEMENT: {
    problem: 'The agreement is not valid',
    remedy: 'Correct the place that is named; the form is described by `AgreementInput`.',
  },
  PHI_BAA_CONTRADICTION: {
    problem: 'The agreement contradicts itself',
    remedy: 'Read the contract again and correct the places that are named; nothing was decided on it.',
  },
  PHI_BAA_REGISTRY: {
    problem: 'The registry is not valid',
    remedy: 'Correct the place that is named; the form is described by `RegistryOptions`.',
  },
  PHI_BAA_REQUEST: {
    problem: 'The question cannot be read',
    remedy: 'Pass an object as described by `DecisionRequest`; `at` is an instant such as 2026-11-21T10:00:00.000Z.',
  },
} as const

export const baaError = errorsOf(baaErrors)
