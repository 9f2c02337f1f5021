import type { DataClass, Label, Service, Use } from '@phi/core'
import type { Where } from '../agreement/agreement.ts'
import type { AttestedIdentifiability, DecisionRequest } from '../decide/request.ts'
import type { Around } from './around.ts'
import {
  allClasses,
  allLabels,
  allServices,
  allUses,
  type Both,
  bits,
  classed,
  dataClassClasses,
  identifiabilities,
  instants,
  itemOf,
  labelClasses,
  planClasses,
  plans,
  serviceSignature,
  timeClasses,
  useClasses,
  type ValueClass,
} from './dimension.ts'
import { whereClasses, whereValues } from './where-values.ts'

/** What is asked about. What is left out: everything that there is. */
export interface Asked {
  readonly services?: readonly Service[] | undefined
  readonly data?: readonly DataClass[] | undefined
  readonly labels?: readonly Label[] | undefined
  readonly uses?: readonly Use[] | undefined
  readonly at?: readonly string[] | undefined
}

/** Every value that a request between two parties can differ in, as far as either registry can tell them apart. */
export interface Space {
  readonly services: readonly Service[]
  readonly data: readonly DataClass[]
  /** `undefined`: under none. */
  readonly labels: readonly (Label | undefined)[]
  readonly uses: readonly Use[]
  readonly at: readonly string[]
  /** Values by key; `configuration.name` for members of the configuration. */
  readonly where: ReadonlyMap<string, readonly (string | undefined)[]>
  readonly plans: readonly (string | undefined)[]
  /** Each is met, not met, or not said. */
  readonly conditions: readonly string[]
  readonly identifiabilities: readonly (AttestedIdentifiability | undefined)[]
}

/** With an authorization of the individual, and without. */
const AUTHORIZATIONS = 2

export function spaceOf(both: Both, asked: Asked): Space {
  const { first } = both
  return {
    services: asked.services ?? allServices,
    data: asked.data ?? allClasses,
    labels: [undefined, ...(asked.labels ?? allLabels)],
    uses: asked.uses ?? allUses,
    at: asked.at ?? instants(both),
    where: whereValues(limitsOf(both)),
    plans: plans(both),
    conditions: [...new Set(first.flatMap(({ agreement }) => agreement.conditions.map(({ condition }) => condition)))].sort(),
    identifiabilities: identifiabilities(both),
  }
}

const limitsOf = ({ first }: Both) =>
  first.flatMap(({ agreement }) => [...agreement.services, ...agreement.excludes].map(({ limits }) => limits))

export function sizeOf(space: Space): number {
  let places = 1
  for (const values of space.where.values()) places *= values.length
  const { services, data, labels, uses: used, at, plans: planned, conditions, identifiabilities: levels } = space
  return (
    services.length *
    data.length *
    labels.length *
    used.length *
    at.length *
    places *
    planned.length *
    3 ** conditions.length *
    levels.length *
    AUTHORIZATIONS
  )
}

interface ServiceCell {
  readonly service: Service
  readonly where: Where | undefined
  readonly members: readonly Service[]
  readonly count: number
  readonly alive: number
}

const MOST_PLACES = 2_000

/** Services with the places where they run, those together that are alike. */
function serviceCells(both: Both, space: Space): readonly ServiceCell[] | undefined {
  const places = whereClasses(limitsOf(both), MOST_PLACES)
  if (places === undefined) return undefined
  const all = space.services.flatMap((service) => places.map((place) => ({ service, ...place })))
  const groups = classed(
    all,
    ({ service, where }) => serviceSignature(both, service, (each) => each.service(service, where)),
    ({ service, where }) => bits(both, (each) => each.service(service, where).every(({ effect }) => effect !== 'deny')),
  )
  return groups.map(({ value, members, alive }) => ({
    service: value.service,
    where: value.where,
    members: [...new Set(members.map(({ service }) => service))],
    count: members.reduce((sum, { count }) => sum + count, 0),
    alive,
  }))
}

interface ConditionCell {
  readonly conditions: { readonly [name: string]: boolean } | undefined
  readonly count: number
  readonly alive: number
}

/** Every way in which the conditions before a service can stand. Those before the same agreements, and attested alike, go together. */
function conditionCells(both: Both, space: Space, service: Service): readonly ConditionCell[] {
  const applied = both.first.map((each) => each.conditions(service).map(({ condition }) => condition))
  const attested = (name: string) =>
    both.sides.map(({ model, from, to }) => space.at.map((at) => model.attested(from, to, name, Date.parse(at)) ?? null))
  const groups = classed(
    space.conditions,
    (name) => {
      const where = applied.map((names) => names.includes(name))
      return where.includes(true) ? JSON.stringify([where, attested(name)]) : ''
    },
    () => 0,
  )
  let cells: readonly ConditionCell[] = [{ conditions: undefined, count: 1, alive: bits(both, () => true) }]
  for (const { members } of groups) {
    const [met, said, all] = [1, 2 ** members.length, 3 ** members.length]
    const asked = (value: boolean) => Object.fromEntries(members.map((name) => [name, value]))
    const isApplied = applied.some((names) => names.includes(members[0] as string))
    const without = bits(both, (each) => !each.conditions(service).some(({ condition }) => members.includes(condition)))
    cells = cells.flatMap(({ conditions, count, alive }) =>
      isApplied
        ? [
            { conditions: { ...conditions, ...asked(true) }, count: count * met, alive },
            { conditions, count: count * (said - met), alive },
            { conditions: { ...conditions, ...asked(false) }, count: count * (all - said), alive: alive & without },
          ]
        : [{ conditions, count: count * all, alive }],
    )
  }
  return cells
}

/** One choice of everything but the data and its use. */
export interface Setting {
  readonly service: ServiceCell
  readonly conditions: ConditionCell
  readonly time: ValueClass<string>
  readonly plan: ValueClass<string | undefined>
}

export interface DataCell {
  readonly use: ValueClass<Use>
  readonly data: ValueClass<DataClass>
  readonly label: ValueClass<Label | undefined>
  readonly identifiability: AttestedIdentifiability | undefined
  readonly authorized: boolean
}

export function requestOf({ from, to }: Around, { service, conditions, time, plan }: Setting, cell: DataCell): DecisionRequest {
  const { use, data, label, identifiability, authorized } = cell
  return {
    from,
    to,
    service: service.service,
    data: [itemOf(data.value, label.value)],
    use: use.value,
    at: time.value,
    ...(service.where === undefined ? {} : { where: service.where }),
    ...(plan.value === undefined ? {} : { plan: plan.value }),
    ...(conditions.conditions === undefined ? {} : { conditions: conditions.conditions }),
    ...(identifiability === undefined ? {} : { identifiability }),
    ...(authorized ? { authorization: permission(use.value) } : {}),
  }
}

/** A setting or a cell of data, with the agreements that do not deny for it alone and the number of requests that it stands for. */
export interface Counted<Value> {
  readonly value: Value
  readonly alive: number
  readonly count: number
}

/** Every combination of everything but the data and its use. Undefined where places cannot be told apart. */
export function settingsOf(both: Both, space: Space): readonly Counted<Setting>[] | undefined {
  const times = timeClasses(both, space.at, space.conditions)
  const planned = planClasses(both, space.plans)
  return serviceCells(both, space)?.flatMap((service) =>
    conditionCells(both, space, service.service).flatMap((conditions) =>
      times.flatMap((time) =>
        planned.map((plan) => ({
          value: { service, conditions, time, plan },
          alive: service.alive & conditions.alive & time.alive & plan.alive,
          count: service.count * conditions.count * time.members.length * plan.members.length,
        })),
      ),
    ),
  )
}

/** Every combination of what goes and for what. */
export function dataCellsOf(both: Both, space: Space): readonly Counted<DataCell>[] {
  const classes = dataClassClasses(both, space.data)
  const labels = labelClasses(both, space.labels)
  return useClasses(both, space.uses).flatMap((use) =>
    classes.flatMap((data) =>
      labels.flatMap((label) =>
        space.identifiabilities.flatMap((identifiability) =>
          [false, true].map((authorized) => ({
            value: { use, data, label, identifiability, authorized },
            alive: use.alive & data.alive & label.alive,
            count: use.members.length * data.members.length * label.members.length,
          })),
        ),
      ),
    ),
  )
}

/** A permission of the individual for a use, with everything that it can name. */
const permission = (use: Use) => ({
  reference: 'on file',
  uses: [use],
  data: ['phi', 'label:psychotherapy', 'label:part2'] as const,
})
