import { canonicalJson } from '@phi/core'
import { freeze } from '../freeze.ts'
import { readOwn } from '../own.ts'
import { vendorError } from './errors.ts'
import { registriesSchema, type Vendor, type VendorRegistry } from './vendor.ts'

/** A vendor as one or more registries describe it. */
export interface VendorEntry {
  readonly vendor: Vendor
  /** The registries that say this. */
  readonly registries: readonly string[]
}

/** Registries put together. Frozen. */
export interface VendorData {
  /** By the vendor's id. More than one entry: the registries disagree, and no answer is given from either. */
  readonly vendors: { readonly [id: string]: readonly VendorEntry[] }
}

const made = new WeakSet<VendorData>()

/**
 * Puts registries of vendors together. Where two say the same of a vendor they are one entry, with the sources of both; where they do not,
 * both stay, and every question about the vendor is answered with "unknown", naming the registries.
 * @throws PhiError PHI_BAA_VENDORS
 */
export function vendorData(registries: readonly VendorRegistry[]): VendorData {
  const read = readOwn(registriesSchema, registries, 'registries', (context) => vendorError('PHI_BAA_VENDORS', context))
  const vendors: { [id: string]: readonly VendorEntry[] } = Object.create(null)
  for (const { id, vendors: listed } of read) {
    for (const vendor of listed) vendors[vendor.id] = withEntry(vendors[vendor.id] ?? [], vendor, id)
  }
  const data = freeze({ vendors })
  made.add(data)
  return data
}

/** @throws PhiError PHI_BAA_VENDORS for anything that `vendorData` did not make: nobody has checked it */
export function refuseUnreadData(data: VendorData): void {
  if (typeof data !== 'object' || data === null || !made.has(data)) {
    throw vendorError('PHI_BAA_VENDORS', { path: 'data', detail: 'must come from `vendorData`' })
  }
}

/** What two registries have to agree on: the facts, and not who read them where, or how they call a product. */
const factsOf = ({ products }: Vendor): string =>
  canonicalJson(
    [...products]
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ sources: _, name: __, ...facts }) => JSON.parse(JSON.stringify(facts))),
  )

function withEntry(entries: readonly VendorEntry[], vendor: Vendor, registry: string): readonly VendorEntry[] {
  const facts = factsOf(vendor)
  const same = entries.find((each) => factsOf(each.vendor) === facts)
  if (same === undefined) return [...entries, { vendor, registries: [registry] }]
  const together = { vendor: merged(same.vendor, vendor), registries: [...same.registries, registry] }
  return entries.map((each) => (each === same ? together : each))
}

/** Two that say the same: the sources of both, and the day of the one who looked last. */
function merged(a: Vendor, b: Vendor): Vendor {
  const last = b.asOf >= a.asOf ? b : a
  const documents = unique([...(a.documents ?? []), ...(b.documents ?? [])])
  return {
    ...last,
    products: last.products.map((product) => ({
      ...product,
      sources: unique([a, b].flatMap((each) => each.products.find(({ id }) => id === product.id)?.sources ?? [])),
    })),
    ...(documents.length === 0 ? {} : { documents }),
  }
}

const unique = <Value>(values: readonly Value[]): readonly Value[] => [
  ...new Map(values.map((each) => [JSON.stringify(each), each])).values(),
]
