import { cite } from '@phi/core'
import type { Extension } from '../../rule/rule.ts'
import {
  atLeast,
  days,
  moreThan,
  on,
  personsMoreThan,
  type StateRow,
  source,
  statute,
  timeNotFound,
  whoseNumber,
  words,
} from '../row.ts'

const maintains = { fact: 'maintainsForAnother', is: true } as const

const texas = statute({
  state: 'TX',
  regime: 'general (covers medical information)',
  citation: 'Tex. Bus. & Com. Code 521.053(b)',
  interplay: 'tx.none-found',
  sources: ['SB 768: text, billcam.com and fastdemocracy.com', 'perkinscoie.com, Texas chart', 'dwt.com, June 2023'],
  rows: [
    {
      id: 'residents',
      ordinal: 1,
      to: 'residents',
      title: 'Notify the affected individuals, also those who are not residents',
      start: on.determination,
      time: days(60),
      confirmation: 'text-seen',
      note: 'Not later than the 60th day after the date of the determination.',
    },
    {
      id: 'attorney-general',
      ordinal: 2,
      to: 'attorney-general',
      title: 'Report to the Attorney General on the electronic form',
      citation: 'Tex. Bus. & Com. Code 521.053(i)',
      start: on.determination,
      time: days(30),
      threshold: atLeast(250),
      confirmation: 'text-seen',
      from: { date: '2023-09-01', confirmation: 'text-seen' },
      note: 'Not later than the 30th day after the date of the determination: before the residents are due.',
      earlier: [{ until: '2023-08-31', time: days(60), confirmation: 'text-seen', note: '60 days until SB 768.' }],
    },
    {
      id: 'consumer-reporting-agencies',
      ordinal: 3,
      to: 'consumer-reporting-agencies',
      citation: 'Tex. Bus. & Com. Code 521.053(h)',
      start: on.residentsTold,
      time: words('without unreasonable delay'),
      threshold: personsMoreThan(10_000),
      confirmation: 'text-seen',
    },
  ],
})

/** Fla. Stat. 501.171: 15 more days for good cause, given in writing within the 30. No date need be promised. */
const goodCause: Extension = {
  citation: cite('Fla. Stat. 501.171(3)', { confirmation: 'secondary', asOf: '2026-01-01' }),
  fact: 'goodCauseStatements',
  adds: { unit: 'calendar-days', amount: 15 },
  requires: ['written', 'reasons'],
}

const goodCauseNote =
  '15 more days for good cause that is given to the Department in writing within the 30; whether they are for the residents, the ' +
  'Department or both is not clear in our sources, so keep to the first date where you can.'

const florida = statute({
  state: 'FL',
  regime: 'general (covers medical information)',
  citation: 'Fla. Stat. 501.171(4)',
  interplay: 'fl.federal',
  sources: ['swlaw.com, map', 'dwt.com/gcp/states/florida', 'wordsbywit.com', 'complianceiq.site'],
  from: { date: '2014-07-01', confirmation: 'secondary' },
  rows: [
    {
      id: 'residents',
      ordinal: 1,
      to: 'residents',
      start: on.determination,
      time: days(30),
      extensions: [goodCause],
      confirmation: 'secondary',
      note: `The clock starts at the determination, or the reason to believe. ${goodCauseNote}`,
    },
    {
      id: 'department-of-legal-affairs',
      ordinal: 2,
      to: 'department-of-legal-affairs',
      title: 'Notify the Department of Legal Affairs of Florida',
      citation: 'Fla. Stat. 501.171(3)',
      start: on.determination,
      time: days(30),
      threshold: atLeast(500),
      extensions: [goodCause],
      metBy: 'notifiedAttorneyGeneral',
      confirmation: 'secondary',
      note: `One source says more than 500; the others say 500 or more. ${goodCauseNote}`,
    },
    {
      id: 'owner',
      ordinal: 3,
      to: 'owner',
      title: 'As a vendor, notify the covered entity for whom the data is held',
      citation: 'Fla. Stat. 501.171(6)',
      start: on.determination,
      time: days(10),
      scope: maintains,
      confirmation: 'secondary',
    },
    {
      id: 'consumer-reporting-agencies',
      ordinal: 4,
      to: 'consumer-reporting-agencies',
      citation: 'Fla. Stat. 501.171(5)',
      start: on.residentsTold,
      time: words('without unreasonable delay'),
      threshold: personsMoreThan(1000),
      confirmation: 'secondary',
      note: whoseNumber,
    },
  ],
})

const tennessee = statute({
  state: 'TN',
  citation: 'Tenn. Code 47-18-2107',
  interplay: 'tn.hipaa',
  sources: [source.survey],
  rows: [
    {
      id: 'residents',
      ordinal: 1,
      to: 'residents',
      start: on.discovery,
      time: days(45),
      confirmation: 'secondary',
      note: 'The clock starts at discovery or notification.',
    },
  ],
})

const alabama = statute({
  state: 'AL',
  citation: 'Ala. Code 8-38-5',
  interplay: 'al.federal',
  sources: [source.survey, `${source.snapshot} (10 days for agents; agencies over 1,000)`],
  rows: [
    {
      id: 'residents',
      ordinal: 1,
      to: 'residents',
      start: on.determination,
      time: days(45),
      confirmation: 'secondary',
      note: 'The clock starts at the determination that the breach is likely to cause substantial harm.',
    },
    {
      id: 'attorney-general',
      ordinal: 2,
      to: 'attorney-general',
      citation: 'Ala. Code 8-38-6',
      start: on.determination,
      time: days(45),
      threshold: moreThan(1000),
      confirmation: 'secondary',
    },
    {
      id: 'owner',
      ordinal: 2,
      to: 'owner',
      title: 'As an agent, notify the covered entity for whom the data is held',
      citation: 'Ala. Code 8-38-8',
      start: on.discovery,
      time: days(10),
      scope: maintains,
      confirmation: 'text-seen',
      note: 'The start of the 10 days is not in our sources; they are counted from discovery, the earliest event.',
    },
    {
      id: 'consumer-reporting-agencies',
      ordinal: 2,
      to: 'consumer-reporting-agencies',
      start: on.residentsTold,
      time: timeNotFound,
      threshold: personsMoreThan(1000),
      confirmation: 'weak',
      note: `Only named beside the source. ${whoseNumber}`,
    },
  ],
})

const louisiana = statute({
  state: 'LA',
  citation: 'La. Rev. Stat. 51:3074(E)',
  interplay: 'la.none-found',
  sources: [source.text, source.survey],
  rows: [
    { id: 'residents', ordinal: 1, to: 'residents', start: on.discovery, time: days(60), confirmation: 'text-seen' },
    {
      id: 'attorney-general',
      ordinal: 2,
      to: 'attorney-general',
      citation: 'LAC 16:III.701',
      start: on.residentsTold,
      time: days(10),
      confirmation: 'memory',
    },
  ],
})

const northCarolina = statute({
  state: 'NC',
  citation: 'N.C. Gen. Stat. 75-65',
  interplay: 'nc.none',
  sources: [source.surveyNoNumber],
  rows: [
    {
      id: 'residents',
      ordinal: 1,
      to: 'residents',
      start: on.discovery,
      time: words('without unreasonable delay'),
      confirmation: 'secondary',
      note: 'The clock starts at discovery or notification.',
    },
    {
      id: 'attorney-general',
      ordinal: 2,
      to: 'attorney-general',
      title: 'Notify the Consumer Protection Division of the Attorney General',
      start: on.residentsTold,
      time: words('without unreasonable delay'),
      confirmation: 'memory',
    },
    {
      id: 'consumer-reporting-agencies',
      ordinal: 3,
      to: 'consumer-reporting-agencies',
      start: on.residentsTold,
      time: words('without unreasonable delay'),
      threshold: personsMoreThan(1000),
      confirmation: 'memory',
      note: whoseNumber,
    },
  ],
})

export const southern: readonly StateRow[] = [...texas, ...florida, ...tennessee, ...alabama, ...louisiana, ...northCarolina]
