import { errorsOf } from '@phi/core'

/** The errors of data flow maps. That a flow is not covered is a finding and never an error. */
export const flowErrors = {
  PHI_BAA_FLOWS: {
    problem: 'The data flow map is not valid',
    remedy: 'Correct the place that is named; the form is described by `FlowsInput`.',
  },
  PHI_BAA_BASELINE: {
    problem: 'The baseline cannot be read',
    remedy: 'Pass what `baseline` returned, unchanged; write a new one if it is lost.',
  },
  PHI_BAA_FIDES: {
    problem: 'The Fides manifest cannot be read',
    remedy: 'Pass the parsed YAML of one or several manifests: objects with `system` and `dataset`.',
  },
} as const

export const flowError = errorsOf(flowErrors)
