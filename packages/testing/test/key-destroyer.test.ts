import { fixedClock, isPhiError, randomBytes } from '@phi/core'
import { localKms, memoryKeyStore, memoryTombstones, openKeyring, verifyCertificate as verifyDestruction } from '@phi/envelope'
import {
  approve,
  execute,
  type KeyDestroyer,
  memoryRetentionStore,
  plan,
  retentionSchedule,
  verifyCertificate,
} from '@phi/retention'
import { expect, it } from 'vitest'

// `@phi/retention` knows no key store, only a small interface. Here stands that the keyring of `@phi/envelope` is one.

/** The Ed25519 key pair of RFC 8037 appendix A. */
const privateJwk = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
} as const

it('S121 a keyring destroys the keys of a subject whose last record was disposed of, and of no other', async () => {
  const clock = fixedClock('2031-03-02T15:00:00.000Z')
  const keyring = await openKeyring({
    kms: localKms.generate(),
    store: memoryKeyStore(),
    tombstones: memoryTombstones(),
    clock,
  })
  const destroyer: KeyDestroyer = keyring
  const column = { table: 'policy', column: 'body' }
  const fieldOf = async (subject: string) => (await (await keyring.tenant('clinic-a')).subject(subject)).field(column)
  const sealed = new Map<string, string>()
  for (const subject of ['p-1', 'p-2']) sealed.set(subject, (await fieldOf(subject)).seal('text', { row: subject }))

  const policy = retentionSchedule({
    id: 'acme/2031',
    signOffs: [{ rule: 'us.hipaa.documents', by: 'counsel', on: '2031-01-15' }],
  })
  const document = (id: string, subject: string, lastInEffect: string) => ({
    id,
    record: { id, kind: 'policy-document', tenant: 'clinic-a', subject, lastInEffect, inEffect: false },
  })
  const store = memoryRetentionStore([
    document('a', 'p-1', '2024-01-01'),
    document('b', 'p-2', '2024-01-01'),
    document('c', 'p-2', '2030-01-01'),
    document('d', 'p-without-keys', '2024-01-01'),
  ])
  const today = '2031-03-02'
  const made = await plan(store, policy, { today, plannedBy: 'A', approvals: { required: 1 } })
  const done = await execute(made, [await approve(made, { by: 'B', role: 'privacy-officer', on: today })], store, {
    policy,
    today,
    clock,
    salt: randomBytes(32),
    signer: { alg: 'EdDSA', kid: 'k', key: privateJwk },
    method: { category: 'purge', technique: 'cryptographic-erase' },
    performer: { name: 'records job' },
    validator: null,
    backupHorizon: '2031-06-01T00:00:00.000Z',
    keys: destroyer,
  })
  if (done.status !== 'finished') throw new Error(done.status)
  const { d: _, ...jwk } = { ...privateJwk, kid: 'k' }
  const report = await verifyCertificate(done.certificate as string, jwk)
  if (report.verdict !== 'valid') throw new Error(report.problem)
  expect(report.certificate.erasures.map((each) => (each.outcome === 'kept' ? each.why : each.outcome)).toSorted()).toEqual([
    'destroyed',
    'no-keys',
    'records-remain',
  ])
  const [certificate] = done.keyCertificates
  const destruction = await verifyDestruction(certificate as string, jwk, { at: '2031-03-02T15:00:00.000Z' })
  expect(destruction).toMatchObject({ verdict: 'valid', certificate: { reference: made.id, scope: 'subject' } })
  // Its successor has keys of its own, and opens nothing of what was there before.
  const opened = await fieldOf('p-1').then((field) => () => field.open(sealed.get('p-1') as string, { row: 'p-1' }))
  expect(opened).toThrow(expect.toSatisfy((error: unknown) => isPhiError(error)))
  expect((await fieldOf('p-2')).open(sealed.get('p-2') as string, { row: 'p-2' })).toBe('text')
})
