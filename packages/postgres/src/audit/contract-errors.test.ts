import { describe, expect, it } from 'vitest'
import { CommitUnknown } from '../client/db.ts'
import { readError, writeError } from './contract-errors.ts'

const driver = (code: string, severity = 'ERROR') => Object.assign(new Error('from the driver'), { code, severity })
const codeOf = (error: unknown) => (error as { code?: string }).code

describe('the errors of the audit store', () => {
  it.each([
    ['a lost connection', new Error('Connection terminated unexpectedly')],
    ['a server that was told to stop', driver('57P01', 'FATAL')],
    ['CockroachDB’s name for a lost commit', driver('40003')],
    // The record of the commit may have reached the disk before the server ended: recovery then finds it committed.
    ['a disk that was full while the commit was written', driver('53100', 'PANIC')],
    ['the same, of COMMIT itself', new CommitUnknown(driver('53100', 'PANIC'))],
    ['a lost answer to COMMIT', new CommitUnknown(new Error('Query read timeout'))],
  ])(
    'S95 %s leaves the outcome of what was committing unknown, and says of what came before that nothing was written',
    (_, error) => {
      expect(codeOf(writeError(error, 'committing'))).toBe('PHI_AUDIT_OUTCOME_UNKNOWN')
      expect(codeOf(writeError(error, 'before'))).toBe('PHI_AUDIT_UNAVAILABLE')
    },
  )

  it.each(['53100', '53300', '57014', '57P03', '25006'])('%s is known to have written nothing', (state) => {
    expect(codeOf(writeError(driver(state), 'committing'))).toBe('PHI_AUDIT_UNAVAILABLE')
  })

  it('another tenant’s log is told as such, and what cannot pass as itself', () => {
    expect(codeOf(writeError(driver('PHI01'), 'committing'))).toBe('PHI_AUDIT_WRONG_TENANT')
    expect(codeOf(readError(driver('PHI01')))).toBe('PHI_AUDIT_WRONG_TENANT')
    expect(codeOf(writeError(driver('42501'), 'before'))).toBe('PHI_PG_FORBIDDEN')
    expect(codeOf(readError(driver('42501')))).toBe('PHI_PG_FORBIDDEN')
  })
})
