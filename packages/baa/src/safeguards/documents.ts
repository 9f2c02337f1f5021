import { canonicalJson, formatCitation, parseAs, plainText, sha256, toHex, utf8 } from '@phi/core'
import * as z from 'zod'
import { civilDate } from '../agreement/date.ts'
import { freeze } from '../freeze.ts'
import { controls } from './controls.ts'
import type { Day } from './day.ts'
import { safeguardError } from './errors.ts'
import { sha256Text } from './evidence.ts'
import { cell, tableOf } from './markdown.ts'

/** What a customer's reviewers ask for: S136 names the first three, S52 the attestations. */
export const documentKinds = [
  'security-assessment-summary',
  'penetration-test-summary',
  'architecture-overview',
  'attestation',
  'policy',
  'risk-analysis-summary',
  'contingency-test-report',
  'agreement-template',
] as const
export type DocumentKind = (typeof documentKinds)[number]

/** Who may have a document, from everybody to nobody outside. Each level includes those before it. */
export const disclosureLevels = ['public', 'customer', 'nda', 'internal'] as const
export type DisclosureLevel = (typeof disclosureLevels)[number]

export interface PackageDocument {
  readonly id: string
  readonly kind: DocumentKind
  readonly title: string
  /** Of an attestation: what it attests, `SOC 2 Type II`. */
  readonly attests?: string | undefined
  readonly issuer?: string | undefined
  /** The day that the document bears. */
  readonly dated: Day
  /** The last day on which it may be relied on. Left out: nobody has said, and it is listed so. */
  readonly validUntil?: Day | undefined
  /** SHA-256 of the file, 64 hex digits: S113. */
  readonly sha256: string
  readonly level: DisclosureLevel
}

export interface PackageOptions {
  readonly at: Day
  /** To whom it goes. */
  readonly audience: Exclude<DisclosureLevel, 'internal'>
  /** What has to be in it. Default the three that S136 names. */
  readonly wanted?: readonly DocumentKind[] | undefined
  /** Attestations that have to be in it, by what they attest. */
  readonly attestations?: readonly string[] | undefined
}

export type DocumentState = 'current' | 'stale' | 'not-yet' | 'undated'

/** The index of a package: what is handed over, and what it does not hold. Frozen data; `packageToMarkdown` writes it down. */
export interface CompliancePackage {
  readonly format: 'phi.package/v1'
  readonly at: Day
  readonly audience: PackageOptions['audience']
  readonly documents: readonly (PackageDocument & { readonly state: DocumentState })[]
  /** Kinds and attestations that were asked for and of which no document is there. */
  readonly missing: readonly (DocumentKind | `attestation: ${string}`)[]
  /** The ids of documents that are there and past their day. */
  readonly stale: readonly string[]
  /** Of documents for a closer circle: that they exist, and who may ask for them. Internal ones are not named. */
  readonly withheld: readonly { readonly kind: DocumentKind; readonly level: DisclosureLevel }[]
  /** SHA-256 of the canonical JSON (RFC 8785) of everything above: what a covering letter can quote. */
  readonly sha256: string
}

const documentSchema = z
  .strictObject({
    id: plainText(200),
    kind: z.enum(documentKinds),
    title: plainText(300),
    attests: plainText(100).optional(),
    issuer: plainText(200).optional(),
    dated: civilDate,
    validUntil: civilDate.optional(),
    sha256: sha256Text,
    level: z.enum(disclosureLevels),
  })
  .refine(({ dated, validUntil }) => validUntil === undefined || dated <= validUntil, {
    path: ['validUntil'],
    message: 'must not lie before `dated`',
  })
  .refine(({ kind, attests }) => kind !== 'attestation' || attests !== undefined, {
    path: ['attests'],
    message: 'must say what is attested',
  })

const optionsSchema = z.strictObject({
  at: civilDate,
  audience: z.enum(['public', 'customer', 'nda']),
  wanted: z
    .array(z.enum(documentKinds))
    .max(100)
    .default(['security-assessment-summary', 'penetration-test-summary', 'architecture-overview']),
  attestations: z.array(plainText(100)).max(100).default([]),
})

function stateOf({ dated, validUntil }: PackageDocument, at: Day): DocumentState {
  if (dated > at) return 'not-yet'
  if (validUntil === undefined) return 'undated'
  return at <= validUntil ? 'current' : 'stale'
}

/**
 * Puts a package for reviewers together: what this audience may have, with dates and hashes, and by name what is missing, stale or kept
 * for a closer circle. A document that only a closer circle may have is not missing; one that is dated after the day is.
 * @throws PhiError PHI_BAA_DOCUMENTS, PHI_BAA_QUESTION
 */
export function compliancePackage(documents: readonly PackageDocument[], options: PackageOptions): CompliancePackage {
  const read = parseAs(z.array(documentSchema).max(10_000), documents, 'documents', (context) =>
    safeguardError('PHI_BAA_DOCUMENTS', context),
  )
  if (new Set(read.map(({ id }) => id)).size < read.length) {
    throw safeguardError('PHI_BAA_DOCUMENTS', { path: 'documents', detail: 'hold two with one id' })
  }
  const asked = parseAs(optionsSchema, options, 'options', (context) => safeguardError('PHI_BAA_QUESTION', context))
  const { at, audience } = asked
  const reach = disclosureLevels.indexOf(audience)
  const made = read.filter(({ dated }) => dated <= at)
  const shared = made.filter(({ level }) => disclosureLevels.indexOf(level) <= reach)
  const closer = made.filter(({ level }) => level !== 'internal' && disclosureLevels.indexOf(level) > reach)
  const there = [...shared, ...closer]
  const missing = [
    ...new Set(asked.wanted.filter((kind) => !there.some((each) => each.kind === kind))),
    ...new Set(
      asked.attestations
        .filter((name) => !there.some((each) => each.kind === 'attestation' && each.attests === name))
        .map((name) => `attestation: ${name}` as const),
    ),
  ]
  const index = JSON.parse(
    JSON.stringify({
      format: 'phi.package/v1',
      at,
      audience,
      documents: shared.map((each) => ({ ...each, state: stateOf(each as PackageDocument, at) })),
      missing,
      stale: shared.filter((each) => stateOf(each as PackageDocument, at) === 'stale').map(({ id }) => id),
      withheld: closer.map(({ kind, level }) => ({ kind, level })),
    }),
  ) as Omit<CompliancePackage, 'sha256'>
  return freeze({ ...index, sha256: toHex(sha256(utf8(canonicalJson(index)))) })
}

/** Whether bytes are the document that the index names. @throws PhiError PHI_BAA_QUESTION when they are no bytes */
export function isDocument(document: Pick<PackageDocument, 'sha256'>, bytes: Uint8Array): boolean {
  if (!(bytes instanceof Uint8Array))
    throw safeguardError('PHI_BAA_QUESTION', { path: 'bytes', detail: 'must be a Uint8Array' })
  return toHex(sha256(bytes)) === document?.sha256
}

const states = {
  current: 'current',
  stale: 'past its day',
  'not-yet': 'not yet dated',
  undated: 'nobody has said until when it holds',
} as const satisfies { readonly [State in DocumentState]: string }

/** The index as Markdown. */
export function packageToMarkdown(index: CompliancePackage): string {
  const { at, audience, documents, missing, withheld, sha256: hash } = index
  const rows = documents.map(({ title, kind, attests, dated, validUntil, state, sha256: each }) => [
    cell(title),
    cell(attests ?? kind.replaceAll('-', ' ')),
    dated,
    validUntil ?? '',
    states[state],
    `\`${each}\``,
  ])
  const kinds = (kind: string) => cell(kind.replaceAll('-', ' '))
  return [
    `Documents as of ${at}, for: ${audience}.`,
    tableOf(['Document', 'Kind', 'Dated', 'Valid until', 'State', 'SHA-256'], rows),
    ...(missing.length === 0 ? [] : [`Missing: ${missing.map(kinds).join('; ')}.`]),
    ...(withheld.length === 0
      ? []
      : [`On request: ${withheld.map(({ kind, level }) => `${kinds(kind)} (${level})`).join('; ')}.`]),
    `Index SHA-256: \`${hash}\`. Documents are kept with checksums: ${formatCitation(controls['document-checksums'].citation)}.`,
  ].join('\n\n')
}
