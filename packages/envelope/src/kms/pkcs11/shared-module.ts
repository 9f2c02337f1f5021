import { realpathSync } from 'node:fs'
import { hmacSha256, randomBytes, toHex, utf8 } from '@phi/core'
import { envelopeError } from '../../errors.ts'
import { type Cryptoki, flag } from './cryptoki.ts'
import { answers } from './return-value.ts'

// A PKCS #11 library is one per process, whatever objects JavaScript makes of it: C_Initialize, C_Finalize and a token's login
// hold for everybody in the process. So the loaded libraries stand in one table per realm, found through a registered symbol:
// the ES module and the CommonJS build of this file share it.

/** What is known of the logins to one token in this process. Digests under a key of this process; no PIN is kept. */
interface Logins {
  accepted: string | undefined
  readonly refused: Set<string>
}

export interface SharedModule {
  readonly path: string
  libraryParameters: string | undefined
  readonly cryptoki: Cryptoki
  readonly logins: Map<string, Logins>
  /** Adapters that use it now. */
  users: number
  initialized: boolean
  /** Whether C_Initialize was called from here: somebody else's initialisation is not undone. */
  ours: boolean
}

interface Table {
  readonly modules: Map<string, SharedModule>
  readonly pinKey: Uint8Array
}

const TABLE = Symbol.for('@phi/envelope/pkcs11/modules/1')

function table(): Table {
  const realm = globalThis as { [TABLE]?: Table }
  realm[TABLE] ??= { modules: new Map(), pinKey: randomBytes(32) }
  return realm[TABLE]
}

/** Stands for a PIN in memory: told apart, never turned back outside this process. */
export const pinDigest = (pin: string): string => toHex(hmacSha256(table().pinKey, utf8(pin)))

async function nativeBinding(): Promise<new (path: string) => Cryptoki> {
  try {
    const loaded = (await import('pkcs11js')) as typeof import('pkcs11js') & { default?: typeof import('pkcs11js') }
    return (loaded.default ?? loaded).PKCS11
  } catch {
    throw envelopeError('PHI_ENVELOPE_KMS_UNSUPPORTED', {
      detail: 'the package pkcs11js is not installed, or its native part was not built for this Node',
    })
  }
}

function initialize(shared: SharedModule): void {
  const { cryptoki, libraryParameters } = shared
  try {
    cryptoki.C_Initialize({
      flags: flag.OS_LOCKING_OK,
      // pkcs11js 2.1 cuts the last character off these parameters: the blank is there to be cut.
      ...(libraryParameters === undefined ? {} : { libraryParameters: `${libraryParameters} ` }),
    })
    shared.ours = true
  } catch (error) {
    if (!answers(error, 'CKR_CRYPTOKI_ALREADY_INITIALIZED')) throw error
  }
  shared.initialized = true
}

/**
 * The library at this path, loaded once and initialised. Every use ends with {@link releaseModule}.
 * @throws PhiError PHI_ENVELOPE_KMS_UNSUPPORTED without pkcs11js, PHI_ENVELOPE_KMS_UNAVAILABLE for a library that does not load
 */
export async function acquireModule(module: string, libraryParameters: string | undefined): Promise<SharedModule> {
  const Binding = await nativeBinding()
  // No waiting from here on: two callers at once must not load it twice.
  let shared: SharedModule | undefined
  try {
    const path = realpathSync(module)
    shared = table().modules.get(path)
    if (shared === undefined) {
      const cryptoki = new Binding(path)
      shared = { path, libraryParameters, cryptoki, logins: new Map(), users: 0, initialized: false, ours: false }
      // It stays in the table: letting go of the object would unload the library, which few libraries survive.
      table().modules.set(path, shared)
    }
  } catch {
    // The cause is not kept: it holds paths.
    throw envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE', { detail: 'the PKCS #11 module could not be loaded' })
  }
  if (shared.initialized && shared.libraryParameters !== libraryParameters) {
    throw envelopeError('PHI_ENVELOPE_KMS_UNSUPPORTED', {
      detail: 'this process has initialised the module with other library parameters',
    })
  }
  if (!shared.initialized) {
    shared.libraryParameters = libraryParameters
    initialize(shared)
  }
  shared.users++
  return shared
}

/** When the library seems to have been finalised behind our back. One that was not is left as it is. */
export const reinitialize = (shared: SharedModule): void => initialize(shared)

/** Ends one use. With the last one the library is finalised, when it was initialised from here. */
export function releaseModule(shared: SharedModule): void {
  shared.users--
  if (shared.users > 0) return
  shared.initialized = false
  // What was refused stays known: an adapter that is opened anew with the same PIN must not lock the token either.
  for (const login of shared.logins.values()) login.accepted = undefined
  if (!shared.ours) return
  shared.ours = false
  try {
    shared.cryptoki.C_Finalize()
  } catch {
    // Nothing is lost: sessions are closed, and the next use initialises again.
  }
}

/** What is known of logins to this token, by its slot and serial number. */
export function loginsOf(shared: SharedModule, token: string): Logins {
  const known = shared.logins.get(token)
  if (known !== undefined) return known
  const fresh: Logins = { accepted: undefined, refused: new Set() }
  shared.logins.set(token, fresh)
  return fresh
}
