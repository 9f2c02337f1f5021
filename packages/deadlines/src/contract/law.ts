import type { Citation } from '@phi/core'
import { accountingLookBacks } from '../federal/accounting.ts'
import { breachNotice, businessAssociateNotice } from '../federal/breach.ts'
import { text } from '../federal/common.ts'
import { documentation } from '../federal/documentation.ts'
import { accessRequest, accountingRequest, amendmentRequest } from '../federal/requests.ts'
import type { Condition } from '../rule/condition.ts'
import type { FactKinds } from '../rule/facts.ts'
import type { RuleGroup } from '../rule/group.ts'
import type { Extension, Rule } from '../rule/rule.ts'
import type { NoticeAddressee, Right } from './profile.ts'

// The numbers of the law stand in the federal rules, once. What follows reads them from there.

function rowOf<Kinds extends FactKinds>(group: RuleGroup<Kinds>, id: string): Rule {
  const found = group.rules.find((rule) => rule.id === id)
  if (!found) throw new TypeError('the federal rule is not there')
  return found
}

function daysOf({ basis }: Rule): number {
  if (basis.unit !== 'calendar-days') throw new TypeError('the federal rule does not count calendar days')
  return basis.amount
}

/** The number in a condition on a count, as the least count for which it holds. */
function leastOf(condition: Condition, count: string): number | undefined {
  if (condition === 'always') return undefined
  if ('count' in condition) {
    if (condition.count !== count) return undefined
    if ('moreThan' in condition) return condition.moreThan + 1
    return 'atLeast' in condition ? condition.atLeast : undefined
  }
  const parts = 'all' in condition ? condition.all : 'any' in condition ? condition.any : []
  return parts.map((part) => leastOf(part, count)).find((least) => least !== undefined)
}

function least(rule: Rule, count: string): number {
  const found = leastOf(rule.applies, count)
  if (found === undefined) throw new TypeError('the federal rule has no such threshold')
  return found
}

const media = rowOf(breachNotice, 'breach.media')
const secretaryAtOnce = rowOf(breachNotice, 'breach.secretary.500-or-more')
const secretaryAnnually = rowOf(breachNotice, 'breach.secretary.fewer-than-500')

/** The outer limits of notice after a breach: calendar days after discovery. */
export const noticeLimits: Readonly<Record<NoticeAddressee, { readonly days: number; readonly law: readonly Citation[] }>> =
  (() => {
    const limit = (rule: Rule) => ({ days: daysOf(rule), law: [rule.citation] })
    return {
      'covered-entity': limit(rowOf(businessAssociateNotice, 'breach.business-associate')),
      individuals: limit(rowOf(breachNotice, 'breach.individual')),
      secretary: limit(secretaryAtOnce),
      media: limit(media),
    }
  })()

/** From which event notice runs, for each addressee. */
export const discoveryLaw = (to: NoticeAddressee): readonly Citation[] => [
  text(to === 'covered-entity' ? '45 CFR 164.410(a)(2)' : '45 CFR 164.404(a)(2)'),
]

/** Individuals in all from whom on the Secretary is told at once; for fewer, by days after the end of the year of discovery. */
export const secretaryThreshold = {
  least: least(secretaryAtOnce, 'individuals'),
  annualDays: daysOf(secretaryAnnually),
  law: [secretaryAtOnce.citation, secretaryAnnually.citation],
}

/** Residents of one State from whom on the media are told. */
export const mediaThreshold = { least: least(media, 'residents'), law: [text('45 CFR 164.406(a)')] }

export interface RightLimit {
  readonly days: number
  readonly extension: Extension
  readonly law: readonly Citation[]
}

const right = (rule: Rule): RightLimit => {
  const [extension] = rule.extensions
  if (!extension) throw new TypeError('the federal rule has no extension')
  return { days: daysOf(rule), extension, law: [rule.citation] }
}

/** The time to act on a request, and the one extension. */
export const rightLimits: Readonly<Record<Right, RightLimit>> = {
  access: right(rowOf(accessRequest, 'access.act')),
  amendment: right(rowOf(amendmentRequest, 'amendment.act')),
  accounting: right(rowOf(accountingRequest, 'accounting.provide')),
}

const { years, citation } = accountingLookBacks['privacy-rule']

/** How far back an accounting reaches. */
export const accountingReach: { readonly years: number; readonly law: readonly Citation[] } = { years, law: [citation] }

function yearsOf({ basis }: Rule): number {
  if (basis.unit !== 'years') throw new TypeError('the federal rule does not count years')
  return basis.amount
}

/** How long documentation is kept, from the later of its creation and the day on which it was last in effect. */
export const documentationPeriod: { readonly years: number; readonly law: readonly Citation[] } = {
  years: yearsOf(rowOf(documentation, 'documentation.keep.created')),
  law: [text('45 CFR 164.316(b)(2)(i)'), text('45 CFR 164.530(j)')],
}

/** What a notice holds. */
export const contentLaw = {
  'covered-entity': [text('45 CFR 164.410(c)'), text('45 CFR 164.404(c)')],
  individuals: [text('45 CFR 164.404(c)')],
} as const
