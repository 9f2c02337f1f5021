import {
  anyResident,
  businessDays,
  days,
  moreThan,
  on,
  releaseBeside,
  type StateRow,
  sameDay,
  source,
  statute,
  timeNotFound,
  words,
} from '../row.ts'

const massachusetts = statute({
  state: 'MA',
  citation: 'Mass. Gen. Laws ch. 93H s. 3',
  interplay: 'ma.none-modelled',
  sources: [source.arkidel, source.text],
  note: 'Notice may not wait because the number of people is not known. The letter to residents does not state the nature of the breach.',
  rows: [
    {
      id: 'residents',
      ordinal: 1,
      to: 'residents',
      start: on.awareness,
      time: words('as soon as practicable and without unreasonable delay'),
      confirmation: 'secondary',
    },
    {
      id: 'attorney-general',
      ordinal: 2,
      to: 'attorney-general',
      start: on.awareness,
      time: words('as soon as practicable and without unreasonable delay'),
      confirmation: 'secondary',
    },
    {
      id: 'consumer-affairs',
      ordinal: 2,
      to: 'office-of-consumer-affairs',
      title: 'Notify the Office of Consumer Affairs and Business Regulation of Massachusetts',
      start: on.awareness,
      time: words('as soon as practicable and without unreasonable delay'),
      metBy: 'notifiedConsumerAgency',
      confirmation: 'secondary',
    },
  ],
})

const vermont = statute({
  state: 'VT',
  citation: '9 V.S.A. 2435(b)',
  interplay: 'vt.hipaa',
  sources: [source.survey, 'dwt.com, June 2023 (14 days)'],
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
      title: 'Give the Attorney General a preliminary notice',
      citation: '9 V.S.A. 2435(b)(3)',
      start: on.discovery,
      time: businessDays(14, 'VT'),
      confirmation: 'memory',
      note: 'The 14 days were seen; that they are business days is from memory.',
    },
    {
      id: 'attorney-general.with-residents',
      ordinal: 2,
      to: 'attorney-general',
      title: 'Give the Attorney General the preliminary notice no later than residents are told',
      citation: '9 V.S.A. 2435(b)(3)',
      start: on.residentsTold,
      time: sameDay,
      confirmation: 'memory',
      note: 'Where residents are told before the 14 business days are over.',
    },
  ],
})

const maine = statute({
  state: 'ME',
  citation: '10 M.R.S. 1348',
  interplay: 'me.federal',
  sources: [source.machine, 'dwt.com, June 2023 (lists Maine among the 30-day States)'],
  from: { date: '2019-09-19', confirmation: 'weak' },
  note: 'The survey of 2026 leaves Maine out of its list of 30-day States; a compiled table says 60.',
  rows: [
    {
      id: 'residents',
      ordinal: 1,
      to: 'residents',
      start: on.awareness,
      time: days(30),
      confirmation: 'weak',
      note: releaseBeside,
    },
    {
      id: 'residents.after-release',
      ordinal: 2,
      to: 'residents',
      title: 'Notify the affected residents after law enforcement no longer objects',
      start: on.release,
      time: businessDays(7, 'ME'),
      scope: { fact: 'lawEnforcementDelay', is: true },
      confirmation: 'weak',
    },
    {
      id: 'attorney-general',
      ordinal: 3,
      to: 'attorney-general',
      title: 'Notify the Attorney General with the notice to residents',
      start: on.residentsTold,
      time: sameDay,
      threshold: anyResident,
      confirmation: 'weak',
      note: 'Those whom the Department of Professional and Financial Regulation regulates tell that department instead.',
    },
  ],
})

const rhodeIsland = statute({
  state: 'RI',
  citation: 'R.I. Gen. Laws 11-49.3-4',
  interplay: 'ri.hipaa',
  sources: [source.survey, source.machine],
  rows: [
    {
      id: 'residents',
      ordinal: 1,
      to: 'residents',
      start: on.confirmation,
      time: days(45),
      confirmation: 'secondary',
      note: 'The clock starts when the breach is confirmed and the information for the notice can be ascertained.',
    },
    {
      id: 'attorney-general',
      ordinal: 2,
      to: 'attorney-general',
      start: on.confirmation,
      time: timeNotFound,
      threshold: moreThan(500),
      confirmation: 'secondary',
    },
    {
      id: 'residents.public-body',
      ordinal: 2,
      to: 'residents',
      title: 'Notify the affected residents, as a State or municipal agency',
      start: on.confirmation,
      time: days(30),
      scope: { fact: 'publicBody', is: true },
      confirmation: 'memory',
    },
  ],
})

const connecticut = statute({
  state: 'CT',
  citation: 'Conn. Gen. Stat. 36a-701b(b)',
  interplay: 'ct.hipaa',
  sources: [source.survey],
  rows: [
    { id: 'residents', ordinal: 1, to: 'residents', start: on.discovery, time: days(60), confirmation: 'secondary' },
    {
      id: 'attorney-general',
      ordinal: 2,
      to: 'attorney-general',
      title: 'Notify the Attorney General no later than residents are told',
      start: on.residentsTold,
      time: sameDay,
      confirmation: 'secondary',
    },
  ],
})

export const newEngland: readonly StateRow[] = [...massachusetts, ...vermont, ...maine, ...rhodeIsland, ...connecticut]
