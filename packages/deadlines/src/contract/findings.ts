import { formatCitation } from '@phi/core'
import type { Finding } from './finding.ts'
import { findingCodes } from './finding.ts'
import { accountingReach, documentationPeriod, rightLimits } from './law.ts'
import { listed, noticeFindings, quoted } from './notice-findings.ts'
import { isShorterThan, periodInWords, spanOf } from './period.ts'
import {
  type Profile,
  parseProfile,
  type Right,
  rights,
  type StatedPeriod,
  type Statement,
  type StatementAbout,
} from './profile.ts'
import { recurringFindings } from './recurring-findings.ts'

/** C2, and the periods over which an accounting reaches and documentation is kept. */
function keepingFindings(statement: Statement): Finding[] {
  if (statement.about === 'log-retention') {
    const { years, law } = documentationPeriod
    if (!isShorterThan(statement.keep, years)) return []
    return [
      {
        code: 'C2',
        severity: 'warning',
        statements: [quoted(statement)],
        says: `${periodInWords(statement.keep)} is shorter than the documentation period of ${years} years. The rules do not spell out a period for the activity in audit logs as such; logs that document an action or an assessment that has to be documented fall under it.`,
        law,
        remedy: `Keep logs for ${years} years, or say which of them document nothing that has to be kept, and why.`,
      },
    ]
  }
  const period =
    statement.about === 'documentation-retention'
      ? { stated: statement.keep, ...documentationPeriod }
      : statement.about === 'accounting-period'
        ? { stated: statement.covers, ...accountingReach }
        : undefined
  if (!period || !isShorterThan(period.stated, period.years)) return []
  return [
    {
      code: 'shorter-than-the-law',
      severity: 'error',
      statements: [quoted(statement)],
      says: `${periodInWords(period.stated)} can be shorter than the ${period.years} years of the law.`,
      law: period.law,
      remedy: `State ${period.years} years or more.`,
    },
  ]
}

const requirementWords = { written: 'that it is written', reasons: 'the reasons', promisedDate: 'the date of completion' }

/** The time to act on a request of an individual. */
function rightFindings(statement: StatementAbout<Right>): Finding[] {
  const { within, from, extension } = statement
  const limit = rightLimits[statement.about]
  const { adds, requires } = limit.extension
  const statements = [quoted(statement)]
  const found: Finding[] = []
  if (spanOf(within).longest > limit.days) {
    found.push({
      code: 'longer-than-the-law',
      severity: 'error',
      statements,
      says: `${periodInWords(within)} can be longer than ${limit.days} calendar days.`,
      law: limit.law,
      remedy: `State ${limit.days} calendar days or less; more only as an extension.`,
    })
  }
  if (from !== undefined && from !== 'receipt') {
    found.push({
      code: 'not-from-receipt',
      severity: 'error',
      statements,
      says: `The law runs from receipt of the request; ${from} can come later.`,
      law: limit.law,
      remedy: 'State the period from receipt. Checking who asks, or what is asked for, happens within it.',
    })
  }
  if (!extension) {
    found.push({
      code: 'extension-not-stated',
      severity: 'note',
      statements,
      says: `The law allows one extension by ${adds.amount} days on a written statement with reasons and a date. Without it the statement is stricter than the law.`,
      law: [limit.extension.citation],
      remedy: 'State the extension with its conditions, or say that none is used.',
    })
    return found
  }
  if (extension.times > 1 || spanOf(extension.adds).longest > adds.amount) {
    found.push({
      code: 'extension-beyond-the-law',
      severity: 'error',
      statements,
      says: `The law allows one extension by no more than ${adds.amount} days.`,
      law: [limit.extension.citation],
      remedy: `State one extension, by ${adds.amount} calendar days or less.`,
    })
  }
  const missing = requires.filter((each) => !extension.requires.includes(each)).map((each) => requirementWords[each])
  if (missing.length > 0) {
    found.push({
      code: 'extension-conditions',
      severity: 'warning',
      statements,
      says: `An extension takes a written statement of the reasons and of the date of completion, given within the first period. The statement does not mention ${listed(missing)}.`,
      law: [limit.extension.citation],
      remedy: 'State every condition: an extension without one of them extends nothing.',
    })
  }
  return found
}

/** Every period of a statement. */
function periodsOf(statement: Statement): readonly StatedPeriod[] {
  const periods: (StatedPeriod | undefined)[] = []
  if ('within' in statement) periods.push(statement.within)
  if ('keep' in statement) periods.push(statement.keep)
  if ('covers' in statement) periods.push(statement.covers)
  if ('every' in statement) periods.push(statement.every)
  if ('extension' in statement) periods.push(statement.extension?.adds)
  return periods.filter((period) => period !== undefined)
}

function calendarFindings(statement: Statement): Finding[] {
  if (!periodsOf(statement).some((period) => 'businessDays' in period && period.calendar === undefined)) return []
  return [
    {
      code: 'business-days-without-calendar',
      severity: 'warning',
      statements: [quoted(statement)],
      says: 'Business days are counted by a calendar, and the statement names none: which holidays count is open.',
      law: [],
      remedy: 'Name the calendar, or state calendar days.',
    },
  ]
}

const isRight = (statement: Statement): statement is StatementAbout<Right> =>
  (rights as readonly string[]).includes(statement.about)

/**
 * What is to be looked at in the periods that a profile states: where two statements contradict each other, where one is laxer than
 * the law or holds only in some cases, and where one leaves open what has to be said. General checks over the data; in the order of
 * `findingCodes`, then of the statements.
 *
 * A finding is a place to look at, with the law beside it. A profile without findings is not thereby compliant.
 * @throws PhiError PHI_DEADLINES_CONTRACT
 */
export function findings(profile: Profile): readonly Finding[] {
  const { statements } = parseProfile(profile)
  const found = [
    ...noticeFindings(statements),
    ...statements.flatMap(keepingFindings),
    ...statements.filter(isRight).flatMap(rightFindings),
    ...statements.flatMap(calendarFindings),
    ...recurringFindings(statements),
  ]
  return found.sort((a, b) => findingCodes.indexOf(a.code) - findingCodes.indexOf(b.code))
}

/** Text of others inside Markdown: one line, and no markup of theirs. */
const inline = (text: string): string => text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>|~&]/g, '\\$&')

/** Findings as Markdown, for a report. Quotes are escaped. */
export function findingsInMarkdown(found: readonly Finding[]): string {
  if (found.length === 0) return 'No findings.\n'
  return found
    .map(({ code, severity, statements, says, law, remedy }) => {
      const quotes = statements.map(({ requirement, quote }) => `- ${inline(requirement)}: "${inline(quote)}"`)
      const cited = law.length === 0 ? [] : [`Law: ${law.map((each) => inline(formatCitation(each))).join('; ')}`, '']
      return [`### ${code} (${severity})`, '', ...quotes, '', inline(says), '', ...cited, `Remedy: ${inline(remedy)}`, ''].join(
        '\n',
      )
    })
    .join('\n')
}
