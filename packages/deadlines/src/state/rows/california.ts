import type { Condition } from '../../rule/condition.ts'
import { businessDays, days, moreThan, on, releaseBeside, type StateRow, source, statute, words } from '../row.ts'

const facility: Condition = { fact: 'californiaHealthFacility', is: true }
const delayed: Condition = { fact: 'lawEnforcementDelay', is: true }

/** Five days, of the text of 2008; later texts of the time may have said business days, which end later. */
const fiveDays = {
  until: '2014-12-31',
  from: '2009-01-01',
  time: days(5),
  confirmation: 'memory',
  note: 'Five days from 2009 until 2015, from memory; counted as calendar days, which is the stricter reading.',
} as const

const californiaFacilities = statute({
  state: 'CA',
  regime: 'health facility',
  citation: 'Cal. Health & Safety Code 1280.15(b)',
  interplay: 'ca.facility',
  sourceDate: '2014 and 2015; still cited in 2026',
  asOf: '2015-01-01',
  sources: ['AB 1755 (2014): text and digest, leginfo', 'alstonprivacy.com', 'dwt.com, October 2014'],
  from: { date: '2015-01-01', confirmation: 'text-seen' },
  note: 'Old copies say 5 days, or 15 days without "business"; the text does not say what a business day is.',
  rows: [
    {
      id: 'health-department',
      ordinal: 1,
      to: 'department-of-public-health',
      title: 'Report to the California Department of Public Health',
      start: on.detection,
      time: businessDays(15, 'CA'),
      threshold: 'always',
      scope: facility,
      note: releaseBeside,
      metBy: 'notifiedHealthDepartment',
      confirmation: 'text-seen',
      earlier: [fiveDays],
    },
    {
      id: 'patients',
      ordinal: 2,
      to: 'patients',
      title: 'Notify each affected patient, or the representative of the patient',
      start: on.detection,
      time: businessDays(15, 'CA'),
      threshold: 'always',
      scope: facility,
      note: releaseBeside,
      metBy: 'notifiedPatients',
      confirmation: 'text-seen',
      earlier: [fiveDays],
    },
    {
      id: 'health-department.after-release',
      ordinal: 3,
      to: 'department-of-public-health',
      title: 'Report to the California Department of Public Health after the delay for law enforcement',
      citation: 'Cal. Health & Safety Code 1280.15(c)',
      start: on.release,
      time: businessDays(15, 'CA'),
      threshold: 'always',
      scope: { all: [facility, delayed] },
      metBy: 'notifiedHealthDepartment',
      confirmation: 'text-seen',
    },
    {
      id: 'patients.after-release',
      ordinal: 3,
      to: 'patients',
      title: 'Notify each affected patient, or the representative, after the delay for law enforcement',
      citation: 'Cal. Health & Safety Code 1280.15(c)',
      start: on.release,
      time: businessDays(15, 'CA'),
      threshold: 'always',
      scope: { all: [facility, delayed] },
      metBy: 'notifiedPatients',
      confirmation: 'text-seen',
    },
  ],
})

const california = statute({
  state: 'CA',
  citation: 'Cal. Civ. Code 1798.82(a)',
  interplay: 'ca.general',
  sources: ['alstonprivacy.com', 'mintz.com, 2026-01-23', 'dataprotectionreport.com, November 2025', source.chart],
  from: { date: '2026-01-01', confirmation: 'secondary' },
  rows: [
    {
      id: 'residents',
      ordinal: 4,
      to: 'residents',
      start: on.discovery,
      time: days(30),
      confirmation: 'secondary',
      note: 'As amended by SB 446. The clock starts at the discovery or notification of the breach.',
      earlier: [
        {
          until: '2025-12-31',
          time: words('in the most expedient time possible and without unreasonable delay'),
          confirmation: 'secondary',
          note: 'The text before SB 446.',
        },
      ],
    },
    {
      id: 'attorney-general',
      ordinal: 5,
      to: 'attorney-general',
      title: 'Submit a sample copy of the notice to the Attorney General',
      citation: 'Cal. Civ. Code 1798.82(f)',
      start: on.residentsTold,
      time: days(15),
      threshold: moreThan(500),
      confirmation: 'secondary',
      note: 'One source says 500 or more; the other sources, and the statute as it stood before, say more than 500.',
      earlier: [
        {
          until: '2025-12-31',
          time: words('a sample copy is submitted; the text before SB 446 had no number of days'),
          confirmation: 'secondary',
          note: 'The text before SB 446.',
        },
      ],
    },
  ],
})

export const californian: readonly StateRow[] = [...californiaFacilities, ...california]
