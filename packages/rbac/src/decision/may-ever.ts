import type { Clock } from '@phi/core'
import type { Facts } from '../expression/evaluate.ts'
import type { Atom } from '../expression/expression.ts'
import { FALSE, TRUE, UNKNOWN } from '../expression/truth.ts'
import { grantPossible, instantOf } from '../policy/grant.ts'
import { type Bucket, type Compiled, readsRecord } from './bucket.ts'
import { atTime, MAX_ROLES, type TypeRequest } from './request.ts'
import { ANY_TRUTH, canBe, type Possible, possibleOf, possibly } from './tree.ts'

/** Which truths each atom can take for the records of the type, given who asks, from where, when and what for. */
function possibleAtoms(bucket: Bucket, asked: TypeRequest, clock: Clock): readonly Possible[] {
  const at = bucket.timed && asked.at === undefined ? clock() : asked.at
  const facts = { ...atTime(asked as unknown as Facts, at), resource: { type: asked.type, record: {} } } as Facts
  const atom = (each: Atom, index: number): Possible => {
    if (each.op === 'granted') {
      const question = {
        kind: each.kind,
        tenant: facts.actor.tenant,
        actor: facts.actor.id,
        purpose: facts.purpose,
        type: asked.type,
        action: asked.action,
        at: instantOf(at),
      }
      if (asked.grants === undefined) return possibly(FALSE)
      return grantPossible(asked.grants, question) ? ANY_TRUTH : possibly(FALSE) | possibly(UNKNOWN)
    }
    if (readsRecord(each)) return ANY_TRUTH
    try {
      return possibly((bucket.tests[index] as Bucket['tests'][number])(facts))
    } catch {
      return possibly(UNKNOWN)
    }
  }
  return bucket.atoms.map(atom)
}

/** Whether some record of the type could be allowed, at least once obligations are discharged. */
export function mayEver(bucket: Bucket, asked: TypeRequest, clock: Clock): boolean {
  const { id, tenant, roles } = asked.actor as {
    readonly id: unknown
    readonly tenant: unknown
    readonly roles: readonly string[]
  }
  if (typeof id !== 'string' || id === '' || typeof tenant !== 'string' || tenant === '') return false
  if (!Array.isArray(roles) || roles.length > MAX_ROLES) return false
  const atoms = possibleAtoms(bucket, asked, clock)
  const possible = (each: Compiled): Possible => (each.tree === undefined ? possibly(TRUE) : possibleOf(each.tree, atoms))
  const passable = bucket.forbids.every(
    (forbid) =>
      forbid.rule.fields !== undefined ||
      canBe(possible(forbid), FALSE) ||
      forbid.overrides.some((each) => canBe(possible(each), TRUE)),
  )
  if (!passable) return false
  const always = new Set(
    bucket.forbids
      .filter((forbid) => !canBe(possible(forbid), FALSE) && !forbid.overrides.some((each) => canBe(possible(each), TRUE)))
      .flatMap((forbid) => forbid.rule.fields ?? []),
  )
  return bucket.permits.some(
    (permit) =>
      roles.some((role) => permit.holders.has(role)) &&
      canBe(possible(permit), TRUE) &&
      permit.fields.some((field) => !always.has(field)),
  )
}
