import { citationSchema, formatCitation, isPhiError } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import {
  assignmentLaw,
  isRoleInForce,
  memoryRoleStore,
  parseRoleAssignment,
  parseRoleRecord,
  parseRoleRevocation,
  type RoleAssignment,
  type RoleRecord,
  roleEnd,
  roleNames,
} from './index.ts'

const HOUR = 3_600_000
const at = (ms: number) => new Date(Date.UTC(2026, 10, 22, 9) + ms).toISOString()
const role = (more: Partial<RoleAssignment> = {}): RoleAssignment => ({
  id: 'a-1',
  tenant: 'clinic-a',
  subject: 'u-17',
  role: 'emergency',
  from: at(0),
  until: at(4 * HOUR),
  assignedAt: at(0),
  assignedBy: 'officer',
  ...more,
})
const record = (ends: readonly number[] = [], more: Partial<RoleAssignment> = {}): RoleRecord =>
  parseRoleRecord({
    ...role(more),
    revocations: ends.map((ms) => ({ at: at(ms), recordedAt: at(0), revokedBy: 'officer' })),
  })

describe('a role assignment', () => {
  it('S2 is in force from its beginning up to its end, or to the revocation before it', () => {
    const inForce = (each: RoleRecord) =>
      [-1, 0, HOUR - 1, HOUR, 4 * HOUR - 1, 4 * HOUR].map((ms) => isRoleInForce(each, at(ms)))
    expect(inForce(record())).toEqual([false, true, true, true, true, false])
    expect(inForce(record([2 * HOUR, HOUR]))).toEqual([false, true, true, false, false, false])
    expect(inForce(record([], { until: null }))).toEqual([false, true, true, true, true, true])
    expect(inForce(record([0]))).toEqual([false, false, false, false, false, false])
    expect([record(), record([HOUR]), record([], { until: null })].map(roleEnd)).toEqual([at(4 * HOUR), at(HOUR), null])
  })
  it('is judged at an instant only: a question about none must not read as "no role"', async () => {
    for (const no of ['', 'now', '2026-11-22', '2026-11-22T09:00:00Z', '2026-02-30T00:00:00.000Z']) {
      expect((await refusal(() => isRoleInForce(record(), no))).code).toBe('PHI_RBAC_ROLE')
    }
  })
  it('names each role once, sorted', () => {
    expect(roleNames([record([], { role: 'b' }), record([], { role: 'a' }), record([], { role: 'b' })])).toEqual(['a', 'b'])
    expect(roleNames([])).toEqual([])
  })
  it('reaches back for nobody, ends after it begins, and says so by the place and never by the value', async () => {
    const wrong: readonly (readonly [object, string])[] = [
      [{ from: at(-1) }, 'assignment.from'],
      [{ until: at(0) }, 'assignment.until'],
      [{ until: 'tomorrow' }, 'assignment.until'],
      [{ subject: ' Jane Roe' }, 'assignment.subject'],
      [{ id: 'Jane Roe' }, 'assignment.id'],
      [{ 'Jane Roe': 1 }, 'assignment'],
    ]
    for (const [more, path] of wrong) {
      const error = await refusal(() => parseRoleAssignment({ ...role(), ...more }))
      expect(error).toMatchObject({ code: 'PHI_RBAC_ROLE', path })
      expect(`${error.message} ${JSON.stringify(error)}`).not.toMatch(/Jane|tomorrow/)
    }
    const ending = { at: at(HOUR), recordedAt: at(0), revokedBy: 'officer' }
    for (const more of [{ at: at(-1) }, { revokedBy: undefined }, { reason: '' }]) {
      expect((await refusal(() => parseRoleRevocation({ ...ending, ...more }))).code).toBe('PHI_RBAC_ROLE')
    }
  })
  it('is no record where a revocation ends it later than what was before', async () => {
    for (const ends of [[5 * HOUR], [4 * HOUR], [HOUR, HOUR], [HOUR, 2 * HOUR]]) {
      expect((await refusal(() => record(ends))).code).toBe('PHI_RBAC_ROLE_STORE')
    }
    expect((await refusal(() => parseRoleRecord(role()))).code).toBe('PHI_RBAC_ROLE_STORE')
  })
  it('comes out frozen, and without what is undefined', () => {
    const parsed = parseRoleAssignment({ ...role(), reason: undefined })
    expect(Object.keys(parsed)).not.toContain('reason')
    expect(Object.isFrozen(parsed)).toBe(true)
    expect(Object.isFrozen(record([HOUR]).revocations[0])).toBe(true)
  })
  it('rests on five texts, each once', () => {
    const texts = Object.values(assignmentLaw).map((each) => formatCitation(citationSchema.parse(each)))
    expect(new Set(texts).size).toBe(5)
    expect(texts).toEqual([
      '45 CFR 164.308(a)(3)(ii)(A)',
      '45 CFR 164.308(a)(3)(ii)(B)',
      '45 CFR 164.308(a)(3)(ii)(C)',
      '45 CFR 164.308(a)(4)(ii)(B)',
      '45 CFR 164.308(a)(4)(ii)(C)',
    ])
  })
})

describe('a history of roles', () => {
  it('S2 keeps its answer for an instant that has passed, whatever is recorded later', async () => {
    const step = fc.record({
      verb: fc.constantFrom('assign', 'revoke', 'revokeAll'),
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      ahead: fc.integer({ min: 0, max: 3 }),
      lasts: fc.option(fc.integer({ min: 1, max: 3 })),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const store = memoryRoleStore()
        const seen: string[] = []
        for (const [now, { verb, id, ahead, lasts }] of steps.entries()) {
          const ending = { at: at((now + ahead) * HOUR), recordedAt: at(now * HOUR), revokedBy: 'officer' }
          if (verb === 'revoke') await store.revoke('clinic-a', id, ending)
          else if (verb === 'revokeAll') await store.revokeAll('clinic-a', 'u-17', ending)
          else {
            const from = now + ahead
            const until = lasts === null ? null : at((from + lasts) * HOUR)
            await store.assign(role({ id, role: id, from: at(from * HOUR), until, assignedAt: at(now * HOUR) }))
          }
          for (const [hour, names] of seen.entries()) {
            expect(roleNames(await store.of('clinic-a', 'u-17', at(hour * HOUR + 1))).join(), 'what was answered before').toBe(
              names,
            )
          }
          seen.push(roleNames(await store.of('clinic-a', 'u-17', at(now * HOUR + 1))).join())
        }
      }),
      { numRuns: 200 },
    )
  })
  it('refuses instead of answering with nothing', async () => {
    const store = memoryRoleStore()
    for (const call of [() => store.of('clinic-a', 'u-17', 'now'), () => store.holders('clinic-a', 'r', '')]) {
      expect(isPhiError(await refusal(call()), 'PHI_RBAC_ROLE')).toBe(true)
    }
  })
})
