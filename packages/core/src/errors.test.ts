import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import { coreErrors, errorsOf, isPhiError, PhiError } from './index.ts'

const catalogue = {
  PHI_TEST_CONFLICT: { problem: 'The record changed', remedy: 'Read it again.', retryable: true },
  PHI_TEST_INPUT: { problem: 'The input is not valid', remedy: 'Check it.' },
} as const
const testError = errorsOf(catalogue)

describe('PhiError', () => {
  it('says what happened, where, why, and what to do next', () => {
    const error = testError('PHI_TEST_INPUT', { path: 'actor.id', detail: 'must be at most 256 characters' })
    expect(error.message).toBe('The input is not valid (at actor.id): must be at most 256 characters. Check it.')
    expect(testError('PHI_TEST_CONFLICT').message).toBe('The record changed. Read it again.')
  })

  it('carries its code, whether to try again, figures and its cause', () => {
    const cause = new Error('inner')
    const error = testError('PHI_TEST_CONFLICT', { info: { index: 7 }, cause })
    expect(error).toBeInstanceOf(PhiError)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: 'PhiError', code: 'PHI_TEST_CONFLICT', retryable: true, info: { index: 7 }, cause })
    expect(testError('PHI_TEST_INPUT').retryable).toBe(false)
    expect('cause' in testError('PHI_TEST_INPUT')).toBe(false)
  })

  it('gives a logger neither stack nor cause', () => {
    const error = testError('PHI_TEST_INPUT', { path: 'actor.id', info: { limit: 256 }, cause: new Error('Jane Roe') })
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'PHI_TEST_INPUT',
      message: 'The input is not valid (at actor.id). Check it.',
      retryable: false,
      path: 'actor.id',
      info: { limit: 256 },
    })
    expect('path' in testError('PHI_TEST_INPUT').toJSON()).toBe(false)
  })

  it('is known across copies of the module, where instanceof is not', async () => {
    vi.resetModules()
    const copy = await import('./errors.ts')
    expect(copy.PhiError).not.toBe(PhiError)
    const foreign = copy.errorsOf(catalogue)('PHI_TEST_INPUT')
    expect(foreign).not.toBeInstanceOf(PhiError)
    expect(isPhiError(foreign)).toBe(true)
    expect(isPhiError(foreign, 'PHI_TEST_INPUT')).toBe(true)
    expect(isPhiError(foreign, 'PHI_TEST_CONFLICT')).toBe(false)
  })

  it('is not taken for what only looks like one', () => {
    const lookalike = { name: 'PhiError', code: 'PHI_TEST_INPUT', message: '', retryable: false }
    for (const value of [lookalike, new Error('x'), null, undefined, 'PHI_TEST_INPUT', 7]) expect(isPhiError(value)).toBe(false)
  })

  it('narrows by code, and only codes of the catalogue compile', () => {
    expectTypeOf(testError('PHI_TEST_INPUT')).toEqualTypeOf<PhiError<'PHI_TEST_INPUT'>>()
    const error: unknown = testError('PHI_TEST_INPUT')
    if (isPhiError(error, 'PHI_TEST_INPUT')) expectTypeOf(error.code).toEqualTypeOf<'PHI_TEST_INPUT'>()
    // @ts-expect-error a code that is not in the catalogue
    expect(() => testError('PHI_TEST_IMPUT')).toThrow(TypeError)
  })
})

describe('the catalogue of this package', () => {
  it.each(Object.entries(coreErrors))('%s is a problem and a remedy', (code, { problem, remedy }) => {
    expect(code).toMatch(/^PHI_CORE_[A-Z_]+$/)
    expect(problem).toMatch(/^[A-Z].*[^.]$/)
    expect(remedy).toMatch(/^[A-Z].*\.$/)
  })
})
