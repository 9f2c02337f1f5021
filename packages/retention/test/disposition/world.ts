import { fixedClock } from '@phi/core'
import type { Signer } from '../../src/disposition/certificate/jws.ts'
import type { ExecuteOptions } from '../../src/disposition/execute/options.ts'
import type { Approval } from '../../src/disposition/plan/approve.ts'
import { approve } from '../../src/disposition/plan/approve.ts'
import type { DispositionPlan } from '../../src/disposition/plan/plan-document.ts'
import { type TestRecord, testPolicy } from './policy.ts'

export const TODAY = '2031-03-02'
export const PAST = '2029-07-15'
export const AHEAD = '2040-01-01'

/** The Ed25519 key pair of RFC 8037 appendix A. */
export const privateJwk = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
} as const
export const publicJwk = { kty: 'OKP', crv: 'Ed25519', x: privateJwk.x, kid: 'records-office-1' } as const
export const signer: Signer = { alg: 'EdDSA', kid: publicJwk.kid, key: privateJwk }

export const salt = Uint8Array.from({ length: 32 }, (_, i) => i * 7 + 1)

/** A record whose time is over, unless it says otherwise. */
export const row = (id: string, more: Partial<TestRecord> = {}): { readonly id: string; readonly record: TestRecord } => ({
  id,
  record: { id, kind: 'chart', tenant: 'clinic-a', subject: `p-${id}`, until: PAST, ...more },
})

export const options = (more: Partial<ExecuteOptions> = {}): ExecuteOptions => ({
  policy: testPolicy(),
  today: TODAY,
  clock: fixedClock(`${TODAY}T15:00:00.000Z`),
  salt,
  signer,
  method: { category: 'clear', technique: 'row deletion' },
  performer: { name: 'Records job', title: 'service' },
  validator: { name: 'C. Lee' },
  backupHorizon: '2031-06-01T00:00:00.000Z',
  ...more,
})

export const planning = { today: TODAY, plannedBy: 'A. Planner' } as const

export const approvalsOf = async (plan: DispositionPlan, on = TODAY): Promise<Approval[]> => [
  await approve(plan, { by: 'B. Officer', role: 'privacy-officer', on }),
  await approve(plan, { by: 'D. Counsel', role: 'counsel', on }),
]
