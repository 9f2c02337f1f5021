import { type ErrorContext, parseAs, plainText } from '@phi/core'
import * as z from 'zod'
import { type EvidenceBundle, MAX_BUNDLE_LENGTH, readBundle } from '../evidence/bundle.ts'
import { readJson } from '../evidence/json.ts'
import { isTimeZone } from './civil-date.ts'
import { disclosureError } from './errors.ts'
import { basisKey, civilDate, entitySchema, patientSchema, prose, researchSchema } from './fields.ts'

const FORMAT = 'phi.audit/accounting@v1'
const PACKAGE_FORMAT = 'phi.audit/accounting-package@v1'

/** The parts of a line that a person may have to complete. */
export const fieldNames = ['recipient', 'address', 'description', 'purpose'] as const
export type FieldName = (typeof fieldNames)[number]

/**
 * How a line of the log stands to its proof. `full`: the entry shows that it is about this patient. `subject-withheld`: the entry names
 * other people too, so the part that names them is withheld, and that it is about this patient is the office's word.
 * `patient-not-named`: the entry names nobody.
 */
const lineProofs = ['full', 'subject-withheld', 'patient-not-named'] as const
export type LineProof = (typeof lineProofs)[number]

const logSource = z.strictObject({
  of: z.literal('log'),
  origin: z.string().max(200),
  /** The entries: one, or all of repeated disclosures. */
  indices: z.array(z.int().min(0)).min(1),
  proof: z.enum(lineProofs),
  /** What the office added: the entry does not say it. */
  stated: z.array(z.enum(['basis', ...fieldNames])),
})

const contributedSource = z.strictObject({
  of: z.literal('contribution'),
  from: plainText(200),
  /** Its place in what was contributed, from 0. */
  line: z.int().min(0),
  /** `package`: it comes with its own proof, attached. `statement`: the contributor's word. */
  proof: z.enum(['package', 'statement']),
})

const field = prose.nullable()

const lineSchema = z.strictObject({
  /** The day of the disclosure, or of the first of repeated ones. */
  date: civilDate,
  /** Null: not recorded. */
  recipient: field,
  /** Null: not known. */
  address: field,
  description: field,
  purpose: field,
  basis: basisKey.nullable(),
  source: z.discriminatedUnion('of', [logSource, contributedSource]),
  /** Of repeated disclosures: how many, the date of the last, and what else was disclosed in them, 164.528(b)(3). */
  repeated: z.strictObject({ number: z.int().min(2), last: civilDate, descriptions: z.array(prose) }).optional(),
})
export type AccountingLine = z.output<typeof lineSchema>

/** Why entries could not be read. `missing`: they are not there at all. */
export const unreadableReasons = ['withheld', 'sealed', 'altered', 'missing'] as const
export type UnreadableReason = (typeof unreadableReasons)[number]

const unreadableSchema = z.strictObject({
  why: z.enum(unreadableReasons),
  entries: z.int().min(1),
  /** The first and the last of them by index, and the days between which they were recorded, as far as known. */
  from: z.int().min(0),
  to: z.int().min(0),
  recordedFrom: civilDate.nullable(),
  recordedTo: civilDate.nullable(),
})
export type Unreadable = z.output<typeof unreadableSchema>

const accountingSchema = z.strictObject({
  format: z.literal(FORMAT),
  patient: patientSchema,
  entity: entitySchema,
  requestedOn: civilDate,
  preparedOn: civilDate,
  timeZone: z.string().refine(isTimeZone, 'must be the IANA name of a time zone'),
  /** Both days are covered. `outerFrom` is the first day of the longest period that could have been asked for. */
  period: z.strictObject({ from: civilDate, to: civilDate, outerFrom: civilDate }),
  summarized: z.boolean(),
  /** By date. */
  lines: z.array(lineSchema),
  research: z.array(researchSchema),
  /** What keeps it from being known to be complete. Both empty: nothing that was looked at was unreadable. */
  incomplete: z.strictObject({
    unreadable: z.array(unreadableSchema),
    /** Contributors whose disclosures are not in it, or not proved, or not for the whole period. */
    contributors: z.array(
      z.strictObject({ from: plainText(200), why: z.enum(['not-received', 'not-proved', 'incomplete', 'shorter-period']) }),
    ),
  }),
})

/** The written accounting that the patient is given: plain data, made by `accountOfDisclosures`. */
export type DisclosureAccounting = z.output<typeof accountingSchema>

/** A package in a package, and no deeper: what a subcontractor tells a business associate is a line of the latter's accounting. */
const attachmentSchema = z.strictObject({
  from: plainText(200),
  /** The text of the package, byte for byte as it came. */
  package: z.string().max(MAX_BUNDLE_LENGTH),
})

const packageSchema = z.strictObject({
  format: z.literal(PACKAGE_FORMAT),
  accounting: accountingSchema,
  /** The entries of the lines, and the entry of the hand-over. */
  evidence: z.unknown(),
  /** The entry that records the hand-over, and with it the SHA-256 of the accounting. */
  handOver: z.int().min(0),
  /** Packages of contributors. */
  attachments: z.array(attachmentSchema).max(1000),
})

/** An accounting with its proofs (`*.phi-accounting.json`). */
export interface AccountingPackage extends Omit<z.output<typeof packageSchema>, 'evidence'> {
  readonly evidence: EvidenceBundle
}

const refuse = (context: ErrorContext) => disclosureError('PHI_AUDIT_DISCLOSURES_FORMAT', context)

/**
 * Reads a package, its text or what JSON.parse made of it, and verifies nothing. At most 64 Mi characters.
 * @throws PhiError PHI_AUDIT_DISCLOSURES_FORMAT; PHI_AUDIT_FORMAT where the evidence in it is none, or it is no JSON
 */
export function readAccountingPackage(input: string | object): AccountingPackage {
  const value = typeof input === 'string' ? readJson(input, MAX_BUNDLE_LENGTH) : input
  const { evidence, ...rest } = parseAs(packageSchema, value, 'package', refuse)
  if (typeof evidence !== 'object' || evidence === null) throw refuse({ path: 'package.evidence', detail: 'is missing' })
  return { ...rest, evidence: readBundle(evidence) }
}

/** Reads an accounting alone. @throws PhiError PHI_AUDIT_DISCLOSURES_FORMAT; PHI_AUDIT_FORMAT where it is no JSON */
export function readAccounting(input: string | object): DisclosureAccounting {
  return parseAs(accountingSchema, typeof input === 'string' ? readJson(input, MAX_BUNDLE_LENGTH) : input, 'accounting', refuse)
}

export const accountingFormat = FORMAT
export const packageFormat = PACKAGE_FORMAT
