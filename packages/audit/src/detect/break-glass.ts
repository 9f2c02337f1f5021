import * as z from 'zod'
import { accessOf, actOf, hidesSubject, patientsOf } from './access.ts'
import { counted } from './alert.ts'
import { type Detector, makeDetector, type Out, parseOptions } from './detector.ts'
import { type Episode, episodeSchema } from './episode.ts'
import { LATENESS_MS, type Seen } from './seen.ts'
import { type Table, tableOf } from './table.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

const optionsSchema = z.strictObject({
  /** Hours until a review is overdue. Default 72, as in the policies of `@phi/rbac`. */
  reviewHours: z.int().min(1).max(2160).default(72),
  /** Hours for which a broken glass explains accesses to the patient. Default 24. */
  openHours: z.int().min(1).max(720).default(24),
  /** Broken glasses of one person in 30 days that are frequent. Default 5. */
  frequent: z.int().min(2).max(200).default(5),
})
export type BreakGlassOptions = z.input<typeof optionsSchema>
type Options = z.output<typeof optionsSchema>

const itemSchema = z.strictObject({
  actor: z.string(),
  at: z.number(),
  due: z.number(),
  patients: z.array(z.string()).max(1000),
  overdue: z.boolean(),
  episode: episodeSchema,
})
const userSchema = z.strictObject({
  /** Broken glasses of the last 30 days: when, entry, patients. */
  broken: z.array(z.tuple([z.number(), z.int(), z.array(z.string()).max(1000)])).max(200),
  frequent: episodeSchema.optional(),
  undeclared: episodeSchema.optional(),
})
type User = z.output<typeof userSchema>

const tables = { items: tableOf(itemSchema, 400 * DAY, 5_000), users: tableOf(userSchema, 31 * DAY, 20_000) }
type Items = Table<z.output<typeof itemSchema>>

const REVIEW =
  'Review it: was it an emergency, was the access limited to it? Record a `review` of { type: BreakGlass, id: <event id> }.'

/**
 * When the next item of a table is due, and at what time that was found out: thousands of items that wait are not gone through for every
 * record. It says nothing that the table does not, so it is no part of the state.
 */
const nextDue = new WeakMap<Items, { readonly due: number; readonly at: number }>()

/** Items whose time is up. */
function sweep(items: Items, now: number, seen: Seen | undefined, out: Out): void {
  const next = nextDue.get(items)
  // A clock that was set back shows items again that had been forgotten.
  if (next !== undefined && now >= next.at && now <= next.due) return
  let due = Number.POSITIVE_INFINITY
  for (const [key, item] of [...items.entries(now)]) {
    if (item.overdue) continue
    if (item.due >= now) {
      due = Math.min(due, item.due)
      continue
    }
    item.overdue = true
    const { alert } = item.episode
    const hours = Math.round((item.due - item.at) / HOUR)
    // Dated when it fell due, whatever record or clock showed it.
    const at = { ...(seen ?? blank(alert.indices[0] ?? 0)), now: item.due, at: item.at, index: alert.indices[0] ?? 0 }
    out.raise(
      item.episode,
      {
        key,
        severity: 'high',
        score: alert.score,
        threshold: alert.threshold,
        baseline: { ...alert.baseline, overdue: 'yes' },
        explanation: `${item.actor} broke the glass for ${counted(item.patients.length, 'patient')}, and nobody else has reviewed it within ${hours} hours.`,
        suggestion: REVIEW,
      },
      at,
    )
  }
  nextDue.set(items, { due, at: now })
}

/** Stands in for a record where time alone shows something; its index is that of evidence that is there already. */
const blank = (index: number): Seen => ({
  index,
  event: {},
  record: { index, hash: '', origin: '' } as unknown as Seen['record'],
  now: 0,
  happened: 0,
  at: 0,
  doubt: undefined,
})

function glassBroken(options: Options, items: Items, user: User, id: string, seen: Seen, out: Out): void {
  const patients = [...patientsOf(seen.event.subject)].sort()
  const key = seen.event.id ?? `#${seen.index}`
  const due = seen.at + options.reviewHours * HOUR
  const episode = out.raise(
    undefined,
    {
      key,
      severity: 'low',
      actor: id,
      patients,
      score: 1,
      threshold: 1,
      baseline: { reviewHours: options.reviewHours },
      explanation: `${id} broke the glass for ${counted(patients.length, 'patient')}; a review by somebody else is due within ${options.reviewHours} hours.`,
      suggestion: REVIEW,
    },
    seen,
  )
  items.set(key, { actor: id, at: seen.at, due, patients, overdue: false, episode }, seen.now)
  const next = nextDue.get(items)
  if (next !== undefined) nextDue.set(items, { at: next.at, due: Math.min(next.due, due) })
  user.broken = [...user.broken, [seen.at, seen.index, patients] as User['broken'][number]]
    .filter(([at]) => at >= seen.now - 30 * DAY)
    .slice(-200)
  const times = user.broken.length
  if (times < options.frequent) {
    if (user.frequent !== undefined) out.close(user.frequent, seen.now)
    delete user.frequent
    return
  }
  user.frequent = out.raise(
    user.frequent,
    {
      key: `frequent\n${id}`,
      severity: times >= 2 * options.frequent ? 'high' : 'medium',
      actor: id,
      patients: [...new Set(user.broken.flatMap(([, , each]) => each))].sort(),
      evidence: user.broken.map(([, index]) => index),
      score: times,
      threshold: options.frequent,
      baseline: { days: 30 },
      explanation: `${id} broke the glass ${counted(times, 'time')} in 30 days; ${options.frequent} is the limit.`,
      suggestion: 'Either the work needs an ordinary permission, or emergencies are claimed: find out which.',
      containment: [{ step: 'revoke-sessions', actor: id }],
    },
    seen,
  )
}

/** An access that says it went through a broken glass, where none was broken for the patient. */
function undeclared(options: Options, user: User | undefined, seen: Seen, out: Out): Episode | undefined {
  const access = accessOf(seen, out)
  if (access === undefined) return user?.undeclared
  const since = seen.at - options.openHours * HOUR
  const declared = new Set(user?.broken.filter(([at]) => at >= since && at <= seen.at + HOUR).flatMap(([, , each]) => each))
  const missing = access.patients.filter((patient) => !declared.has(patient))
  out.judged()
  if (missing.length === 0) return user?.undeclared
  let episode = user?.undeclared
  if (episode !== undefined && seen.at > Date.parse(episode.alert.from) + 7 * LATENESS_MS) {
    out.close(episode, seen.now)
    episode = undefined
  }
  const patients = [...new Set([...(episode?.alert.patients ?? []), ...missing])].sort()
  return out.raise(
    episode,
    {
      key: `undeclared\n${access.actor.id}`,
      severity: 'high',
      actor: access.actor.id,
      patients,
      score: patients.length,
      threshold: 1,
      baseline: { openHours: options.openHours },
      explanation: `${access.actor.id} opened ${counted(patients.length, 'record')} as if through a broken glass, and none was recorded for them in ${options.openHours} hours.`,
      suggestion: 'Find out how the access was given: the emergency way should not open without a record.',
      containment: [{ step: 'revoke-sessions', actor: access.actor.id }],
    },
    seen,
  )
}

/**
 * Emergency access (45 CFR 164.312(a)(2)(ii)) is given first and looked at afterwards. Every broken glass is an item to review; one
 * that nobody else reviewed in time is overdue; somebody who breaks it often, and an access that claims one that is not recorded, are
 * alerts of their own. A review is an event `review`, successful, of the resource `{ type: 'BreakGlass', id: <id of the event> }`, by
 * somebody else. At a hospital that Røstad and Edsberg studied (ACSAC 2006) exceptions had become too frequent to be
 * exceptions, and too many to audit: hence the limit for one person.
 *
 * Misses: an emergency that was claimed and reviewed by a friend.
 * @throws PhiError PHI_AUDIT_DETECT_OPTIONS
 */
export function breakGlass(options: BreakGlassOptions = {}): Detector {
  const parsed = parseOptions(optionsSchema, options, 'breakGlass')
  return makeDetector({
    name: 'break-glass',
    version: 1,
    options: parsed,
    tables,
    *episodes({ items, users }, now) {
      for (const [, { episode }] of items.entries(now)) yield episode
      for (const [, user] of users.entries(now)) yield* [user.frequent, user.undeclared]
    },
    tick({ items }, now, _facts, out) {
      sweep(items, now, undefined, out)
    },
    observe({ items, users }, seen, _facts, out) {
      sweep(items, seen.now, seen, out)
      const act = actOf(seen, out)
      if (act === undefined) return
      const { id } = act.actor
      const resource = seen.event.subject?.resource
      if (act.action === 'break-glass' && act.succeeded) {
        if (hidesSubject(seen)) out.unknown('subject withheld')
        out.judged()
        const user: User = users.get(id, seen.now) ?? { broken: [] }
        glassBroken(parsed, items, user, id, seen, out)
        users.set(id, user, seen.now)
      } else if (act.action === 'review' && hidesSubject(seen)) out.unknown('which break-glass was reviewed')
      else if (act.action === 'review' && act.succeeded && resource?.type === 'BreakGlass') {
        const item = items.get(resource.id, seen.now)
        if (item === undefined) out.unknown('which break-glass was reviewed')
        else {
          out.judged()
          // Nobody reviews themselves.
          if (item.actor !== id) items.delete(resource.id)
        }
      } else if (seen.event.context?.breakGlass === true && act.succeeded) {
        const user = users.get(id, seen.now)
        const episode = undeclared(parsed, user, seen, out)
        if (episode !== undefined) users.set(id, { ...(user ?? { broken: [] }), undeclared: episode }, seen.now)
      } else out.notApplicable()
    },
  })
}
