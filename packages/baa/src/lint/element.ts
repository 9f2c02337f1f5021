import type { Citation } from '@phi/core'
import type { Agreement, TermKey, Tier } from '../agreement/agreement.ts'
import { cited } from '../citation.ts'

/** The lists without which a contract establishes nothing. */
export const scopeLists = ['services', 'permits', 'uses'] as const
export type ScopeList = (typeof scopeLists)[number]

/** Something that a regulation wants a contract to hold. */
export interface RequiredElement {
  /** What it is, in a few words. */
  readonly element: string
  readonly citation: Citation
  /** Other places that ask for the same. */
  readonly also: readonly Citation[]
  /** In which tiers it is required. */
  readonly tiers: readonly Tier[]
  /** The terms that have to be there, each of them. */
  readonly terms: readonly TermKey[]
  /** The lists that must not be empty. */
  readonly lists: readonly ScopeList[]
  /** Only where a permitted use meets this: `ba` is the business associate's own management and legal duties. */
  readonly onlyWithUse?: 'ba'
  /** What is so when it is missing. */
  readonly says: string
  readonly remedy: string
}

type Facts = Partial<Pick<RequiredElement, 'terms' | 'lists' | 'onlyWithUse' | 'tiers'>> & { readonly also?: readonly string[] }

/** The contracts of 164.504(e)(1) to (5). */
export const associateTiers = ['ce-ba', 'ba-sub'] as const satisfies readonly Tier[]

const required = (
  element: string,
  citation: Citation,
  says: string,
  remedy: string,
  { also = [], terms = [], lists = [], tiers = associateTiers, onlyWithUse }: Facts,
): RequiredElement => ({
  element,
  citation,
  also: also.map((each) => cited(each)),
  tiers,
  terms,
  lists,
  ...(onlyWithUse ? { onlyWithUse } : {}),
  says,
  remedy,
})

/**
 * What a contract with a business associate must hold, 45 CFR 164.504(e) and 164.314(a). A contract with a subcontractor holds the same,
 * 164.504(e)(5), and the last one. A memorandum between agencies, a limited data set and Part 2 have elements of their own below.
 */
// biome-ignore format: a table
export const requiredElements = {
  B01: required('permitted and required uses and disclosures are established', cited('45 CFR 164.504(e)(2)(i)'), 'The contract does not establish what may be done: a list of services, data or uses is empty.', 'Have the services, the data and the uses named.', { lists: scopeLists }),
  B02: required('nothing is authorized that the covered entity could not do itself', cited('45 CFR 164.504(e)(2)(i)(A)-(B)'), 'The contract does not keep the uses within what the covered entity could do itself.', 'Have it say so. Only management, administration and data aggregation are excepted.', { terms: ['withinCoveredEntityLimits'] }),
  B03: required('no other use or disclosure', cited('45 CFR 164.504(e)(2)(ii)(A)'), 'The contract does not rule out other uses and disclosures.', 'Have it allow only what it permits or requires, or what law requires.', { terms: ['onlyAsPermitted'] }),
  B04: required('appropriate safeguards, and Subpart C for electronic data', cited('45 CFR 164.504(e)(2)(ii)(B)'), 'The contract does not promise safeguards.', 'Have it promise appropriate safeguards, and the Security Rule for electronic data.', { terms: ['safeguards'], also: ['45 CFR 164.314(a)(2)(i)(A)'] }),
  B05: required('reports of uses it does not provide for, and of breaches', cited('45 CFR 164.504(e)(2)(ii)(C)'), 'The contract does not promise to report what it does not provide for, and breaches.', 'Have both promised: impermissible uses and disclosures, and breaches of unsecured data.', { terms: ['reportUses', 'reportBreaches'], also: ['45 CFR 164.410'] }),
  B06: required('reports of security incidents', cited('45 CFR 164.314(a)(2)(i)(C)'), 'The contract does not promise to report security incidents.', 'Have it promised.', { terms: ['reportIncidents'] }),
  B07: required('subcontractors agree to the same restrictions', cited('45 CFR 164.504(e)(2)(ii)(D)'), 'The contract does not bind subcontractors.', 'Have it promise that every subcontractor agrees to the same restrictions and conditions.', { terms: ['subcontractors'], also: ['45 CFR 164.502(e)(1)(ii)', '45 CFR 164.308(b)(2)', '45 CFR 164.314(a)(2)(i)(B)'] }),
  B08: required('access of the individual', cited('45 CFR 164.504(e)(2)(ii)(E)'), 'The contract does not provide for access of the individual.', 'Have it promise to make the data available for access.', { terms: ['access'], also: ['45 CFR 164.524'] }),
  B09: required('amendment', cited('45 CFR 164.504(e)(2)(ii)(F)'), 'The contract does not provide for amendments.', 'Have it promise to make the data available for amendment, and to take amendments in.', { terms: ['amendment'], also: ['45 CFR 164.526'] }),
  B10: required('accounting of disclosures', cited('45 CFR 164.504(e)(2)(ii)(G)'), 'The contract does not provide for an accounting of disclosures.', 'Have it promise the information that an accounting needs.', { terms: ['accounting'], also: ['45 CFR 164.528'] }),
  B11: required('duties of the covered entity that it carries out follow its rules', cited('45 CFR 164.504(e)(2)(ii)(H)'), 'The contract does not say by what rules duties of the covered entity are carried out.', 'Have it say so, or say that it carries out none.', { terms: ['delegatedDuties'] }),
  B12: required('books and records for the Secretary', cited('45 CFR 164.504(e)(2)(ii)(I)'), 'The contract does not open books and records to the Secretary.', 'Have it promised.', { terms: ['booksAndRecords'] }),
  B13: required('return or destruction at the end', cited('45 CFR 164.504(e)(2)(ii)(J)'), 'The contract does not provide for the return or destruction of the data.', 'Have it promised, with protections that go on where neither is feasible.', { terms: ['returnOrDestroy'] }),
  B14: required('termination for a violation', cited('45 CFR 164.504(e)(2)(iii)'), 'The contract cannot be ended for a violation of a material term.', 'Have it authorize that.', { terms: ['terminationForViolation'] }),
  B15: required('own disclosures only as law requires, or with assurances', cited('45 CFR 164.504(e)(4)(ii)'), 'The contract permits uses of its own, and does not bind disclosures for them.', 'Have them allowed only as law requires, or with assurances and notice of breaches.', { terms: ['managementDisclosures'], onlyWithUse: 'ba' }),
  B16: required('the subcontractor takes on what binds the business associate', cited('45 CFR 164.504(e)(5)'), 'The contract does not pass on what binds the business associate itself.', 'Have the subcontractor take on the restrictions of the contract above it.', { terms: ['upstreamRestrictions'], tiers: ['ba-sub'], also: ['45 CFR 164.314(a)(2)(iii)'] }),
} as const satisfies Readonly<Record<string, RequiredElement>>

const DATA_USE = { tiers: ['data-use'] } as const

/** What an agreement on a limited data set must hold, 45 CFR 164.514(e)(4)(ii), and what it may be for and hold, (e)(2) and (e)(3). */
// biome-ignore format: a table
export const dataUseElements = {
  D01: required('permitted uses and disclosures are established', cited('45 CFR 164.514(e)(4)(ii)(A)'), 'The agreement does not establish what may be done: a list of services, data or uses is empty.', 'Have the services, the data and the uses named.', { ...DATA_USE, lists: scopeLists }),
  D02: required('nothing is authorized that the covered entity could not do itself', cited('45 CFR 164.514(e)(4)(ii)(A)'), 'The agreement does not keep the uses within what the covered entity could do itself.', 'Have it say so.', { ...DATA_USE, terms: ['withinCoveredEntityLimits'] }),
  D03: required('who may use or receive the data', cited('45 CFR 164.514(e)(4)(ii)(B)'), 'The agreement does not say who may use or receive the limited data set.', 'Have the people, or their offices, named.', { ...DATA_USE, terms: ['limitedRecipients'] }),
  D04: required('no other use or disclosure', cited('45 CFR 164.514(e)(4)(ii)(C)(1)'), 'The agreement does not rule out other uses and disclosures.', 'Have it allow only what it permits, or what law requires.', { ...DATA_USE, terms: ['onlyAsPermitted'] }),
  D05: required('appropriate safeguards', cited('45 CFR 164.514(e)(4)(ii)(C)(2)'), 'The agreement does not promise safeguards.', 'Have it promise appropriate safeguards against other uses.', { ...DATA_USE, terms: ['safeguards'] }),
  D06: required('reports of uses it does not provide for', cited('45 CFR 164.514(e)(4)(ii)(C)(3)'), 'The agreement does not promise to report what it does not provide for.', 'Have it promised.', { ...DATA_USE, terms: ['reportUses'] }),
  D07: required('agents agree to the same restrictions', cited('45 CFR 164.514(e)(4)(ii)(C)(4)'), 'The agreement does not bind those to whom the data is passed on.', 'Have it promise that they agree to the same restrictions and conditions.', { ...DATA_USE, terms: ['subcontractors'] }),
  D08: required('nobody is identified or contacted', cited('45 CFR 164.514(e)(4)(ii)(C)(5)'), 'The agreement does not rule out that people are identified or contacted.', 'Have it ruled out.', { ...DATA_USE, terms: ['noReidentification'] }),
} as const satisfies Readonly<Record<string, RequiredElement>>

/** The two arrangements that have one element each: between government agencies, and with a service organization of Part 2. */
// biome-ignore format: a table
export const otherElements = {
  M01: required('the objectives of a contract are accomplished', cited('45 CFR 164.504(e)(3)(i)(A)'), 'The memorandum does not accomplish the objectives of a contract with a business associate.', 'Have it hold terms that do, or show the other law that does.', { tiers: ['mou'], terms: ['governmentalObjectives'] }),
  Q01: required('bound by Part 2, and resists in proceedings', cited('42 CFR 2.11', 'memory'), 'The organization does not acknowledge that Part 2 binds it.', 'Have it acknowledge Part 2, and promise to resist in proceedings where it has to.', { tiers: ['qsoa'], terms: ['part2'] }),
} as const satisfies Readonly<Record<string, RequiredElement>>

export type ElementCode = keyof typeof requiredElements | keyof typeof dataUseElements | keyof typeof otherElements

/** All elements, by code, in order. */
export const elements: Readonly<Record<ElementCode, RequiredElement>> = {
  ...requiredElements,
  ...dataUseElements,
  ...otherElements,
}

/** The elements that an agreement has to hold. */
export function elementsOf(agreement: Agreement, hasUseOf: (branch: 'ba') => boolean): readonly ElementCode[] {
  return (Object.keys(elements) as ElementCode[]).filter((code) => {
    const { tiers, onlyWithUse } = elements[code]
    return tiers.includes(agreement.tier) && (onlyWithUse === undefined || hasUseOf(onlyWithUse))
  })
}
