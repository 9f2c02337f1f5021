import type { Agreement, ReportClause } from '../agreement/agreement.ts'
import { type ClockTrigger, hoursOf, noticeElements } from '../agreement/period.ts'
import { associateTiers } from './element.ts'
import type { Note } from './finding.ts'
import { legalPeriods, mayExceed, mayUseUp } from './limit.ts'

/**
 * Triggers that come after discovery, and those that leave out what "would have been known" by reasonable diligence, 164.410(a)(2).
 * A notification is somebody else's word, and can come at any time.
 */
const clockOf: { readonly [Trigger in ClockTrigger]?: 'breach-clock-late' | 'breach-clock-narrow' } = {
  confirmation: 'breach-clock-late',
  determination: 'breach-clock-late',
  notification: 'breach-clock-late',
  awareness: 'breach-clock-narrow',
  detection: 'breach-clock-narrow',
}

/** The promises to report: windows, clocks and what the notice of a breach holds. A promise that is missing is an element. */
export function checkReports(agreement: Agreement, note: Note): void {
  const { reportBreaches, reportUses, reportIncidents, cooperation } = agreement.terms
  if (reportBreaches) checkBreachNotice(reportBreaches, note)
  for (const clause of [reportUses, reportIncidents]) {
    if (clause && clause.within === undefined) note('report-window-missing', `${clause.id}.within`, { clause })
  }
  if (cooperation === undefined && (associateTiers as readonly string[]).includes(agreement.tier)) {
    note('cooperation-silent', 'terms.cooperation')
  }
}

function checkBreachNotice(clause: ReportClause, note: Note): void {
  const { within, from, content = [] } = clause
  if (within === undefined) note('breach-window-missing', 'terms.reportBreaches.within', { clause })
  else if (mayExceed(within, legalPeriods.breachNotice.period)) {
    note('breach-window-long', 'terms.reportBreaches.within', { clause })
  }
  const clock = from === undefined ? undefined : clockOf[from]
  if (clock !== undefined) note(clock, 'terms.reportBreaches.from', { clause })
  // Without a window there is no clock to start.
  if (from === undefined && within !== undefined) note('breach-clock-silent', 'terms.reportBreaches.from', { clause })
  const missing = noticeElements.filter((each) => !content.includes(each))
  if (missing.length > 0) note('notice-content', 'terms.reportBreaches.content', { clause, about: missing })
}

const windows = ['reportBreaches', 'reportUses', 'reportIncidents'] as const

/**
 * Holds the windows of a subcontractor against those of the contracts above it: the tightest of them. Above, a missing window for
 * breaches is the one of the law; a missing window for other reports is none.
 */
export function checkAgainstUpstream(agreement: Agreement, upstream: readonly Agreement[], note: Note): void {
  for (const term of windows) {
    const clause = agreement.terms[term]
    if (clause?.within === undefined) continue
    let tightest: { readonly id: string; readonly within: NonNullable<ReportClause['within']> } | undefined
    for (const above of upstream) {
      const within = above.terms[term]?.within ?? (term === 'reportBreaches' ? legalPeriods.breachNotice.period : undefined)
      if (within === undefined) continue
      if (tightest === undefined || hoursOf(within).shortest < hoursOf(tightest.within).shortest) {
        tightest = { id: above.id, within }
      }
    }
    if (tightest !== undefined && mayUseUp(clause.within, tightest.within)) {
      note('subcontractor-window', `${clause.id}.within`, { clause, upstream: tightest.id })
    }
  }
}
