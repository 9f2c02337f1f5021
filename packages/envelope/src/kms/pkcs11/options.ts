import { parseAs } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../../errors.ts'

export interface Pkcs11Options {
  /** Path of the token's PKCS #11 library, such as `/usr/lib/softhsm/libsofthsm2.so`. */
  readonly module: string
  /** CKA_LABEL of the key-encryption key, shared by its versions. 1 to 64 characters. */
  readonly keyLabel: string
  /**
   * The user's PIN, or a function that fetches it, asked at every login and not kept. A PIN that the token has refused is not
   * tried again in this process, since tokens lock after a few: after a reset, start anew.
   */
  readonly pin: string | (() => string | Promise<string>)
  /** Which token. At least one of the three; all that are given must fit, and exactly one token must. */
  readonly tokenLabel?: string
  readonly serial?: string
  /** CK_SLOT_ID. Some libraries number slots anew at every start: prefer the serial number. */
  readonly slot?: number
  /**
   * Serial numbers of tokens that this one stands for: it was restored from their backup, or is a clone of them. Keys that
   * records name by these are looked up here.
   */
  readonly formerSerials?: readonly string[]
  /**
   * Sessions at most, 1 to 64. Each does one operation at a time; further calls wait. Default 2: every operation holds one of
   * the threads that Node also uses for files and name look-ups, four unless UV_THREADPOOL_SIZE says otherwise.
   */
  readonly maxSessions?: number
  /** Handed to the library when it is initialised, as NSS softokn wants it: `configdir='sql:/path' …`. */
  readonly libraryParameters?: string
}

const text = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((value) => value.isWellFormed() && !value.includes('\0'), 'must be well-formed text without NUL')

const schema = z
  .strictObject({
    module: text(4096),
    keyLabel: text(64),
    pin: z.custom<Pkcs11Options['pin']>(
      (pin) => typeof pin === 'function' || (typeof pin === 'string' && pin.length > 0),
      'must be a text or a function',
    ),
    tokenLabel: text(32).optional(),
    serial: text(16).optional(),
    slot: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
    formerSerials: z.array(text(16)).max(64).optional(),
    maxSessions: z.number().int().min(1).max(64).default(2),
    libraryParameters: text(4096).optional(),
  })
  .refine(
    ({ tokenLabel, serial, slot }) => tokenLabel !== undefined || serial !== undefined || slot !== undefined,
    'needs one of tokenLabel, serial and slot',
  )

export type Pkcs11Settings = z.output<typeof schema>

/** @throws PhiError PHI_ENVELOPE_OPTIONS */
export const parsePkcs11Options = (options: Pkcs11Options): Pkcs11Settings =>
  parseAs(schema, options, 'pkcs11', (context) => envelopeError('PHI_ENVELOPE_OPTIONS', context))
