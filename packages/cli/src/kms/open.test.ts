import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fixedClock } from '@phi/core'
import { localKms } from '@phi/envelope'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { selfSigned } from '../../../envelope/test/kms/self-signed.ts'
import { startVault } from '../../../envelope/test/kms/vault-server.ts'
import { secret } from '../../test/keys/world.ts'
import type { Config } from '../config.ts'
import { configSchema } from '../config.ts'
import type { Io } from '../io.ts'
import { localKeks } from './local-keks.ts'
import { openKmss } from './open.ts'

const context = { tenant: 'clinic-a', purpose: 'field', id: '0a0b0c0d' } as const
const dataKey = Uint8Array.from({ length: 32 }, (_, at) => at)

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'phi-kms-'))
})
afterAll(() => rm(home, { recursive: true }))

const ioWith = (env: Readonly<Record<string, string>>) =>
  ({
    cwd: '/nowhere',
    env,
    clock: fixedClock('2026-11-22T12:00:00.000Z'),
    signal: new AbortController().signal,
  }) as unknown as Io
const open = (envelope: object, env: Readonly<Record<string, string>> = {}) =>
  openKmss(ioWith(env), { config: configSchema.parse({ envelope }) as Config, home })
const isValid = (envelope: object) => configSchema.safeParse({ envelope }).success

describe('the key-encryption keys of secrets', () => {
  const [old, present] = [localKms.fromSecret(secret(1)), localKms.fromSecret(secret(2))]

  it('S19 wraps under the first, and opens what each has wrapped', async () => {
    const before = await old.wrap({ dataKey, context })
    const both = localKeks(present, [old])
    const after = await both.wrap({ dataKey, context })
    expect(after.kek).toBe((await present.describe()).kek)
    expect(await both.unwrap({ ...before, context })).toEqual(dataKey)
    expect(await both.unwrap({ ...after, context })).toEqual(dataKey)
    const named = await both.wrap({ dataKey, context, kek: before.kek })
    expect([named.kek, (await both.describe(before.kek)).state]).toEqual([before.kek, 'enabled'])
  })

  it('S91 opens nothing of another tenant, and under no other name', async () => {
    const both = localKeks(present, [old])
    const wrapped = await both.wrap({ dataKey, context })
    const other = both.unwrap({ ...wrapped, context: { ...context, tenant: 'clinic-b' } })
    expect((await refusal(other)).code).toBe('PHI_ENVELOPE_KMS_REFUSED')
    const swapped = both.unwrap({ ...wrapped, kek: (await old.describe()).kek, context })
    expect((await refusal(swapped)).code).toBe('PHI_ENVELOPE_KMS_REFUSED')
  })

  it('S121 a secret that is not at hand is not a key that is gone, and none is destroyed from here', async () => {
    const before = await old.wrap({ dataKey, context })
    const alone = localKeks(present, [])
    expect((await refusal(alone.unwrap({ ...before, context }))).code).toBe('PHI_ENVELOPE_KMS_KEY_UNUSABLE')
    expect((await refusal(alone.describe(before.kek))).code).toBe('PHI_ENVELOPE_KMS_KEY_UNUSABLE')
    expect((await refusal(alone.destroy((await present.describe()).kek))).code).toBe('PHI_ENVELOPE_KMS_UNSUPPORTED')
  })
})

describe('the KMS of a configuration', () => {
  it('is one of the kinds there are, and holds no secret', () => {
    const vault = { kind: 'vault', address: 'https://vault.example:8200', key: 'phi', tokenFrom: 'VAULT_TOKEN' }
    expect(isValid({ kms: vault })).toBe(true)
    expect(isValid({ kms: { ...vault, token: 's.secret' } })).toBe(false)
    expect(isValid({ kms: { ...vault, tokenFrom: 's.secret-token' } })).toBe(false)
    expect(isValid({ kms: { ...vault, kind: 'acme' } })).toBe(false)
    expect(isValid({ kms: vault, kekFrom: 'PHI_KEK' })).toBe(false)
    expect(isValid({ kms: vault, formerKeksFrom: ['PHI_KEK'] })).toBe(false)
    expect(isValid({})).toBe(false)
    expect(isValid({ kms: { kind: 'file', path: 'k', secretFrom: 'A', passphraseFrom: 'B' } })).toBe(false)
  })

  it('S19 Vault: wraps, unwraps, rotates, and a move to it from a secret', async () => {
    const server = await startVault()
    try {
      server.createKey('phi')
      const kms = { kind: 'vault', address: server.address, key: 'phi', tokenFrom: 'VAULT_TOKEN' }
      const file = { kind: 'file', path: 'former.json', secretFrom: 'PHI_KEK' }
      const { createKeyFile } = await import('@phi/envelope/local')
      const before = await (await createKeyFile(join(home, 'former.json'), { secret: secret(1) })).wrap({ dataKey, context })
      const opened = await open({ kms, formerKms: [file] }, { VAULT_TOKEN: server.token, PHI_KEK: secret(1) })
      const [vault, former] = opened?.kms ?? []
      expect([vault?.name, former?.name]).toEqual(['vault-transit', 'local'])
      expect(await former?.unwrap({ ...before, context })).toEqual(dataKey)
      expect((await vault?.wrap({ dataKey, context }))?.kek).toBe('transit/phi:v1')
      expect(await opened?.rotateKek?.()).toBe('transit/phi:v2')
      expect((await vault?.wrap({ dataKey, context }))?.kek).toBe('transit/phi:v2')
      await opened?.close()
    } finally {
      await server.loopback.close()
    }
  })

  it('the others are opened with what the configuration says', async () => {
    const { cert, key } = selfSigned()
    for (const [file, text] of Object.entries({ 'ca.pem': cert, 'cert.pem': cert, 'key.pem': key }))
      await writeFile(join(home, file), text)
    const kmip = { kind: 'kmip', host: 'kmip.example', ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem', keyLabel: 'phi' }
    const pkcs11 = { kind: 'pkcs11', module: '/usr/lib/none.so', keyLabel: 'phi', serial: '1', pinFrom: 'PIN' }
    const azure = { kind: 'azure', vault: 'https://v.vault.azure.net', keyName: 'phi', tokenFrom: 'AZURE_TOKEN' }
    const env = { PIN: '1234', AZURE_TOKEN: 'a-token' }
    for (const [kms, name] of [
      [kmip, 'kmip'],
      [pkcs11, 'pkcs11'],
      [azure, 'azure-key-vault'],
    ] as const) {
      const opened = await open({ kms }, env)
      expect(opened?.kms[0].name).toBe(name)
      await opened?.close()
    }
    expect((await refusal(open({ kms: { ...kmip, ca: 'nowhere.pem' } }, env))).code).toBe('PHI_CLI_FILE')
  })

  it.each([
    ['@aws-sdk/client-kms', { kind: 'aws', keyId: 'alias/phi' }],
    ['@google-cloud/kms', { kind: 'gcp', key: 'projects/p/locations/l/keyRings/r/cryptoKeys/k' }],
    ['@azure/keyvault-keys', { kind: 'azure', vault: 'https://v.vault.azure.net', keyName: 'phi', tokenFrom: 'TOKEN' }],
  ])('without the package %s, an error that names it', async (name, kms) => {
    vi.doMock(name, () => {
      throw new Error('there is no such package')
    })
    const error = await refusal(open({ kms }, { TOKEN: 'a-token' }))
    expect([error.code, error.path]).toEqual(['PHI_CLI_NOT_CONFIGURED', 'envelope.kms'])
    expect(error.message).toContain(` ${name},`)
    vi.doUnmock(name)
  })

  it('a secret that is missing or none is an error, and is not repeated', async () => {
    const none = await refusal(open({ kekFrom: 'PHI_KEK' }))
    expect([none.code, none.path]).toEqual(['PHI_CLI_NOT_CONFIGURED', 'envelope.kekFrom'])
    const short = await refusal(open({ kekFrom: 'PHI_KEK' }, { PHI_KEK: 'hunter2' }))
    expect([short.code, JSON.stringify(short).includes('hunter2')]).toEqual(['PHI_ENVELOPE_KEY_SIZE', false])
    const wrong = await refusal(
      open({ kms: { kind: 'file', path: 'former.json', secretFrom: 'PHI_KEK' } }, { PHI_KEK: secret(9) }),
    )
    expect(wrong.code).toBe('PHI_ENVELOPE_KEY_FILE')
  })
})
