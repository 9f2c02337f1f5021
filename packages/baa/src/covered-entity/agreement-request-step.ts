/**
 * How an agreement with a vendor comes about: asked for, sent, signed by the customer, countersigned by the vendor, and the countersigned
 * copy kept. It can end before that.
 */
export const agreementRequestStates = [
  'requested',
  'sent',
  'signed',
  'countersigned',
  'copy-kept',
  'declined',
  'withdrawn',
] as const
export type AgreementRequestState = (typeof agreementRequestStates)[number]

/** What happens to a request. Each leads to the state of its name. */
export const agreementRequestSteps = ['sent', 'signed', 'countersigned', 'copy-kept', 'declined', 'withdrawn'] as const
export type AgreementRequestStep = (typeof agreementRequestSteps)[number]

interface Way {
  /** Who has to do it. */
  readonly by: 'customer' | 'vendor'
  readonly from: readonly AgreementRequestState[]
}

/** From which states a step can be taken, and by whom. What is not here cannot happen. */
export const agreementRequestWays = {
  sent: { by: 'vendor', from: ['requested'] },
  signed: { by: 'customer', from: ['sent'] },
  countersigned: { by: 'vendor', from: ['signed'] },
  'copy-kept': { by: 'customer', from: ['countersigned'] },
  declined: { by: 'vendor', from: ['requested', 'sent', 'signed'] },
  // Once it is countersigned it is an agreement, and ends as one.
  withdrawn: { by: 'customer', from: ['requested', 'sent', 'signed'] },
} as const satisfies { readonly [Step in AgreementRequestStep]: Way }

/** The step that comes next where nothing goes wrong. */
export const nextStepOf: { readonly [State in AgreementRequestState]?: AgreementRequestStep } = {
  requested: 'sent',
  sent: 'signed',
  signed: 'countersigned',
  countersigned: 'copy-kept',
}
