import { canonicalJson } from '@phi/core'
import { exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { testPolicy } from '../../../test/disposition/policy.ts'
import { planning, privateJwk, publicJwk, row, signer, TODAY } from '../../../test/disposition/world.ts'
import { signDocument } from '../certificate/jws.ts'
import { memoryRetentionStore } from '../store/memory-store.ts'
import { APPROVAL_TYPE, type Approval, type ApproverKey, approve, countApprovals } from './approve.ts'
import { plan } from './plan.ts'

const make = (approvals: object = {}) => plan(memoryRetentionStore([row('r-1')]), testPolicy(), { ...planning, approvals })
const yes = { by: 'B. Officer', role: 'privacy-officer', on: TODAY }
const no = (approval: object) => ({ ...approval, signature: null })

describe('approve', () => {
  it('says yes to exactly one plan', async () => {
    const made = await make()
    const approval = await approve(made, yes)
    expect(approval).toEqual({ format: 'phi.retention/approval/v1', plan: made.id, ...yes, signature: null })
    expect(Object.isFrozen(approval)).toBe(true)
  })

  it('refuses a plan that was changed after it was made', async () => {
    const made = await make()
    const [group] = made.groups
    const more = {
      ...made,
      groups: [{ ...group, ids: ['r-1', 'r-2'], versions: ['1', '1'] }],
      counts: { ...made.counts, planned: 2 },
    }
    for (const changed of [
      more,
      { ...made, plannedBy: 'B. Other' },
      { ...made, approvals: { ...made.approvals, required: 1 } },
      {},
    ]) {
      expect((await refusal(approve(changed as never, yes))).code).toBe('PHI_RETENTION_PLAN')
    }
  })

  it('refuses the planner in any spelling, other roles, earlier days, and no signature where one is asked for', async () => {
    const made = await make({ roles: ['privacy-officer'] })
    const wrong = [
      { ...yes, by: 'A. Planner' },
      { ...yes, by: 'a. planner' },
      { ...yes, by: 'A.  PLANNER' },
      { ...yes, by: 'Ａ. Planner' },
      { ...yes, role: 'intern' },
      { ...yes, role: 'Privacy-Officer' },
      { ...yes, on: '2031-03-01' },
    ]
    for (const each of wrong) expect((await refusal(approve(made, each))).code).toBe('PHI_RETENTION_APPROVAL')
    expect((await refusal(approve(await make({ signed: true }), yes))).code).toBe('PHI_RETENTION_APPROVAL')
    for (const each of [
      {},
      { ...yes, on: 'today' },
      { ...yes, by: '' },
      { ...yes, more: 1 },
      { ...yes, signer: { alg: 'HS256' } },
    ]) {
      expect((await refusal(approve(made, each as never))).code).toBe('PHI_RETENTION_OPTIONS')
    }
  })
})

describe('counting approvals', () => {
  const count = async (approvals: readonly unknown[], rule: object = {}, keys?: readonly ApproverKey[], today = TODAY) => {
    const { valid, problems } = await countApprovals(await make(rule), approvals, { today, keys })
    return { valid: valid.map(({ by }) => by), problems: problems.map(({ at, problem }) => `${at} ${problem}`) }
  }

  it('counts people, not approvals, and says what is wrong with the others', async () => {
    const good = await approve(await make(), yes)
    const second = { ...good, by: 'D. Counsel' }
    expect(await count([good, second])).toEqual({ valid: ['B. Officer', 'D. Counsel'], problems: [] })
    const forged = [
      good,
      good,
      { ...good, by: 'b. OFFICER' },
      { ...good, by: 'A. Planner' },
      { ...good, plan: '0'.repeat(64) },
      { ...good, on: '2031-03-01' },
      { ...good, on: '2031-03-03' },
      { ...good, format: 'phi.retention/approval/v2' },
      { ...good, more: 1 },
      no({ plan: good.plan }),
      null,
      'yes',
    ]
    expect(await count(forged)).toEqual({
      valid: ['B. Officer'],
      problems: [
        '1 twice',
        '2 twice',
        '3 planner',
        '4 plan',
        '5 day',
        '6 day',
        '7 form',
        '8 form',
        '9 form',
        '10 form',
        '11 form',
      ],
    })
    const inRole = await approve(await make({ roles: ['privacy-officer'] }), yes)
    expect(await count([inRole, { ...inRole, by: 'D. Counsel', role: 'counsel' }], { roles: ['privacy-officer'] })).toEqual({
      valid: ['B. Officer'],
      problems: ['1 role'],
    })
  })

  it('counts only signed ones where keys are known, each with a key of that person', async () => {
    const made = await make()
    const pair = await generateKeyPair('ES256', { extractable: true })
    const counsel = { alg: 'ES256', kid: 'counsel-1', key: pair.privateKey } as const
    const keys: ApproverKey[] = [
      { by: 'B. Officer', key: publicJwk },
      { by: 'D. Counsel', key: { ...(await exportJWK(pair.publicKey)), kid: 'counsel-1' } },
    ]
    const officer = await approve(made, { ...yes, signer })
    const second = await approve(made, { ...yes, by: 'D. Counsel', signer: counsel })
    expect(await count([officer, second], {}, keys)).toEqual({ valid: ['B. Officer', 'D. Counsel'], problems: [] })
    const [head, , tail] = (officer.signature as string).split('.')
    const payload = Buffer.from(canonicalJson({ ...officer, signature: null })).toString('base64url')
    const { signature: _, ...statement } = officer
    const forged: Approval[] = [
      { ...officer, signature: null },
      { ...officer, role: 'counsel' },
      { ...officer, by: 'D. Counsel' },
      { ...second, by: 'B. Officer' },
      { ...officer, by: 'Stranger' },
      { ...officer, signature: `${head}.${payload}.${tail}` },
      { ...officer, signature: '..' },
      { ...officer, signature: await signDocument(signer, 'JWT', statement) },
      { ...officer, signature: await signDocument({ ...signer, kid: 'other' }, APPROVAL_TYPE, statement) },
      { ...officer, signature: await signDocument(counsel, APPROVAL_TYPE, statement) },
    ]
    expect(await count(forged, {}, keys)).toEqual({
      valid: [],
      problems: ['0 unsigned', ...Array.from({ length: 9 }, (_, i) => `${i + 1} signature`)],
    })
  })

  it('counts none where the plan asks for signatures and no keys are known', async () => {
    const made = await make({ signed: true })
    const officer = await approve(made, { ...yes, signer: { ...signer, key: privateJwk } })
    expect(await count([officer], { signed: true })).toEqual({ valid: [], problems: ['0 unsigned'] })
    expect(await count([officer], { signed: true }, [{ by: 'B. Officer', key: publicJwk }])).toMatchObject({
      valid: ['B. Officer'],
    })
  })
})
