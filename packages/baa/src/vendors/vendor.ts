import { type Confirmation, confirmations, isService, plainText, type Service } from '@phi/core'
import * as z from 'zod'
import { type Eligibility, eligibilities } from '../agreement/agreement.ts'
import { civilDate } from '../agreement/date.ts'
import { partyId } from '../agreement/party.ts'
import { type Period, periodSchema } from '../agreement/period.ts'
import { word } from '../agreement/schema.ts'

/** Where a fact about a vendor comes from, in words of whoever read it. */
export interface VendorSource {
  readonly url: string
  readonly title: string
  /** The day on which somebody read it, `YYYY-MM-DD`. */
  readonly seen: string
  /** `text-seen`: a page or document of the vendor itself was read. `secondary`: somebody else's account of it. */
  readonly confirmation: Confirmation
  /** `stored`: what was read is a stored copy, and may be older than the day on which it was read. */
  readonly copy: 'live' | 'stored'
  /** What it says, in our own words. */
  readonly says: string
}

/** What an agreement comes with, or leaves out, by the vendor's own words. */
export interface VendorScope {
  readonly features?: readonly string[] | undefined
  readonly editions?: readonly string[] | undefined
  readonly regions?: readonly string[] | undefined
}

/** Something that the customer has to do, or to leave, for the agreement to hold. */
export interface VendorCondition {
  /** `encrypt-in-transit`: the word that agreements and attestations use. */
  readonly condition: string
  readonly says: string
  /** The services that it stands before. Left out: all. */
  readonly services?: readonly Service[] | undefined
}

export interface VendorOffer {
  /** Whether the vendor signs a business associate agreement for this product at all. */
  readonly available: 'yes' | 'no' | 'unknown'
  /** Which plans come with it. `any`: the sources say that the plan does not matter. Left out: they do not speak of plans. */
  readonly plans?: 'any' | { readonly [plan: string]: Eligibility | 'unknown' } | undefined
  /** Only these, where the sources name some. */
  readonly covers?: VendorScope | undefined
  readonly excludes?: VendorScope | undefined
  readonly conditions?: readonly VendorCondition[] | undefined
}

/** What the vendor publishes of models. No contract: for the reader, and not for a decision. */
export interface VendorAi {
  readonly training?: 'prohibited' | 'permitted' | 'opt-in' | undefined
  readonly retention?: Period | 'none' | undefined
  readonly deletion?: boolean | undefined
}

export interface VendorProduct {
  readonly id: string
  readonly name: string
  /** What it does. */
  readonly services: readonly Service[]
  readonly baa: VendorOffer
  /** Names of those who process for it, where the sources name them all. */
  readonly subprocessors?: readonly string[] | undefined
  readonly ai?: VendorAi | undefined
  /** At least one. A fact without a source is no fact. */
  readonly sources: readonly VendorSource[]
}

/** Kinds of documents that customers ask vendors for. */
export const documentKinds = [
  'soc2-type1',
  'soc2-type2',
  'iso-27001',
  'hitrust',
  'hipaa-assessment',
  'security-assessment-summary',
  'penetration-test-summary',
  'architecture-overview',
] as const
export type DocumentKind = (typeof documentKinds)[number]

/** A document or an attestation that the vendor gave you, or has published. */
export interface VendorDocument {
  readonly kind: DocumentKind
  /** The day that it bears. */
  readonly asOf: string
  /** The last day on which you rely on it. */
  readonly until: string
  /** SHA-256 of the file, 64 hex digits. */
  readonly hash?: string | undefined
  /** Where you keep it. */
  readonly kept?: string | undefined
}

export interface Vendor {
  /** The id of the party in agreements and registries. */
  readonly id: string
  readonly name: string
  readonly products: readonly VendorProduct[]
  readonly documents?: readonly VendorDocument[] | undefined
  /** The day on which somebody last looked at all of it. */
  readonly asOf: string
  /** The last day on which it may be relied on. */
  readonly reviewBy: string
}

/** A list of vendors that somebody keeps. */
export interface VendorRegistry {
  /** Who keeps it: `our-team`, `starter`. Answers name it. */
  readonly id: string
  readonly vendors: readonly Vendor[]
}

const text = (limit: number) => plainText(limit)
const service = z.custom<Service>(isService, 'must be a service of the taxonomy')
const names = z.array(text(200)).min(1).max(500).readonly()
const scope = z.strictObject({ features: names.optional(), editions: names.optional(), regions: names.optional() })

const source: z.ZodType<VendorSource> = z.strictObject({
  url: z.url({ protocol: /^https$/ }).max(2000),
  title: text(300),
  seen: civilDate,
  confirmation: z.enum(confirmations),
  copy: z.enum(['live', 'stored']),
  says: text(1000),
})

const product: z.ZodType<VendorProduct> = z.strictObject({
  id: partyId,
  name: text(200),
  services: z.array(service).min(1).max(100).readonly(),
  baa: z.strictObject({
    available: z.enum(['yes', 'no', 'unknown']),
    plans: z.union([z.literal('any'), z.record(word, z.enum([...eligibilities, 'unknown']))]).optional(),
    covers: scope.optional(),
    excludes: scope.optional(),
    conditions: z
      .array(z.strictObject({ condition: word, says: text(1000), services: z.array(service).max(100).readonly().optional() }))
      .max(200)
      .readonly()
      .optional(),
  }),
  subprocessors: z.array(text(200)).max(500).readonly().optional(),
  ai: z
    .strictObject({
      training: z.enum(['prohibited', 'permitted', 'opt-in']).optional(),
      retention: z.union([z.literal('none'), periodSchema]).optional(),
      deletion: z.boolean().optional(),
    })
    .optional(),
  sources: z.array(source).min(1, 'must hold at least one source').max(50).readonly(),
})

const document: z.ZodType<VendorDocument> = z
  .strictObject({
    kind: z.enum(documentKinds),
    asOf: civilDate,
    until: civilDate,
    hash: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
    kept: text(500).optional(),
  })
  .refine(({ asOf, until }) => asOf <= until, { path: ['until'], message: 'must not lie before `asOf`' })

const distinct = (all: readonly { readonly id: string }[]) => new Set(all.map((each) => each.id)).size === all.length
const TWICE = 'must not hold two with one id'

const vendor: z.ZodType<Vendor> = z
  .strictObject({
    id: partyId,
    name: text(200),
    products: z.array(product).min(1).max(500).refine(distinct, TWICE).readonly(),
    documents: z.array(document).max(100).readonly().optional(),
    asOf: civilDate,
    reviewBy: civilDate,
  })
  .refine(({ asOf, reviewBy }) => asOf <= reviewBy, { path: ['reviewBy'], message: 'must not lie before `asOf`' })
  .refine(({ asOf, products }) => products.every((each) => each.sources.every(({ seen }) => seen <= asOf)), {
    path: ['products'],
    message: 'must not name a source that was read after `asOf`',
  })

export const registriesSchema = z
  .array(z.strictObject({ id: partyId, vendors: z.array(vendor).max(10_000).refine(distinct, TWICE).readonly() }))
  .min(1)
  .max(100)
  .refine(distinct, TWICE)
