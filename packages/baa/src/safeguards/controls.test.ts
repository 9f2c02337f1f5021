import { formatCitation, isSafeguard, safeguards } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { type ControlId, controlOf, controls, isControl } from './controls.ts'
import { parameterSchemas } from './parameter.ts'

const ids = Object.keys(controls) as ControlId[]
const bySeed = (seed: string) => ids.filter((id) => controlOf(id).seeds.includes(seed))

describe('the catalogue of controls', () => {
  it('S5 S10 S11 S12 S13 S24 S26 S27 S34 S43 S49 S50 S52 S53 S55 S56 S57 S58 S101-S107 S113 S147 S148 each has a row', () => {
    const wanted = [
      5, 10, 11, 12, 13, 24, 26, 27, 34, 43, 49, 50, 52, 53, 55, 56, 57, 58, 101, 102, 103, 104, 105, 106, 107, 113, 147, 148,
    ]
    expect(wanted.filter((each) => bySeed(`S${each}`).length === 0)).toEqual([])
  })

  it('C8 S110 S143 S148 three time-outs are three controls, each with the minutes of its own document', () => {
    const stated = (seed: string) =>
      bySeed(seed).flatMap((id) => controlOf(id).suggested?.map((each) => [id, each.value]) ?? [])
    expect(stated('S110')).toEqual([['platform-logoff', { minutes: 30 }]])
    expect(stated('S143')).toEqual([['practice-tool-logoff', { minutes: 15 }]])
    expect(stated('S148')).toEqual([['screen-lock', { minutes: 5 }]])
  })

  it('S102 S103 S104 suggests what platforms state, and gives the law no number', () => {
    const stated = ids.flatMap((id) => controlOf(id).cadence?.suggested?.every ?? [])
    expect(controlOf('workforce-training').cadence?.suggested).toEqual({ every: 'yearly', seed: 'S102' })
    expect(controlOf('risk-analysis').cadence?.events).toEqual(['on significant change'])
    expect(controlOf('contingency-test').cadence?.suggested).toEqual({ every: 'quarterly', seed: 'S104' })
    expect(stated).toHaveLength(3)
  })

  it('S101 officers: privacy, security, and that they report to leadership', () => {
    expect(bySeed('S101')).toEqual(['privacy-officer', 'security-officer', 'officers-report-to-leadership'])
    expect(formatCitation(controls['security-officer'].citation)).toBe('45 CFR 164.308(a)(2)')
  })

  it('says of each row where it stands and how well that is confirmed', () => {
    for (const id of ids) {
      const { safeguard, citation, standing, seeds, title, parameter, suggested = [] } = controlOf(id)
      expect(isSafeguard(safeguard), id).toBe(true)
      expect(citation.source, id).toBe('45 CFR')
      expect(citation.confirmation === 'text-seen' ? citation.asOf : undefined, id).toBe(
        citation.confirmation === 'text-seen' ? '2019-05-10' : undefined,
      )
      expect(seeds.length, id).toBeGreaterThan(0)
      expect(title, id).not.toMatch(/complian/i)
      for (const { value } of suggested)
        expect(parameter && parameterSchemas[parameter].safeParse(value).success, id).toBe(true)
      // What a safeguard of the core says of the same text, the catalogue says too.
      const row = Object.values(safeguards).find(
        (each) => each.citation && formatCitation(each.citation) === formatCitation(citation),
      )
      if (row && standing !== 'not-named' && row.standing !== 'not-named') expect(standing, id).toBe(row.standing)
    }
    expect(ids).toHaveLength(48)
  })

  it('is frozen in depth', () => {
    expect(Object.isFrozen(controls['screen-lock'].suggested?.[0]?.value)).toBe(true)
    expect(Object.isFrozen(controls['risk-analysis'].cadence?.events)).toBe(true)
  })

  it('knows its own ids and no name of a built-in', () => {
    expect(ids.every(isControl)).toBe(true)
    for (const bad of ['toString', '__proto__', 'constructor', '', null, 5, ['mfa']]) expect(isControl(bad)).toBe(false)
  })
})
