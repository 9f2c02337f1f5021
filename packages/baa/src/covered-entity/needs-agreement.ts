import { type Citation, parseAs } from '@phi/core'
import * as z from 'zod'
import { type Party, partySchema } from '../agreement/party.ts'
import { cited } from '../citation.ts'
import { freeze } from '../freeze.ts'
import { own } from '../own.ts'
import { type CoveredEntityFacts, coveredEntityTest, factsOf, type OpenQuestion } from './covered-entity.ts'
import { coveredEntityError } from './errors.ts'

/** What the vendor does with protected health information. What is left out is not known. */
export interface VendorFacts {
  readonly creates?: boolean | undefined
  readonly receives?: boolean | undefined
  /** Holds it, also where it is encrypted and the vendor has no key. */
  readonly maintains?: boolean | undefined
  readonly transmits?: boolean | undefined
  /** On behalf of the customer, and not for a purpose of its own, such as a treatment that it gives itself. */
  readonly onBehalf?: boolean | undefined
}

const vendorFacts = [
  'creates',
  'receives',
  'maintains',
  'transmits',
  'onBehalf',
] as const satisfies readonly (keyof VendorFacts)[]

const citations = {
  associate: cited('45 CFR 160.103'),
  contract: cited('45 CFR 164.502(e)(1)'),
  subcontractor: cited('45 CFR 164.502(e)(1)(ii)'),
} as const

export interface AgreementNeed {
  /**
   * `yes` also where an exemption may apply: an exemption has facts of its own, and `testExemption` asks for them. `no` only where no
   * answer to an open question could change it.
   */
  readonly outcome: 'yes' | 'no' | 'unknown'
  /** Questions about the customer that are open. */
  readonly questions: readonly OpenQuestion[]
  /** Facts of the vendor that are open. */
  readonly vendor: readonly (keyof VendorFacts)[]
  readonly citations: readonly Citation[]
}

const yes = z.boolean().optional()
const vendorSchema: z.ZodType<VendorFacts> = z.strictObject({
  creates: yes,
  receives: yes,
  maintains: yes,
  transmits: yes,
  onBehalf: yes,
})

/**
 * Whether a customer has to have an agreement with a vendor: if the customer is a covered entity, or a business associate that passes
 * data on, and the vendor creates, receives, maintains or transmits protected health information for it.
 * @param customer a party, or the facts of `coveredEntityTest`
 * @throws PhiError PHI_BAA_FACTS
 */
export function needsAgreement(customer: Party | CoveredEntityFacts, vendor: VendorFacts): AgreementNeed {
  const facts = own(parseAs(vendorSchema, vendor, 'vendor', (context) => coveredEntityError('PHI_BAA_FACTS', context)))
  const party = isParty(customer)
    ? own(parseAs(partySchema, customer, 'customer', (context) => coveredEntityError('PHI_BAA_FACTS', context)))
    : undefined
  const { outcome: covered, questions } = party ? ofParty(party) : coveredEntityTest(customer as CoveredEntityFacts)
  const handling = handles(facts)
  const outcome =
    covered === 'not-covered' || handling === false ? 'no' : covered === 'covered' && handling === true ? 'yes' : 'unknown'
  const passesOn = party?.kind === 'business-associate' || party?.kind === 'subcontractor'
  return freeze({
    outcome,
    questions: outcome === 'unknown' ? questions : [],
    vendor: outcome === 'unknown' && handling === 'unknown' ? openOf(facts) : [],
    citations: [citations.associate, passesOn ? citations.subcontractor : citations.contract],
  })
}

const isParty = (customer: Party | CoveredEntityFacts): customer is Party =>
  typeof customer === 'object' && customer !== null && Object.hasOwn(customer, 'kind')

function ofParty(party: Party): Pick<ReturnType<typeof coveredEntityTest>, 'outcome' | 'questions'> {
  switch (party.kind) {
    case 'covered-entity':
    case 'business-associate':
    case 'subcontractor':
      return { outcome: 'covered', questions: [] }
    case 'individual':
      // One's own data is one's own, 45 CFR 164.502(a)(1)(i).
      return { outcome: 'not-covered', questions: [] }
    case 'workforce':
    case 'provider':
    case 'other':
      return coveredEntityTest(factsOf(party))
  }
}

const deeds = ['creates', 'receives', 'maintains', 'transmits'] as const

function handles(facts: VendorFacts): boolean | 'unknown' {
  const done = deeds.some((each) => facts[each] === true)
  const never = deeds.every((each) => facts[each] === false)
  if (never || facts.onBehalf === false) return false
  return done && facts.onBehalf === true ? true : 'unknown'
}

/** Any one deed is enough: once one is known, the others need not be asked. */
const openOf = (facts: VendorFacts): readonly (keyof VendorFacts)[] => {
  const done = deeds.some((each) => facts[each] === true)
  return vendorFacts.filter((each) => facts[each] === undefined && !(done && each !== 'onBehalf'))
}
