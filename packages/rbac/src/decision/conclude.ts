import { FALSE, met, TRUE, type Truth } from '../expression/truth.ts'
import { freeze } from '../freeze.ts'
import type { Obligation } from '../policy/obligation.ts'
import type { Bucket, Compiled, CompiledForbid, CompiledPermit } from './bucket.ts'
import type { Because, Decision, NearestMiss, Reason } from './decision.ts'
import { leavesOf, nearest, truthOf } from './tree.ts'

/** What a conclusion needs beside the truths of the atoms. */
export interface Asked {
  readonly roles: readonly string[]
  /** Fields that are asked for by name. */
  readonly fields: readonly string[] | undefined
}
type PolicyReference = Decision['policy']

const truth = (each: Compiled, truths: readonly Truth[]): Truth => (each.tree === undefined ? TRUE : truthOf(each.tree, truths))

/** A denial that no rule made. */
export function denial(policy: PolicyReference, reason: Reason, more: Partial<Decision> = {}): Decision {
  return freeze<Decision>({
    outcome: 'deny',
    reason,
    rule: null,
    action: null,
    resource: null,
    obligations: [],
    fields: [],
    because: [],
    overridden: [],
    nearestMiss: null,
    citations: [],
    ...more,
    policy,
  })
}

function becauseOf(bucket: Bucket, rule: string, parts: readonly Compiled[], truths: readonly Truth[]): Because[] {
  return parts.flatMap(({ tree }) =>
    tree === undefined
      ? []
      : [...leavesOf(tree)].map(({ index, at }) => ({
          rule,
          atom: bucket.texts[index] as string,
          at,
          met: met(truths[index] as Truth),
        })),
  )
}

/** Obligations without repetition, in the order in which they came up. */
function distinct(obligations: readonly Obligation[]): Obligation[] {
  const seen = new Map(obligations.map((each) => [JSON.stringify(each), each]))
  return [...seen.values()]
}

function missOf(
  bucket: Bucket,
  asked: Asked,
  truths: readonly Truth[],
  candidates: readonly CompiledPermit[],
): NearestMiss | null {
  let best: { readonly distance: number; readonly miss: NearestMiss } | undefined
  for (const permit of candidates) {
    const held = asked.roles.some((role) => permit.holders.has(role))
    const open = permit.tree === undefined ? [] : nearest(permit.tree, true, truths)
    const distance = open.length + (held ? 0 : 1)
    if (best !== undefined && best.distance <= distance) continue
    const missing = open.map(({ index, at }) => ({ atom: bucket.texts[index] as string, at, met: met(truths[index] as Truth) }))
    best = { distance, miss: { rule: permit.rule.id, roles: held ? [] : [...permit.rule.roles], missing } }
  }
  return best?.miss ?? null
}

interface Opened {
  readonly forbid: CompiledForbid
  readonly by: CompiledForbid['overrides'][number]
}

/**
 * Which permits a decision rests on. Those without obligations together, when they show what is asked for; else they and the one
 * with the fewest obligations that does, in the policy's order.
 */
function chosen(
  fired: readonly CompiledPermit[],
  shows: (permits: readonly CompiledPermit[]) => boolean,
): readonly CompiledPermit[] | undefined {
  const free = fired.filter(({ obligations }) => obligations.length === 0)
  if (free.length > 0 && shows(free)) return free
  const bound = fired
    .filter(({ obligations }) => obligations.length > 0)
    .sort((a, b) => a.obligations.length - b.obligations.length)
  const one = bound.find((permit) => shows([...free, permit]))
  return one && [...free, one]
}

/** Draws the conclusion from the truths of a bucket's atoms. A pure function of its arguments. */
export function conclude(policy: PolicyReference, bucket: Bucket, asked: Asked, truths: readonly Truth[]): Decision {
  const of = { action: bucket.action, resource: bucket.name }
  const firing: CompiledForbid[] = []
  const opened: Opened[] = []
  const hidden = new Set<string>()
  const hiding: CompiledForbid[] = []
  for (const forbid of bucket.forbids) {
    // Anything but false: an attribute that was not loaded must not open what it guards.
    if (truth(forbid, truths) === FALSE) continue
    const by = forbid.overrides.find((each) => truth(each, truths) === TRUE)
    if (by !== undefined) opened.push({ forbid, by })
    else if (forbid.rule.fields === undefined) firing.push(forbid)
    else {
      hiding.push(forbid)
      for (const field of forbid.rule.fields) hidden.add(field)
    }
  }
  const [first] = firing
  if (first !== undefined) {
    return denial(policy, 'forbidden', {
      ...of,
      rule: first.rule.id,
      because: firing.flatMap((each) => becauseOf(bucket, each.rule.id, [each, ...each.overrides], truths)),
      citations: [...new Set(firing.flatMap(({ citations }) => citations))],
    })
  }
  const held = bucket.permits.filter(({ holders }) => asked.roles.some((role) => holders.has(role)))
  const fired = held.filter((permit) => truth(permit, truths) === TRUE)
  if (fired.length === 0) {
    const candidates = held.length > 0 ? held : bucket.permits
    const nearestMiss = missOf(bucket, asked, truths, candidates)
    const near = candidates.find(({ rule }) => rule.id === nearestMiss?.rule)
    return denial(policy, 'default', {
      ...of,
      because: near === undefined ? [] : becauseOf(bucket, near.rule.id, [near], truths),
      nearestMiss,
    })
  }
  const visible = (permits: readonly CompiledPermit[]): Set<string> => {
    const redacted = new Set(
      permits.flatMap(({ obligations }) => obligations.flatMap((each) => (each.type === 'redact' ? each.fields : []))),
    )
    return new Set(permits.flatMap(({ fields }) => fields).filter((field) => !hidden.has(field) && !redacted.has(field)))
  }
  const shows = (permits: readonly CompiledPermit[]): boolean => {
    const seen = visible(permits)
    return seen.size > 0 && (asked.fields ?? []).every((field) => seen.has(field))
  }
  const used = chosen(fired, shows)
  if (used === undefined) {
    return denial(policy, 'fields', {
      ...of,
      rule: hiding[0]?.rule.id ?? null,
      because: hiding.flatMap((each) => becauseOf(bucket, each.rule.id, [each, ...each.overrides], truths)),
      citations: [...new Set(hiding.flatMap(({ citations }) => citations))],
    })
  }
  const seen = visible(used)
  // A forbid that hides fields was opened for nothing when none of its fields is shown anyway.
  const relied = opened.filter(
    ({ forbid }) => forbid.rule.fields === undefined || forbid.rule.fields.some((field) => seen.has(field)),
  )
  const obligations = distinct([...used.flatMap((each) => each.obligations), ...relied.flatMap(({ by }) => by.obligations)])
  return freeze<Decision>({
    outcome: obligations.length === 0 ? 'allow' : 'allow-if',
    reason: 'permitted',
    rule: (used[0] as CompiledPermit).rule.id,
    ...of,
    obligations,
    fields: bucket.fields.filter((field) => seen.has(field)),
    because: [
      ...used.flatMap((each) => becauseOf(bucket, each.rule.id, [each], truths)),
      ...relied.flatMap(({ forbid, by }) => becauseOf(bucket, forbid.rule.id, [forbid, by], truths)),
    ],
    overridden: relied.map(({ forbid, by }) => ({ rule: forbid.rule.id, by: by.id })),
    nearestMiss: null,
    citations: [...new Set([...used.flatMap((each) => each.citations), ...relied.flatMap(({ by }) => by.citations)])],
    policy,
  })
}
