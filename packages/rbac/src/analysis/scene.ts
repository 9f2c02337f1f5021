import type { Request } from '../decision/request.ts'
import type { Facts } from '../expression/evaluate.ts'
import { instantOf } from '../policy/grant.ts'
import { SOME_TIME } from './numbers.ts'
import type { VariableId } from './variables.ts'

/** What is handed in as grants: a sound one of each of these kinds, and perhaps one that is not sound. */
export interface GrantChoice {
  readonly kinds: readonly string[]
  readonly unsound: boolean
}

/** Stands for an object whose attributes are variables of their own. */
export const AN_OBJECT = Object.freeze({})

/** A value for some variables. `undefined` where an attribute was not loaded, no purpose is given, no grants are handed in. */
export type Assignment = readonly (readonly [VariableId, unknown])[]

interface Parts {
  actor: Record<string, unknown>
  record: Record<string, unknown>
  context: Record<string, unknown>
}

/** A request under construction: what the tests of atoms read while values are tried. */
export interface Scene {
  readonly facts: Facts
  set(id: VariableId, value: unknown): void
  request(roles: readonly string[]): Request
}

const text = (value: unknown): value is string => typeof value === 'string' && value !== ''
const iso = (at: number): string => new Date(at).toISOString()
const MINUTE_MS = 60_000

function grantsOf(choice: GrantChoice, actor: Parts['actor'], patient: unknown, time: unknown): unknown {
  const at = Number.isNaN(instantOf(time)) ? SOME_TIME : instantOf(time)
  const sound = choice.kinds.map((kind) => ({
    kind,
    tenant: actor.tenant,
    patient: text(patient) ? patient : 'patient-1',
    actor: actor.id,
    from: iso(at - MINUTE_MS),
    until: iso(at + MINUTE_MS),
    reason: 'stated',
  }))
  return choice.unsound ? [...sound, {}] : sound
}

/** A scene for one type and action, inside the tenant wall. */
export function sceneFor(type: string, action: string, tenant: string, patient: string | undefined): Scene {
  const parts: Parts = {
    actor: { id: 'actor-1', tenant: 'tenant-1', roles: [] },
    record: { [tenant]: 'tenant-1' },
    context: {},
  }
  let purpose: unknown
  let time: unknown = iso(SOME_TIME)
  let grants: GrantChoice | undefined
  const build = () => (grants === undefined ? undefined : grantsOf(grants, parts.actor, patient && parts.record[patient], time))
  const facts: Facts = {
    actor: parts.actor,
    action,
    resource: { type, record: parts.record },
    context: parts.context,
    get purpose() {
      return purpose
    },
    get at() {
      return time
    },
    get grants() {
      return build()
    },
  }
  const write = (id: VariableId, value: unknown): void => {
    const [root, ...names] = id.split('.') as [string, ...string[]]
    let place = root === 'actor' ? parts.actor : root === 'resource' ? parts.record : parts.context
    for (const name of names.slice(0, -1)) place = place[name] as Record<string, unknown>
    const last = names.at(-1) as string
    if (value === undefined) delete place[last]
    else place[last] = value === AN_OBJECT ? {} : value
  }
  return {
    facts,
    set(id, value) {
      if (id === 'purpose') purpose = value
      else if (id === 'now') time = value
      else if (id === 'grants') grants = value as GrantChoice | undefined
      else {
        write(id, value)
        if (id === 'actor.tenant') write(`resource.${tenant}`, value)
      }
    },
    request(roles) {
      const context = Object.keys(parts.context).length === 0 ? {} : { context: parts.context }
      const handed = build()
      return {
        actor: { ...parts.actor, roles: [...roles] },
        action,
        resource: { type, record: parts.record },
        ...(purpose === undefined ? {} : { purpose }),
        ...context,
        ...(handed === undefined ? {} : { grants: handed }),
        at: time,
      } as unknown as Request
    },
  }
}
