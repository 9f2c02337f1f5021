import { isInstant, type Service } from '@phi/core'
import * as z from 'zod'
import type { Eligibility } from '../agreement/agreement.ts'
import { dateOrInstant } from '../agreement/date.ts'
import type { AgreementInput, ServiceInput } from '../agreement/input.ts'
import { type Party, partySchema } from '../agreement/party.ts'
import { word } from '../agreement/schema.ts'
import { freeze } from '../freeze.ts'
import { readOwn } from '../own.ts'
import { type VendorAnswer, vendorAnswer } from './answer.ts'
import { refuseUnreadData, type VendorData } from './data.ts'
import { vendorError } from './errors.ts'
import type { VendorOffer, VendorProduct, VendorScope } from './vendor.ts'

/** For whom, and with what, an agreement is prepared. */
export interface DraftQuestion {
  readonly vendor: string
  readonly product: string
  /** The agreement's id, and its version. */
  readonly id: string
  readonly version: string
  /** Who discloses: a covered entity, or a business associate to its subcontractor. */
  readonly from: Party
  /** The plan that you are on, or will be. */
  readonly plan?: string | undefined
  readonly effective: string
  /** An instant. No clock is read. */
  readonly at: string
}

/** What a person still has to write down from the contract that they hold. */
export const draftGaps = ['permits', 'uses', 'terms', 'ai', 'agency', 'documentHash', 'signatures', 'expires'] as const

export interface AgreementDraft {
  /** What is known of the vendor's offer; read it before anything else. */
  readonly answer: VendorAnswer
  /**
   * The scope, for `defineAgreement` or `parseAgreement` to read once a person has completed it. Never signed, and without a permit or a
   * use, so that it allows nothing as it is. Absent where the vendor offers nothing, or where registries disagree.
   */
  readonly input?: AgreementInput
  readonly missing: typeof draftGaps
}

const schema = z.strictObject({
  vendor: z.string().max(64),
  product: z.string().max(64),
  id: z.string().min(1).max(100),
  version: z.string().min(1).max(80),
  from: partySchema.refine(
    (each) => tierOf(each) !== undefined,
    'must be a covered entity, a business associate or a subcontractor',
  ),
  plan: word.optional(),
  effective: dateOrInstant,
  at: z.string().refine(isInstant, 'must be an instant'),
})

const tierOf = ({ kind }: Party): 'ce-ba' | 'ba-sub' | undefined =>
  kind === 'covered-entity' ? 'ce-ba' : kind === 'business-associate' || kind === 'subcontractor' ? 'ba-sub' : undefined

/**
 * Prepares an agreement with a vendor from what is known of its offer: services, exclusions, conditions and plans. A web page is no
 * contract: permits, uses and terms are left for whoever reads the contract, and nothing is signed.
 * @throws PhiError PHI_BAA_VENDOR_QUESTION; PHI_BAA_VENDORS for data that `vendorData` did not make
 */
export function agreementDraft(data: VendorData, question: DraftQuestion): AgreementDraft {
  refuseUnreadData(data)
  const asked = readOwn(schema, question, 'question', (context) => vendorError('PHI_BAA_VENDOR_QUESTION', context))
  const { vendor, product, plan, at } = asked
  const answer = vendorAnswer(data, { vendor, product, at, ...(plan === undefined ? {} : { plan }) })
  const entries = Object.hasOwn(data.vendors, vendor) ? (data.vendors[vendor] ?? []) : []
  const [entry] = entries
  const found = entry?.vendor.products.find((each) => each.id === product)
  if (entry === undefined || entries.length > 1 || found === undefined || found.baa.available === 'no') {
    return freeze({ answer, missing: draftGaps })
  }
  const tier = tierOf(asked.from) as 'ce-ba' | 'ba-sub'
  const input: AgreementInput = {
    id: asked.id,
    tier,
    version: asked.version,
    from: asked.from,
    to: { id: vendor, kind: tier === 'ce-ba' ? 'business-associate' : 'subcontractor', name: entry.vendor.name },
    services: found.services.map((service) => limited(service, found, found.baa.covers)),
    excludes: excludesOf(found),
    conditions: (found.baa.conditions ?? []).map(({ condition, services }) => ({
      condition,
      ...(services === undefined ? {} : { services }),
    })),
    ...plansOf(found.baa, plan),
    effective: asked.effective,
  }
  return freeze({ answer, input: JSON.parse(JSON.stringify(input)) as AgreementInput, missing: draftGaps })
}

/** A service limited to the product: the vendor's other products are in no agreement because this one is. */
function limited(service: Service, { id: product }: VendorProduct, scope: VendorScope | undefined): ServiceInput {
  const { features, editions, regions } = scope ?? {}
  return {
    service,
    product,
    ...(features === undefined ? {} : { feature: features }),
    ...(editions === undefined ? {} : { edition: editions }),
    ...(regions === undefined ? {} : { region: regions }),
  }
}

/** One clause for each list: what is left out by its feature is left out in every region. */
function excludesOf(product: VendorProduct): readonly ServiceInput[] {
  const { features, editions, regions } = product.baa.excludes ?? {}
  const lists: readonly VendorScope[] = [
    ...(features === undefined ? [] : [{ features }]),
    ...(editions === undefined ? [] : [{ editions }]),
    ...(regions === undefined ? [] : [{ regions }]),
  ]
  return product.services.flatMap((service) => lists.map((list) => limited(service, product, list)))
}

/** Plans that nobody knows of are left out, so that a decision asks. Where the sources do not speak of plans, none is known. */
function plansOf({ plans }: VendorOffer, plan: string | undefined): Pick<AgreementInput, 'eligibility' | 'plan'> {
  if (plans === 'any') return {}
  const known = Object.entries(plans ?? {}).filter((each): each is [string, Eligibility] => each[1] !== 'unknown')
  const eligibility = Object.fromEntries(known)
  return { eligibility, ...(plan !== undefined && Object.hasOwn(eligibility, plan) ? { plan } : {}) }
}
