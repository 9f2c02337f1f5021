import type { Deadline, Status } from '../evaluate/deadline.ts'
import { deadlinesByGroup, type IncidentDeadlineOptions } from './deadlines.ts'
import { headcount, type Incident, investigationOf, isNoBreach, lastOf, toFollow } from './record.ts'

/** Something that keeps an incident open. */
export interface ClosingBlock {
  readonly what: 'duty' | 'group-not-asked' | 'investigation' | 'to-follow' | 'addendum' | 'post-incident-report'
  /** The duty, the group, the part that is missing. */
  readonly which: string
  readonly jurisdiction?: string
  readonly status?: Status
  readonly citation?: string
}

const quiet = new Set<Status>(['met', 'not-applicable', 'not-in-force'])

/** Done late is done; everything else that is not met is open, also where the text has no number. */
const isOpen = (deadline: Deadline): boolean => !quiet.has(deadline.status) && !(deadline.status === 'late' && deadline.done)

function openDuties(incident: Incident, options: IncidentDeadlineOptions): readonly ClosingBlock[] {
  return deadlinesByGroup(incident, options).flatMap(({ group, deadlines }) => {
    // A date until which something is kept is no duty that closing waits for.
    const keeps = new Set(group.rules.filter(({ limit }) => limit.kind === 'keep').map(({ id }) => id))
    return deadlines
      .filter((deadline) => isOpen(deadline) && !keeps.has(deadline.rule))
      .map(
        ({ duty, jurisdiction, status, citation }): ClosingBlock => ({
          what: 'duty',
          which: duty,
          status,
          citation,
          ...(jurisdiction !== undefined && { jurisdiction }),
        }),
      )
  })
}

/** 164.408 allows an estimate; once the number is another one, the Secretary is told it (from the Department's own page). */
function addendum(incident: Incident): readonly ClosingBlock[] {
  const told = lastOf(incident, 'reported')?.event.individuals
  const { individuals } = headcount(incident)
  return told !== undefined && individuals !== null && told !== individuals
    ? [{ what: 'addendum', which: 'number-of-individuals' }]
    : []
}

/**
 * What keeps an incident from being closed on a day: duties that are due, late, held, pending or without a number and not done;
 * groups that were said to apply and were not asked; and, unless a documented finding says that it was no breach, what is missing
 * from the investigation, from what was promised to the covered entity, and the post-incident report.
 * @throws as `incidentDeadlines`
 */
export function closingBlocks(incident: Incident, options: IncidentDeadlineOptions): readonly ClosingBlock[] {
  const asked = new Set(options.groups?.map(({ group }) => group.id))
  const blocks: ClosingBlock[] = (incident.opening.groups ?? [])
    .filter((id) => !asked.has(id))
    .map((which) => ({ what: 'group-not-asked', which }))
  blocks.push(...openDuties(incident, options))
  if (isNoBreach(incident)) return blocks
  blocks.push(...investigationOf(incident).missing.map((which): ClosingBlock => ({ what: 'investigation', which })))
  blocks.push(
    ...toFollow(incident).map((which): ClosingBlock => ({ what: 'to-follow', which, citation: '45 CFR 164.410(c)(2)' })),
  )
  blocks.push(...addendum(incident))
  if (!lastOf(incident, 'post-incident-report')) blocks.push({ what: 'post-incident-report', which: 'root-cause' })
  return blocks
}

/** A block in one word, for the list of a refusal. */
export const blockName = ({ what, which, jurisdiction }: ClosingBlock): string =>
  `${what}:${which}${jurisdiction === undefined ? '' : `:${jurisdiction}`}`
