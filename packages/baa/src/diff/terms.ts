import type { AiTerms, Terms } from '../agreement/agreement.ts'
import { type Clause, clauseOnly } from '../agreement/clause.ts'
import { type ClockTrigger, hoursOf, type Period, periodInWords } from '../agreement/period.ts'

/**
 * What a change does. `widened`: it allows more, or promises less. `narrowed`: it allows less, or promises more. `mixed`: some of both, or
 * nobody can say which. `neutral`: neither; other words for the same.
 */
export const directions = ['widened', 'mixed', 'narrowed', 'neutral'] as const
export type Direction = (typeof directions)[number]

/** What two contracts say of one thing. */
export interface ClauseChange {
  /** What it is about: `permits`, `terms.reportBreaches.within`. */
  readonly path: string
  readonly direction: Direction
  /** What was said, in words; absent where nothing was. */
  readonly was?: string
  readonly is?: string
  readonly before?: Clause
  readonly after?: Clause
}

type Said = Clause | undefined

/** A change, without the members that say nothing. */
export function change(
  path: string,
  direction: Direction,
  [was, is]: readonly [string | undefined, string | undefined],
  before?: Said,
  after?: Said,
): ClauseChange {
  return {
    path,
    direction,
    ...(was === undefined ? {} : { was }),
    ...(is === undefined ? {} : { is }),
    ...(before ? { before: clauseOnly(before) } : {}),
    ...(after ? { after: clauseOnly(after) } : {}),
  }
}

/** The words of a clause changed, and nothing that this data says. */
export function wording(path: string, before: Clause, after: Clause): readonly ClauseChange[] {
  const same = before.text === after.text && before.section === after.section
  return same ? [] : [change(path, 'neutral', [before.text ?? before.section, after.text ?? after.section], before, after)]
}

const word = (period: Period | undefined) => (period === undefined ? undefined : periodInWords(period))

/** Which of two periods can last longer. Months and business days differ in length, so the answer can be both. */
function comparePeriods(before: Period, after: Period): 'longer' | 'shorter' | 'same' | 'either' {
  const [a, b] = [hoursOf(before), hoursOf(after)]
  if (JSON.stringify(before) === JSON.stringify(after)) return 'same'
  if (b.shortest === a.shortest && b.longest === a.longest) return 'same'
  if (b.shortest >= a.shortest && b.longest >= a.longest) return 'longer'
  return b.shortest <= a.shortest && b.longest <= a.longest ? 'shorter' : 'either'
}

/** When a clock starts, the earliest first. `notification` waits for somebody else, and can be before or after any of them. */
const ranks: { readonly [Each in ClockTrigger]?: number } = {
  discovery: 0,
  awareness: 1,
  detection: 1,
  determination: 2,
  confirmation: 3,
}

type Timed = Clause & { readonly within?: Period }
type Reported = Timed & { readonly from?: ClockTrigger; readonly content?: readonly string[] }

/** A time to act: longer is laxer. `keeps`: a time to keep, where longer is stricter. */
function windowChange(path: string, before: Timed, after: Timed, keeps: boolean): readonly ClauseChange[] {
  const [was, is] = [before.within, after.within]
  if (was === undefined && is === undefined) return []
  const by = was === undefined ? 'shorter' : is === undefined ? 'longer' : comparePeriods(was, is)
  if (by === 'same') return []
  const stated = was !== undefined && is !== undefined
  const laxer = keeps && stated ? 'shorter' : 'longer'
  const direction = by === 'either' ? 'mixed' : by === laxer ? 'widened' : 'narrowed'
  return [change(`${path}.within`, direction, [word(was), word(is)], before, after)]
}

function triggerChange(path: string, before: Reported, after: Reported): readonly ClauseChange[] {
  const [was, is] = [before.from, after.from]
  if (was === is) return []
  const [old, now] = [was && ranks[was], is && ranks[is]]
  let direction: Direction = 'mixed'
  if (is === undefined && old === 0) direction = 'widened'
  else if (was === undefined && now === 0) direction = 'narrowed'
  else if (old !== undefined && now !== undefined && old !== now) direction = now > old ? 'widened' : 'narrowed'
  return [change(`${path}.from`, direction, [was, is], before, after)]
}

function contentChange(path: string, before: Reported, after: Reported): readonly ClauseChange[] {
  const [was, is] = [before.content ?? [], after.content ?? []]
  const lost = was.filter((each) => !is.includes(each))
  const won = is.filter((each) => !was.includes(each))
  if (lost.length + won.length === 0) return []
  const direction = lost.length === 0 ? 'narrowed' : won.length === 0 ? 'widened' : 'mixed'
  const said = (list: readonly string[]) => (list.length === 0 ? undefined : list.join(', '))
  return [change(`${path}.content`, direction, [said(lost), said(won)], before, after)]
}

/** A promise that is made or not. */
function promise(
  path: string,
  was: boolean | undefined,
  is: boolean | undefined,
  before: Clause,
  after: Clause,
): readonly ClauseChange[] {
  const said = (value: boolean | undefined) => (value === undefined ? undefined : value ? 'yes' : 'no')
  if (was === is) return []
  const direction = was === true ? 'widened' : is === true ? 'narrowed' : 'neutral'
  return [change(path, direction, [said(was), said(is)], before, after)]
}

/** What two sets of promises differ in, each in the direction of the second. */
export function compareTerms(before: Terms, after: Terms): readonly ClauseChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort() as (keyof Terms)[]
  return keys.flatMap((key): readonly ClauseChange[] => {
    const path = `terms.${key}`
    const [was, is] = [before[key] as Reported | undefined, after[key] as Reported | undefined]
    if (was === undefined || is === undefined) {
      if (was) return [change(path, 'widened', ['stated', undefined], was, undefined)]
      return is ? [change(path, 'narrowed', [undefined, 'stated'], undefined, is)] : []
    }
    const [old, now] = [before.returnOrDestroy, after.returnOrDestroy]
    const [oldDuties, nowDuties] = [before.delegatedDuties?.carriesOut, after.delegatedDuties?.carriesOut]
    return [
      ...windowChange(path, was, is, key === 'logRetention'),
      ...triggerChange(path, was, is),
      ...contentChange(path, was, is),
      ...(key === 'returnOrDestroy'
        ? promise(`${path}.otherwiseProtect`, old?.otherwiseProtect, now?.otherwiseProtect, was, is)
        : []),
      ...(key === 'delegatedDuties' && oldDuties !== nowDuties
        ? [change(`${path}.carriesOut`, 'neutral', [oldDuties, nowDuties], was, is)]
        : []),
      ...wording(path, was, is),
    ]
  })
}

const silent: AiTerms = { id: 'ai' }

/** What two contracts say of models. Silence is the laxest. */
export function compareAi(before: AiTerms | undefined, after: AiTerms | undefined): readonly ClauseChange[] {
  if (before === undefined && after === undefined) return []
  const [was, is] = [before ?? silent, after ?? silent]
  const training = { prohibited: 0, silent: 1, permitted: 2 }
  const [old, now] = [training[was.training ?? 'silent'], training[is.training ?? 'silent']]
  return [
    ...(old === now
      ? []
      : [change('ai.training', now > old ? 'widened' : 'narrowed', [was.training, is.training], before, after)]),
    ...retentionChange(was, is),
    ...promise('ai.deletion', was.deletion, is.deletion, was, is),
    ...promise('ai.humanReview', was.humanReview, is.humanReview, was, is),
    ...hostChange(was, is),
    ...(before && after ? wording('ai', before, after) : []),
  ]
}

function retentionChange(before: AiTerms, after: AiTerms): readonly ClauseChange[] {
  const [was, is] = [before.retention, after.retention]
  const said = (value: AiTerms['retention']) => (value === undefined || value === 'none' ? value : periodInWords(value))
  const by = (): Direction | undefined => {
    if (was === is) return undefined
    if (is === undefined || was === 'none') return 'widened'
    if (was === undefined || is === 'none') return 'narrowed'
    const found = comparePeriods(was, is)
    return found === 'same' ? undefined : found === 'either' ? 'mixed' : found === 'longer' ? 'widened' : 'narrowed'
  }
  const direction = by()
  return direction ? [change('ai.retention', direction, [said(was), said(is)], before, after)] : []
}

function hostChange(before: AiTerms, after: AiTerms): readonly ClauseChange[] {
  const [was, is] = [before.subprocessors, after.subprocessors]
  const said = (value: readonly string[] | undefined) =>
    value === undefined ? undefined : value.length === 0 ? 'nobody else' : value.join(', ')
  const by = (): Direction | undefined => {
    if (was === undefined && is === undefined) return undefined
    if (is === undefined) return 'widened'
    if (was === undefined) return 'narrowed'
    const lost = was.some((each) => !is.includes(each))
    const won = is.some((each) => !was.includes(each))
    return won ? (lost ? 'mixed' : 'widened') : lost ? 'narrowed' : undefined
  }
  const direction = by()
  return direction ? [change('ai.subprocessors', direction, [said(was), said(is)], before, after)] : []
}
