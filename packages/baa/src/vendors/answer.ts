import { covers, isInstant, isService, plainText, type Service } from '@phi/core'
import * as z from 'zod'
import { certainEnd, earliest } from '../agreement/date.ts'
import { freeze } from '../freeze.ts'
import { readOwn } from '../own.ts'
import { refuseUnreadData, type VendorData, type VendorEntry } from './data.ts'
import { vendorError } from './errors.ts'
import { type VendorReason, vendorReason } from './reason.ts'
import type { VendorCondition, VendorProduct, VendorScope, VendorSource } from './vendor.ts'

/** Does this vendor sign an agreement for what we want to use? */
export interface VendorQuestion {
  readonly vendor: string
  readonly product: string
  /** What you want it to do. Left out: whatever the product does. */
  readonly service?: Service | undefined
  readonly plan?: string | undefined
  readonly feature?: string | undefined
  readonly edition?: string | undefined
  readonly region?: string | undefined
  /** An instant. No clock is read. */
  readonly at: string
  /** Answers from data that is older than so many days are `unknown`, whatever its date of review. */
  readonly maxAgeDays?: number | undefined
}

/** A source, and the registries that name it. */
export interface NamedSource extends VendorSource {
  readonly registries: readonly string[]
}

export interface VendorAnswer {
  /**
   * `yes` and `on-request`: the vendor offers an agreement for this. That is no permission: data may flow when it is signed, and when
   * `decide` says so.
   */
  readonly answer: 'yes' | 'on-request' | 'no' | 'unknown'
  readonly reasons: readonly VendorReason[]
  /** What the agreement asks of you. */
  readonly conditions: readonly VendorCondition[]
  readonly sources: readonly NamedSource[]
  readonly asOf?: string
  readonly reviewBy?: string
}

const DAY = 86_400_000

const schema = z.strictObject({
  vendor: z.string().max(64),
  product: z.string().max(64),
  service: z.custom<Service>(isService, 'must be a service of the taxonomy').optional(),
  plan: plainText(200).optional(),
  feature: plainText(200).optional(),
  edition: plainText(200).optional(),
  region: plainText(200).optional(),
  at: z.string().refine(isInstant, 'must be an instant'),
  maxAgeDays: z.int().min(1).max(10_000).optional(),
})
type Asked = z.output<typeof schema>

/**
 * What the registries know of a vendor's agreement. What nobody knows, what is stale, and what registries disagree on is `unknown`.
 * @throws PhiError PHI_BAA_VENDOR_QUESTION; PHI_BAA_VENDORS for data that `vendorData` did not make
 */
export function vendorAnswer(data: VendorData, question: VendorQuestion): VendorAnswer {
  refuseUnreadData(data)
  const asked = readOwn(schema, question, 'question', (context) => vendorError('PHI_BAA_VENDOR_QUESTION', context))
  const entries = Object.hasOwn(data.vendors, asked.vendor) ? (data.vendors[asked.vendor] ?? []) : []
  const [entry] = entries
  if (entry === undefined) return answered('unknown', [vendorReason('unknown-vendor')], [], undefined)
  if (entries.length > 1) return conflicting(entries, asked.product)
  const product = entry.vendor.products.find((each) => each.id === asked.product)
  if (product === undefined) return answered('unknown', [vendorReason('unknown-product')], [], entry)
  const reasons = [
    ...ageReasons(entry, asked),
    ...offerReasons(product),
    ...scopeReasons(product, asked),
    ...planReasons(product, asked),
  ]
  return answered(verdictOf(reasons), reasons, sourcesOf(product, entry), entry, product)
}

const sourcesOf = (product: VendorProduct, { registries }: VendorEntry): readonly NamedSource[] =>
  product.sources.map((each) => ({ ...each, registries }))

function conflicting(entries: readonly VendorEntry[], product: string): VendorAnswer {
  const reasons = entries.map(({ registries }) => vendorReason('conflict', registries.join(', ')))
  const sources = entries.flatMap((entry) =>
    entry.vendor.products.filter((each) => each.id === product).flatMap((each) => sourcesOf(each, entry)),
  )
  return answered('unknown', reasons, sources, undefined)
}

function answered(
  answer: VendorAnswer['answer'],
  reasons: readonly VendorReason[],
  sources: readonly NamedSource[],
  entry: VendorEntry | undefined,
  product?: VendorProduct,
): VendorAnswer {
  return freeze({
    answer,
    reasons: [...reasons].sort((a, b) => ranks[a.verdict] - ranks[b.verdict]),
    conditions: product?.baa.conditions ?? [],
    sources,
    ...(entry === undefined ? {} : { asOf: entry.vendor.asOf, reviewBy: entry.vendor.reviewBy }),
  })
}

const ranks = { no: 0, unknown: 1, yes: 2 } as const

/** Codes that take away every answer, a "no" too: the vendor may have changed its mind. */
const untold = ['stale', 'not-yet', 'sources-weak'] as const satisfies readonly VendorReason['code'][]

function verdictOf(reasons: readonly VendorReason[]): VendorAnswer['answer'] {
  if (reasons.some(({ code }) => (untold as readonly string[]).includes(code))) return 'unknown'
  if (reasons.some(({ verdict }) => verdict === 'no')) return 'no'
  if (reasons.some(({ verdict }) => verdict === 'unknown')) return 'unknown'
  return reasons.some(({ code }) => code === 'plan-on-request') ? 'on-request' : 'yes'
}

function ageReasons({ vendor }: VendorEntry, { at, maxAgeDays }: Asked): readonly VendorReason[] {
  const now = Date.parse(at)
  const old = maxAgeDays !== undefined && now >= earliest(vendor.asOf) + (maxAgeDays + 1) * DAY
  // A day without a zone counts on the side that tells less, as everywhere in agreements.
  const stale = now >= certainEnd(vendor.reviewBy) || old
  return [
    ...(stale ? [vendorReason('stale', vendor.reviewBy)] : []),
    ...(now < earliest(vendor.asOf) ? [vendorReason('not-yet', vendor.asOf)] : []),
  ]
}

function offerReasons({ baa, sources }: VendorProduct): readonly VendorReason[] {
  const told = sources.some(({ confirmation }) => confirmation === 'text-seen' || confirmation === 'secondary')
  const code = ({ yes: 'offered', no: 'not-offered', unknown: 'offer-unknown' } as const)[baa.available]
  return [
    ...(told ? [] : [vendorReason('sources-weak')]),
    vendorReason(code),
    ...(baa.available === 'no' ? [] : (baa.conditions ?? []).map((each) => vendorReason('condition', each.condition))),
  ]
}

const scopeKeys = [
  ['feature', 'features'],
  ['edition', 'editions'],
  ['region', 'regions'],
] as const satisfies readonly (readonly [keyof Asked, keyof VendorScope])[]

function scopeReasons({ services, baa }: VendorProduct, asked: Asked): readonly VendorReason[] {
  const out: VendorReason[] = []
  const { service } = asked
  if (service !== undefined && !services.some((each) => covers(each, service))) {
    out.push(vendorReason('service-not-named', service))
  }
  for (const [key, list] of scopeKeys) {
    const [named, left] = [baa.covers?.[list], baa.excludes?.[list]]
    const given = asked[key]
    if (given === undefined) {
      if (named !== undefined || left !== undefined) out.push(vendorReason('scope-open', key))
    } else if (left?.includes(given)) out.push(vendorReason('scope-excluded', key))
    else if (named === undefined || !named.includes(given)) {
      // A list of what is left out does not say that the rest is covered, and a feature that no list knows may be a misspelling.
      out.push(vendorReason('scope-not-named', key))
    }
  }
  return out
}

function planReasons({ baa }: VendorProduct, { plan }: Asked): readonly VendorReason[] {
  const { plans, available } = baa
  if (available === 'no') return []
  if (plans === 'any') return [vendorReason('any-plan')]
  if (plans === undefined) return [vendorReason('plan-not-stated')]
  if (plan === undefined) return [vendorReason('plan-open')]
  const eligibility = Object.hasOwn(plans, plan) ? plans[plan] : undefined
  if (eligibility === undefined || eligibility === 'unknown') return [vendorReason('plan-unknown')]
  return [
    vendorReason(
      ({ always: 'plan-included', 'on-request': 'plan-on-request', never: 'plan-never' } as const)[eligibility],
      plan,
    ),
  ]
}
