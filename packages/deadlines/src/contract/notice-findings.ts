import type { Citation } from '@phi/core'
import type { Finding } from './finding.ts'
import { contentLaw, discoveryLaw, mediaThreshold, noticeLimits, secretaryThreshold } from './law.ts'
import { periodInWords, spanOf } from './period.ts'
import { type NoticeElement, noticeElements, type StatedThreshold, type Statement, type StatementAbout } from './profile.ts'

type Notice = StatementAbout<'breach-notice'>
type Content = StatementAbout<'notice-content'>

export const quoted = ({ requirement, quote }: Statement) => ({ requirement, quote })

/** `a`, `a and b`, `a, b and c`. */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`

/** What a threshold lets through, as a range of whole numbers. */
function rangeOf({ comparator, count }: StatedThreshold): { readonly from: number; readonly to: number } {
  switch (comparator) {
    case 'more-than':
      return { from: count + 1, to: Number.POSITIVE_INFINITY }
    case 'at-least':
      return { from: count, to: Number.POSITIVE_INFINITY }
    case 'fewer-than':
      return { from: 0, to: count - 1 }
    case 'at-most':
      return { from: 0, to: count }
  }
}

/** The yearly submission for small breaches is another duty than the notice at once. */
const isAnnual = ({ to, from, threshold }: Notice): boolean =>
  to === 'secretary' &&
  (from === 'end-of-calendar-year-of-discovery' ||
    threshold?.comparator === 'fewer-than' ||
    threshold?.comparator === 'at-most')

/** C1: the starts of the statements about one duty. */
function startFindings(notices: readonly Notice[]): Finding[] {
  const duties = new Map<string, Notice[]>()
  for (const notice of notices) {
    if (notice.from === undefined) continue
    const key = `${notice.to} ${isAnnual(notice) ? 'annual' : ''}`
    duties.set(key, [...(duties.get(key) ?? []), notice])
  }
  return [...duties.values()].flatMap((statements): Finding[] => {
    const [first] = statements as [Notice]
    const own = isAnnual(first) ? 'end-of-calendar-year-of-discovery' : 'discovery'
    // A yearly submission that is made from discovery is only early.
    const late = statements.filter(({ from }) => from !== own && from !== 'discovery')
    const starts = [...new Set(statements.map(({ from }) => from))]
    if (late.length === 0 && starts.length < 2) return []
    const says: string[] = []
    if (starts.length > 1) {
      const each = statements.map(({ from, requirement }) => `${from} (${requirement})`)
      says.push(`One duty has ${starts.length} starts: ${listed(each)}.`)
    }
    const lateStarts = [...new Set(late.map(({ from }) => (from as string).replaceAll('-', ' ')))]
    if (lateStarts.length > 0) {
      says.push(
        `The law runs from discovery, the first day on which the breach was known or by reasonable diligence would have been known; ${listed(lateStarts)} can come later, and does not start or move that clock.`,
      )
    }
    return [
      {
        code: 'C1',
        severity: late.length > 0 ? 'error' : 'warning',
        statements: (starts.length > 1 ? statements : late).map(quoted),
        says: says.join(' '),
        law: discoveryLaw(first.to),
        remedy: 'State one clock, from discovery. Keep a later event, such as confirmation, as a step of the investigation.',
      },
    ]
  })
}

/** C3: who is told at once, and who by the year. */
function secretaryFinding(notice: Notice): Finding | undefined {
  const { least, annualDays, law } = secretaryThreshold
  const finding = (severity: Finding['severity'], says: string): Finding => ({
    code: 'C3',
    severity,
    statements: [quoted(notice)],
    says,
    law,
    remedy: `Say both: at once with the notice to individuals for ${least} or more of them; for fewer, keep a log and submit it not later than ${annualDays} days after the end of the calendar year of discovery.`,
  })
  const { threshold } = notice
  if (!threshold) {
    if (isAnnual(notice)) {
      return finding('error', `A submission by the year is for breaches of fewer than ${least} individuals only.`)
    }
    return finding(
      'warning',
      `A period from discovery holds only for breaches of ${least} or more individuals; breaches of fewer are logged, and submitted after the end of the calendar year of discovery.`,
    )
  }
  if (threshold.of !== 'individuals') {
    return finding(
      'error',
      'For the Secretary the individuals count in total, wherever they live, and not the residents of one State.',
    )
  }
  const { from, to } = rangeOf(threshold)
  if (isAnnual(notice)) {
    if (to >= least) return finding('error', `A breach of ${least} individuals is no longer one for the yearly submission.`)
    return to < least - 1 ? finding('error', `Breaches of fewer than ${least} individuals are left out in part.`) : undefined
  }
  if (from > least)
    return finding('error', `A breach of ${least} individuals is left out: the duty begins at ${least}, not above it.`)
  return from < least
    ? finding('note', `The duty at once begins at ${least} individuals; the statement asks for more than the law.`)
    : undefined
}

/** C4: more than 500 residents of one State or jurisdiction, not 500 and not in total. */
function mediaFinding(notice: Notice): Finding | undefined {
  const { least, law } = mediaThreshold
  const finding = (severity: Finding['severity'], says: string): Finding => ({
    code: 'C4',
    severity,
    statements: [quoted(notice)],
    says,
    law,
    remedy: `Say: more than ${least - 1} residents of one State or jurisdiction, counted for each of them.`,
  })
  const { threshold } = notice
  const rule = `Media are told of breaches of more than ${least - 1} residents of one State or jurisdiction`
  if (!threshold) return finding('warning', `${rule}; the statement names no number.`)
  const { from, to } = rangeOf(threshold)
  // Whoever counts all individuals and begins no later than the law misses no State, and tells where nobody has to.
  const misses = from > least || to !== Number.POSITIVE_INFINITY
  if (threshold.of === 'individuals') {
    return finding(misses ? 'error' : 'warning', `${rule}, not of people in total, wherever they live.`)
  }
  if (misses) return finding('error', `${rule}; the statement leaves some of them out.`)
  return from < least ? finding('warning', `${rule}: ${least - 1} is not more than ${least - 1}.`) : undefined
}

/** Periods beyond the outer limit, and clocks that do not say when they start. */
function periodFindings(notice: Notice): Finding[] {
  const { within, from, to } = notice
  if (!within) return []
  const annual = isAnnual(notice)
  const limit = annual ? { days: secretaryThreshold.annualDays, law: secretaryThreshold.law } : noticeLimits[to]
  const found: Finding[] = []
  if (spanOf(within).longest > limit.days) {
    found.push({
      code: 'longer-than-the-law',
      severity: 'error',
      statements: [quoted(notice)],
      says: `${periodInWords(within)} can be longer than the ${limit.days} calendar days that are the outer limit.`,
      law: limit.law,
      remedy: `State ${limit.days} calendar days or less${annual ? '' : ', and "without unreasonable delay" beside them'}.`,
    })
  }
  if (from === undefined) {
    found.push({
      code: 'trigger-not-stated',
      severity: 'note',
      statements: [quoted(notice)],
      says: 'The period has no start. Read it as the law does: from discovery.',
      law: discoveryLaw(to),
      remedy: 'Say from which event it runs.',
    })
  }
  return found
}

/** C6: what a notice holds, over all the statements about it. */
function contentFindings(contents: readonly Content[]): Finding[] {
  return (['covered-entity', 'individuals'] as const).flatMap((to): Finding[] => {
    const statements = contents.filter((content) => content.to === to)
    if (statements.length === 0) return []
    const items = statements.flatMap((content) => content.items)
    const has = new Set(items.map(({ element }) => element))
    // Only a business associate has to say who is concerned; the individual who is told knows.
    const wanted = noticeElements.filter((element) => to === 'covered-entity' || element !== noticeElements[0])
    const missing: NoticeElement[] = wanted.filter((element) => !has.has(element))
    if (missing.length === 0) return []
    const foreign = items.filter(({ element }) => element === null).map(({ words }) => `"${words}"`)
    const inPlace =
      foreign.length > 0
        ? ` In their place stand words of another law's notice, such as those of GDPR article 33: ${listed(foreign)}.`
        : ''
    const law: readonly Citation[] = contentLaw[to]
    return [
      {
        code: 'C6',
        severity: 'error',
        statements: statements.map(quoted),
        says: `The notice lacks: ${listed(missing)}.${inPlace}`,
        law,
        remedy:
          to === 'covered-entity'
            ? 'Add the identification of each individual, and what the covered entity has to put into its own notices, as far as it is known.'
            : 'Add what is missing, to the extent possible, in plain language.',
      },
    ]
  })
}

/** What is to be said about the notices after a breach. */
export function noticeFindings(statements: readonly Statement[]): Finding[] {
  const notices = statements.filter((statement) => statement.about === 'breach-notice')
  const contents = statements.filter((statement) => statement.about === 'notice-content')
  return [
    ...startFindings(notices),
    ...notices.flatMap((notice) => (notice.to === 'secretary' ? (secretaryFinding(notice) ?? []) : [])),
    ...notices.flatMap((notice) => (notice.to === 'media' ? (mediaFinding(notice) ?? []) : [])),
    ...contentFindings(contents),
    ...notices.flatMap(periodFindings),
  ]
}
