import { type Citation, type Confirmation, parseAs } from '@phi/core'
import * as z from 'zod'
import { type CoveredEntityType, coveredEntityTypes, type Party } from '../agreement/party.ts'
import { cited } from '../citation.ts'
import { freeze } from '../freeze.ts'
import { own } from '../own.ts'
import { coveredEntityError } from './errors.ts'
import { type Profession, professionKeys, professionOf, professions } from './profession.ts'
import { type StandardTransaction, standardTransactionKeys } from './transaction.ts'

/** What is known of a person or an organization. What is left out is not known, and is never taken for "no". */
export interface CoveredEntityFacts {
  /** `health-plan` and `clearinghouse` are covered as such. `health-care-provider` is covered if it sends standard transactions. */
  readonly type?: CoveredEntityType | undefined
  /** Whether it is a health plan or a clearinghouse, where `type` is left out. */
  readonly planOrClearinghouse?: boolean | undefined
  readonly professions?: readonly Profession[] | undefined
  readonly licensed?: boolean | undefined
  readonly mentalHealthTreatment?: boolean | undefined
  readonly physicalTherapy?: boolean | undefined
  /** Whether it furnishes health care. Said outright, it goes before what the professions tell. */
  readonly furnishesHealthCare?: boolean | undefined
  /** Whether it furnishes, bills or is paid for health care in the normal course of business. */
  readonly billsInNormalCourse?: boolean | undefined
  /** Whether it sends a standard transaction electronically, itself or through a billing service or a clearinghouse; or which it sends. */
  readonly standardTransactions?: boolean | readonly StandardTransaction[] | undefined
}

export const coveredEntityQuestions = [
  'planOrClearinghouse',
  'furnishesHealthCare',
  'licensed',
  'mentalHealthTreatment',
  'physicalTherapy',
  'billsInNormalCourse',
  'standardTransactions',
] as const satisfies readonly (keyof CoveredEntityFacts)[]
export type CoveredEntityQuestion = (typeof coveredEntityQuestions)[number]

const said = (asks: string, citation: string, confirmation: Confirmation = 'text-seen') => ({
  asks,
  citation: cited(citation, confirmation),
})

/** What is asked, and of which text. */
// biome-ignore format: a table
export const coveredEntityQuestionTexts: Readonly<Record<CoveredEntityQuestion, { readonly asks: string; readonly citation: Citation }>> = {
  planOrClearinghouse: said('Is it a health plan or a health care clearinghouse?', '45 CFR 160.103'),
  furnishesHealthCare: said('Does it furnish health care: care, services or supplies related to the health of an individual, counseling among them?', '45 CFR 160.103'),
  licensed: said('Is the person licensed to practise? The rule asks for no licence; it shows that the work is health care.', '45 CFR 160.103', 'interpretation'),
  mentalHealthTreatment: said('Does the person provide mental health treatment?', '45 CFR 160.103', 'interpretation'),
  physicalTherapy: said('Does the person provide physical therapy?', '45 CFR 160.103', 'interpretation'),
  billsInNormalCourse: said('Does it furnish, bill or get paid for health care in the normal course of business?', '45 CFR 160.103'),
  standardTransactions: said('Does it send claims, eligibility inquiries or another standard transaction electronically, itself or through a billing service or a clearinghouse?', '45 CFR 160.103'),
}

export interface OpenQuestion {
  readonly fact: CoveredEntityQuestion
  readonly asks: string
  readonly citation: Citation
}

export interface CoveredEntityAnswer {
  /** `not-covered` only where no answer to an open question could change it. It says nothing of state law, of contracts or of other federal law. */
  readonly outcome: 'covered' | 'not-covered' | 'unknown'
  /** What has to be asked. Empty unless the outcome is `unknown`. */
  readonly questions: readonly OpenQuestion[]
  /** The parts of the test, as far as they are known. */
  readonly parts: {
    readonly planOrClearinghouse: boolean | 'unknown'
    readonly healthCare: boolean | 'unknown'
    readonly normalCourse: boolean | 'unknown'
    readonly standardTransactions: boolean | 'unknown'
  }
}

type Known = boolean | 'unknown'

const yes = z.boolean().optional()
const factsSchema: z.ZodType<CoveredEntityFacts> = z.strictObject({
  type: z.enum(coveredEntityTypes).optional(),
  planOrClearinghouse: yes,
  professions: z.array(z.enum(professionKeys)).max(50).readonly().optional(),
  licensed: yes,
  mentalHealthTreatment: yes,
  physicalTherapy: yes,
  furnishesHealthCare: yes,
  billsInNormalCourse: yes,
  standardTransactions: z.union([z.boolean(), z.array(z.enum(standardTransactionKeys)).max(50).readonly()]).optional(),
})

/**
 * Whether somebody is a covered entity, 45 CFR 160.103: a health plan, a clearinghouse, or a health care provider who sends health
 * information electronically in a standard transaction. A list of professions answers half of that: a licensed therapist who is paid in
 * cash and sends no claims may not be one.
 * @throws PhiError PHI_BAA_FACTS
 */
export function coveredEntityTest(facts: CoveredEntityFacts): CoveredEntityAnswer {
  const given = own(parseAs(factsSchema, facts, 'facts', (context) => coveredEntityError('PHI_BAA_FACTS', context)))
  const { type } = given
  const isProvider = type === 'health-care-provider'
  // A provider can be a plan as well. Of two answers that differ, the one that covers counts.
  const isPlan = given.planOrClearinghouse === true || (type !== undefined && !isProvider)
  const plan: Known = isPlan || (isProvider ? false : (given.planOrClearinghouse ?? 'unknown'))
  const care = careOf(given)
  const healthCare: Known = isProvider ? true : (given.furnishesHealthCare ?? care.holds)
  const normalCourse: Known = isProvider ? true : (given.billsInNormalCourse ?? 'unknown')
  const transactions = transactionsOf(given)

  const provider = allOf([healthCare, normalCourse, transactions])
  const covered = plan === true || provider === true ? true : plan === false && provider === false ? false : 'unknown'
  const open: CoveredEntityQuestion[] = []
  if (covered === 'unknown') {
    if (plan === 'unknown') open.push('planOrClearinghouse')
    // Once one part of the three fails, the answers to the others change nothing.
    if (provider === 'unknown') {
      if (healthCare === 'unknown') open.push(...care.asks)
      if (normalCourse === 'unknown') open.push('billsInNormalCourse')
      if (transactions === 'unknown') open.push('standardTransactions')
    }
  }
  return freeze({
    outcome: covered === 'unknown' ? 'unknown' : covered ? 'covered' : 'not-covered',
    questions: coveredEntityQuestions
      .filter((fact) => open.includes(fact))
      .map((fact) => ({ fact, ...coveredEntityQuestionTexts[fact] })),
    parts: { planOrClearinghouse: plan, healthCare, normalCourse, standardTransactions: transactions },
  })
}

function allOf(parts: readonly Known[]): Known {
  if (parts.includes(false)) return false
  return parts.includes('unknown') ? 'unknown' : true
}

/** An empty list is the answer that it sends none of them. */
function transactionsOf({ standardTransactions }: CoveredEntityFacts): Known {
  if (standardTransactions === undefined) return 'unknown'
  return typeof standardTransactions === 'boolean' ? standardTransactions : standardTransactions.length > 0
}

/** What the professions tell of health care: any one of them is enough, and only all of them together can say no. */
function careOf(facts: CoveredEntityFacts): { readonly holds: Known; readonly asks: readonly CoveredEntityQuestion[] } {
  const listed = facts.professions ?? []
  const asks = new Set<CoveredEntityQuestion>()
  let holds: Known = false
  for (const profession of listed) {
    const [each, question] = careOfOne(profession, facts)
    if (each === true) return { holds: true, asks: [] }
    if (each === 'unknown') {
      holds = 'unknown'
      asks.add(question)
    }
  }
  return listed.length === 0 ? { holds: 'unknown', asks: ['furnishesHealthCare'] } : { holds, asks: [...asks] }
}

function careOfOne(profession: Profession, facts: CoveredEntityFacts): readonly [Known, CoveredEntityQuestion] {
  switch (professions[profession]) {
    case 'yes':
      return [true, 'furnishesHealthCare']
    case 'if-licensed':
      // Without a licence it can still be treatment, and treatment is what the rule asks for.
      return facts.licensed === true || facts.mentalHealthTreatment === true
        ? [true, 'licensed']
        : facts.licensed === undefined
          ? ['unknown', 'licensed']
          : [facts.mentalHealthTreatment ?? 'unknown', 'mentalHealthTreatment']
    case 'mental-health-treatment':
      return [facts.mentalHealthTreatment ?? 'unknown', 'mentalHealthTreatment']
    case 'physical-therapy':
      return [facts.physicalTherapy ?? 'unknown', 'physicalTherapy']
  }
}

/**
 * The facts that a party of a registry tells. A profession that is not in the table is left to be asked, and so are all of them then:
 * what is not known could be health care.
 */
export function factsOf({ type, professions: named, licences, standardTransactions }: Party): CoveredEntityFacts {
  const read = (named ?? []).map(professionOf)
  const known = read.filter((each) => each !== undefined)
  const usable = known.some((each) => professions[each] === 'yes') || known.length === read.length
  return {
    ...(type === undefined ? {} : { type }),
    ...(usable && known.length > 0 ? { professions: known } : {}),
    ...(licences !== undefined && licences.length > 0 ? { licensed: true } : {}),
    ...(standardTransactions === undefined ? {} : { standardTransactions }),
  }
}
