import { createHash } from 'node:crypto'
import { canonicalJson } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { compliancePackage, isDocument, type PackageDocument, type PackageOptions, packageToMarkdown } from './documents.ts'

const hash = (text: string) => createHash('sha256').update(text).digest('hex')
const document = (id: string, more: Partial<PackageDocument> = {}): PackageDocument => ({
  id,
  kind: 'architecture-overview',
  title: `Title ${id}`,
  dated: '2026-01-15',
  validUntil: '2027-01-14',
  sha256: hash(id),
  level: 'customer',
  ...more,
})
const documents = [
  document('assessment', { kind: 'security-assessment-summary' }),
  document('pentest', { kind: 'penetration-test-summary', level: 'nda' }),
  document('overview'),
  document('soc2', { kind: 'attestation', attests: 'SOC 2 Type II', issuer: 'Auditor', validUntil: '2026-11-21' }),
  document('risks', { kind: 'risk-analysis-summary', level: 'internal', title: 'Secret' }),
]
const options: PackageOptions = { at: '2026-11-22', audience: 'nda', attestations: ['SOC 2 Type II', 'ISO 27001'] }

describe('the package for reviewers', () => {
  it('S136 S52 the three documents, attestations with dates, and by name what is missing or stale', () => {
    const made = compliancePackage(documents, options)
    expect(made.documents.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'assessment current',
      'pentest current',
      'overview current',
      'soc2 stale',
    ])
    expect(made.missing).toEqual(['attestation: ISO 27001'])
    expect(made.stale).toEqual(['soc2'])
    expect(compliancePackage([], options).missing).toEqual([
      'security-assessment-summary',
      'penetration-test-summary',
      'architecture-overview',
      'attestation: SOC 2 Type II',
      'attestation: ISO 27001',
    ])
  })

  it('S136 a customer sees that a document for a closer circle exists, and no more; internal ones are not named', () => {
    const made = compliancePackage(documents, { ...options, audience: 'customer' })
    expect(made.documents.map(({ id }) => id)).toEqual(['assessment', 'overview', 'soc2'])
    expect(made.withheld).toEqual([{ kind: 'penetration-test-summary', level: 'nda' }])
    expect(made.missing).not.toContain('penetration-test-summary')
    for (const audience of ['public', 'customer', 'nda'] as const) {
      const text = JSON.stringify(compliancePackage(documents, { ...options, audience }))
      expect(text).not.toContain('Secret')
      expect(text).not.toContain('internal')
    }
    expect(JSON.stringify(made)).not.toContain(hash('pentest'))
  })

  it('S52 a document of a later day is not there yet, and one without a last day is called so', () => {
    const made = compliancePackage([document('overview', { dated: '2026-11-23' })], options)
    expect(made.missing).toContain('architecture-overview')
    const { validUntil: _, ...undated } = document('overview')
    expect(compliancePackage([undated], options).documents[0]?.state).toBe('undated')
    expect(compliancePackage(documents, { ...options, at: '2026-11-21' }).stale).toEqual([])
  })

  it('S113 hashes tie the index to the files, and a letter to the index', () => {
    expect(isDocument(document('overview'), new TextEncoder().encode('overview'))).toBe(true)
    expect(isDocument(document('overview'), new TextEncoder().encode('overview '))).toBe(false)
    const { sha256, ...rest } = compliancePackage(documents, options)
    expect(sha256).toBe(hash(canonicalJson(rest)))
    expect(compliancePackage(documents.slice(1), options).sha256).not.toBe(sha256)
  })

  it('S136 as Markdown, with text that people entered as text', () => {
    const text = packageToMarkdown(
      compliancePackage([...documents, document('x', { title: 'a | b <b>' })], { ...options, audience: 'customer' }),
    )
    expect(text).toContain('| a \\| b &lt;b&gt; |')
    expect(text).toContain('On request: penetration test summary (nda).')
    expect(text).toContain('Missing: attestation: ISO 27001.')
    expect(text).toContain(hash('assessment'))
  })

  it('refuses what it cannot read, and repeats nothing', async () => {
    const bad: unknown[] = [
      null,
      [document('a'), document('a')],
      [document('a', { sha256: 'zz' })],
      [document('a', { kind: 'attestation' })],
      [{ ...document('a'), name: 'Jane' }],
      [document('a', { validUntil: '2026-01-14' })],
    ]
    for (const each of bad) {
      const error = await refusal(() => compliancePackage(each as PackageDocument[], options))
      expect(error.code).toBe('PHI_BAA_DOCUMENTS')
      expect(error.message).not.toContain('Jane')
    }
    // Nobody outside asks for internal documents.
    const internal = { ...options, audience: 'internal' } as unknown as PackageOptions
    expect((await refusal(() => compliancePackage(documents, internal))).code).toBe('PHI_BAA_QUESTION')
    expect((await refusal(() => isDocument(document('a'), 'a' as unknown as Uint8Array))).code).toBe('PHI_BAA_QUESTION')
  })
})
