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

const washington = statute({
  state: 'WA',
  citation: 'RCW 19.255.010',
  interplay: 'wa.hipaa',
  sources: ['accountablehq.com, May 2026', 'csrps.com', 'wsha.org, 2015', 'insurance.wa.gov'],
  from: { date: '2020-03-01', confirmation: 'memory' },
  note: 'One source has 45 days on one page and 30 on another: old copies exist. Insurers also tell their commissioner within 2 days.',
  rows: [
    { id: 'residents', ordinal: 1, to: 'residents', start: on.discovery, time: days(30), confirmation: 'secondary' },
    {
      id: 'attorney-general',
      ordinal: 2,
      to: 'attorney-general',
      start: on.discovery,
      time: days(30),
      threshold: moreThan(500),
      confirmation: 'secondary',
    },
  ],
})

const colorado = statute({
  state: 'CO',
  citation: 'Colo. Rev. Stat. 6-1-716(2)',
  interplay: 'co.federal',
  sources: ['arkidel/arkidel State data (conformed 2026-08-09)', source.survey],
  rows: [
    { id: 'residents', ordinal: 1, to: 'residents', start: on.determination, time: days(30), confirmation: 'secondary' },
    {
      id: 'attorney-general',
      ordinal: 2,
      to: 'attorney-general',
      start: on.determination,
      time: days(30),
      threshold: atLeast(500),
      confirmation: 'secondary',
    },
    {
      id: 'consumer-reporting-agencies',
      ordinal: 3,
      to: 'consumer-reporting-agencies',
      start: on.residentsTold,
      time: words('without unreasonable delay'),
      threshold: personsMoreThan(1000),
      confirmation: 'secondary',
      note: whoseNumber,
    },
  ],
})

const oregon = statute({
  state: 'OR',
  citation: 'Or. Rev. Stat. 646A.604',
  interplay: 'or.hipaa',
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
    {
      id: 'attorney-general',
      ordinal: 2,
      to: 'attorney-general',
      start: on.discovery,
      time: timeNotFound,
      threshold: moreThan(250),
      confirmation: 'memory',
    },
  ],
})

const arizonaThreshold = 'One source names 45 days beside the regulators; it is not clear that the number is theirs.'

const arizona = statute({
  state: 'AZ',
  citation: 'Ariz. Rev. Stat. 18-552',
  interplay: 'az.hipaa',
  sources: [source.survey, 'farmanp/data-privacy-map (45 days; Attorney General and director of the department over 1,000)'],
  note: 'A compiled table lists Arizona at 30 days.',
  rows: [
    { id: 'residents', ordinal: 1, to: 'residents', start: on.determination, time: days(45), confirmation: 'secondary' },
    {
      id: 'attorney-general',
      ordinal: 2,
      to: 'attorney-general',
      start: on.determination,
      time: timeNotFound,
      threshold: moreThan(1000),
      confirmation: 'secondary',
      note: arizonaThreshold,
    },
    {
      id: 'homeland-security',
      ordinal: 2,
      to: 'department-of-homeland-security',
      title: 'Notify the Arizona Department of Homeland Security',
      start: on.determination,
      time: timeNotFound,
      threshold: moreThan(1000),
      metBy: 'notifiedHomelandSecurity',
      confirmation: 'secondary',
      note: arizonaThreshold,
    },
    {
      id: 'consumer-reporting-agencies',
      ordinal: 2,
      to: 'consumer-reporting-agencies',
      start: on.determination,
      time: timeNotFound,
      threshold: personsMoreThan(1000),
      confirmation: 'secondary',
      note: whoseNumber,
    },
  ],
})

const newMexico = statute({
  state: 'NM',
  citation: 'N.M. Stat. 57-12C-6',
  interplay: 'nm.hipaa',
  sources: [source.text, source.survey],
  rows: [
    { id: 'residents', ordinal: 1, to: 'residents', start: on.discovery, time: days(45), confirmation: 'text-seen' },
    {
      id: 'attorney-general',
      ordinal: 2,
      to: 'attorney-general',
      citation: 'N.M. Stat. 57-12C-10',
      start: on.discovery,
      time: days(45),
      threshold: moreThan(1000),
      confirmation: 'text-seen',
    },
    {
      id: 'consumer-reporting-agencies',
      ordinal: 2,
      to: 'consumer-reporting-agencies',
      citation: 'N.M. Stat. 57-12C-10',
      start: on.discovery,
      time: days(45),
      threshold: personsMoreThan(1000),
      confirmation: 'text-seen',
      note: whoseNumber,
    },
  ],
})

export const western: readonly StateRow[] = [...washington, ...colorado, ...oregon, ...arizona, ...newMexico]
