import { readFile } from 'node:fs/promises'
import { type AuditEventInput, ed25519Signer, memoryStore, openAuditLog, verifyBundle, verifyLines } from '@phi/audit'
import { isPhiError } from '@phi/core'
import { auditSealer, localKms, memoryKeyStore, openKeyring } from '@phi/envelope'
import { beforeAll, describe, expect, it } from 'vitest'
import { includes, isCanonicalObject, readLeaf, rootOf, verifyEd25519 } from './audit-by-the-book.ts'
import { verifyBundleByTheBook, verifyLinesByTheBook } from './verify-by-the-book.ts'

interface Wrong {
  readonly why: string
  readonly code: string
  readonly index?: number
  readonly bundle: string
  readonly jsonl: string
}
const vectors = JSON.parse(await readFile(new URL('../../packages/audit/vectors/v1.json', import.meta.url), 'utf8')) as {
  key: { vkey: string }
  entries: { leaf: string; hash: string }[]
  roots: string[]
  inclusion: { index: number; size: number; proof: string[] }[]
  bundle: string
  jsonl: string
  notCanonical: string[]
  notLeaves: string[]
  bundlesBroken: Wrong[]
  bundlesUnverifiable: Wrong[]
  bundlesRefused: Wrong[]
  jsonlBroken: Wrong[]
}
const keys = [vectors.key.vkey]
const bytes = (b64: string) => Buffer.from(b64, 'base64')
const codes = (findings: readonly { readonly code: string }[]) => findings.map(({ code }) => code)

/** One bit of one byte at each of `count` places that are spread over the file, its first and its last among them. */
function* changed(file: string, count: number): Generator<readonly [number, string]> {
  const whole = Buffer.from(file)
  for (let i = 0; i < count; i++) {
    const at = Math.floor((i * (whole.length - 1)) / (count - 1))
    const copy = Buffer.from(whole)
    copy[at] = (copy[at] as number) ^ 0x01
    yield [at, copy.toString('utf8')]
  }
}

describe('a verifier written from docs/formats alone, on the published vectors', () => {
  it('reads every leaf, and makes every root and inclusion proof', () => {
    expect(vectors.entries.length).toBe(20)
    const hashes = vectors.entries.map(({ hash }) => bytes(hash))
    for (const [index, { leaf }] of vectors.entries.entries()) expect(readLeaf(leaf)?.index).toBe(index)
    for (const [size, root] of vectors.roots.entries()) {
      expect(Buffer.from(rootOf(hashes.slice(0, size))).toString('base64')).toBe(root)
    }
    for (const { index, size, proof } of vectors.inclusion) {
      const root = bytes(vectors.roots[size] as string)
      const hash = hashes[index] as Buffer
      expect(includes(index, size, hash, proof.map(bytes), root)).toBe(true)
      expect(includes(index, size, hash, [...proof.map(bytes), hash], root)).toBe(false)
    }
  })

  it('refuses what is no leaf and what is not canonical', () => {
    expect(vectors.notLeaves.filter((text) => readLeaf(text) !== undefined)).toEqual([])
    expect(vectors.notCanonical.filter(isCanonicalObject)).toEqual([])
  })

  it('finds the bundle and the log intact', () => {
    expect(verifyBundleByTheBook(vectors.bundle, keys)).toMatchObject({ verdict: 'intact', checked: 4, findings: [] })
    expect(verifyLinesByTheBook(vectors.jsonl, keys)).toMatchObject({ verdict: 'intact', checked: 20, withheld: 0 })
  })

  it.each(vectors.bundlesBroken)('a bundle is broken: $why', ({ bundle, code }) => {
    const report = verifyBundleByTheBook(bundle, keys)
    expect(report.verdict).toBe('broken')
    expect(codes(report.findings)).toContain(code)
  })

  it.each(vectors.bundlesUnverifiable)('a bundle is unverifiable: $why', ({ bundle, code }) => {
    const report = verifyBundleByTheBook(bundle, keys)
    expect(report.verdict).toBe('unverifiable')
    expect(codes(report.findings)).toContain(code)
  })

  it.each(vectors.bundlesRefused)('a bundle is refused: $why', ({ bundle }) => {
    expect(verifyBundleByTheBook(bundle, keys).verdict).toBe('refused')
  })

  it.each(vectors.jsonlBroken)('a log is broken: $why', ({ jsonl, code, index }) => {
    const report = verifyLinesByTheBook(jsonl, keys)
    expect(report.verdict).toBe('broken')
    expect(report.findings).toContainEqual(expect.objectContaining({ code, ...(index === undefined ? {} : { index }) }))
  })

  it('comes to the verdict of @phi/audit wherever one byte of the bundle is changed', () => {
    const verdicts = new Set<string>()
    for (const [at, file] of changed(vectors.bundle, 500)) {
      let theirs: string
      try {
        theirs = verifyBundle(file, { keys }).verdict
      } catch (error) {
        theirs = isPhiError(error, 'PHI_AUDIT_FORMAT') ? 'refused' : String(error)
      }
      expect(verifyBundleByTheBook(file, keys).verdict, `byte ${at}`).toBe(theirs)
      verdicts.add(theirs)
    }
    expect(verdicts).toEqual(new Set(['broken', 'refused', 'unverifiable']))
  })

  it('refuses a signature under a key of small order, whatever it signs', () => {
    // The point of order 1 as key and as R, and S = 0: the equation holds for every message.
    const neutral = Buffer.from(`01${'00'.repeat(31)}`, 'hex')
    const signature = Buffer.concat([neutral, Buffer.alloc(32)])
    expect(verifyEd25519(neutral, Buffer.from('anything'), signature)).toBe(false)
  })
})

const event = (i: number): AuditEventInput => ({
  action: i % 3 === 0 ? 'read' : 'export',
  outcome: i % 5 === 0 ? 'denied' : 'success',
  actor: { id: `u-${i % 4}`, type: 'workforce', roles: ['therapist'] },
  source: { ip: '203.0.113.9', userAgent: 'separators: \u2028\u2029, quoted: "\\"' },
  subject: { resource: { type: 'ProgressNote', id: `n-${i}` }, patients: [`p-${i % 7}`] },
  context: { purpose: 'TREAT', details: { big: 1e21, small: 1e-7, text: 'Grüße 🙂' } },
})

describe('a verifier written from docs/formats alone, on what @phi/audit has just written', () => {
  let keys: readonly string[]
  let evidence: string
  let lines = ''

  beforeAll(async () => {
    const origin = 'clinic.example/audit'
    const signer = await ed25519Signer.generate(origin)
    keys = [signer.vkey]
    const store = memoryKeyStore()
    const keyring = await openKeyring({ kms: localKms.generate(), store })
    const sealer = auditSealer({ keyring, store })
    const log = await openAuditLog({ origin, tenant: 'clinic-a', store: memoryStore(), signer, sealer })
    for (let i = 0; i < 13; i++) await log.append(event(i))
    const by = { actor: { id: 'u-2', type: 'workforce' as const, roles: ['privacy-officer'] } }
    evidence = JSON.stringify(await log.evidence({ indices: [0, 5, 12], disclose: ['event', 'actor', 'subject'], by }))
    for await (const line of log.exportLines({ by })) lines += line
    await log.close()
  })

  it('finds it intact, sealed groups shown and not shown, as @phi/audit does', async () => {
    expect(evidence).toContain('"inner":')
    expect(lines).toContain('sealed')
    expect(verifyBundleByTheBook(evidence, keys)).toEqual({ verdict: 'intact', findings: [], checked: 3, withheld: 6 })
    expect(verifyBundle(evidence, { keys })).toMatchObject({ verdict: 'intact', coverage: { checked: 3, withheld: 6 } })
    const report = verifyLinesByTheBook(lines, keys)
    expect(report).toMatchObject({ verdict: 'intact', findings: [] })
    const theirs = await verifyLines(lines.trimEnd().split('\n'), { keys })
    expect(theirs).toMatchObject({ verdict: 'intact', coverage: { checked: report.checked, withheld: 0 } })
  })

  it('confirms nothing without a key', () => {
    expect(verifyBundleByTheBook(evidence, []).verdict).toBe('unverifiable')
    expect(verifyLinesByTheBook(lines, []).verdict).toBe('unverifiable')
  })

  it('never finds evidence intact in which one byte was changed', () => {
    const wrong = [...changed(evidence, 400)].filter(([, file]) => verifyBundleByTheBook(file, keys).verdict === 'intact')
    expect(wrong.map(([at]) => at)).toEqual([])
  })

  it('never finds a log intact in which one byte was changed', () => {
    const wrong = [...changed(lines, 400)].filter(([, file]) => verifyLinesByTheBook(file, keys).verdict === 'intact')
    expect(wrong.map(([at]) => at)).toEqual([])
  })

  it('never finds a log intact from which a line is gone, or in which two are exchanged', () => {
    const all = lines.trimEnd().split('\n')
    for (let i = 0; i < all.length; i++) {
      const without = all.filter((_, at) => at !== i)
      expect(verifyLinesByTheBook(without.join('\n'), keys).verdict, `line ${i}`).not.toBe('intact')
      const exchanged = [...without.slice(0, i + 1), all[i], ...without.slice(i + 1)]
      if (i < all.length - 1) expect(verifyLinesByTheBook(exchanged.join('\n'), keys).verdict, `line ${i}`).not.toBe('intact')
    }
  })
})
