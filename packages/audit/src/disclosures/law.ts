import { type Citation, cite } from '@phi/core'

/**
 * 45 CFR 164.528, last amended at 67 FR 53271 in what was read, and the sections that it names: a public copy, the folder
 * source/hipaa/regulations of github.com/aptible/www.aptible.com, in which these were last touched on that day.
 */
const text = (written: string, about: Partial<Citation> = {}): Citation =>
  Object.freeze(cite(written, { confirmation: 'text-seen', asOf: '2018-08-31', ...about }))
const ours = { confirmation: 'interpretation' } as const

/**
 * What 45 CFR 164.528 says of the content of an accounting, number by number. When it is due, what it may cost and how a request is
 * tracked are matters of `@phi/deadlines`.
 */
export const accountingLaw = Object.freeze({
  /** How far back from the date of the request. Both days count; where that date is 29 February, 28 February: never a day short. */
  lookBack: { years: 6, citation: text('45 CFR 164.528(a)(1)'), also: [text('45 CFR 164.528(b)(1)')] },
  /** The individual may ask for less. */
  shorter: { citation: text('45 CFR 164.528(a)(3)') },
  /** No disclosure before the day on which the covered entity had to comply. */
  complianceDate: { day: '2003-04-14', citation: text('45 CFR 164.534(a)', { asOf: '2008-10-01' }) },
  smallHealthPlan: { day: '2004-04-14', citation: text('45 CFR 164.534(b)(2)', { asOf: '2008-10-01' }) },
  /** A written statement suspends for the time that it specifies. */
  suspension: { citation: text('45 CFR 164.528(a)(2)(i)') },
  /** An oral one, documented, for no longer than this from its date, unless a written one comes in that time. */
  oralSuspension: { days: 30, citation: text('45 CFR 164.528(a)(2)(ii)') },
  /** Date, recipient, address if known, description, purpose. */
  content: { citation: text('45 CFR 164.528(b)(2)') },
  /** Disclosures to or by business associates are part of it. */
  businessAssociates: { citation: text('45 CFR 164.528(b)(1)') },
  /** More than one to the same recipient for a single purpose: the first in full, how many, and the date of the last. */
  repeated: { citation: text('45 CFR 164.528(b)(3)') },
  /** For a research purpose, of so many individuals or more. */
  research: { individuals: 50, citation: text('45 CFR 164.528(b)(4)(i)'), assist: text('45 CFR 164.528(b)(4)(ii)') },
  documentation: { citation: text('45 CFR 164.528(d)') },
} as const)

/** A class of disclosures that an accounting leaves out. */
export interface Exclusion {
  readonly paragraph: 'i' | 'ii' | 'iii' | 'iv' | 'v' | 'vi' | 'vii' | 'viii' | 'ix'
  readonly words: string
  readonly citation: Citation
}

const exclusion = (paragraph: Exclusion['paragraph'], words: string): Exclusion =>
  Object.freeze({ paragraph, words, citation: text(`45 CFR 164.528(a)(1)(${paragraph})`) })

/** The nine classes of 45 CFR 164.528(a)(1)(i) to (ix). The keys are those that `@phi/deadlines` uses. */
export const exclusions = Object.freeze({
  'treatment-payment-operations': exclusion('i', 'for treatment, payment or health care operations'),
  'to-the-individual': exclusion('ii', 'to the individual whom the information is about'),
  'incident-to-permitted-use': exclusion('iii', 'incident to a use or disclosure that is permitted or required'),
  authorization: exclusion('iv', 'under an authorization of the individual'),
  'directory-or-care': exclusion('v', 'for the directory of a facility, to persons involved in care, or to notify them'),
  'national-security': exclusion('vi', 'for national security or intelligence'),
  custody: exclusion('vii', 'to correctional institutions, or to law enforcement about a person in custody'),
  'limited-data-set': exclusion('viii', 'as part of a limited data set'),
  'before-compliance-date': exclusion('ix', 'made before the compliance date of the covered entity'),
})

export type ExclusionKey = keyof typeof exclusions

/** The provision under which a disclosure was made, and what follows from it for an accounting. */
export interface DisclosureBasis {
  readonly words: string
  readonly citation: Citation
  /** The class that leaves it out, or null: it is listed. */
  readonly exclusion: ExclusionKey | null
  /** Whether 164.528(b)(3) lets repeated ones stand together: those under 164.502(a)(2)(ii) and 164.512. */
  readonly repeats: boolean
}

const leftOut = (key: ExclusionKey, words: string, citation: Citation): DisclosureBasis =>
  Object.freeze({ words, citation, exclusion: key, repeats: false })
const listed = (words: string, citation: Citation): DisclosureBasis =>
  Object.freeze({ words, citation, exclusion: null, repeats: true })

/** The provisions of 45 CFR Part 164 under which information is disclosed, as `details['disclosure.basis']` of an event names them. */
// biome-ignore format: a table
export const disclosureBases = Object.freeze({
  treatment: leftOut('treatment-payment-operations', 'treatment', text('45 CFR 164.506(c)')),
  payment: leftOut('treatment-payment-operations', 'payment', text('45 CFR 164.506(c)')),
  operations: leftOut('treatment-payment-operations', 'health care operations', text('45 CFR 164.506(c)')),
  individual: leftOut('to-the-individual', 'to the individual', text('45 CFR 164.502(a)(1)(i)')),
  'personal-representative': leftOut('to-the-individual', 'to a personal representative, who is treated as the individual', text('45 CFR 164.502(g)', ours)),
  incidental: leftOut('incident-to-permitted-use', 'incident to a permitted use or disclosure', text('45 CFR 164.502(a)(1)(iii)')),
  authorization: leftOut('authorization', 'with an authorization', text('45 CFR 164.508')),
  directory: leftOut('directory-or-care', 'facility directory', text('45 CFR 164.510(a)')),
  'involved-in-care': leftOut('directory-or-care', 'to persons involved in care, or to notify them', text('45 CFR 164.510(b)')),
  'national-security': leftOut('national-security', 'national security and intelligence', text('45 CFR 164.512(k)(2)')),
  custody: leftOut('custody', 'correctional institutions and custody', text('45 CFR 164.512(k)(5)')),
  'limited-data-set': leftOut('limited-data-set', 'limited data set', text('45 CFR 164.514(e)')),

  secretary: listed('to the Secretary of Health and Human Services', text('45 CFR 164.502(a)(2)(ii)')),
  'required-by-law': listed('required by law', text('45 CFR 164.512(a)')),
  'public-health': listed('public health activities', text('45 CFR 164.512(b)')),
  'abuse-or-neglect': listed('victims of abuse, neglect or domestic violence', text('45 CFR 164.512(c)')),
  'health-oversight': listed('health oversight', text('45 CFR 164.512(d)')),
  'judicial-proceeding': listed('judicial and administrative proceedings', text('45 CFR 164.512(e)')),
  'law-enforcement': listed('law enforcement', text('45 CFR 164.512(f)')),
  decedent: listed('coroners, medical examiners and funeral directors', text('45 CFR 164.512(g)')),
  'organ-donation': listed('organ, eye or tissue donation', text('45 CFR 164.512(h)')),
  research: listed('research without an authorization', text('45 CFR 164.512(i)')),
  'serious-threat': listed('a serious threat to health or safety', text('45 CFR 164.512(j)')),
  'government-function': listed('other specialized government functions', text('45 CFR 164.512(k)')),
  'workers-compensation': listed("workers' compensation", text('45 CFR 164.512(l)')),
  // No class of 164.528(a)(1) takes in what the rule does not permit. It is no disclosure under 164.512 either.
  'not-permitted': Object.freeze({ ...listed('not permitted, a breach or a mistake', text('45 CFR 164.502(a)', ours)), repeats: false }),
})

export type DisclosureBasisKey = keyof typeof disclosureBases

export const isDisclosureBasis = (value: unknown): value is DisclosureBasisKey =>
  typeof value === 'string' && Object.hasOwn(disclosureBases, value)
