import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { complete } from '../../test/complete.ts'
import { defineAgreement, parseAgreement } from '../agreement/define.ts'
import { type Registry, registry } from '../registry/registry.ts'
import type { ControlId } from './controls.ts'
import type { RegisterEntryInput } from './entry.ts'
import { type ReadinessPointId, readiness, readinessPoints, readinessToMarkdown } from './readiness.ts'
import { register } from './register.ts'

const at = '2026-11-22'
const entry = (control: ControlId, more: object = {}) =>
  ({
    id: `e-${control}`,
    control,
    responsible: 'customer',
    status: 'in-place',
    owner: 'owner',
    evidence: [{ id: `shown-${control}`, asOf: '2026-10-01' }],
    asOf: '2026-10-01',
    reviewBy: '2027-04-01',
    ...more,
  }) as RegisterEntryInput
const needed = Object.values(readinessPoints).flatMap(({ controls }) => controls as readonly ControlId[])
const good = needed.map((control) => entry(control))
const model = registry([defineAgreement(complete)])
const between = [{ from: 'practice', to: 'platform' }]
const report = (entries: readonly RegisterEntryInput[] = good, more: object = {}) =>
  readiness(register(entries), { at, model, between, ...more })
const answers = (...args: Parameters<typeof report>) =>
  Object.fromEntries(report(...args).points.map(({ id, answer }) => [id, answer]))
const swap = (control: ControlId, more: object) => good.map((each) => (each.control === control ? entry(control, more) : each))

const allYes = { agreement: 'yes', access: 'yes', encryption: 'yes', logs: 'yes', telehealth: 'yes', ai: 'yes' }
const pointOf = (control: ControlId) =>
  (Object.keys(readinessPoints) as ReadinessPointId[]).find((id) =>
    (readinessPoints[id].controls as readonly ControlId[]).includes(control),
  ) as ReadinessPointId

describe('the six-point report', () => {
  it('S58 six points, each with what shows it', () => {
    expect(answers()).toEqual(allYes)
    expect(report().points).toHaveLength(6)
    expect(report().points[1]?.evidence.map(({ id }) => id)).toEqual(['shown-mfa', 'shown-role-based-access'])
    expect(report().points[0]?.evidence).toMatchObject([{ id: 'practice-platform-2026', asOf: '2026-01-05' }])
    expect(readinessToMarkdown(report()).split('\n')).toHaveLength(10)
  })

  it.each(needed)(
    'S58 without %s, its point alone is open: unknown without an entry, no where it is said to be missing',
    (control) => {
      const point = pointOf(control)
      expect(answers(good.filter((each) => each.control !== control))).toEqual({ ...allYes, [point]: 'unknown' })
      expect(answers(swap(control, { status: 'not-in-place', due: '2026-12-01' }))).toEqual({ ...allYes, [point]: 'no' })
      expect(answers(swap(control, { status: 'planned', due: '2026-10-02' }))).toEqual({ ...allYes, [point]: 'no' })
      expect(answers(swap(control, { evidence: [] }))).toEqual({ ...allYes, [point]: 'unknown' })
      expect(answers(swap(control, { reviewBy: '2026-11-21' }))).toEqual({ ...allYes, [point]: 'unknown' })
      expect(answers(swap(control, { status: 'not-in-place', due: '2026-12-01', reviewBy: '2026-11-21' }))).toEqual({
        ...allYes,
        [point]: 'unknown',
      })
      expect(report(swap(control, { evidence: [] })).points.find(({ id }) => id === point)?.missing).toMatchObject([
        { code: 'no-evidence', control, entry: `e-${control}` },
      ])
    },
  )

  it('S58 a feature that a practice does not have is not applicable; anything else that is set aside is a no', () => {
    const aside = { status: 'not-applicable', reason: 'no such feature' }
    expect(answers(swap('telehealth-configuration', aside))).toEqual({ ...allYes, telehealth: 'not-applicable' })
    expect(answers(swap('mfa', aside))).toEqual({ ...allYes, access: 'no' })
  })

  it('C8 S14 S87 the parameter that a document asks for', () => {
    const tls = (minimumVersion: '1.2' | '1.3') => swap('encryption-in-transit', { parameter: { minimumVersion } })
    const wanted = { 'encryption-in-transit': { parameter: { minimumVersion: '1.3' } } }
    expect(answers(tls('1.3'), { wanted })).toEqual(allYes)
    expect(answers(tls('1.2'), { wanted })).toEqual({ ...allYes, encryption: 'no' })
    expect(answers(good, { wanted })).toEqual({ ...allYes, encryption: 'unknown' })
  })

  it('S58 S151 the agreement is in force on the whole of the day, between these two', () => {
    const point = (more: object) => report(good, more).points[0]
    expect(point({ model: undefined })).toMatchObject({ answer: 'unknown', missing: [{ code: 'no-model' }] })
    expect(point({ between: [] })).toMatchObject({ answer: 'unknown' })
    expect(point({ between: [{ from: 'platform', to: 'practice' }] })).toMatchObject({
      answer: 'no',
      missing: [{ code: 'no-agreement' }],
    })
    const on = (day: string, change: object = {}) => {
      const other = registry([parseAgreement({ ...complete, ...change })])
      return readiness(register(good), { at: day, model: other, between }).points[0]
    }
    expect(on('2026-01-03')?.answer).toBe('no')
    expect(on('2026-01-06')?.answer).toBe('yes')
    expect(on('2027-12-31')?.answer).toBe('no')
    expect(on(at, { signatures: complete.signatures.slice(0, 1) })).toMatchObject({
      answer: 'no',
      missing: [{ code: 'not-in-force' }],
    })
    expect(on(at, { terminated: { at: '2026-11-22' } })?.answer).toBe('no')
    expect(on(at, { reviewBy: '2026-11-21' })).toMatchObject({
      answer: 'unknown',
      missing: [{ code: 'agreement-review-past' }],
    })
    // A data use agreement is no business associate agreement.
    expect(on(at, { tier: 'data-use' })?.answer).toBe('no')
  })

  it('one system that is open leaves its point open, whatever the others show', () => {
    const more = entry('mfa', { id: 'second', system: 'e-mail', status: 'not-in-place', due: '2026-12-01' })
    expect(answers([...good, more])).toEqual({ ...allYes, access: 'no' })
  })

  it('a point is yes only if each of its controls is shown, whatever else is in the register', () => {
    const kinds = [
      {},
      { evidence: [] },
      { reviewBy: '2026-11-21' },
      { status: 'planned', due: '2026-12-01' },
      { status: 'not-applicable', reason: 'none' },
    ]
    const chosen = fc.array(fc.tuple(fc.constantFrom(...needed), fc.nat({ max: kinds.length - 1 })), { maxLength: 14 })
    fc.assert(
      fc.property(chosen, (list) => {
        const made = readiness(
          register(list.map(([control, kind], index) => entry(control, { id: `e${index}`, ...kinds[kind] }))),
          { at },
        )
        for (const { id, answer, evidence, missing } of made.points.slice(1)) {
          const of = readinessPoints[id].controls as readonly ControlId[]
          const about = list.filter(([control]) => of.includes(control))
          const open =
            of.some((each) => !about.some(([control]) => control === each)) || about.some(([, kind]) => kind > 0 && kind < 4)
          if (answer === 'yes') expect(open).toBe(false)
          if (open) expect(missing.length).toBeGreaterThan(0)
          if (answer === 'yes') expect(evidence.length).toBeGreaterThan(0)
        }
        expect(made.points[0]?.answer).toBe('unknown')
      }),
      { numRuns: 200 },
    )
  })

  it('refuses what it cannot read', async () => {
    const code = async (more: object) => (await refusal(() => report(good, more))).code
    expect(await code({ at: '2026-02-30' })).toBe('PHI_BAA_QUESTION')
    expect(await code({ between: [{ from: 'practice' }] })).toBe('PHI_BAA_QUESTION')
    expect(await code({ model: { agreements: [] } as unknown as Registry })).toBe('PHI_BAA_REGISTRY')
  })
})
