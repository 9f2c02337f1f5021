import type { IncidentEventType } from './events.ts'

/**
 * How far an incident has come. The clocks run from discovery in every one of them: 164.402(2) presumes a breach.
 * `reopened`: a finding was withdrawn, or a closed incident taken up again.
 */
export const incidentStates = ['suspected', 'contained', 'assessed', 'notified', 'reported', 'closed', 'reopened'] as const
export type IncidentState = (typeof incidentStates)[number]

export const incidentRoles = ['covered-entity', 'business-associate'] as const
export type IncidentRole = (typeof incidentRoles)[number]

export interface IncidentTransition {
  readonly roles: readonly IncidentRole[]
  readonly from: readonly IncidentState[]
  readonly event: IncidentEventType
  /** `same`: the event is recorded and the state stays. */
  readonly to: IncidentState | 'same'
}

const open = ['suspected', 'contained', 'assessed', 'notified', 'reported', 'reopened'] as const
const early = ['suspected', 'contained', 'reopened'] as const
const late = ['assessed', 'notified', 'reported'] as const

const row = (
  from: readonly IncidentState[],
  event: IncidentEventType,
  to: IncidentState | 'same',
  roles: readonly IncidentRole[] = incidentRoles,
): IncidentTransition => Object.freeze({ roles, from, event, to })

const found = (event: IncidentEventType) => [row(early, event, 'assessed'), row(late, event, 'same')]

/** Which event may follow in which state. What is not here is refused; what is here may still be refused for what it says. */
export const incidentTransitions: readonly IncidentTransition[] = Object.freeze([
  ...(
    [
      'knowledge-found',
      'headcount-revised',
      'milestone',
      'law-enforcement-stated',
      'investigated',
      'described',
      'post-incident-report',
    ] as const
  ).map((event) => row(open, event, 'same')),
  row(['suspected', 'reopened'], 'contained', 'contained'),
  row(['contained', ...late], 'contained', 'same'),
  ...found('assessed'),
  ...found('excluded'),
  ...found('secured'),
  row(['assessed'], 'finding-withdrawn', 'reopened'),
  row(['notified', 'reported'], 'finding-withdrawn', 'same'),
  row([...early, 'assessed'], 'notified', 'notified'),
  row(['notified', 'reported'], 'notified', 'same'),
  row(['notified', 'reported', 'reopened'], 'supplemented', 'same', ['business-associate']),
  row([...early, 'assessed', 'notified'], 'reported', 'reported', ['covered-entity']),
  row(['reported'], 'reported', 'same', ['covered-entity']),
  row(open, 'closed', 'closed'),
  row(['closed'], 'reopened', 'reopened'),
])

export const transitionOf = (
  role: IncidentRole,
  state: IncidentState,
  event: IncidentEventType,
): IncidentTransition | undefined =>
  incidentTransitions.find((each) => each.event === event && each.roles.includes(role) && each.from.includes(state))

export const belongsTo = (role: IncidentRole, event: IncidentEventType): boolean =>
  incidentTransitions.some((each) => each.event === event && each.roles.includes(role))
