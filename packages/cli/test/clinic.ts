import { definePolicy, type PolicyJson } from '@phi/rbac'
import { z } from 'zod'

/** The policy of a small clinic, for tests of commands that read one. */
export const clinic = (): PolicyJson =>
  JSON.parse(
    JSON.stringify(
      definePolicy(
        {
          id: 'clinic',
          version: '1',
          resources: {
            Note: z.object({
              id: z.string(),
              tenant: z.string(),
              patient: z.string(),
              careTeam: z.array(z.string()),
              restricted: z.boolean(),
              body: z.string(),
            }),
          },
          actions: ['read', 'export'],
          roles: { therapist: {}, billing: {} },
          views: { cover: { Note: ['id', 'patient'] } },
        },
        ({ permit, forbid, is }) => [
          permit('therapist')
            .to('read')
            .on('Note')
            .when(is.in(is.actor('id'), is.resource('careTeam')))
            .cite('45 CFR 164.308(a)(4)')
            .as('care-team'),
          permit('therapist')
            .to('export')
            .on('Note')
            .when(is.in(is.actor('id'), is.resource('careTeam')))
            .requiring({ type: 'step-up', acr_values: ['phr'] })
            .cite('45 CFR 164.312(d)')
            .as('care-team-exports'),
          permit('billing').to('read').on('Note').for('HPAYMT').seeing('cover').cite('45 CFR 164.502(b)').as('billing-cover'),
          forbid()
            .to('read')
            .on('Note')
            .when(is.resource('restricted'))
            .unless('emergency')
            .cite('45 CFR 164.522(a)')
            .as('restriction'),
        ],
      ),
    ),
  ) as PolicyJson

/** The same with changes, as the text of a file. */
export const clinicText = (change: (policy: Mutable) => void = () => {}): string => {
  const policy = clinic() as unknown as Mutable
  change(policy)
  return `${JSON.stringify(policy, null, 2)}\n`
}
// biome-ignore lint/suspicious/noExplicitAny: a policy to be broken in any way
export type Mutable = Record<string, any>

/** Tests of it that notice every mistake. */
export const clinicTests = `format: phi.policy-tests/v1
policy: clinic
at: 2026-01-15T09:00:00.000Z
actors:
  dana: { id: dana, tenant: clinic-a }
  erin: { id: erin, tenant: clinic-a }
records:
  plain: { type: Note, record: { id: n1, tenant: clinic-a, patient: pat, careTeam: [dana], restricted: false } }
  restricted: { type: Note, record: { id: n2, tenant: clinic-a, patient: pat, careTeam: [dana], restricted: true } }
grants:
  glass: { kind: break-glass, tenant: clinic-a, patient: pat, actor: dana, from: 2026-01-15T08:30:00.000Z, until: 2026-01-15T09:30:00.000Z, reason: unconscious }
  authorization: { kind: authorization, tenant: clinic-a, patient: pat, from: 2026-01-01T00:00:00.000Z, until: null }
  consent: { kind: consent, tenant: clinic-a, patient: pat, from: 2026-01-01T00:00:00.000Z, until: null }
matrices:
  - name: who reads
    requirements: [S2]
    axes:
      roles: [therapist, billing, no-role]
      actors: [dana, erin]
      actions: [read]
      records: [plain, restricted]
      purposes: [TREAT, ETREAT, HPAYMT, HOPERAT]
    expect:
      - { roles: therapist, actors: dana, records: plain, purposes: any, outcome: allow, fields: [id, tenant, patient, careTeam, restricted, body] }
      - { roles: therapist, actors: dana, records: restricted, purposes: ETREAT, outcome: { allow-if: [refrain] } }
      - { roles: therapist, actors: dana, records: restricted, purposes: [TREAT, HPAYMT, HOPERAT], outcome: deny, rule: restriction }
      - { roles: therapist, actors: erin, records: any, purposes: any, outcome: deny }
      - { roles: billing, actors: any, records: plain, purposes: HPAYMT, outcome: allow, fields: [id, patient] }
      - { roles: billing, actors: any, records: plain, purposes: [TREAT, ETREAT, HOPERAT], outcome: deny }
      - { roles: billing, actors: any, records: restricted, purposes: any, outcome: deny }
      - { roles: no-role, actors: any, records: any, purposes: any, outcome: deny }
  - name: who exports
    requirements: [S21]
    axes:
      roles: [therapist, billing, no-role]
      actors: [dana, erin]
      actions: [export]
      records: [plain, restricted]
      purposes: [TREAT, HPAYMT]
    expect:
      - { roles: therapist, actors: dana, records: any, purposes: any, outcome: { allow-if: [step-up] } }
      - { roles: therapist, actors: erin, records: any, purposes: any, outcome: deny }
      - { roles: [billing, no-role], actors: any, records: any, purposes: any, outcome: deny }
  - name: nothing but an emergency opens a restriction
    axes:
      roles: [therapist]
      actors: [dana]
      actions: [read]
      records: [restricted]
      purposes: [TREAT]
      grants: [glass, authorization, consent]
    expect:
      - { grants: any, outcome: deny, rule: restriction }
`
