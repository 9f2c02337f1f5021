import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { memoryStore, openAuditLog } from '@phi/audit'
import { verifyAnchorRequest } from '@phi/audit/anchor'
import { verifyForwardedBatch } from '@phi/audit/forward'
import { openSpool, withSpool } from '@phi/audit/spool'
import { auditError } from '@phi/audit/store'
import { textHash } from '@phi/baa/ai'
import { parsePolicy, policyHash } from '@phi/rbac'
import { recordOpening } from '@phi/retention'
import { describe, expect, it } from 'vitest'
import { anchorHeaders, forwardHeaders, policyHashOf, readSegment, recordIn, textHashOf } from './requests-by-the-book.ts'

const page = (name: string) => readFile(fileURLToPath(new URL(`../../docs/formats/${name}.md`, import.meta.url)), 'utf8')
const secret = Uint8Array.from({ length: 32 }, (_, i) => i)
const time = '2026-03-04T05:06:07.089Z'
const clock = () => Date.parse(time)
const keys = [{ id: 'k-1', secret }]

describe('requests that were signed by the page alone', () => {
  it('a batch is genuine to a receiver, and its signature is the one on the page', async () => {
    const body = Buffer.from('[]')
    const headers = forwardHeaders({ secret, key: 'k-1', sentAt: time, type: 'application/json', body, records: [] })
    expect(await verifyForwardedBatch({ headers, body, keys, clock })).toMatchObject({
      is: 'genuine',
      keyId: 'k-1',
      sentAt: time,
    })
    const text = await page('audit-transport-v1')
    expect(text).toContain(headers['phi-audit-signature'])
    expect(text).toContain(headers['idempotency-key'])
  })

  it('a batch of records, compressed, is genuine, and with anything about it changed it is not', async () => {
    const body = Buffer.from('as it was sent')
    const records = [{ origin: 'clinic.example/audit', index: 7, hash: 'AmwE+qWefNbVdScTD4ynbh6H1H9OCCia+L2/uJXdqfA=' }]
    const request = { secret, key: 'k-1', sentAt: time, type: 'application/x-ndjson', encoding: 'gzip', body, records }
    const headers = forwardHeaders(request)
    expect(await verifyForwardedBatch({ headers, body, keys, clock })).toMatchObject({ is: 'genuine' })
    const other = forwardHeaders({ ...request, records: [] })['idempotency-key'] as string
    const changes = { 'content-type': 'application/json', 'content-encoding': 'br', 'idempotency-key': other }
    for (const [name, value] of Object.entries(changes)) {
      const changed = { ...headers, [name]: value }
      expect(await verifyForwardedBatch({ headers: changed, body, keys, clock }), name).toMatchObject({ reason: 'altered' })
    }
    const longer = Buffer.concat([body, Buffer.of(0)])
    expect(await verifyForwardedBatch({ headers, body: longer, keys, clock })).toMatchObject({ reason: 'altered' })
    const late = () => clock() + 300_001
    expect(await verifyForwardedBatch({ headers, body, keys, clock: late })).toMatchObject({ reason: 'stale' })
  })

  it('a request to an anchor is genuine, and its signature is the one on the page', async () => {
    const request = { method: 'POST', path: '/anchor', body: new Uint8Array(0) }
    const headers = anchorHeaders({ secret, key: 'k-1', time, ...request })
    expect(verifyAnchorRequest({ ...request, headers }, { keys, clock })).toBe('genuine')
    expect(verifyAnchorRequest({ ...request, path: '/other', headers }, { keys, clock })).toBe('forged')
    expect(verifyAnchorRequest({ ...request, headers: {} }, { keys, clock })).toBe('unsigned')
    expect(await page('audit-transport-v1')).toContain(headers['phi-anchor-signature'])
  })
})

describe('a spool', () => {
  it('is read from its files by the page alone, and not with a byte changed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phi-formats-'))
    try {
      const store = memoryStore()
      let away = false
      const extend: typeof store.extend = (...call) =>
        away ? Promise.reject(auditError('PHI_AUDIT_UNAVAILABLE')) : store.extend(...call)
      const directory = join(folder, 'spool')
      const spool = await openSpool({ directory, key: secret, maxBytes: 1024 * 1024 })
      const opened = await openAuditLog({
        origin: 'clinic.example/audit',
        store: { ...store, extend },
        limits: { timeoutMs: 200 },
      })
      const log = await withSpool(opened, spool)
      const event = (id: string) =>
        ({ id, action: 'read', outcome: 'success', actor: { id: 'u-17', type: 'workforce' } }) as const
      await log.append(event('e-0'))
      away = true
      for (const id of ['e-1', 'e-2', 'e-3']) await log.append(event(id))
      const [name = ''] = (await readdir(directory)).filter((file) => file.endsWith('.segment'))
      const file = await readFile(join(directory, name))
      away = false
      await log.drain()
      await log.close()
      const payloads = (readSegment(secret, file) ?? []).map((json) => JSON.parse(json) as { event: { id: string } })
      expect(payloads.map((payload) => payload.event.id)).toEqual(['e-1', 'e-2', 'e-3'])
      expect(
        readSegment(
          Uint8Array.from(secret, (byte) => byte ^ 1),
          file,
        ),
      ).toBeUndefined()
      for (let at = 0; at < file.length; at += 1) {
        // The number of the segment is bound by nothing but its name.
        if (at >= 24 && at < 28) continue
        const changed = Buffer.from(file)
        changed[at] = (changed[at] as number) ^ 1
        expect(readSegment(secret, changed), `byte ${at}`).toBeUndefined()
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('digests', () => {
  it('of a record in a certificate, of a policy and of a text are those of the packages, and those on the pages', async () => {
    const { opening, record } = recordIn(secret, 'n-204')
    expect(Buffer.from(recordOpening(secret, 'n-204')).toString('hex')).toBe(opening)
    const retention = await page('retention-v1')
    expect(retention).toContain(opening)
    expect(retention).toContain(record)

    const policyPage = await page('policy-v1')
    const [, json = '', hash = ''] = /^ {4}(\{"actions".*)\n {4}(sha256:[0-9a-f]{64})$/m.exec(policyPage) ?? []
    expect(policyHashOf(json)).toBe(hash)
    expect(policyHash(parsePolicy(JSON.parse(json)))).toBe(hash)

    expect(textHash(secret, 'yes')).toBe(textHashOf(secret, 'yes'))
    expect(await page('agreements-v1')).toContain(textHashOf(secret, 'yes'))
  })
})

describe('vectors on the pages', () => {
  it('are those of the published files', async () => {
    const read = async (path: string) =>
      JSON.parse(await readFile(fileURLToPath(new URL(`../../packages/${path}`, import.meta.url)), 'utf8'))
    const audit = await read('audit/vectors/v1.json')
    const text = await page('audit-v1')
    const { open, commitments, hash } = audit.entries[0]
    expect(open.source.json).toBe('{}')
    const bytes = (b64: string) => Buffer.from(b64, 'base64').toString('hex')
    for (const value of [
      bytes(open.source.salt),
      commitments.source,
      bytes(commitments.source),
      hash,
      audit.roots[0],
      audit.key.vkey,
    ]) {
      expect(text).toContain(value)
    }
    const fields = await read('envelope/vectors/fields-v1.json')
    const search = await read('envelope/vectors/search-v1.json')
    const envelope = (await page('envelope-v1')).replaceAll(/\n +/g, '')
    const [field] = fields.fields
    const [wrap] = fields.wrapContexts
    for (const value of [
      field.encoded,
      field.nonce,
      field.associatedData,
      field.sealed,
      wrap.bytes,
      wrap.digest,
      wrap.commitment,
    ]) {
      expect(envelope).toContain(value)
    }
    const term = search.blind.find(
      (each: { bits: number; normalizer: string }) => each.bits === 20 && each.normalizer === 'email/1',
    )
    expect(envelope).toContain(term.term)
  })
})
