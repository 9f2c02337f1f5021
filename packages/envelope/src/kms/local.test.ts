import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from '@phi/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import type { WrapContext } from './context.ts'
import { type LocalKms, localKms } from './local.ts'
import { createKeyFile, openKeyFile } from './local-file.ts'

const context: WrapContext = { tenant: 'clinic-a', purpose: 'field', id: '0a0b0c0d' }
const wrapIn = async (kms: LocalKms) => {
  const dataKey = randomBytes(32)
  return { dataKey, wrapped: await kms.wrap({ dataKey, context }) }
}

describe('the local KMS', () => {
  it('S19 unwraps what it wrapped, and only for the same context', async () => {
    const kms = localKms.generate()
    const { dataKey, wrapped } = await wrapIn(kms)
    expect(await kms.unwrap({ ...wrapped, context })).toEqual(Uint8Array.from(dataKey))
    for (const other of [
      { ...context, tenant: 'clinic-b' },
      { ...context, purpose: 'file' },
      { ...context, id: '0a0b0c0e' },
      { ...context, subject: 'p-1' },
    ] satisfies WrapContext[]) {
      expect((await refusal(kms.unwrap({ ...wrapped, context: other }))).code).toBe('PHI_ENVELOPE_KMS_REFUSED')
    }
  })

  it('refuses every altered byte, another mechanism and another length', async () => {
    const kms = localKms.generate()
    const { wrapped } = await wrapIn(kms)
    for (let at = 0; at < wrapped.wrapped.length; at++) {
      const altered = Uint8Array.from(wrapped.wrapped)
      ;(altered[at] as number) ^= 1 << (at % 8)
      expect((await refusal(kms.unwrap({ ...wrapped, wrapped: altered, context }))).code).toBe('PHI_ENVELOPE_KMS_REFUSED')
    }
    expect((await refusal(kms.unwrap({ ...wrapped, mechanism: 'XAES-256-GCM', context }))).code).toBe(
      'PHI_ENVELOPE_KMS_REFUSED',
    )
    for (const cut of [0, 23, wrapped.wrapped.length - 1])
      expect((await refusal(kms.unwrap({ ...wrapped, wrapped: wrapped.wrapped.subarray(0, cut), context }))).code).toBe(
        'PHI_ENVELOPE_KMS_REFUSED',
      )
  })

  it('S19 goes on opening after a rotation, and opens nothing of a destroyed key', async () => {
    const kms = localKms.generate()
    const before = await wrapIn(kms)
    const now = await kms.rotate()
    expect((await kms.describe()).kek).toBe(now)
    expect((await wrapIn(kms)).wrapped.kek).toBe(now)
    expect(await kms.unwrap({ ...before.wrapped, context })).toEqual(Uint8Array.from(before.dataKey))

    expect((await kms.destroy(before.wrapped.kek)).state).toBe('destroyed')
    expect((await kms.describe(before.wrapped.kek)).state).toBe('destroyed')
    expect((await refusal(kms.unwrap({ ...before.wrapped, context }))).code).toBe('PHI_ENVELOPE_KMS_KEY_GONE')
    expect((await kms.destroy(before.wrapped.kek)).state).toBe('destroyed')
    expect((await refusal(kms.destroy('local:0000000000000000'))).code).toBe('PHI_ENVELOPE_KMS_KEY_GONE')
  })

  it('takes a secret in any of its spellings, and names the key without giving it away', async () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => i + 200)
    const spellings = [
      Buffer.from(key).toString('base64'),
      Buffer.from(key).toString('base64url'),
      Buffer.from(key).toString('hex'),
      ` ${Buffer.from(key).toString('base64')}\n`,
    ]
    const [first, ...others] = spellings.map((secret) => localKms.fromSecret(secret))
    const { dataKey, wrapped } = await wrapIn(first as LocalKms)
    for (const kms of others) expect(await kms.unwrap({ ...wrapped, context })).toEqual(Uint8Array.from(dataKey))
    expect(wrapped.kek).not.toContain(Buffer.from(key.subarray(0, 4)).toString('hex'))
  })

  it.each([undefined, '', 'password', 'x'.repeat(44), 'AAAA', '0'.repeat(64), 'ab'.repeat(32), `${'A'.repeat(43)}=`])(
    'refuses the secret %j, and does not repeat it',
    async (secret) => {
      const error = await refusal(() => localKms.fromSecret(secret))
      expect(error.code).toBe('PHI_ENVELOPE_KEY_SIZE')
      if (secret !== undefined && secret.length > 3) expect(error.message).not.toContain(secret)
    },
  )

  it('says that a secret is rotated and destroyed elsewhere', async () => {
    const kms = localKms.fromSecret(Buffer.from(randomBytes(32)).toString('base64'))
    expect((await refusal(kms.rotate())).code).toBe('PHI_ENVELOPE_KMS_UNSUPPORTED')
    const { kek } = await kms.describe()
    expect((await refusal(kms.destroy(kek))).code).toBe('PHI_ENVELOPE_KMS_UNSUPPORTED')
  })
})

describe('the keyring file', () => {
  let folder = ''
  const protection = { passphrase: 'correct horse battery staple' }
  const secret = { secret: Buffer.from(randomBytes(32)).toString('base64') }
  const path = (name: string) => join(folder, name)
  /** Made once: a passphrase costs seconds each time that it is tried, and is meant to. */
  let made: Promise<LocalKms> | undefined
  const protectedFile = (): Promise<LocalKms> => (made ??= createKeyFile(path('passphrase'), protection))
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phi-key-file-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('S19 keeps its keys under a passphrase, for its owner alone', async () => {
    const { dataKey, wrapped } = await wrapIn(await protectedFile())
    expect((await stat(path('passphrase'))).mode & 0o777).toBe(0o600)
    const opened = await openKeyFile(path('passphrase'), { passphrase: 'correct horse battery staple' })
    expect(await opened.unwrap({ ...wrapped, context })).toEqual(Uint8Array.from(dataKey))
    expect((await refusal(openKeyFile(path('passphrase'), { passphrase: 'correct horse battery stable' }))).code).toBe(
      'PHI_ENVELOPE_KEY_FILE',
    )
    expect((await refusal(openKeyFile(path('passphrase'), secret))).message).toContain('not with a secret')
  })

  it('refuses a file that others may read, and never writes over one', async () => {
    await createKeyFile(path('mode'), secret)
    const before = await readFile(path('mode'))
    for (const mode of [0o640, 0o604, 0o620, 0o666]) {
      await chmod(path('mode'), mode)
      expect((await refusal(openKeyFile(path('mode'), secret))).message).toContain('0600')
    }
    await chmod(path('mode'), 0o600)
    expect((await refusal(createKeyFile(path('mode'), secret))).message).toContain('exists already')
    expect(await readFile(path('mode'))).toEqual(before)
  })

  it('refuses a file with any byte of it altered', async () => {
    await createKeyFile(path('altered'), secret)
    const whole = await readFile(path('altered'))
    for (let at = 0; at < whole.length; at += 3) {
      const altered = Buffer.from(whole)
      altered[at] = (altered[at] as number) ^ 1
      // White space between members says nothing; everything else is bound.
      if (JSON.stringify(parsed(altered)) === JSON.stringify(parsed(whole))) continue
      await writeFile(path('altered'), altered)
      expect((await refusal(openKeyFile(path('altered'), secret))).code, `byte ${at}`).toBe('PHI_ENVELOPE_KEY_FILE')
    }
  })

  it('refuses a planted file that makes guessing cheap', async () => {
    await protectedFile()
    const file = JSON.parse(await readFile(path('passphrase'), 'utf8'))
    file.protection.N = 1024
    await writeFile(path('cheap'), JSON.stringify(file), { mode: 0o600 })
    expect((await refusal(openKeyFile(path('cheap'), protection))).code).toBe('PHI_ENVELOPE_KEY_FILE')
  })

  it.each([{ passphrase: 'fourteen chars' }, { passphrase: '' }, {}, { passphrase: 'long enough to pass', secret: 'both' }])(
    'refuses a weak or unclear protection %#',
    async (weak) => {
      const error = await refusal(createKeyFile(path('weak'), weak as never))
      expect(['PHI_ENVELOPE_KEY_FILE', 'PHI_ENVELOPE_KEY_SIZE']).toContain(error.code)
      expect(await readdir(folder)).not.toContain('weak')
    },
  )

  it('S19 loses no key when several processes rotate at once', async () => {
    await createKeyFile(path('race'), secret)
    const processes = await Promise.all(Array.from({ length: 6 }, () => openKeyFile(path('race'), secret)))
    const keks = await Promise.all(processes.flatMap((kms) => [kms.rotate(), kms.rotate()]))
    const wrapped = await Promise.all(
      keks.map((kek) => (processes[0] as LocalKms).wrap({ dataKey: randomBytes(32), context, kek })),
    )
    const fresh = await openKeyFile(path('race'), secret)
    for (const each of wrapped) expect(await fresh.unwrap({ ...each, context })).toHaveLength(32)
    expect(new Set(keks).size).toBe(12)
    expect((await readdir(folder)).filter((name) => name.endsWith('.lock') || name.endsWith('.new'))).toEqual([])
  })

  it('sees what another process has rotated or destroyed', async () => {
    const one = await createKeyFile(path('two'), secret)
    const other = await openKeyFile(path('two'), secret)
    const { wrapped } = await wrapIn(one)
    const kek = await one.rotate()
    expect((await other.describe()).kek).toBe(kek)
    const later = await one.wrap({ dataKey: randomBytes(32), context })
    expect(await other.unwrap({ ...later, context })).toHaveLength(32)
    await one.destroy(wrapped.kek)
    expect((await other.describe(wrapped.kek)).state).toBe('destroyed')
    expect((await refusal(other.unwrap({ ...wrapped, context }))).code).toBe('PHI_ENVELOPE_KMS_KEY_GONE')
    expect(await readFile(path('two'), 'utf8')).not.toContain(Buffer.from(wrapped.wrapped).toString('base64'))
  })

  it('keeps the old file, and says nothing of its path, where the new one cannot be written', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phi-jane-roe-'))
    const file = join(folder, 'keys')
    const kms = await createKeyFile(file, secret)
    const { wrapped } = await wrapIn(kms)
    const before = await readFile(file)
    // A folder under the name that the file is to be renamed to.
    await rm(file)
    await mkdir(file)
    const error = await refusal(kms.rotate())
    expect(error.code).toBe('PHI_ENVELOPE_KEY_FILE')
    expect(`${error.message}${error.stack}${String(error.cause)}`).not.toContain('jane-roe')
    await rm(file, { recursive: true })
    await writeFile(file, before, { mode: 0o600 })
    expect(await (await openKeyFile(file, secret)).unwrap({ ...wrapped, context })).toHaveLength(32)
    expect((await readdir(folder)).sort()).toEqual(['keys'])
    await rm(folder, { recursive: true })
  })

  it('says what to do when there is no file, or a lock is left behind', async () => {
    expect((await refusal(openKeyFile(path('none'), secret))).message).toContain('createKeyFile')
    const kms = await createKeyFile(path('locked'), secret)
    await writeFile(`${path('locked')}.lock`, '')
    expect((await refusal(kms.rotate())).message).toContain('.lock')
    await rm(`${path('locked')}.lock`)
    await kms.rotate()
  }, 30_000)
})

const parsed = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
