import { formatInstant, randomBytes, systemClock, toHex } from '@phi/core'
import { importKey } from '#aead'
import { envelopeError } from '../errors.ts'
import { type AeadCore, kcXaesCore } from '../primitives/xaes.ts'
import { contextBytes } from './context.ts'
import type { KekDescription, KekDestruction, Kms, KmsCallOptions, UnwrapRequest, WrapRequest } from './kms.ts'

const MECHANISM = 'KC-XAES-256-GCM'
const KEY = 32
const NONCE = 24

/** One key-encryption key of a local KMS. */
export interface LocalKek {
  /** 16 lower-case hexadecimal digits. */
  readonly id: string
  /** 32 bytes, or undefined once destroyed. */
  readonly key: Uint8Array | undefined
  /** RFC 3339 UTC with milliseconds. */
  readonly createdAt: string
}

/** A local KMS: {@link Kms}, and what else an operator does with it. */
export interface LocalKms extends Kms {
  /** Makes a new key-encryption key the current one. The old ones still unwrap. @returns its name */
  rotate(): Promise<string>
}

/** Where the keys of a local KMS are kept. @internal */
export interface LocalKeyring {
  read(): readonly LocalKek[]
  /** Changes what is kept, also against other processes: `change` is given what is there now. */
  update(change: (keks: readonly LocalKek[]) => readonly LocalKek[]): Promise<void>
  /** Looks again at what another process may have written. */
  reload(): Promise<void>
}

/** @internal */
export const newKek = (now: number): LocalKek => ({
  id: toHex(randomBytes(8)),
  key: randomBytes(KEY),
  createdAt: formatInstant(now),
})

/** A caller who has given up gets nothing done. */
function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE', { detail: 'the call was given up' })
}

/** @internal */
export function localKmsOver(keyring: LocalKeyring): LocalKms {
  const cores = new Map<string, { key: Uint8Array; core: AeadCore }>()
  let last: Promise<unknown> = Promise.resolve()
  /** Changes of the keyring one after the other. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work, work)
    last = done.catch(() => undefined)
    return done
  }

  const nameOf = ({ id }: LocalKek): string => `local:${id}`
  const find = async (kek: string): Promise<LocalKek> => {
    const look = () => keyring.read().find((each) => nameOf(each) === kek)
    const known = look()
    if (known) return known
    await keyring.reload()
    const found = look()
    if (found === undefined) throw envelopeError('PHI_ENVELOPE_KMS_KEY_GONE')
    return found
  }
  const current = (): LocalKek => {
    const found = keyring.read().findLast(({ key }) => key !== undefined)
    if (found === undefined) throw envelopeError('PHI_ENVELOPE_KMS_KEY_GONE')
    return found
  }
  const coreOf = ({ id, key }: LocalKek): AeadCore => {
    if (key === undefined) {
      // Perhaps another process destroyed it.
      cores.delete(id)
      throw envelopeError('PHI_ENVELOPE_KMS_KEY_GONE')
    }
    const known = cores.get(id)
    if (known?.key === key) return known.core
    const core = kcXaesCore(importKey(key))
    cores.set(id, { key, core })
    return core
  }

  return Object.freeze({
    name: 'local',
    async wrap({ dataKey, context, kek, signal }: WrapRequest) {
      checkSignal(signal)
      if (dataKey.length !== KEY) throw envelopeError('PHI_ENVELOPE_KEY_SIZE', { detail: 'a data key has 32 bytes' })
      const found = kek === undefined ? current() : await find(kek)
      const core = coreOf(found)
      const nonce = randomBytes(NONCE)
      const wrapped = new Uint8Array(NONCE + KEY + core.overhead)
      wrapped.set(nonce)
      core.sealInto(wrapped, NONCE, nonce, dataKey, contextBytes(context))
      return { kek: nameOf(found), mechanism: MECHANISM, wrapped }
    },
    async unwrap({ kek, mechanism, wrapped, context, signal }: UnwrapRequest) {
      checkSignal(signal)
      const core = coreOf(await find(kek))
      if (mechanism !== MECHANISM || wrapped.length !== NONCE + KEY + core.overhead)
        throw envelopeError('PHI_ENVELOPE_KMS_REFUSED')
      const dataKey = core.tryOpen(wrapped.subarray(0, NONCE), wrapped.subarray(NONCE), contextBytes(context))
      if (dataKey === undefined) throw envelopeError('PHI_ENVELOPE_KMS_REFUSED')
      return Uint8Array.from(dataKey)
    },
    async describe(kek?: string, options: KmsCallOptions = {}): Promise<KekDescription> {
      checkSignal(options.signal)
      await keyring.reload()
      const found = kek === undefined ? current() : await find(kek)
      return { kek: nameOf(found), state: found.key === undefined ? 'destroyed' : 'enabled', protection: 'software' }
    },
    destroy: (kek: string, options: KmsCallOptions = {}): Promise<KekDestruction> =>
      alone(async () => {
        checkSignal(options.signal)
        const found = await find(kek)
        if (found.key !== undefined) {
          await keyring.update((keks) => keks.map((each) => (each.id === found.id ? { ...each, key: undefined } : each)))
          cores.delete(found.id)
          found.key.fill(0)
        }
        return { kek, state: 'destroyed', receipt: { kek, state: 'destroyed' } } as const
      }),
    rotate: () =>
      alone(async () => {
        const kek = newKek(systemClock())
        await keyring.update((keks) => [...keks, kek])
        return nameOf(kek)
      }),
  })
}

function inMemory(first: LocalKek): LocalKms {
  let keks: readonly LocalKek[] = [first]
  return localKmsOver({
    read: () => keks,
    async update(change) {
      keks = change(keks)
    },
    reload: async () => undefined,
  })
}

/**
 * Key-encryption keys in this process, for development, tests and small self-hosting. Whoever reads the process's memory or its
 * environment has them: an HSM or a cloud KMS keeps them apart. A keyring in a file is `openKeyFile` of `@phi/envelope/local`.
 */
export const localKms = {
  /** A fresh random key that nobody keeps: what was wrapped with it is gone when the process ends. */
  generate: (): LocalKms => inMemory(newKek(systemClock())),

  /**
   * A key that a secret store hands to the process, for example in an environment variable. It cannot be rotated or destroyed from here:
   * that is the secret store's work.
   * @param secret 32 bytes as 43 or 44 characters of base64 or base64url, or 64 hexadecimal digits: uniformly random, not a passphrase
   * @throws PhiError PHI_ENVELOPE_KEY_SIZE
   */
  fromSecret(secret: string | undefined): LocalKms {
    const key = readSecret(secret)
    // The name tells keys apart and gives nothing away: a few bytes of what the key encrypts zeros to.
    const id = toHex(fingerprint(key))
    const kek: LocalKek = { id, key, createdAt: formatInstant(0) }
    return localKmsOver({
      read: () => [kek],
      reload: async () => undefined,
      async update() {
        throw envelopeError('PHI_ENVELOPE_KMS_UNSUPPORTED', {
          detail: 'a key from a secret is rotated and destroyed where the secret is kept',
        })
      },
    })
  },
} as const

function fingerprint(key: Uint8Array): Uint8Array {
  const out = new Uint8Array(48)
  kcXaesCore(importKey(key)).sealInto(out, 0, new Uint8Array(NONCE), new Uint8Array(0))
  // The commitment to the key for the nonce zero, which no wrap ever uses.
  return Uint8Array.from(out.subarray(16, 24))
}

/** 32 bytes in any of the three spellings that secret stores use. */
export function readSecret(secret: string | undefined): Uint8Array {
  const refuse = () =>
    envelopeError('PHI_ENVELOPE_KEY_SIZE', {
      detail: 'the secret must be 32 random bytes, as base64 or as 64 hexadecimal digits; `openssl rand -base64 32` makes one',
    })
  if (typeof secret !== 'string') throw refuse()
  const text = secret.trim()
  const key = /^[0-9a-fA-F]{64}$/.test(text) ? fromAnyHex(text) : fromAnyBase64(text)
  // 32 equal bytes are a placeholder, not a key.
  if (key?.length !== KEY || key.every((byte) => byte === key[0])) throw refuse()
  return key
}

const fromAnyHex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) as string[], (pair) => Number.parseInt(pair, 16))

function fromAnyBase64(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/').replace('=', ''))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
