import {
  businessDays,
  days,
  hours,
  moreThan,
  on,
  personsAtLeast,
  personsMoreThan,
  releaseBeside,
  type StateRow,
  sameDay,
  source,
  statute,
  timeNotFound,
  whoseNumber,
  words,
} from '../row.ts'

const illinois = statute({
  state: 'IL',
  regime: 'general (covers medical information)',
  citation: '815 ILCS 530/10',
  interplay: 'il.hipaa',
  sources: [
    'csrps.com (two versions)',
    'workplaceprivacyreport.com, September 2019',
    'ilga.gov (page found, not read in full)',
    'complianceiq.site',
  ],
  rows: [
    {
      id: 'residents',
      ordinal: 1,
      to: 'residents',
      start: on.discovery,
      time: words('in the most expedient time possible and without unreasonable delay'),
      confirmation: 'secondary',
    },
    {
      id: 'attorney-general',
      ordinal: 2,
      to: 'attorney-general',
      title: 'Notify the Attorney General no later than residents are told',
      start: on.residentsTold,
      time: sameDay,
      threshold: moreThan(500),
      confirmation: 'secondary',
      note: 'One source says 45 days; that is, from memory, the rule for agencies of the State.',
    },
    {
      id: 'attorney-general.hipaa',
      ordinal: 3,
      to: 'attorney-general',
      title: 'Give the Attorney General what was told the Secretary of HHS',
      citation: '815 ILCS 530/50',
      start: on.secretaryTold,
      time: businessDays(5, 'IL'),
      metBy: 'copiedAttorneyGeneral',
      confirmation: 'secondary',
      note: 'For every breach that is reported to the Secretary.',
    },
  ],
})

const ohio = statute({
  state: 'OH',
  citation: 'Ohio Rev. Code 1349.19(B)(2)',
  interplay: 'oh.hipaa',
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

const indiana = statute({
  state: 'IN',
  citation: 'Ind. Code 24-4.9-3-3',
  interplay: 'in.hipaa',
  sources: [source.survey],
  rows: [
    { id: 'residents', ordinal: 1, to: 'residents', start: on.discovery, time: days(45), confirmation: 'secondary' },
    {
      id: 'attorney-general',
      ordinal: 2,
      to: 'attorney-general',
      title: 'Notify the Attorney General with the notice to residents',
      start: on.residentsTold,
      time: sameDay,
      confirmation: 'secondary',
    },
  ],
})

const wisconsin = statute({
  state: 'WI',
  citation: 'Wis. Stat. 134.98(3)',
  interplay: 'wi.hipaa',
  sources: [source.survey, source.machine],
  rows: [
    {
      id: 'residents',
      ordinal: 1,
      to: 'residents',
      start: on.awareness,
      time: days(45),
      confirmation: 'secondary',
      note: 'The clock starts when the entity learns that the information was acquired.',
    },
    {
      id: 'consumer-reporting-agencies',
      ordinal: 2,
      to: 'consumer-reporting-agencies',
      start: on.awareness,
      time: timeNotFound,
      threshold: personsAtLeast(1000),
      confirmation: 'secondary',
      note: whoseNumber,
    },
  ],
})

const southDakota = statute({
  state: 'SD',
  citation: 'S.D. Codified Laws 22-40-20',
  interplay: 'sd.hipaa',
  sources: [source.scraped, source.survey],
  rows: [
    {
      id: 'residents',
      ordinal: 1,
      to: 'residents',
      start: on.discovery,
      time: days(60),
      confirmation: 'text-seen',
      note: `The clock starts at discovery or notification. A compiled table lists South Dakota at 30 days. ${releaseBeside}`,
    },
    {
      id: 'attorney-general',
      ordinal: 2,
      to: 'attorney-general',
      start: on.discovery,
      time: timeNotFound,
      threshold: moreThan(250),
      confirmation: 'memory',
    },
    {
      id: 'residents.after-release',
      ordinal: 2,
      to: 'residents',
      title: 'Notify the affected residents after law enforcement no longer objects',
      start: on.release,
      time: days(30),
      scope: { fact: 'lawEnforcementDelay', is: true },
      confirmation: 'text-seen',
    },
  ],
})

const michigan = statute({
  state: 'MI',
  citation: 'Mich. Comp. Laws 445.72',
  interplay: 'mi.hipaa',
  sources: [source.surveyNoNumber],
  rows: [
    {
      id: 'residents',
      ordinal: 1,
      to: 'residents',
      start: on.discovery,
      time: words('without unreasonable delay'),
      confirmation: 'memory',
      note: 'The clock starts at discovery or notification.',
    },
    {
      id: 'consumer-reporting-agencies',
      ordinal: 2,
      to: 'consumer-reporting-agencies',
      start: on.residentsTold,
      time: words('without unreasonable delay'),
      threshold: personsMoreThan(1000),
      confirmation: 'memory',
      note: whoseNumber,
    },
  ],
})

const minnesota = statute({
  state: 'MN',
  citation: 'Minn. Stat. 325E.61',
  interplay: 'mn.not-clear',
  sources: [source.surveyNoNumber],
  note: 'A compiled table lists Minnesota at 60 days; the survey of 2026 has no number.',
  rows: [
    {
      id: 'residents',
      ordinal: 1,
      to: 'residents',
      start: on.discovery,
      time: words('in the most expedient time possible'),
      confirmation: 'memory',
    },
    {
      id: 'consumer-reporting-agencies',
      ordinal: 2,
      to: 'consumer-reporting-agencies',
      start: on.residentsTold,
      time: hours(48),
      threshold: personsMoreThan(500),
      confirmation: 'memory',
      note: `The 48 hours run from the notice to residents. ${whoseNumber}`,
    },
  ],
})

export const midwestern: readonly StateRow[] = [
  ...illinois,
  ...ohio,
  ...indiana,
  ...wisconsin,
  ...southDakota,
  ...michigan,
  ...minnesota,
]
