import { atLeast, days, on, personsMoreThan, type StateRow, source, statute, whoseNumber, words } from '../row.ts'

const publicBody = { fact: 'publicBody', is: true } as const

const virginiaMedical = statute({
  state: 'VA',
  regime: 'medical information (government entities)',
  citation: 'Va. Code 32.1-127.1:05',
  interplay: 'va.medical',
  sources: ["arkidel/arkidel, counsel's note"],
  note: 'For bodies that are supported by public funds, from memory.',
  rows: [
    {
      id: 'residents.medical',
      ordinal: 1,
      to: 'residents',
      title: 'Notify the affected individuals of a breach of medical information',
      start: on.discovery,
      time: words('without unreasonable delay'),
      scope: publicBody,
      confirmation: 'memory',
    },
    {
      id: 'attorney-general.medical',
      ordinal: 1,
      to: 'attorney-general',
      title: 'Notify the Attorney General of a breach of medical information',
      start: on.discovery,
      time: words('without unreasonable delay'),
      scope: publicBody,
      confirmation: 'memory',
    },
    {
      id: 'health-commissioner.medical',
      ordinal: 1,
      to: 'commissioner-of-health',
      title: 'Notify the Commissioner of Health of a breach of medical information',
      start: on.discovery,
      time: words('without unreasonable delay'),
      scope: publicBody,
      metBy: 'notifiedHealthDepartment',
      confirmation: 'memory',
    },
  ],
})

const virginia = statute({
  state: 'VA',
  citation: 'Va. Code 18.2-186.6',
  interplay: 'va.none-modelled',
  sources: [source.arkidel],
  rows: [
    {
      id: 'residents',
      ordinal: 2,
      to: 'residents',
      start: on.discovery,
      time: words('without unreasonable delay'),
      confirmation: 'secondary',
    },
    {
      id: 'attorney-general',
      ordinal: 3,
      to: 'attorney-general',
      start: on.discovery,
      time: words('without unreasonable delay'),
      confirmation: 'secondary',
    },
    {
      id: 'consumer-reporting-agencies',
      ordinal: 4,
      to: 'consumer-reporting-agencies',
      start: on.residentsTold,
      time: words('without unreasonable delay'),
      threshold: personsMoreThan(1000),
      confirmation: 'secondary',
      note: whoseNumber,
    },
  ],
})

const broker = { fact: 'informationBroker', is: true } as const

const georgia = statute({
  state: 'GA',
  regime: 'general (information brokers and data collectors)',
  citation: 'O.C.G.A. 10-1-912',
  interplay: 'ga.scope',
  sources: [source.machine, source.surveyNoNumber],
  rows: [
    {
      id: 'residents',
      ordinal: 1,
      to: 'residents',
      start: on.discovery,
      time: words('in the most expedient time possible'),
      scope: broker,
      confirmation: 'weak',
    },
    {
      id: 'consumer-reporting-agencies',
      ordinal: 2,
      to: 'consumer-reporting-agencies',
      start: on.residentsTold,
      time: words('without unreasonable delay'),
      threshold: personsMoreThan(10_000),
      scope: broker,
      confirmation: 'weak',
      note: whoseNumber,
    },
  ],
})

const oklahoma = statute({
  state: 'OK',
  citation: '24 O.S. 162-166',
  interplay: 'ok.hipaa',
  sources: ['alstonprivacy.com', 'mondaq.com, 1698926', 'mintz.com, 2026-01-23'],
  from: { date: '2026-01-01', confirmation: 'secondary' },
  note: 'As amended by SB 626.',
  rows: [
    {
      id: 'residents',
      ordinal: 1,
      to: 'residents',
      start: on.discovery,
      time: words('without unreasonable delay'),
      confirmation: 'secondary',
    },
    {
      id: 'attorney-general',
      ordinal: 2,
      to: 'attorney-general',
      start: on.residentsTold,
      time: days(60),
      threshold: atLeast(500),
      confirmation: 'secondary',
    },
  ],
})

const puertoRico = statute({
  state: 'PR',
  citation: '10 L.P.R.A. 4052',
  interplay: 'pr.none',
  sources: ['dwt.com, June 2023 (10 days)', source.machine],
  rows: [
    {
      id: 'consumer-affairs',
      ordinal: 1,
      to: 'department-of-consumer-affairs',
      title: 'Notify the Department of Consumer Affairs of Puerto Rico (DACO)',
      start: on.detection,
      time: days(10),
      metBy: 'notifiedConsumerAgency',
      confirmation: 'secondary',
      note: 'The 10 days cannot be extended.',
    },
    {
      id: 'residents',
      ordinal: 2,
      to: 'residents',
      citation: '10 L.P.R.A. 4051',
      start: on.detection,
      time: words('as expeditiously as possible'),
      confirmation: 'secondary',
    },
  ],
})

export const southernAndIslands: readonly StateRow[] = [...virginiaMedical, ...virginia, ...georgia, ...oklahoma, ...puertoRico]
