import {
  type AuditEventInput,
  bundleRecords,
  type EvidenceBundle,
  ed25519Signer,
  memoryStore,
  openAuditLog,
  verifyBundle,
} from '@phi/audit'
import { auditSealer, localKms, memoryKeyStore, memoryTombstones, openKeyring } from '@phi/envelope'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../core/test/refusal.ts'

const origin = 'clinic.example/sealed'
const therapist = { id: 'u-17', type: 'workforce', roles: ['therapist'] } satisfies AuditEventInput['actor']

const about = (patient: string, id: string, more: Partial<AuditEventInput> = {}): AuditEventInput => ({
  id,
  action: 'read',
  outcome: 'success',
  actor: therapist,
  subject: { resource: { type: 'ProgressNote', id: `n-${id}` }, patients: [patient] },
  context: { purpose: 'TREAT', reason: `a reason about ${patient}` },
  ...more,
})

async function clinic() {
  const kms = localKms.generate()
  const keys = memoryKeyStore()
  const tombstones = memoryTombstones()
  const keyring = await openKeyring({ kms, store: keys, tombstones })
  const store = memoryStore()
  const sealer = auditSealer({ keyring, store: keys })
  const signer = await ed25519Signer.generate(origin)
  const options = { origin, tenant: 'clinic-a', store, signer, sealer }
  const log = await openAuditLog(options)
  return { keys, keyring, store, sealer, signer, options, log }
}

async function destroyKeysOf(keys: Awaited<ReturnType<typeof clinic>>['keys'], patient: string) {
  // As a destruction leaves it; `keyring.destroy` with its approvals is tested in @phi/envelope.
  for (const record of await keys.list('clinic-a', patient)) {
    let { revision } = record
    for (const state of ['revoked', 'destruction-scheduled', 'destroyed'] as const) {
      const wrapped = state === 'destroyed' ? new Uint8Array() : record.wrapped
      expect(await keys.replace({ ...record, state, wrapped }, revision++)).toBe('replaced')
    }
  }
}

async function wholeText(store: ReturnType<typeof memoryStore>, log = { tenant: 'clinic-a', origin }): Promise<string> {
  const { size } = await store.head(log)
  const texts: string[] = []
  for await (const batch of store.read(log, { from: 0, to: size })) texts.push(JSON.stringify(batch))
  return texts.join('\n')
}

describe('sealed groups of an audit log', () => {
  it('S112 keeps no identifier of a patient in clear, and shows it to who has the keys', async () => {
    const { store, log } = await clinic()
    await log.append(about('p-88', 'e-1'))
    expect(await wholeText(store)).not.toMatch(/p-88|ProgressNote|a reason/)
    const { records } = await log.query()
    expect(records[0]).toMatchObject({
      event: { subject: { patients: ['p-88'] }, context: { purpose: 'TREAT' } },
      sealed: [],
      genuine: true,
    })
    await log.close()
  })

  it('S95 verifies with the keys, without them, and after one is gone', async () => {
    const { store, log, keys, signer, options } = await clinic()
    for (let i = 0; i < 10; i++) await log.append(about(i % 2 === 0 ? 'patient-1' : 'patient-2', `e-${i}`))
    await log.checkpoint()
    expect(await log.verify()).toMatchObject({ verdict: 'intact', findings: [], coverage: { checked: 10, withheld: 0 } })
    expect((await log.verify()).coverage).not.toHaveProperty('sealed')

    const { sealer: _, ...blindfolded } = options
    const auditor = await openAuditLog(blindfolded)
    expect(await auditor.verify({ keys: [signer.vkey] })).toMatchObject({
      verdict: 'intact',
      findings: [],
      coverage: { sealed: 20 },
    })
    expect((await auditor.query()).records[0]).toMatchObject({ sealed: ['subject', 'context'], genuine: true, withheld: [] })

    await destroyKeysOf(keys, 'patient-1')
    expect(await log.verify()).toMatchObject({ verdict: 'intact', findings: [], coverage: { checked: 10, sealed: 10 } })
    const { records } = await log.query({ order: 'oldest' })
    expect(records.map(({ sealed }) => sealed.length)).toEqual([2, 0, 2, 0, 2, 0, 2, 0, 2, 0])
    expect(JSON.stringify(records)).not.toContain('patient-1"')
    expect(await wholeText(store)).not.toMatch(/patient-[12]/)
    await log.close()
  })

  it('finds by patient and by resource, what was sealed and what was not, also after the index key was rotated', async () => {
    const { log, keyring, options } = await clinic()
    const { sealer: _, ...open } = options
    const before = await openAuditLog(open)
    await before.append(about('p-88', 'plain'))
    await log.append(about('p-88', 'e-1'))
    await log.append(about('p-9', 'e-2'))
    await keyring.rotate({ tenant: 'clinic-a', purpose: 'index' })
    await log.append(about('p-88', 'e-3'))
    const ids = async (query: object) => (await log.query(query)).records.map(({ event }) => event.id)
    expect(await ids({ patient: 'p-88' })).toEqual(['e-3', 'e-1', 'plain'])
    expect(await ids({ patient: 'p-88', order: 'oldest', limit: 2 })).toEqual(['plain', 'e-1'])
    expect(await ids({ patient: 'p-9', resource: { type: 'ProgressNote', id: 'n-e-2' } })).toEqual(['e-2'])
    expect(await ids({ patient: 'p-9', resource: { type: 'ProgressNote', id: 'n-e-3' } })).toEqual([])
    expect(await ids({ actor: 'u-17', resource: { type: 'ProgressNote' } })).toHaveLength(4)
    await log.close()
  })

  it('refuses to look for a patient where the sealer has nothing to find sealed subjects by', async () => {
    const { options } = await clinic()
    const { blind: _, ...unblinded } = options.sealer
    const log = await openAuditLog({ ...options, sealer: unblinded })
    await log.append(about('p-88', 'e-1'))
    expect(await refusal(log.query({ patient: 'p-88' }))).toMatchObject({ code: 'PHI_AUDIT_QUERY', path: 'patient' })
    expect(await refusal(log.query({ resource: { type: 'ProgressNote' } }))).toMatchObject({
      code: 'PHI_AUDIT_QUERY',
      path: 'resource',
    })
    expect((await log.query({ actor: 'u-17' })).records).toHaveLength(1)
    await log.close()
  })

  it('takes a repeated event as one entry, and another event under the same id as a conflict', async () => {
    const { log, keys } = await clinic()
    const first = await log.append(about('p-88', 'e-1'))
    expect(await log.append(about('p-88', 'e-1'))).toMatchObject({ index: first.index, duplicate: true })
    expect(await refusal(log.append(about('p-89', 'e-1')))).toMatchObject({ code: 'PHI_AUDIT_CONFLICT' })
    // Both in one batch.
    const [one, other] = await Promise.allSettled([
      log.append(about('patient-1', 'e-2')),
      log.append(about('patient-2', 'e-2')),
    ])
    expect([one?.status, other?.status].toSorted()).toEqual(['fulfilled', 'rejected'])
    await destroyKeysOf(keys, 'p-88')
    // Nobody can say any more whether it is the same event, so it is not taken for it.
    expect(await refusal(log.append(about('p-88', 'e-1')))).toMatchObject({ code: 'PHI_AUDIT_CONFLICT' })
    expect((await log.verify()).verdict).toBe('intact')
    await log.close()
  })

  it('records what happens to a patient whose keys are gone, under the tenant’s keys', async () => {
    const { log, keys, keyring } = await clinic()
    await log.append(about('p-88', 'e-1'))
    await destroyKeysOf(keys, 'p-88')
    // Other processes learn of it within `statesMaxAgeMs`.
    keyring.evict('clinic-a')
    await log.append(about('p-88', 'e-2'))
    const { records } = await log.query({ order: 'oldest' })
    expect(records.map(({ sealed }) => sealed.length)).toEqual([2, 0])
    await log.close()
  })

  it('S112 one entry’s sealed text does not open as another’s, nor in another log or tenant', async () => {
    const { sealer } = await clinic()
    const place = { tenant: 'clinic-a', origin, eventId: 'e-1', group: 'subject' }
    const sealed = await sealer.seal(place, 'p-88', 'text')
    expect(await sealer.open(place, sealed)).toBe('text')
    for (const other of [{ eventId: 'e-2' }, { origin: 'x.example/a' }, { group: 'context' }, { tenant: 'clinic-b' }])
      expect((await refusal(sealer.open({ ...place, ...other }, sealed))).code).toBe('PHI_ENVELOPE_OPEN')
    expect((await refusal(sealer.open(place, 'phi1.AAAA'))).code).toBe('PHI_ENVELOPE_OPEN')
  })

  it('S95 finds a sealed text that was swapped, and one whose writer sealed something else than it committed to', async () => {
    const { store, sealer, options } = await clinic()
    const lying = {
      ...sealer,
      seal: (place: never, patient: string | null, text: string) => sealer.seal(place, patient, text.replace('p-88', 'p-66')),
    }
    const log = await openAuditLog({ ...options, sealer: lying })
    await log.append(about('p-88', 'e-1'))
    await log.checkpoint()
    const { verdict, findings } = await log.verify()
    expect(verdict).toBe('broken')
    expect(findings).toMatchObject([
      { code: 'altered-sealed', index: 0, group: 'subject' },
      { code: 'altered-sealed', index: 0, group: 'context' },
    ])
    expect((await log.query()).records).toMatchObject([{ altered: ['subject', 'context'], genuine: false }])

    const swapped = {
      ...store,
      async *read(...args: Parameters<typeof store.read>) {
        for await (const batch of store.read(...args))
          yield batch.map(
            (entry) =>
              ({
                ...entry,
                open: {
                  ...entry.open,
                  subject: {
                    ...entry.open.subject,
                    json: entry.open.subject?.json.replace('"sealed":"phi1.', '"sealed":"phi1.B'),
                  },
                },
              }) as never,
          )
      },
    }
    const other = await openAuditLog({ ...options, store: swapped })
    expect((await other.verify()).findings).toMatchObject([
      { code: 'altered-sealed', index: 0, group: 'context' },
      { code: 'altered-group', index: 0, group: 'subject' },
    ])
    const { sealer: _, ...blindfolded } = options
    const auditor = await openAuditLog({ ...blindfolded, store: swapped })
    expect((await auditor.verify()).findings).toMatchObject([{ code: 'altered-group', index: 0, group: 'subject' }])
    await log.close()
  })

  it('S112 hands out evidence that opens what is sealed, and that needs no key to be checked', async () => {
    const { log, signer } = await clinic()
    await log.append(about('p-88', 'e-1'))
    const bundle = await log.evidence({ indices: [0], by: { actor: therapist } })
    expect(verifyBundle(JSON.stringify(bundle), { keys: [signer.vkey] })).toMatchObject({
      verdict: 'intact',
      coverage: { withheld: 0 },
    })
    expect(verifyBundle(bundle, { keys: [signer.vkey] }).coverage).not.toHaveProperty('sealed')
    expect(bundleRecords(bundle)[0]).toMatchObject({
      event: { subject: { patients: ['p-88'] }, context: { reason: 'a reason about p-88' } },
      sealed: [],
      genuine: true,
    })
    await log.close()
  })

  it('leaves sealed in evidence what nobody asked to be disclosed, and what no key opens any more', async () => {
    const { log, signer, keys, options } = await clinic()
    await log.append(about('p-88', 'e-1'))
    await log.append(about('p-99', 'e-2'))
    const checked = (bundle: EvidenceBundle) => verifyBundle(bundle, { keys: [signer.vkey] })

    const withheld = await log.evidence({ indices: [0], disclose: ['event', 'context'], by: { actor: therapist } })
    expect(JSON.stringify(withheld)).not.toContain('ProgressNote')
    expect(checked(withheld)).toMatchObject({ verdict: 'intact', coverage: { withheld: 3 } })

    await destroyKeysOf(keys, 'p-88')
    const after = await log.evidence({ indices: [0, 1], by: { actor: therapist } })
    expect(JSON.stringify(after)).not.toMatch(/[" ]p-88/)
    expect(checked(after)).toMatchObject({ verdict: 'intact', coverage: { sealed: 2 } })
    expect(bundleRecords(after).map(({ sealed }) => sealed)).toEqual([['subject', 'context'], []])

    const { sealer: _, ...blindfolded } = options
    const auditor = await openAuditLog(blindfolded)
    const closed = await auditor.evidence({ indices: [1], by: { actor: therapist } })
    expect(checked(closed)).toMatchObject({ verdict: 'intact', coverage: { sealed: 2 } })
    await log.close()
  })

  it('tells when what a bundle says was sealed is something else', async () => {
    const { log, signer } = await clinic()
    await log.append(about('p-88', 'e-1'))
    const bundle = await log.evidence({ indices: [0], by: { actor: therapist } })
    const edited = (edit: (open: EvidenceBundle['entries'][number]['open']) => void): EvidenceBundle => {
      const copy = structuredClone(bundle)
      for (const { open } of copy.entries) edit(open)
      return copy
    }
    const forged = [
      edited(({ subject }) => Object.assign(subject?.inner ?? {}, { json: '{"patients":["p-77"]}' })),
      edited(({ subject, context }) => Object.assign(subject ?? {}, { inner: context?.inner })),
      edited(({ subject }) => Object.assign(subject?.inner ?? {}, { salt: `${'A'.repeat(22)}==` })),
      edited(({ subject }) => Object.assign(subject?.inner ?? {}, { json: ` ${subject?.inner?.json}` })),
    ]
    for (const bundle of forged) {
      expect(verifyBundle(bundle, { keys: [signer.vkey] })).toMatchObject({
        verdict: 'broken',
        findings: [{ code: 'altered-sealed', index: 0, group: 'subject' }],
      })
      expect(bundleRecords(bundle)[0]).toMatchObject({ altered: ['subject'], genuine: false })
      expect(bundleRecords(bundle)[0]?.event.subject).toBeUndefined()
    }
    await log.close()
  })

  it('takes no second text for a group that was never sealed', async () => {
    const { options } = await clinic()
    const { sealer: _, ...plain } = options
    const log = await openAuditLog(plain)
    await log.append(about('p-88', 'e-1'))
    const bundle = structuredClone(await log.evidence({ indices: [0], by: { actor: therapist } }))
    const { subject } = bundle.entries[0]?.open ?? {}
    Object.assign(subject ?? {}, { inner: { salt: subject?.salt, json: '{"patients":["p-77"]}' } })
    expect(verifyBundle(bundle, { keys: [log.vkey as string] }).verdict).toBe('broken')
    expect(bundleRecords(bundle)[0]).toMatchObject({ altered: ['subject'] })
    await log.close()
  })

  it('writes nothing when the sealer fails, and says so', async () => {
    const { options } = await clinic()
    const log = await openAuditLog({ ...options, sealer: { ...options.sealer, seal: async () => '' } })
    expect(await refusal(log.append(about('p-88', 'e-1')))).toMatchObject({ code: 'PHI_AUDIT_SEALER' })
    expect((await log.head()).size).toBe(0)
    await log.close()
  })
})
