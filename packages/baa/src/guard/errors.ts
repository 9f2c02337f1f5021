import { type ErrorContext, errorsOf, isPhiError, type PhiError } from '@phi/core'
import type { Decision } from '../decide/decision.ts'

/** The errors of guarded calls. Unless `info.sent` is true, nothing has left the machine. */
export const guardErrors = {
  PHI_BAA_GUARD: {
    problem: 'The guard cannot be set up in this way',
    remedy: 'Correct the option that is named, as described by `GuardOptions`.',
  },
  PHI_BAA_CALL: {
    problem: 'The call is not one that the guard can judge',
    remedy: 'Correct the place that is named. Options of the connection belong to the fetch that the guard was given.',
  },
  PHI_BAA_UNTAGGED: {
    problem: 'The call says nothing of the data in it',
    remedy:
      "Pass `phi: tagged(body, { data, use })`, or `phi: notPhi('why it holds none')`. A path or a query can hold it too.",
  },
  PHI_BAA_HOST: {
    problem: 'No party of the registry stands behind this address',
    remedy: 'Name the host in `hosts`, with its party and service. Only https is taken, and no address that is a number.',
  },
  PHI_BAA_FLOW_DENIED: {
    problem: 'The data may not go there',
    remedy: 'Read `decision.reasons`, or `explainDecision(error.decision)`: each says what to do.',
  },
  PHI_BAA_REDIRECT: {
    problem: 'A redirect was not followed',
    remedy: 'Ask the final address directly, or see the detail. The first host has what was sent to it.',
  },
  PHI_BAA_RECORD: {
    problem: 'The disclosure could not be recorded',
    remedy: 'Repair the sink. With `info.sent` the data has left, and only its outcome is missing from the record.',
  },
  PHI_BAA_SEND: {
    problem: 'No answer came, and whether the data was received is not known',
    remedy: 'Look at `info.reason` where it is given. Send again only what may be received twice.',
  },
} as const

export const guardError = errorsOf(guardErrors)

/** The error of a denied call, with the decision: words of the taxonomy, clauses, and ids of the registry. No data. */
export type FlowDenied = PhiError<'PHI_BAA_FLOW_DENIED'> & { readonly decision: Decision }

export const flowDenied = (decision: Decision, context: ErrorContext): FlowDenied =>
  Object.assign(guardError('PHI_BAA_FLOW_DENIED', context), { decision })

/** Whether an error is that of a denied call. */
export const isFlowDenied = (error: unknown): error is FlowDenied =>
  isPhiError(error, 'PHI_BAA_FLOW_DENIED') && 'decision' in error
