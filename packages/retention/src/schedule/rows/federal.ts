import { federal } from '@phi/deadlines'
import { documentsInEffect, documentsOfEvents } from '../../record/kinds.ts'
import type { RetentionRule } from '../rule.ts'
import { law, text, years } from './common.ts'

/** 45 CFR 164.316(b)(2)(i) and 164.530(j)(2): six years, written down once. */
const documentation = {
  citation: text('45 CFR 164.316(b)(2)(i)', 'text-seen'),
  also: [text('45 CFR 164.530(j)(2)', 'text-seen')],
  period: years(6),
  minor: 'not-by-age',
} as const

const copyOfTheCfr = 'a verbatim copy of the CFR'

/** The days that an answer to a request for an accounting may take, 164.528(c)(1): the period and its one extension. */
function daysToAnswerAnAccounting(): number {
  const [rule] = federal.accountingRequest.rules
  const extension = rule?.extensions[0]
  if (rule?.basis.unit !== 'calendar-days' || !extension)
    throw new TypeError('the federal rule does not count days with an extension')
  return rule.basis.amount + extension.adds.amount
}

/** Federal rows: HIPAA documentation, and what other federal rules ask to be kept. HIPAA itself has no period for medical records. */
export const federalRows: readonly RetentionRule[] = [
  law({
    ...documentation,
    id: 'us.hipaa.documents',
    title: 'HIPAA documentation that is in effect for a while: policies, notices, agreements',
    kinds: [...documentsInEffect],
    // The later of creation and last in effect. A document can be created after it was last in effect: minutes of a practice.
    start: { anyOf: [['lastInEffect'], ['replaced'], ['terminated']], orLater: ['created', 'effective', 'signed'] },
    confirmation: 'text-seen',
    sources: [copyOfTheCfr],
  }),
  law({
    ...documentation,
    id: 'us.hipaa.documents.events',
    title: 'HIPAA documentation of one event: training, complaints, acknowledgments, notices given',
    kinds: [...documentsOfEvents],
    start: { anyOf: [['created'], ['signed']], orLater: ['lastInEffect', 'replaced', 'terminated'] },
    confirmation: 'text-seen',
    sources: [copyOfTheCfr],
  }),
  law({
    ...documentation,
    id: 'us.hipaa.accounting',
    title: 'The information from which an accounting of disclosures is made',
    citation: text('45 CFR 164.528(d)', 'text-seen'),
    also: [text('45 CFR 164.528(a)', 'text-seen'), text('45 CFR 164.530(j)(2)', 'text-seen')],
    kinds: ['accounting-entry'],
    start: { anyOf: [['disclosed']], orLater: ['created'] },
    advisedMarginDays: daysToAnswerAnAccounting(),
    confirmation: 'text-seen',
    sources: [copyOfTheCfr],
    note: 'An accounting asked for on the last day still has to be answered: the margin is advice.',
  }),
  law({
    ...documentation,
    id: 'us.hipaa.audit-log',
    title: 'Logs of activity, kept as documentation',
    kinds: ['audit-log'],
    start: { anyOf: [['created']], orLater: ['lastEntry'] },
    confirmation: 'interpretation',
    sources: [copyOfTheCfr],
    note: 'HIPAA has no period for the data of logs as such. A shorter period is shorter than the documentation period.',
  }),
  law({
    id: 'us.medicare.hospital',
    title: 'Records of hospitals under the conditions of participation',
    citation: text('42 CFR 482.24(b)(1)', 'secondary'),
    providers: ['hospital'],
    when: [{ fact: 'medicare', is: true }],
    start: { anyOf: [['discharged']], orLater: ['lastTreatment'], floorFrom: ['serviceDate'] },
    period: years(5),
    minor: 'not-by-age',
    confirmation: 'secondary',
    sources: ['quotations in public repositories'],
    note: 'The text names no start; the discharge is our reading. State law is usually longer.',
  }),
  law({
    id: 'us.medicare.ordering',
    title: 'Documentation of providers who order, certify or furnish for Medicare',
    citation: text('42 CFR 424.516(f)', 'secondary'),
    kinds: ['medicare-provider-record'],
    start: { anyOf: [['serviceDate']] },
    period: years(7),
    minor: 'not-by-age',
    confirmation: 'secondary',
    sources: ['several public repositories'],
  }),
  law({
    id: 'us.medicare.advantage',
    title: 'Records of Medicare Advantage and Medicaid managed care',
    citation: text('42 CFR 422.504(d)', 'secondary'),
    also: [text('42 CFR 438.3(u)', 'secondary')],
    kinds: ['managed-care-record'],
    start: { anyOf: [['contractEnded']] },
    period: years(10),
    through: { fact: 'auditCompleted', unlessNot: 'audited' },
    minor: 'not-by-age',
    confirmation: 'memory',
    sources: ['a public copy of the text'],
    note: 'That the later of the two counts is from memory.',
  }),
  law({
    id: 'us.osha.medical',
    title: 'Medical records of employees',
    citation: text('29 CFR 1910.1020(d)(1)(i)', 'secondary'),
    kinds: ['employee-medical-record'],
    start: { anyOf: [['separated']], orLater: ['lastEntry', 'created'] },
    period: years(30),
    minor: 'not-by-age',
    confirmation: 'secondary',
    sources: ['several public repositories'],
  }),
  law({
    id: 'us.osha.exposure',
    title: 'Exposure records of employees',
    citation: text('29 CFR 1910.1020(d)(1)(ii)', 'secondary'),
    kinds: ['exposure-record'],
    start: { anyOf: [['created']], orLater: ['lastEntry'] },
    period: years(30),
    minor: 'not-by-age',
    confirmation: 'secondary',
    sources: ['several public repositories'],
  }),
  law({
    id: 'us.mqsa',
    title: 'Mammograms',
    citation: text('21 CFR 900.12(c)(4)(i)', 'text-seen'),
    kinds: ['mammogram'],
    start: { anyOf: [['mammogram']] },
    period: years(10),
    returned: { withinYears: 5, years: 5 },
    minor: 'not-by-age',
    confirmation: 'text-seen',
    sources: ['a quotation of the text', 'FDA, MQSA Insights (2017)'],
    note: 'Ten years, or five where the patient had another mammogram at the facility. Only a return within those five years is taken to shorten.',
  }),
  law({
    id: 'us.dea',
    title: 'Records of controlled substances',
    citation: text('21 CFR 1304.04(a)', 'memory'),
    kinds: ['controlled-substance-record'],
    start: { anyOf: [['created']], orLater: ['lastEntry'] },
    period: years(2),
    minor: 'not-by-age',
    confirmation: 'memory',
    sources: ['a reference in a public repository'],
  }),
  ...laboratory(),
  law({
    id: 'us.ind',
    title: 'Records of sponsors and investigators of new drugs',
    citation: text('21 CFR 312.57(c)', 'text-seen'),
    also: [text('21 CFR 312.62(c)', 'text-seen')],
    kinds: ['investigational-drug-record'],
    start: { anyOf: [['approved'], ['discontinued', 'authorityNotified']] },
    period: years(2),
    minor: 'not-by-age',
    confirmation: 'text-seen',
    sources: ['quotations of the text'],
    note: 'After approval; or after the investigation is discontinued and the authority has been told. The latest of those known counts.',
  }),
]

/** 42 CFR 493.1105, by what is kept. */
function laboratory(): readonly RetentionRule[] {
  const row = (id: string, title: string, kind: string, amount: number, confirmation: 'secondary' | 'memory') =>
    law({
      id,
      title,
      citation: text('42 CFR 493.1105', confirmation),
      kinds: [kind],
      start: { anyOf: [['created']], orLater: ['lastEntry', 'serviceDate'] },
      period: years(amount),
      minor: 'not-by-age',
      confirmation,
      sources: confirmation === 'secondary' ? ['a public copy of the text'] : [],
      note: 'The start varies by what is kept; the making of it, or its last use, is our reading.',
    })
  return [
    row('us.clia', 'Laboratory records in general', 'laboratory-record', 2, 'memory'),
    row('us.clia.immunohematology', 'Records of immunohematology', 'immunohematology-record', 5, 'memory'),
    row('us.clia.pathology-report', 'Pathology reports', 'pathology-report', 10, 'memory'),
    row('us.clia.cytology-slide', 'Cytology slides', 'cytology-slide', 5, 'secondary'),
    row('us.clia.histopathology-slide', 'Histopathology slides', 'histopathology-slide', 10, 'secondary'),
    row('us.clia.tissue-block', 'Tissue blocks', 'tissue-block', 2, 'memory'),
  ]
}
