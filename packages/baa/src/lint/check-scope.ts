import {
  type ClassSelector,
  covers,
  type DataClass,
  dataClasses,
  isDataClass,
  overlaps,
  type Service,
  scopeVerdict,
} from '@phi/core'
import type { Agreement } from '../agreement/agreement.ts'
import { hasUse } from './check-element.ts'
import type { Note } from './finding.ts'

/** What the scope lets in without saying so, what it promises and cannot hold, and what the customer uses outside of it. */
export function checkScope(agreement: Agreement, used: readonly Service[], hasQsoa: boolean, note: Note): void {
  for (const service of new Set(used)) {
    if (!isCovered(agreement, service)) note('service-not-covered', 'services', { about: [service] })
  }
  checkDeadPermits(agreement, note)
  checkPsychotherapyNotes(agreement, note)
  checkPart2(agreement, hasQsoa, note)
  checkRecordings(agreement, note)
  checkAi(agreement, note)
  const { eligibility, plan } = agreement
  if (eligibility && plan !== undefined && eligibility[plan] === 'never') note('plan-not-eligible', 'plan')
}

/** Services that the contract takes out whatever the product, region or configuration. */
const takenOut = ({ excludes }: Agreement): readonly Service[] =>
  excludes.filter(({ limits }) => Object.keys(limits).length === 0).map(({ service }) => service)

/** Named, or below what is named, and no part of it taken out. A clause that is limited to a region or an edition counts: `decide` asks. */
const isCovered = (agreement: Agreement, service: Service): boolean =>
  agreement.services.some((clause) => covers(clause.service, service)) &&
  !takenOut(agreement).some((each) => overlaps(each, service))

/** Whether something at, above or below the service is in the scope, and is not taken out as a whole. */
const reaches = (agreement: Agreement, service: Service): boolean =>
  agreement.services.some((clause) => overlaps(clause.service, service)) &&
  !takenOut(agreement).some((each) => covers(each, service))

const prohibited = ({ prohibits }: Agreement, selectors: readonly ClassSelector[]): boolean =>
  prohibits.some(({ selector }) => selectors.some((each) => selector === each || covers(selector, each)))

const allClasses = Object.keys(dataClasses).filter(isDataClass)

/** A permit is dead when no class at or below it passes: a code that is prohibited takes the diagnosis with it that it tells. */
function checkDeadPermits({ permits, prohibits }: Agreement, note: Note): void {
  if (prohibits.length === 0) return
  const selectors = prohibits.map(({ selector }) => selector)
  const passes = (each: DataClass) =>
    scopeVerdict({ permits: [each], prohibits: selectors }, { classes: [each], labels: [] }).outcome === 'allow'
  for (const clause of permits) {
    if (!allClasses.some((each) => covers(clause.class, each) && passes(each))) {
      note('dead-permit', clause.id, { clause, about: [clause.class] })
    }
  }
}

const PSYCHOTHERAPY: DataClass = 'phi.clinical.note.psychotherapy'

/** 164.508(a)(2): who means psychotherapy notes names them. */
function checkPsychotherapyNotes(agreement: Agreement, note: Note): void {
  if (agreement.permits.some((clause) => clause.class === PSYCHOTHERAPY)) return
  if (prohibited(agreement, [PSYCHOTHERAPY, 'label:psychotherapy'])) return
  const clause = agreement.permits.find((each) => covers(each.class, PSYCHOTHERAPY))
  if (clause) note('psychotherapy-reached', clause.id, { clause, about: [PSYCHOTHERAPY] })
}

/** Part 2 is a label, and any class may be under it. */
function checkPart2(agreement: Agreement, hasQsoa: boolean, note: Note): void {
  if (agreement.tier === 'qsoa' || agreement.permits.length === 0 || hasQsoa) return
  if (agreement.terms.part2 === undefined && !prohibited(agreement, ['label:part2'])) {
    note('part2-without-terms', 'terms.part2', { about: ['label:part2'] })
  }
}

const RECORDING: DataClass = 'phi.comm.recording'

function checkRecordings(agreement: Agreement, note: Note): void {
  if (!reaches(agreement, 'telehealth.recording')) return
  const permitted = agreement.permits.some((clause) => overlaps(clause.class, RECORDING))
  if (permitted || prohibited(agreement, [RECORDING])) return
  const clause = agreement.services.find((each) => overlaps(each.service, 'telehealth.recording'))
  if (clause) note('recording-silent', clause.id, { clause, about: ['telehealth.recording', RECORDING] })
}

/** What the contract has to settle where a model sees the data. */
function checkAi(agreement: Agreement, note: Note): void {
  const inScope = agreement.services.some(({ service }) => overlaps('ai', service)) || hasUse(agreement, 'ai')
  if (!inScope || takenOut(agreement).includes('ai')) return
  const { ai } = agreement
  if (ai === undefined) {
    note('ai-silent', 'ai')
    return
  }
  const more = { clause: ai }
  const noTraining = agreement.prohibitsUses.some(({ use }) => covers(use, 'ai.training'))
  if (ai.training === 'permitted' || (ai.training === undefined && !noTraining)) note('ai-training', 'ai.training', more)
  if (ai.retention === undefined) note('ai-retention', 'ai.retention', more)
  if (ai.deletion !== true) note('ai-deletion', 'ai.deletion', more)
  if (ai.humanReview !== true) note('ai-human-review', 'ai.humanReview', more)
  if (ai.subprocessors === undefined) note('ai-subprocessors', 'ai.subprocessors', more)
}
