import { readMoment } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'
import type { Deadline } from '../evaluate/deadline.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import type { EvaluateOptions } from '../evaluate/options.ts'
import { federal } from '../federal/index.ts'
import { dateOf, requireNotBefore } from '../machine/history.ts'
import type { FactKinds } from '../rule/facts.ts'
import type { RuleGroup } from '../rule/group.ts'
import { metFacts } from './met.ts'
import { discovery, findingOf, headcount, type Incident, insideOf, lawEnforcementStatements, milestones } from './record.ts'

/** Rules beside the federal ones, of a State or of an agreement, with the facts that only they ask for. */
export interface IncidentGroup {
  // biome-ignore lint/suspicious/noExplicitAny: a group of any facts; `evaluate` checks what it is given
  readonly group: RuleGroup<any>
  readonly facts?: Readonly<Record<string, unknown>> | undefined
}

export interface IncidentDeadlineOptions extends EvaluateOptions {
  readonly groups?: readonly IncidentGroup[] | undefined
}

/** The federal rules of the role. */
const federalGroup = (incident: Incident): RuleGroup<FactKinds> =>
  (incident.role === 'covered-entity'
    ? federal.breachNotice
    : federal.businessAssociateNotice) as unknown as RuleGroup<FactKinds>

/** What the history knows, under the names by which rules ask for it. What is not known is left out. */
function ownFacts(incident: Incident): Readonly<Record<string, unknown>> {
  const { individuals, residents } = headcount(incident)
  const finding = findingOf(incident)
  const statements = lawEnforcementStatements(incident)
  return {
    discovered: discovery(incident).text,
    ...milestones(incident),
    ...(individuals !== null && { individuals }),
    ...(residents !== null && { residents }),
    ...(finding !== undefined && { finding, findingDocumented: true }),
    ...(statements.length > 0 && { lawEnforcement: statements }),
    hipaaRole: incident.role,
  }
}

/** Facts that only the history can say: a caller who gave them too could contradict it. */
const reserved = [
  'discovered',
  'knowledge',
  'detected',
  'aware',
  'determined',
  'confirmed',
  'individuals',
  'residents',
  'finding',
]
const alsoReserved = ['findingDocumented', 'lawEnforcement', 'hipaaRole', 'timeZone']

function factsFor(incident: Incident, group: RuleGroup<FactKinds>, given: IncidentGroup['facts'], met: boolean) {
  const extra = { ...given }
  const established = met ? metFacts(incident, group) : {}
  for (const name of [...reserved, ...alsoReserved, ...Object.keys(established)]) {
    if (Object.hasOwn(extra, name)) {
      throw deadlinesError('PHI_DEADLINES_FACTS', {
        path: 'options.groups.*.facts',
        detail: 'gives a fact that the history of the incident says',
      })
    }
  }
  const own = Object.entries(ownFacts(incident)).filter(([name]) => Object.hasOwn(group.facts, name))
  const { timeZone } = incident.opening
  return { ...extra, ...Object.fromEntries(own), ...established, ...(timeZone !== undefined && { timeZone }) }
}

const evaluated = (
  incident: Incident,
  { group, facts }: IncidentGroup,
  options: EvaluateOptions | undefined,
  met = true,
): readonly Deadline[] =>
  evaluate(group as RuleGroup<FactKinds>, factsFor(incident, group as RuleGroup<FactKinds>, facts, met) as never, options)

function groupsIn(options: IncidentDeadlineOptions | undefined): readonly IncidentGroup[] {
  const groups = options?.groups ?? []
  const fits = (each: unknown): boolean =>
    typeof each === 'object' &&
    each !== null &&
    typeof (each as IncidentGroup).group === 'object' &&
    (each as IncidentGroup).group !== null
  if (!Array.isArray(groups) || !groups.every(fits)) {
    throw deadlinesError('PHI_DEADLINES_OPTIONS', { path: 'options.groups', detail: 'must list groups of rules' })
  }
  return groups
}

/** The deadlines with the group that each is of. */
export function deadlinesByGroup(
  incident: Incident,
  options?: IncidentDeadlineOptions,
): readonly { readonly group: RuleGroup<FactKinds>; readonly deadlines: readonly Deadline[] }[] {
  const groups = groupsIn(options)
  const { groups: _, ...rest } = options ?? {}
  const { zone, timeline } = insideOf(incident)
  if (rest.today != null) requireNotBefore(readMoment(rest.today, zone, 'options.today'), timeline.latest)
  return [{ group: federalGroup(incident) }, ...groups].map((each) => ({
    group: each.group as RuleGroup<FactKinds>,
    deadlines: evaluated(incident, each, rest),
  }))
}

/**
 * What the incident makes due: the federal notices of its role, and those of the groups that are passed in (of States, of
 * agreements). Clocks run from discovery whatever the state, since a breach is presumed until a documented finding says otherwise.
 * @throws PhiError PHI_DEADLINES_CONTRADICTION when `today` lies before the last entry; PHI_DEADLINES_FACTS when a group is given a
 *   fact that the history says; else as `evaluate`
 */
export const incidentDeadlines = (incident: Incident, options?: IncidentDeadlineOptions): readonly Deadline[] =>
  deadlinesByGroup(incident, options).flatMap(({ deadlines }) => deadlines)

/** Whether a delay for law enforcement is in effect on a day: asked as if nobody had been notified yet. */
export const isDelayed = (incident: Incident, today: string): boolean =>
  evaluated(incident, { group: federalGroup(incident) }, { today }, false).some(({ status }) => status === 'held')

/**
 * How long the documentation of the incident is kept: what shows that notices were made, or that there was no breach, 164.414(b),
 * for six years, 164.530(j). Until the incident is closed the clock has not started and there is no date.
 * @throws as `incidentDeadlines`
 */
export function documentationDue(incident: Incident, options?: EvaluateOptions): Deadline {
  const { timeline, zone } = insideOf(incident)
  if (options?.today != null) requireNotBefore(readMoment(options.today, zone, 'options.today'), timeline.latest)
  const { timeZone } = incident.opening
  const [deadline] = evaluate(
    federal.documentation,
    {
      created: dateOf(timeline.latest),
      inEffect: incident.state === 'closed' ? 'never' : 'still',
      ...(timeZone !== undefined && { timeZone }),
    },
    options,
  )
  return deadline as Deadline
}
