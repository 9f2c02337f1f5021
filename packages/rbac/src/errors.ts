import { errorsOf } from '@phi/core'

/** The errors of policies and decisions. A request that is wrong is not among them: it gets a denial that says why. */
export const rbacErrors = {
  PHI_RBAC_POLICY: {
    problem: 'The policy is not valid',
    remedy: 'Correct the place that is named; the JSON form is described by `policySchema`.',
  },
  PHI_RBAC_NARROWING: {
    problem: 'The additional rules could widen the policy',
    remedy: 'Pass forbids only: what a patient or an incident adds may take access away, and never grant any.',
  },
  PHI_RBAC_RECORD: {
    problem: 'The record could not be narrowed',
    remedy: 'Pass a plain record without circles, as it was loaded.',
  },
  PHI_RBAC_HIDDEN_FIELD: {
    problem: 'The query filters, sorts or selects by a field that the actor may not see',
    remedy: 'Leave the field out, or ask for a purpose whose view shows it.',
  },
  PHI_RBAC_QUERY: {
    problem: 'The request cannot become a query',
    remedy:
      'Pass a known actor, action, type and purpose; a request that would be denied for everything yields a filter that matches nothing.',
  },
  PHI_RBAC_UNTRANSLATABLE: {
    problem: 'The policy or the request says something that the target cannot say faithfully',
    remedy: 'Change what is named, or keep deciding in the application; nothing was translated.',
  },
  PHI_RBAC_TOO_LARGE: {
    problem: 'The rules of a resource combine too many independent conditions for an exact answer',
    remedy: 'Split the resource or the rules, or raise the limit that is named.',
  },
  PHI_RBAC_BASELINE: {
    problem: 'The stored table does not belong to this kind of report',
    remedy: 'Write it anew from the policy that was reviewed last.',
  },
} as const

export const rbacError = errorsOf(rbacErrors)
