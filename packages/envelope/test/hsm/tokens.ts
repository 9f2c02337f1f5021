import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { attribute } from '../../src/kms/pkcs11/cryptoki.ts'
import type { Pkcs11Options } from '../../src/kms/pkcs11/index.ts'

type Pkcs11js = typeof import('pkcs11js')
type Pkcs11 = InstanceType<Pkcs11js['PKCS11']>

/** pkcs11js, when it is installed and its native part was compiled. */
function pkcs11js(): Pkcs11js | undefined {
  try {
    return createRequire(import.meta.url)('pkcs11js') as Pkcs11js
  } catch {
    return undefined
  }
}

const libraries = {
  SoftHSM2: ['SOFTHSM2_MODULE', 'softhsm/libsofthsm2.so', 'pkcs11/libsofthsm2.so', 'libsofthsm2.so'],
  'NSS softokn': ['NSS_SOFTOKN_MODULE', 'libsoftokn3.so', 'nss/libsoftokn3.so', 'libsoftokn3.dylib'],
} as const

export type TokenKind = keyof typeof libraries
export const tokenKinds = Object.keys(libraries) as readonly TokenKind[]

const folders = [
  '/usr/lib',
  '/usr/lib64',
  `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`,
  '/usr/local/lib',
  '/opt/homebrew/lib',
]

/** The token's PKCS #11 library: what an environment variable names, or one in the usual places. */
function libraryOf(kind: TokenKind): string | undefined {
  const [variable, ...files] = libraries[kind]
  const named = process.env[variable]
  if (named !== undefined) return existsSync(named) ? named : undefined
  return folders.flatMap((folder) => files.map((file) => join(folder, file))).find((path) => existsSync(path))
}

const SO_PIN = 'officer-pin'
export const USER_PIN = 'a user pin'

/** A token of its own in a new folder, with the user's PIN set. */
export interface TestToken {
  readonly kind: TokenKind
  readonly library: string
  /** Where its objects lie. */
  readonly folder: string
  readonly options: Pkcs11Options
  /** The library itself, for what only a stranger would do. Shared with the adapters of this process, and initialised by them. */
  readonly raw: Pkcs11
}

/** The token's own text fields are 32 bytes, padded: pkcs11js hands the label over as it is. */
const padded = (label: string) => label.padEnd(32)

function setUp(kind: TokenKind, { PKCS11 }: Pkcs11js, library: string, label: string): TestToken {
  const folder = mkdtempSync(join(tmpdir(), 'phi-token-'))
  const raw = new PKCS11(library)
  const options = { module: library, pin: USER_PIN, keyLabel: 'phi kek', tokenLabel: label }
  if (kind === 'SoftHSM2') {
    mkdirSync(join(folder, 'tokens'))
    const conf = join(folder, 'softhsm2.conf')
    writeFileSync(conf, `directories.tokendir = ${folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n`)
    // Read by the library at C_Initialize, from the environment of the process: tests run in processes, not in threads.
    process.env.SOFTHSM2_CONF = conf
    raw.C_Initialize({ flags: 2 })
    raw.C_InitToken(raw.C_GetSlotList(true)[0] as Buffer, SO_PIN, padded(label))
    setUserPin(raw, label, SO_PIN)
    raw.C_Finalize()
    return { kind, library, folder, options, raw }
  }
  const libraryParameters = `configdir='sql:${folder}' certPrefix='' keyPrefix='' secmod='secmod.db' flags=''`
  raw.C_Initialize({ flags: 2, libraryParameters: `${libraryParameters} ` })
  setUserPin(raw, 'NSS Certificate DB', '')
  raw.C_Finalize()
  return { kind, library, folder, options: { ...options, tokenLabel: 'NSS Certificate DB', libraryParameters }, raw }
}

/** The slot of the token with this label. */
function slotOf(raw: Pkcs11, label: string): Buffer {
  const slot = raw.C_GetSlotList(true).find((each) => raw.C_GetTokenInfo(each).label === padded(label))
  if (slot === undefined) throw new Error(`no token named ${label}`)
  return slot
}

function setUserPin(raw: Pkcs11, label: string, officerPin: string): void {
  const session = raw.C_OpenSession(slotOf(raw, label), 6)
  raw.C_Login(session, 0, officerPin)
  raw.C_InitPIN(session, USER_PIN)
  raw.C_Logout(session)
  raw.C_CloseSession(session)
}

/** The attributes that tests look at or set behind the adapter's back. */
export const attributes = { ...attribute, VALUE: 0x11 } as const

/** Work with the library itself, in a session of the logged-in user. The library must be initialised: an adapter is open. */
export function inSession<T>(token: TestToken, work: (raw: Pkcs11, session: Buffer, slot: Buffer) => T): T {
  const { raw, options } = token
  const slot = slotOf(raw, options.tokenLabel as string)
  const session = raw.C_OpenSession(slot, 6)
  try {
    if (![1, 3].includes(raw.C_GetSessionInfo(session).state)) raw.C_Login(session, 1, USER_PIN)
    return work(raw, session, slot)
  } finally {
    try {
      raw.C_CloseSession(session)
    } catch {
      // The work closed it.
    }
  }
}

/** The AES keys with this label, as the session sees them. */
export function findKeys(raw: Pkcs11, session: Buffer, label: string): Buffer[] {
  raw.C_FindObjectsInit(session, [
    { type: attributes.CLASS, value: 4 },
    { type: attributes.LABEL, value: Buffer.from(label) },
  ])
  const found = raw.C_FindObjects(session, 100)
  raw.C_FindObjectsFinal(session)
  return found
}

/** Puts a key of known bytes on the token, as a KEK should be but for the changes. Its CKA_ID is 01. */
export function importKek(
  raw: Pkcs11,
  session: Buffer,
  label: string,
  change: { readonly [name in keyof typeof attributes]?: boolean | Buffer } = {},
): void {
  const template = {
    CLASS: 4,
    KEY_TYPE: 0x1f,
    TOKEN: true,
    PRIVATE: true,
    SENSITIVE: true,
    EXTRACTABLE: false,
    ENCRYPT: true,
    DECRYPT: true,
    LABEL: Buffer.from(label),
    ID: Buffer.from([1]),
    VALUE: Buffer.alloc(32, 5),
    ...change,
  }
  const types: Readonly<Record<string, number>> = attributes
  raw.C_CreateObject(
    session,
    Object.entries(template).map(([name, value]) => ({ type: types[name] as number, value })),
  )
}

/** A `describe` with a token of that kind, skipped under a title that says so where the library or pkcs11js is missing. */
export function describeToken(kind: TokenKind, title: string, body: (token: () => TestToken) => void): void {
  const binding = pkcs11js()
  const library = libraryOf(kind)
  if (binding === undefined || library === undefined) {
    const missing = binding === undefined ? 'no native build of pkcs11js' : `${kind} not found`
    describe.skip(`${title} on ${kind} (${missing})`, () => body(() => undefined as never))
    return
  }
  describe(`${title} on ${kind}`, () => {
    let token: TestToken | undefined
    beforeAll(() => {
      token = setUp(kind, binding, library, `phi ${process.pid}`)
    })
    afterAll(() => {
      if (token !== undefined) rmSync(token.folder, { recursive: true, force: true })
    })
    body(() => token as TestToken)
  })
}
