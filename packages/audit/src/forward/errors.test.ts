import { describe, expect, it } from 'vitest'
import { forwardErrors } from './index.ts'

describe('the catalogue of forwarding', () => {
  it.each(Object.entries(forwardErrors))('%s is a problem and a remedy', (code, { problem, remedy }) => {
    expect(code).toMatch(/^PHI_AUDIT_FORWARD_[A-Z_]+$/)
    expect(problem).toMatch(/^[A-Z].*[^.]$/)
    expect(remedy).toMatch(/^[A-Z].*\.$/)
  })
})
