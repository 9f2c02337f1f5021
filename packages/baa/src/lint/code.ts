import { type Citation, formatCitation } from '@phi/core'
import { cited } from '../citation.ts'
import { type ElementCode, elements } from './element.ts'
import { legalPeriods } from './limit.ts'

/** `error`: something that the rules require is missing, or nothing can flow under it as it stands. `warning`: read it again. */
export type LintSeverity = 'error' | 'warning'

export interface LintRow {
  readonly severity: LintSeverity
  /** What is so, as a sentence. It holds nothing of the caller's. */
  readonly says: string
  readonly remedy: string
  readonly citation: Citation
}

const row = (severity: LintSeverity, citation: Citation, says: string, remedy: string): LintRow => ({
  severity,
  says,
  remedy,
  citation,
})

/** Our reading, where the text is silent or does not ask for a clause. */
const read = (text: string) => cited(text, 'interpretation')

const ESTABLISHED = '45 CFR 164.504(e)(2)(i)'

// biome-ignore format: a table
const others = {
  'limited-purpose': row('error', cited('45 CFR 164.514(e)(3)(i)'), 'A limited data set is permitted for something else than research, public health or health care operations.', 'Take the use out, or sign another kind of contract for it.'),
  'limited-identifier': row('error', cited('45 CFR 164.514(e)(2)'), 'The permit names an identifier that a limited data set leaves out.', 'Take the permit out: with it the data is no limited data set.'),
  'service-not-covered': row('error', cited('45 CFR 164.502(e)(2)'), 'A service that is used is not in the scope of the agreement.', 'Have it added, or do not use it.'),
  'plan-not-eligible': row('error', cited('45 CFR 164.502(e)(1)'), 'The agreement does not come with the plan of the customer.', 'Move to a plan that comes with an agreement before any protected health information goes there.'),
  'customer-without-agreement': row('error', cited('45 CFR 164.502(e)(1)'), 'A covered entity is a customer, and no agreement with it is in force.', 'Sign one before it stores any protected health information.'),

  'breach-clock-late': row('warning', cited('45 CFR 164.410(a)(2)'), 'The clock of the notice of a breach starts later than discovery.', 'Have it start with discovery, on which the law counts, whatever the contract says.'),
  'breach-clock-narrow': row('warning', cited('45 CFR 164.410(a)(2)'), 'The clock of the notice of a breach leaves out what reasonable diligence would have found.', 'Have it start with discovery as the rule defines it.'),
  'breach-clock-silent': row('warning', cited('45 CFR 164.410(a)(2)'), 'The contract does not say what starts the clock of the notice of a breach.', 'Have it start with discovery.'),
  'breach-window-missing': row('warning', legalPeriods.breachNotice.citation, 'The contract gives no period for the notice of a breach.', 'Have one agreed that leaves time for the next notice. The law has an outer limit, and no delay without reason.'),
  'breach-window-long': row('warning', legalPeriods.breachNotice.citation, 'The period for the notice of a breach can be longer than the law allows.', 'Have it shortened: the outer limit is 60 calendar days from discovery, and no delay without reason.'),
  'notice-content': row('warning', cited('45 CFR 164.410(c)'), 'The notice of a breach does not have to hold all that the covered entity needs from it.', 'Have the missing elements added, as far as the vendor can know them.'),
  'report-window-missing': row('warning', read('45 CFR 164.504(e)(2)(ii)(C)'), 'The contract gives no period for a report that it promises.', 'Have one agreed. The rule gives none.'),
  'subcontractor-window': row('warning', read('45 CFR 164.504(e)(5)'), 'The subcontractor may take as long to report as the contract above it allows in all.', 'Have its period shortened, so that time is left for the report above.'),
  'cooperation-silent': row('warning', read('45 CFR 164.414(b)'), 'The contract does not promise help with the investigation of an incident.', 'Have it promised: the covered entity bears the burden of proof for its notices.'),

  'rights-window-missing': row('warning', read('45 CFR 164.504(e)(2)(ii)(E)-(G)'), 'The contract gives no period to act on a request of the individual.', 'Have one agreed that leaves the covered entity time: its own periods run from the request.'),
  'rights-window-long': row('warning', read('45 CFR 164.504(e)(2)(ii)(E)-(G)'), 'The vendor may take as long as the covered entity itself has to act on a request of the individual.', 'Have its period shortened.'),

  'use-authorization': row('warning', cited('45 CFR 164.508(a)'), 'A permitted use needs the authorization of the individual, or an exception; the contract alone does not carry it.', 'Take the use out, or see that the authorization is obtained each time.'),
  'dead-permit': row('warning', read(ESTABLISHED), 'A prohibition reaches all that the permit allows, so that nothing can pass.', 'Find out which of the two the contract means.'),
  'scope-empty': row('warning', read(ESTABLISHED), 'A list of services, data or uses is empty, so that nothing can pass.', 'Have the services, the data and the uses named.'),
  'psychotherapy-reached': row('warning', cited('45 CFR 164.508(a)(2)'), 'A permit reaches psychotherapy notes without naming them.', 'Have them prohibited; or permit them by name, and obtain the authorization that they need.'),
  'part2-without-terms': row('warning', cited('42 CFR 2.12(c)(4)', 'memory'), 'Records of a substance use disorder programme are not prohibited, and no terms of Part 2 bind the vendor.', 'Have the label prohibited, the terms added, or an agreement of a qualified service organization signed beside it.'),
  'recording-silent': row('warning', read(ESTABLISHED), 'Sessions can be recorded, and the contract neither permits nor prohibits recordings.', 'Have recordings permitted or prohibited, or the service taken out.'),

  'ai-silent': row('warning', read(ESTABLISHED), 'AI is in the scope, and the contract says nothing of models.', 'Have training, retention, deletion, review and subprocessors settled.'),
  'ai-training': row('warning', read(ESTABLISHED), 'AI is in the scope, and the contract does not prohibit the training of models on the data.', 'Have it prohibited.'),
  'ai-retention': row('warning', read('45 CFR 164.504(e)(2)(ii)(J)'), 'AI is in the scope, and the contract does not limit how long prompts and outputs are kept.', 'Have a limit agreed.'),
  'ai-deletion': row('warning', read('45 CFR 164.504(e)(2)(ii)(J)'), 'AI is in the scope, and the contract does not promise that prompts and outputs can be deleted.', 'Have it promised.'),
  'ai-human-review': row('warning', read('45 CFR 164.312(c)(1)'), 'AI is in the scope, and the contract does not ask that a person reviews output before it enters a record or a claim.', 'Have it asked for, or make it a rule of your own.'),
  'ai-subprocessors': row('warning', read('45 CFR 164.502(e)(1)(ii)'), 'AI is in the scope, and the contract does not say who hosts the models.', 'Have the hosts named, or have it said that there are none.'),

  'log-retention-silent': row('warning', read('45 CFR 164.316(b)(2)(i)'), 'The contract does not say how long logs are kept.', 'Have it agreed. The documentation period is six years; the rule does not spell out that logs are documentation.'),
  'log-retention-short': row('warning', read('45 CFR 164.316(b)(2)(i)'), 'Logs are kept for a time that is shorter than the documentation period.', 'Have them kept for six years, or export them and keep them yourself.'),
  'return-period-missing': row('warning', read('45 CFR 164.504(e)(2)(ii)(J)'), 'The contract does not say by when data is returned or destroyed.', 'Have a period agreed.'),
  'return-fallback': row('warning', cited('45 CFR 164.504(e)(2)(ii)(J)'), 'The contract does not extend its protections to data that cannot be returned or destroyed.', 'Have it say that they go on for as long as the data is held.'),
  'agency-silent': row('warning', read('45 CFR 160.402(c)'), 'Whether the vendor is an agent is not known. What an agent discovers counts as discovered by its principal.', 'Have it settled, and plan for the worse until it is: the facts decide, and not the clause alone.'),

  'not-signed': row('warning', cited('45 CFR 164.502(e)(2)'), 'A signature is missing, so that nothing may flow yet.', 'Have the party that is named sign before any protected health information goes there.'),
  'document-hash-missing': row('warning', read('45 CFR 164.316(b)(1)'), 'The agreement is signed, and no checksum says which document was.', 'Store the SHA-256 of the signed document.'),
  'date-missing': row('warning', read('45 CFR 164.316(b)(1)'), 'The agreement does not say which day the document bears.', 'Write down the date beside the version.'),
  'as-of-missing': row('warning', read('45 CFR 164.316(b)(2)(iii)'), 'Nobody has said when the contract was last read against this data.', 'Read it, and write down the day.'),
  'review-missing': row('warning', read('45 CFR 164.316(b)(2)(iii)'), 'Nobody has said by when the contract is to be read again.', 'Set a day of review.'),
  'review-overdue': row('warning', read('45 CFR 164.316(b)(2)(iii)'), 'The review of the contract is overdue.', 'Read it again, and set the next day.'),
  'expired': row('warning', cited('45 CFR 164.502(e)(2)'), 'The agreement has expired.', 'Renew it; or have the data returned or destroyed, and write down how it was closed.'),
  'customer-unknown': row('warning', cited('45 CFR 164.502(e)(1)'), 'Whether a customer is a covered entity is not known, and no agreement with it is in force.', 'Ask the questions of `coveredEntityTest`, or sign an agreement.'),
  'quote-missing': row('warning', read('45 CFR 164.316(b)(1)'), 'The clause has neither its section nor its words.', 'Write down where it stands, so that a decision can quote it.'),
} as const satisfies Readonly<Record<string, LintRow>>

export type LintCode = ElementCode | keyof typeof others

const missing = ([code, { citation, says, remedy }]: (typeof entries)[number]) =>
  [code, row('error', citation, says, remedy)] as const
const entries = Object.entries(elements) as [ElementCode, (typeof elements)[ElementCode]][]

/** Every finding that lint can make, in the order in which findings are sorted. A code is part of the public contract. */
export const lintCodes: Readonly<Record<LintCode, LintRow>> = {
  ...(Object.fromEntries(entries.map(missing)) as Record<ElementCode, LintRow>),
  ...others,
}

/** The place of a code in the table. */
export const rankOf: ReadonlyMap<LintCode, number> = new Map(
  (Object.keys(lintCodes) as LintCode[]).map((code, index) => [code, index]),
)

/** The citations as written. */
export const writtenCitation = (code: LintCode): string => formatCitation(lintCodes[code].citation)
