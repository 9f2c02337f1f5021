import { isInstant } from '@phi/core'
import * as z from 'zod'
import { certainEnd, earliest } from '../agreement/date.ts'
import { freeze } from '../freeze.ts'
import { readOwn } from '../own.ts'
import { refuseUnreadData, type VendorData } from './data.ts'
import { vendorError } from './errors.ts'
import { type DocumentKind, documentKinds, type VendorDocument } from './vendor.ts'

/** `current`, `expired`: by its last day. `missing`: no registry has one. `unknown`: no registry has the vendor. */
export interface DocumentRow {
  readonly kind: DocumentKind
  readonly state: 'current' | 'expired' | 'missing' | 'unknown'
  /** The latest of its kind. */
  readonly document?: VendorDocument
}

const schema = z.strictObject({
  vendor: z.string().max(64),
  wanted: z.array(z.enum(documentKinds)).min(1).max(documentKinds.length),
  at: z.string().refine(isInstant, 'must be an instant'),
})

/**
 * Which of the documents that you want of a vendor you have, and whether they still stand: its attestations, its assessments.
 * @throws PhiError PHI_BAA_VENDOR_QUESTION; PHI_BAA_VENDORS for data that `vendorData` did not make
 */
export function vendorDocuments(
  data: VendorData,
  question: { readonly vendor: string; readonly wanted: readonly DocumentKind[]; readonly at: string },
): readonly DocumentRow[] {
  refuseUnreadData(data)
  const { vendor, wanted, at } = readOwn(schema, question, 'question', (context) =>
    vendorError('PHI_BAA_VENDOR_QUESTION', context),
  )
  const entries = Object.hasOwn(data.vendors, vendor) ? (data.vendors[vendor] ?? []) : []
  const now = Date.parse(at)
  const documents = entries.flatMap((each) => each.vendor.documents ?? []).filter((each) => earliest(each.asOf) <= now)
  return freeze(
    [...new Set(wanted)].map((kind): DocumentRow => {
      if (entries.length === 0) return { kind, state: 'unknown' }
      const mine = documents.filter((each) => each.kind === kind)
      const [first] = mine
      if (first === undefined) return { kind, state: 'missing' }
      const document = mine.reduce((latest, each) => (each.asOf > latest.asOf ? each : latest), first)
      return { kind, state: now < certainEnd(document.until) ? 'current' : 'expired', document }
    }),
  )
}
