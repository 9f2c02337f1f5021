import { type AgreementRecord, type AgreementStore, decideAny, loadRegistry } from '@phi/baa'
import type { StoreCase } from '../../store/manifest.ts'
import { equal, refused, succeeds } from '../../suite/assert.ts'
import {
  agreed,
  agreedBelow,
  agreement,
  appendAll,
  attested,
  freshTenant,
  gives,
  holds,
  host,
  party,
  platform,
  practice,
  signature,
} from '../world.ts'

const odd = `'; drop table agreement; -- "\\ %_ {} Zoe\u0308 \u{1f512} \u2028 \u0000 \u00e9`

/** Every member of every kind of record once, at its oddest. */
const whole = (): readonly (readonly AgreementRecord[])[] => [
  [
    agreement(
      agreed({
        dated: '2026-01-01',
        documentHash: '9f'.repeat(32),
        from: { ...practice, npi: '1234567893', licences: [{ state: 'OH', profession: 'LCSW', expires: '2027-01-01' }] },
        excludes: [{ service: 'messaging.sms', configuration: { 'link-tracking': ['on', 'off'] }, text: odd }],
        prohibits: ['label:part2', 'phi.code'],
        prohibitsUses: ['sale'],
        conditions: [{ condition: 'mfa-on', services: ['records'] }],
        eligibility: { growth: 'always', starter: 'on-request' },
        plan: 'growth',
        ai: { training: 'prohibited', retention: { days: 30 }, deletion: true, subprocessors: [] },
        agency: { is: 'independent', section: '8.1' },
        expires: '2027-12-31',
        terminated: { at: '2027-06-01', section: '7' },
        windingDown: { from: '2027-06-02' },
        closed: { at: '2027-07-01', how: 'destroyed', evidence: 'certificate 12' },
        asOf: '2026-01-05',
        reviewBy: '2027-01-05',
      }),
    ),
    agreement(agreedBelow()),
    signature('practice-platform'),
  ],
  [
    party({ id: 'colleague', kind: 'provider', name: 'Zoe\u0308 "x" \u{1f512}', professions: ['a,b', "d'e", 'f\\g', 'NULL'] }),
    party({ id: '007', kind: 'other', standardTransactions: false }),
    party({ id: '1e3', kind: 'individual' }),
  ],
  [gives(true), attested('2026-01-01', true), attested('2026-02-01', false)],
  [
    {
      type: 'exemptions',
      from: 'practice',
      to: 'colleague',
      claims: [
        { kind: 'treatment', treatsTheIndividual: true },
        { kind: 'conduit', storage: 'none' },
      ],
    },
    signature('practice-platform', '0'),
    signature('platform-host'),
  ],
]

/** Changes data as a careless caller would. Frozen data stays as it is, and that is as good. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const key of Object.keys(value)) {
    spoil(Reflect.get(value, key))
    Reflect.set(value, key, 'spoilt')
  }
}

const outcome = async (store: AgreementStore, tenant: string, revision?: number) => {
  const { registry } = await succeeds(() => loadRegistry(store, tenant, revision), 'loadRegistry')
  return decideAny(registry, {
    from: 'practice',
    to: 'platform',
    service: 'records.notes',
    data: [{ class: 'phi.clinical.note.session', labels: [] }],
    use: 'treatment',
    at: '2026-11-21T10:00:00.000Z',
  }).outcome
}

export const keepingCases: readonly StoreCase<AgreementStore>[] = [
  {
    title: 'knows nothing of a tenant that nothing was recorded for, and makes nothing by being asked',
    requirements: ['S86'],
    async run({ store }) {
      const tenant = freshTenant()
      await holds(store, tenant, [], 'before anything was recorded')
      const answer = await succeeds(() => store.append(tenant, [party(practice)], 1), 'append')
      equal(answer, 'conflict', 'append at revision 1 where there is none')
      await holds(store, tenant, [], 'after it was asked')
    },
  },
  {
    title: 'gives back everything that was recorded, at its oddest too, now and at every revision',
    requirements: ['S86'],
    async run({ store }) {
      const tenant = freshTenant()
      const revisions = whole()
      await appendAll(store, tenant, revisions)
      await holds(store, tenant, revisions, 'after append')
    },
  },
  {
    title: 'keeps signed documents byte for byte, with their agreement',
    requirements: ['S86', 'S151'],
    async run({ store }) {
      const tenant = freshTenant()
      const all = ['', 'a', 'A', '-', '_', '0'].map((tail) => signature('practice-platform', tail))
      await appendAll(store, tenant, [[agreement(), ...all.slice(0, 3)], all.slice(3)])
      const { signatures } = await succeeds(() => store.load(tenant), 'load')
      equal(signatures.length, all.length, 'the number of signed documents')
      for (const [index, record] of all.entries()) {
        if (record.type !== 'signature') continue
        equal(signatures[index]?.agreement, 'practice-platform', 'the agreement of a signed document')
        equal(signatures[index]?.jws === record.jws, true, 'that a signed document is the one that was recorded')
      }
    },
  },
  {
    title: 'keeps and hands out what nobody changes from outside',
    requirements: ['S86'],
    async run({ store }) {
      const tenant = freshTenant()
      const revisions = whole()
      const handed = structuredClone(revisions) as typeof revisions
      await appendAll(store, tenant, handed)
      spoil(handed)
      await holds(store, tenant, revisions, 'after the caller changed what it had appended')
      spoil(await succeeds(() => store.load(tenant), 'load'))
      spoil(await succeeds(() => store.at(tenant, 2), 'at'))
      await holds(store, tenant, revisions, 'after a caller changed what it had been given')
    },
  },
  {
    title: 'says at every revision what was known then: later ones take the place of earlier ones, and do not reach back',
    requirements: ['S86', 'S121', 'S37'],
    async run({ store }) {
      const tenant = freshTenant()
      const silent = agreed({ terms: {} })
      const terminated = agreed({ terms: {}, terminated: { at: '2026-06-01T00:00:00.000Z' } })
      const next = agreed({ id: 'practice-platform-2', version: '2.0', effective: '2026-06-01T00:00:00.000Z' })
      const revisions = [
        [agreement(silent), agreement(agreedBelow())],
        [gives(true)],
        [agreement(terminated)],
        [{ type: 'subprocessors', of: 'platform', subprocessors: [], complete: true } as const],
        [agreement(next)],
        [party({ ...host, name: 'Host' })],
        [party({ ...host, name: 'Host Inc.' })],
      ]
      await appendAll(store, tenant, revisions)
      await holds(store, tenant, revisions, 'after append')
      for (const [revision, expected] of [
        [2, 'allow'],
        [3, 'deny'],
        [5, 'allow'],
      ] as const) {
        equal(await outcome(store, tenant, revision), expected, `the decision on revision ${revision}`)
      }
      equal(await outcome(store, tenant), 'allow', 'the decision on what is known now')
    },
  },
  {
    title: 'refuses what is no record or would leave no registry, and writes nothing of it',
    requirements: ['S86'],
    async run({ store }) {
      const tenant = freshTenant()
      const revisions = [[agreement()]]
      await appendAll(store, tenant, revisions)
      const before = agreed()
      const bad: readonly (readonly [string, unknown, string])[] = [
        ['a party that nobody knows', [gives(false)], 'PHI_BAA_REGISTRY'],
        ['a party in two descriptions', [party({ ...platform, kind: 'individual' })], 'PHI_BAA_REGISTRY'],
        ['other terms under one id', [agreement(agreed({ permits: ['phi'] }))], 'PHI_BAA_AGREEMENT_RECORD'],
        ['a signature of an agreement that is not there', [signature('nobody')], 'PHI_BAA_AGREEMENT_RECORD'],
        ['a signed document with a space', [{ ...signature(before.id), jws: 'a.b.c ' }], 'PHI_BAA_AGREEMENT_RECORD'],
        ['an agreement that is none', [{ type: 'agreement', agreement: { id: 'x' } }], 'PHI_BAA_AGREEMENT'],
        ['no record', [], 'PHI_BAA_AGREEMENT_RECORD'],
        ['a record of another type', [{ type: 'friend' }], 'PHI_BAA_AGREEMENT_RECORD'],
        ['a record with more', [{ ...party(host), more: 1 }], 'PHI_BAA_AGREEMENT_RECORD'],
        ['a good record before a bad one', [party({ id: 'colleague', kind: 'provider' }), gives(false)], 'PHI_BAA_REGISTRY'],
      ]
      for (const [what, records, code] of bad) {
        await refused(
          () => store.append(tenant, records as AgreementRecord[], 1),
          [code],
          `append of ${what}`,
          'Use refuseUnfit.',
        )
      }
      for (const revision of [-1, 0.5, Number.NaN, '1' as unknown as number]) {
        const remedy = 'Use readRevisionNumber.'
        await refused(
          () => store.append(tenant, [party(host)], revision),
          ['PHI_BAA_AGREEMENT_RECORD'],
          'append at no revision',
          remedy,
        )
        await refused(() => store.at(tenant, revision), ['PHI_BAA_AGREEMENT_RECORD'], 'at no revision', remedy)
      }
      for (const nobody of ['', 'Clinic A', "x' or true --"]) {
        await refused(() => store.load(nobody), ['PHI_CORE_TENANT'], 'load of what is no tenant', 'Use parseTenant.')
      }
      await holds(store, tenant, revisions, 'after appends that were refused')
    },
  },
  {
    title: 'keeps tenants apart',
    requirements: ['S86', 'S98'],
    async run({ store }) {
      const tenant = freshTenant()
      const near = [`${tenant}0`, tenant.slice(0, -1), tenant.replace('-', '_'), `${tenant}.x`]
      await appendAll(store, tenant, [[agreement()], [attested('2026-01-01', true)]])
      for (const each of near) await holds(store, each, [], 'for another tenant')
      await appendAll(store, near[0] as string, [[party(practice)]])
      await holds(store, tenant, [[agreement()], [attested('2026-01-01', true)]], 'after another tenant appended')
      await holds(store, near[0] as string, [[party(practice)]], 'for the other tenant')
    },
  },
]
