import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { agreed } from '../../test/twin/make.ts'
import { isNpi } from '../index.ts'

describe('parties', () => {
  it('S138 an NPI is ten digits that begin with 1 or 2 and end with their check digit', () => {
    // 1234567893 is the worked example of the standard: 24 for the prefix 80840, and the check digit 3.
    expect(isNpi('1234567893')).toBe(true)
    for (const other of [
      '1234567890',
      '0234567893',
      '3234567893',
      '123456789',
      '12345678933',
      ' 1234567893',
      '',
      'abcdefghij',
    ]) {
      expect(isNpi(other)).toBe(false)
    }
    for (let digit = 0; digit < 10; digit++) expect(isNpi(`123456789${digit}`)).toBe(digit === 3)
  })

  it('S138 keeps what makes a covered entity: its type, and whether it transmits standard transactions', () => {
    const from = {
      id: 'practice',
      kind: 'covered-entity',
      type: 'health-care-provider',
      npi: '1234567893',
      standardTransactions: false,
      professions: ['LCSW'],
      licences: [{ state: 'CA', profession: 'LCSW', number: '1', expires: '2027-01-31' }],
    }
    expect(agreed({ from }).from).toEqual(from)
    expect('standardTransactions' in agreed({ from: { id: 'practice', kind: 'covered-entity' } }).from).toBe(false)
  })

  it('S138 refuses what no party can be', async () => {
    for (const wrong of [
      { kind: 'hospital' },
      { type: 'insurer' },
      { licences: [{ state: 'XX', profession: 'PT' }] },
      { standardTransactions: 'yes' },
      { id: '' },
      { id: '-a' },
      { id: 'a'.repeat(65) },
      { id: 'a b' },
      { ssn: '000-00-0000' },
    ]) {
      const from = { id: 'practice', kind: 'covered-entity', ...wrong }
      expect((await refusal(() => agreed({ from, signatures: [] }))).code).toBe('PHI_BAA_AGREEMENT')
    }
  })
})
