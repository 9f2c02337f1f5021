import { describe, expect, it } from 'vitest'
import type { SuspensionStatement } from './request.ts'
import { suspensionsOn, windowsOf } from './suspension.ts'

const about = {
  agency: 'State Medical Board',
  by: 'health-oversight-agency',
  recipients: ['Medical Board of Illinois'],
} as const
const oral = (on: string, documented = true): SuspensionStatement => ({ ...about, form: 'oral', on, documented })
const written = (on: string, until: string): SuspensionStatement => ({ ...about, form: 'written', on, until })
const shown = (...statements: SuspensionStatement[]) =>
  windowsOf(statements).map(({ from, through, effect, why }) => `${from} ${through} ${effect} ${why}`)

describe('suspensions, 164.528(a)(2)', () => {
  it('an oral statement suspends for 30 days from its date', () => {
    expect(shown(oral('2026-05-01'))).toEqual(['2026-05-01 2026-05-31 suspends oral'])
  })

  it('a written one suspends for its time, and takes the place of an oral one that runs', () => {
    expect(shown(oral('2026-05-01'), written('2026-05-20', '2026-12-31'))).toEqual([
      '2026-05-01 2026-05-31 suspends replaced-by-written',
      '2026-05-20 2026-12-31 suspends specified-time',
    ])
    expect(shown(written('2026-05-20', '2026-05-25'), oral('2026-05-01'))).toEqual([
      '2026-05-01 2026-05-25 suspends replaced-by-written',
      '2026-05-20 2026-05-25 suspends specified-time',
    ])
  })

  it('a written one that comes late suspends from its own day', () => {
    const statements = [oral('2026-05-01'), written('2026-06-05', '2026-12-31')]
    expect(shown(...statements)[0]).toBe('2026-05-01 2026-05-31 suspends oral')
    const standing = (day: string) => suspensionsOn(day, statements)('State Medical Board', 'health-oversight').is
    expect(
      ['2026-04-30', '2026-05-01', '2026-05-31', '2026-06-01', '2026-06-04', '2026-06-05', '2026-12-31', '2027-01-01'].map(
        standing,
      ),
    ).toEqual(['no', 'suspended', 'suspended', 'no', 'no', 'suspended', 'suspended', 'no'])
  })

  it('an oral one cannot be said again to go on', () => {
    expect(shown(oral('2026-05-01'), oral('2026-05-30'))[1]).toBe('2026-05-30 2026-06-29 none cannot-be-renewed')
    expect(suspensionsOn('2026-06-15', [oral('2026-05-01'), oral('2026-05-30')])('State Medical Board', undefined).is).toBe(
      'no',
    )
  })

  it('an oral one that nobody documented is left to be judged', () => {
    expect(suspensionsOn('2026-05-10', [oral('2026-05-01', false)])('state  medical BOARD', undefined)).toEqual({
      is: 'perhaps',
      agency: 'State Medical Board',
    })
  })

  it('only disclosures to the agency, under the names that it goes by', () => {
    const standing = suspensionsOn('2026-06-01', [written('2026-05-20', '2026-12-31')])
    expect(standing('Medical Board of Illinois', 'health-oversight')).toMatchObject({ is: 'suspended', through: '2026-12-31' })
    expect(standing('MEDICAL BOARD\u00a0OF ILLINOIS', undefined).is).toBe('suspended')
    // 164.528(a)(2)(i) speaks of what it received under 164.512(d) or (f). Anything else is for the office to judge.
    for (const basis of ['judicial-proceeding', 'public-health', 'law-enforcement', 'secretary'] as const)
      expect(standing('Medical Board of Illinois', basis).is, basis).toBe('perhaps')
    expect(standing('State Department of Health', 'public-health').is).toBe('no')
    // To an oversight agency under another name, or to nobody knows whom: perhaps.
    expect(standing('Illinois Med. Board', 'health-oversight').is).toBe('perhaps')
    expect(standing(undefined, 'public-health').is).toBe('perhaps')
    expect(standing('Springfield Police', 'law-enforcement').is).toBe('no')
  })

  it('keeps agencies apart', () => {
    const police: SuspensionStatement = {
      form: 'oral',
      agency: 'Police',
      by: 'law-enforcement-official',
      recipients: ['PD'],
      on: '2026-05-30',
      documented: true,
    }
    expect(windowsOf([oral('2026-05-01'), police]).map(({ effect }) => effect)).toEqual(['suspends', 'suspends'])
  })
})
