import { describe, expect, it } from 'vitest'
import { type Grant, type GrantQuestion, granted, grantedPatients, grantPossible, MAX_GRANTS } from './grant.ts'

const grant: Grant = { kind: 'authorization', tenant: 'a', patient: 'p1', from: 1_000, until: 2_000 }
const asked: GrantQuestion = {
  kind: 'authorization',
  tenant: 'a',
  actor: 'u',
  patient: 'p1',
  purpose: 'TREAT',
  type: 'Note',
  action: 'read',
  at: 1_500,
}
const T = 1
const F = 0
const U = 2

describe('a grant', () => {
  const rows: [string, unknown, Partial<GrantQuestion>, number][] = [
    ['that fits', [grant], {}, T],
    ['at its first instant', [grant], { at: 1_000 }, T],
    ['at its end', [grant], { at: 2_000 }, F],
    ['before it', [grant], { at: 999 }, F],
    ['without an end', [{ ...grant, until: null }], { at: 9e15 }, T],
    ['with times as text', [{ ...grant, from: '1970-01-01T00:00:01.000Z', until: '1970-01-01T00:00:02.000Z' }], {}, T],
    ['of another kind', [{ ...grant, kind: 'consent' }], {}, F],
    ['of another patient', [{ ...grant, patient: 'p2' }], {}, F],
    ['of another tenant', [{ ...grant, tenant: 'b' }], {}, F],
    ['for another actor', [{ ...grant, actor: 'v' }], {}, F],
    ['for this actor', [{ ...grant, actor: 'u' }], {}, T],
    ['for this purpose', [{ ...grant, purposes: ['TREAT'] }], { purpose: 'ETREAT' }, T],
    ['for another purpose', [{ ...grant, purposes: ['HPAYMT'] }], {}, F],
    ['for a purpose, asked without one', [{ ...grant, purposes: ['TREAT'] }], { purpose: undefined }, F],
    ['for this type and action', [{ ...grant, resources: ['Note'], actions: ['read'] }], {}, T],
    ['for another type', [{ ...grant, resources: ['Bill'] }], {}, F],
    ['for another action', [{ ...grant, actions: ['update'] }], {}, F],
    ['where the record says no patient', [grant], { patient: undefined }, U],
    ['where the record has no patient', [grant], { patient: null }, F],
    ['where the time is not known', [grant], { at: Number.NaN }, U],
    ['with an end before its beginning', [{ ...grant, until: 1 }], {}, U],
    ['with an end that is no time', [{ ...grant, until: 'tomorrow' }], {}, U],
    ['without a kind', [{ ...grant, kind: undefined }], {}, U],
    ['with a purpose that is none', [{ ...grant, purposes: ['CURIOSITY'] }], {}, U],
    ['that is malformed beside one that fits', [{ ...grant, until: 1 }, grant], {}, T],
    ['that is null', [null], {}, U],
    ['that is not there', undefined, {}, F],
    ['in an empty list', [], {}, F],
    ['in what is no list', { 0: grant, length: 1 }, {}, U],
    ['among too many', Array.from({ length: MAX_GRANTS + 1 }, () => grant), {}, U],
    ['with an empty patient, for a record with one', [{ ...grant, patient: '' }], { patient: '' }, U],
  ]
  it.each(rows)('%s', (_, grants, change, expected) => {
    expect(granted(grants, { ...asked, ...change })).toBe(expected)
  })

  it('counts for whole types where it fits everything but the patient', () => {
    expect(grantPossible([grant], asked)).toBe(true)
    expect(grantPossible([grant], { ...asked, at: 2_000 })).toBe(false)
    expect(
      grantedPatients([grant, { ...grant, patient: 'p2' }, grant, { ...grant, patient: 'p3', tenant: 'b' }], asked),
    ).toEqual(['p1', 'p2'])
    expect(grantedPatients('p1', asked)).toEqual([])
  })
})
