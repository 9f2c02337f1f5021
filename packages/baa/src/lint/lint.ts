import { isService, parseAs, type Service } from '@phi/core'
import * as z from 'zod'
import type { Agreement } from '../agreement/agreement.ts'
import { civilDate } from '../agreement/date.ts'
import { readAgreement } from '../agreement/define.ts'
import { checkElements } from './check-element.ts'
import { checkAgainstUpstream, checkReports } from './check-report.ts'
import { checkScope } from './check-scope.ts'
import { checkPeriods, checkQuotes, checkUpkeep } from './check-upkeep.ts'
import { lintError } from './errors.ts'
import { finding, type LintFinding, type Note, sortFindings } from './finding.ts'

export interface LintOptions {
  /** The day on which it is asked, `YYYY-MM-DD`. Left out: nothing is said of expiry and overdue reviews. No clock is read. */
  readonly today?: string | undefined
  /** Services that the customer uses or will use. Each that is not in the scope is an error. */
  readonly services?: readonly Service[] | undefined
  /** Of a subcontractor's agreement: the agreements of the business associate above it, for its windows. */
  readonly upstream?: readonly Agreement[] | undefined
  /** An agreement of a qualified service organization, signed by the same two parties beside this one. */
  readonly qsoa?: Agreement | undefined
  /** Whether a clause without a section and without a text is a finding. Default: no. */
  readonly quotes?: boolean | undefined
}

/** Parsed by `readAgreement`, with its own errors. */
const agreement = z.custom<Agreement>((value) => typeof value === 'object' && value !== null, 'must be an agreement')

const optionsSchema = z.strictObject({
  today: civilDate.optional(),
  services: z.array(z.custom<Service>(isService, 'must be a service of the taxonomy')).max(500).readonly().optional(),
  upstream: z.array(agreement).max(100_000).readonly().optional(),
  qsoa: agreement.optional(),
  quotes: z.boolean().optional(),
})

const refused = (path: string, detail: string) => lintError('PHI_BAA_LINT', { path, detail })

/**
 * Reads an agreement for what it lacks. An error is an element that 45 CFR 164.504(e), 164.314(a), 164.514(e)(4) or 42 CFR 2.11 requires
 * for its tier and that is missing, or something under which nothing can flow; a warning is a place to read again. A clause that is
 * there counts as good: whether its words are, a person has to read.
 *
 * No findings does not mean that the contract is enough, and nothing here is legal advice.
 * @returns findings, frozen: errors first, then in the order of `lintCodes`
 * @throws PhiError PHI_BAA_LINT for the options; PHI_BAA_AGREEMENT, PHI_BAA_CONTRADICTION for an agreement that does not parse
 */
export function lint(agreement: Agreement, options: LintOptions = {}): readonly LintFinding[] {
  const given = ownMembers(parseAs(optionsSchema, options, 'options', (context) => lintError('PHI_BAA_LINT', context)))
  const read = readAgreement(agreement)
  const upstream = (given.upstream ?? []).map(readAgreement)
  if (upstream.some(({ to }) => to.id !== read.from.id)) {
    throw refused('options.upstream', 'must be agreements under which the party receives that passes the data on here')
  }
  const qsoa = given.qsoa && readAgreement(given.qsoa)
  if (qsoa && (qsoa.tier !== 'qsoa' || qsoa.from.id !== read.from.id || qsoa.to.id !== read.to.id)) {
    throw refused('options.qsoa', 'must be of the tier qsoa, between the same two parties')
  }
  return lintRead(read, ownMembers({ ...given, upstream, qsoa }))
}

/** Without a prototype, so that what somebody planted there is no option. The agreements in it are left as they are. */
const ownMembers = <Value extends object>(value: Value): Value => Object.assign(Object.create(null), value)

/** As `lint`, for what was read already. */
export function lintRead(agreement: Agreement, options: LintOptions): readonly LintFinding[] {
  const { today, services = [], upstream = [], qsoa, quotes } = options
  const found: LintFinding[] = []
  const note: Note = (code, path, more) => {
    found.push(finding(code, path, { agreement: agreement.id, ...more }))
  }
  checkElements(agreement, note)
  checkReports(agreement, note)
  checkAgainstUpstream(agreement, upstream, note)
  checkScope(agreement, services, isStanding(qsoa, today), note)
  checkPeriods(agreement, note)
  checkUpkeep(agreement, today, note)
  if (quotes === true) checkQuotes(agreement, note)
  return sortFindings(found)
}

/** With the terms of Part 2, signed by both, and not ended: as far as that can be said without an instant. */
const isStanding = (qsoa: Agreement | undefined, today: string | undefined): boolean =>
  qsoa?.terms.part2 !== undefined &&
  [qsoa.from.id, qsoa.to.id].every((id) => qsoa.signatures.some(({ party }) => party === id)) &&
  qsoa.terminated === undefined &&
  qsoa.closed === undefined &&
  !(qsoa.expires !== undefined && today !== undefined && qsoa.expires.slice(0, 10) < today)
