import { type BenchRequest, forbidSpecs, inherits, type Kind, permitSpecs, roles } from './clinic.ts'

type Check = (request: BenchRequest) => boolean

const checks: Readonly<Record<Kind | 'restricted' | 'sealed', Check>> = {
  'care-team': ({ actor, resource }) => resource.record.careTeam.includes(actor.id),
  signed: ({ resource }) => resource.record.status === 'signed',
  own: ({ actor, resource }) => resource.record.patient === actor.id,
  billable: ({ resource }) => resource.record.status === 'signed' && resource.record.amount > 0,
  any: () => true,
  'signed-team': ({ actor, resource }) => resource.record.careTeam.includes(actor.id) || resource.record.status === 'signed',
  restricted: ({ resource, purpose }) => resource.record.restricted && purpose !== 'ETREAT',
  sealed: ({ resource }) => resource.record.sealed,
}

interface Place {
  readonly forbids: Check[]
  readonly permits: Map<string, Check[]>
}

/**
 * The same policy as somebody would write it by hand for speed: a Map by type and action, closures by role, records trusted to be
 * loaded and of the right types. Two-valued, without reasons.
 */
export function byHand(): Check {
  const places = new Map<string, Map<string, Place>>()
  const place = (type: string, action: string): Place => {
    let ofType = places.get(type)
    if (ofType === undefined) {
      ofType = new Map()
      places.set(type, ofType)
    }
    let found = ofType.get(action)
    if (found === undefined) {
      found = { forbids: [], permits: new Map() }
      ofType.set(action, found)
    }
    return found
  }
  for (const { type, actions, kind } of forbidSpecs)
    for (const action of actions) place(type, action).forbids.push(checks[kind])
  for (const { role, type, actions, kind } of permitSpecs) {
    const holders = roles.filter((each) => each === role || inherits[each]?.includes(role))
    for (const action of actions) {
      for (const holder of holders) {
        const { permits } = place(type, action)
        permits.set(holder, [...(permits.get(holder) ?? []), checks[kind]])
      }
    }
  }
  return (request) => {
    const { actor, resource } = request
    if (resource.record.tenant !== actor.tenant) return false
    const found = places.get(resource.type)?.get(request.action)
    if (found === undefined) return false
    for (const forbid of found.forbids) if (forbid(request)) return false
    for (const role of actor.roles) {
      const list = found.permits.get(role)
      if (list !== undefined) for (const permit of list) if (permit(request)) return true
    }
    return false
  }
}
