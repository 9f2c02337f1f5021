/**
 * A local KMS whose key-encryption keys lie in one file, encrypted under a passphrase or a secret: for development and small self-hosting.
 *
 * @module @phi/envelope/local
 */

import { constants } from 'node:fs'
import { type FileHandle, open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { scryptAsync } from '@noble/hashes/scrypt.js'
import {
  canonicalJson,
  fromBase64,
  fromUtf8,
  isInstant,
  isPhiError,
  parseAs,
  randomBytes,
  systemClock,
  toBase64,
  toHex,
  utf8,
} from '@phi/core'
import * as z from 'zod'
import { importKey } from '#aead'
import { envelopeError } from '../errors.ts'
import { type AeadCore, kcXaesCore } from '../primitives/xaes.ts'
import { type LocalKek, type LocalKms, localKmsOver, newKek, readSecret } from './local.ts'

export type { LocalKms } from './local.ts'

/** What the file is encrypted under: one of the two. */
export type KeyFileProtection =
  | {
      /** At least 15 characters (NIST SP 800-63B-4, 3.1.1.2, asks that of a passphrase that stands alone). Compared in Unicode form NFKC. */
      readonly passphrase: string
    }
  | {
      /** 32 random bytes as base64 or 64 hexadecimal digits, from a secret store. */
      readonly secret: string | undefined
    }

const FORMAT = 'phi.envelope/key-file/v1'
const NONCE = 24

/** Scrypt (RFC 7914) with 128 MiB: about a second for one guess. */
const cost = { N: 2 ** 17, r: 8, p: 1 } as const

const scrypt = z.strictObject({
  kdf: z.literal('scrypt'),
  // Bounds, so that a planted file cannot make the process use up its memory, or guess cheaply.
  N: z
    .number()
    .int()
    .min(cost.N)
    .max(2 ** 20),
  r: z.literal(cost.r),
  p: z.number().int().min(1).max(4),
  salt: z.string(),
})
const fileSchema = z.strictObject({
  format: z.literal(FORMAT),
  protection: z.union([scrypt, z.strictObject({ kdf: z.literal('none') })]),
  sealed: z.string(),
})
const keksSchema = z
  .array(
    z.strictObject({
      id: z.string().regex(/^[0-9a-f]{16}$/),
      createdAt: z.string().refine(isInstant, 'must be an instant'),
      key: z.string().nullable(),
    }),
  )
  .min(1)
  .max(10_000)

type KeyFile = z.infer<typeof fileSchema>

const refuse = (detail: string) => envelopeError('PHI_ENVELOPE_KEY_FILE', { detail })

async function fileKey(protection: KeyFileProtection, file: KeyFile['protection']): Promise<AeadCore> {
  if ('passphrase' in protection) {
    if (file.kdf !== 'scrypt') throw refuse('the file was made with a secret, not with a passphrase')
    const { N, r, p } = file
    const passphrase = utf8(protection.passphrase.normalize('NFKC'))
    const key = await scryptAsync(passphrase, decode(file.salt), { N, r, p, dkLen: 32, maxmem: 2 ** 31 })
    return kcXaesCore(importKey(key))
  }
  if (file.kdf !== 'none') throw refuse('the file was made with a passphrase, not with a secret')
  return kcXaesCore(importKey(readSecret(protection.secret)))
}

function checkProtection(protection: KeyFileProtection): void {
  const given = protection as Partial<Record<'passphrase' | 'secret', unknown>> | undefined
  if (given?.passphrase !== undefined && given.secret !== undefined) throw refuse('pass a passphrase or a secret, not both')
  if (given?.passphrase === undefined) {
    readSecret(given?.secret as string | undefined)
    return
  }
  if (
    typeof given.passphrase !== 'string' ||
    [...given.passphrase.normalize('NFKC')].length < 15 ||
    !given.passphrase.isWellFormed()
  ) {
    throw refuse('a passphrase needs at least 15 characters')
  }
}

function decode(text: string): Uint8Array {
  try {
    return fromBase64(text)
  } catch {
    throw refuse('the file is damaged')
  }
}

/** The header of the file is bound to what is sealed in it: nobody lowers the cost of guessing and has it taken. */
const aadOf = ({ format, protection }: KeyFile): Uint8Array => utf8(canonicalJson({ format, protection }))

function seal(core: AeadCore, file: Omit<KeyFile, 'sealed'>, keks: readonly LocalKek[]): KeyFile {
  const text = utf8(canonicalJson(keks.map(({ id, createdAt, key }) => ({ id, createdAt, key: key ? toBase64(key) : null }))))
  const nonce = randomBytes(NONCE)
  const out = new Uint8Array(NONCE + text.length + core.overhead)
  out.set(nonce)
  core.sealInto(out, NONCE, nonce, text, aadOf({ ...file, sealed: '' }))
  text.fill(0)
  return { ...file, sealed: toBase64(out) }
}

function unseal(core: AeadCore, file: KeyFile): readonly LocalKek[] {
  const sealed = decode(file.sealed)
  const text = core.tryOpen(sealed.subarray(0, NONCE), sealed.subarray(NONCE), aadOf(file))
  if (text === undefined) throw refuse('the passphrase or secret does not open it, or the file was altered')
  const keks = parseAs(keksSchema, JSON.parse(fromUtf8(text)), 'keks', () => refuse('the file is damaged'))
  text.fill(0)
  return keks.map(({ id, createdAt, key }) => ({ id, createdAt, key: key === null ? undefined : decode(key) }))
}

/** Refuses a file that others can read or write, or that somebody else owns. Windows has no such modes, and its lists are not looked at. */
async function checkMode(handle: FileHandle): Promise<void> {
  const { mode, uid, size } = await handle.stat()
  if (size > 4_194_304) throw refuse('the file is too large')
  if (process.platform === 'win32') return
  if ((mode & 0o077) !== 0) throw refuse('others can read or write it: set its mode to 0600')
  if (uid !== process.getuid?.() && uid !== 0) throw refuse('it belongs to another user')
}

async function readFileChecked(path: string): Promise<KeyFile> {
  let handle: FileHandle
  try {
    handle = await open(path, constants.O_RDONLY)
  } catch (cause) {
    const missing = (cause as { code?: unknown }).code === 'ENOENT'
    throw refuse(missing ? 'there is no file; `createKeyFile` makes one' : 'it cannot be opened')
  }
  try {
    await checkMode(handle)
    const value: unknown = JSON.parse(await handle.readFile('utf8'))
    return parseAs(fileSchema, value, 'keyFile', () => refuse('it is not a keyring file of this format'))
  } catch (error) {
    throw isPhiError(error) ? error : refuse('it is not a keyring file of this format')
  } finally {
    await handle.close()
  }
}

/** Writes a file that is there whole or not at all: beside it first, synced, then renamed. */
async function writeWhole(path: string, file: KeyFile): Promise<void> {
  try {
    await writeBeside(path, file)
  } catch {
    throw refuse('it could not be written, and is as it was')
  }
  await syncFolder(dirname(path))
}

async function writeBeside(path: string, file: KeyFile): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${toHex(randomBytes(6))}.new`)
  const handle = await open(beside, 'wx', 0o600)
  try {
    try {
      await handle.writeFile(`${JSON.stringify(file, null, 2)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(beside, path)
  } catch (error) {
    await unlink(beside).catch(() => undefined)
    throw error
  }
}

/** The rename itself is durable only once the folder is synced; not every file system lets a folder be opened for that. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

/** One process at a time changes the file: two that rotate at once would each drop the other's new key. */
async function locked<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`
  let handle: FileHandle | undefined
  for (let attempt = 0; handle === undefined; attempt++) {
    try {
      handle = await open(lock, 'wx', 0o600)
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'EEXIST') throw refuse('its folder cannot be written to')
      if (attempt === 50)
        throw refuse('another process has been changing it for 5 seconds; if none is running, delete the file ending in .lock')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  try {
    return await work()
  } finally {
    await handle.close()
    await unlink(lock).catch(() => undefined)
  }
}

/**
 * Makes a keyring file with one fresh key-encryption key in it, readable by its owner alone (mode 0600). Back it up apart from the database:
 * without it nothing opens any more.
 * @throws PhiError PHI_ENVELOPE_KEY_FILE, also when the file is there already
 */
export async function createKeyFile(path: string, protection: KeyFileProtection): Promise<LocalKms> {
  checkProtection(protection)
  const file: Omit<KeyFile, 'sealed'> = {
    format: FORMAT,
    protection: 'passphrase' in protection ? { kdf: 'scrypt', ...cost, salt: toBase64(randomBytes(16)) } : { kdf: 'none' },
  }
  const core = await fileKey(protection, file.protection)
  await locked(path, async () => {
    const taken = await open(path, 'r').then(
      async (handle) => {
        await handle.close()
        return true
      },
      (error: { code?: unknown }) => error.code !== 'ENOENT',
    )
    // Never over an old one: everything sealed under its keys would be lost.
    if (taken) throw refuse('it exists already, and was left as it is')
    await writeWhole(path, seal(core, file, [newKek(systemClock())]))
  })
  return openWith(path, core, await readFileChecked(path))
}

/**
 * Opens a keyring file. `rotate()` and `destroy()` of what it returns change the file; other processes that have it open see the
 * change when they meet a key they do not know.
 * @throws PhiError PHI_ENVELOPE_KEY_FILE for a missing, damaged or altered file, a wrong passphrase or secret, or a mode that lets others in
 */
export async function openKeyFile(path: string, protection: KeyFileProtection): Promise<LocalKms> {
  checkProtection(protection)
  const first = await readFileChecked(path)
  return openWith(path, await fileKey(protection, first.protection), first)
}

function openWith(path: string, core: AeadCore, first: KeyFile): LocalKms {
  let keks = unseal(core, first)

  /** Reads the file anew; keys that were known keep their bytes, so that what was prepared for them stays good. */
  const reread = async (): Promise<KeyFile> => {
    const file = await readFileChecked(path)
    const found = unseal(core, file)
    const known = new Map(keks.map((kek) => [kek.id, kek]))
    keks = found.map((kek) => (kek.key === undefined ? kek : (known.get(kek.id) ?? kek)))
    return file
  }

  return localKmsOver({
    read: () => keks,
    async reload() {
      await reread()
    },
    update: (change) =>
      locked(path, async () => {
        const { format, protection: header } = await reread()
        const next = change(keks)
        await writeWhole(path, seal(core, { format, protection: header }, next))
        keks = next
      }),
  })
}
