import { afterEach, describe, expect, it, vi } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { type Pkcs11Options, pkcs11Kms } from './index.ts'

const good: Pkcs11Options = { module: '/lib/token.so', pin: 'secret-pin', keyLabel: 'phi kek', tokenLabel: 'token' }

describe('options of pkcs11Kms', () => {
  afterEach(() => {
    vi.doUnmock('pkcs11js')
  })

  it('loads and opens nothing before the first call', async () => {
    const kms = pkcs11Kms(good)
    expect(kms.name).toBe('pkcs11')
    await kms.close()
  })

  it.each([
    ['no module', { module: '' }, 'pkcs11.module'],
    ['no token', { tokenLabel: undefined }, 'pkcs11'],
    ['a label of a token that is too long', { tokenLabel: 'x'.repeat(33) }, 'pkcs11.tokenLabel'],
    ['an empty PIN', { pin: '' }, 'pkcs11.pin'],
    ['a PIN that is a number', { pin: 1234 }, 'pkcs11.pin'],
    ['a label of a key that is no text', { keyLabel: 'secret-\ud800' }, 'pkcs11.keyLabel'],
    ['a label of a key with NUL', { keyLabel: 'secret\0' }, 'pkcs11.keyLabel'],
    ['a slot that is none', { slot: -1 }, 'pkcs11.slot'],
    ['no sessions', { maxSessions: 0 }, 'pkcs11.maxSessions'],
    ['an option that does not exist', { extractable: true }, 'pkcs11'],
  ])('refuses %s, without quoting it', async (_title, change, path) => {
    const error = await refusal(() => pkcs11Kms({ ...good, ...change } as Pkcs11Options))
    expect(error).toMatchObject({ code: 'PHI_ENVELOPE_OPTIONS', path })
    expect(error.message).not.toMatch(/secret|1234|extractable/)
  })

  it('says that it needs pkcs11js where that is not installed or not built', async () => {
    vi.doMock('pkcs11js', () => {
      throw new Error('Cannot find module /home/secret/pkcs11.node')
    })
    const error = await refusal(pkcs11Kms(good).describe())
    expect(error.code).toBe('PHI_ENVELOPE_KMS_UNSUPPORTED')
    expect(error.message).toContain('pkcs11js')
    expect(`${error.message}${String(error.cause)}`).not.toContain('secret')
  })

  it('reports a library that does not load as not reached, without its path', async () => {
    const kms = pkcs11Kms({ ...good, module: '/nowhere/secret.so' })
    const error = await refusal(kms.describe())
    expect(['PHI_ENVELOPE_KMS_UNAVAILABLE', 'PHI_ENVELOPE_KMS_UNSUPPORTED']).toContain(error.code)
    expect(`${error.message}${JSON.stringify(error)}`).not.toMatch(/nowhere/)
    expect('cause' in error).toBe(false)
  })
})
