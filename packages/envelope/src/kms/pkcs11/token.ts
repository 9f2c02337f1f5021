import { envelopeError } from '../../errors.ts'
import { CKM_AES_GCM, CKU_USER, type Cryptoki, flag, type Handle, USER_STATES, ulong, unpadded } from './cryptoki.ts'
import type { Pkcs11Settings } from './options.ts'
import { answers, TokenMissing } from './return-value.ts'
import { loginsOf, pinDigest, reinitialize, type SharedModule } from './shared-module.ts'

/** A token as it was found in its slot. */
export interface Token {
  readonly slot: Handle
  readonly serial: string
  /** What the library says of where it computes. */
  readonly protection: 'hsm' | 'software'
}

const unavailable = (detail: string) => envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE', { detail })

/** A library that was finalised says so, or has no slots any more. */
function slotsWithTokens(shared: SharedModule): Handle[] {
  try {
    const slots = shared.cryptoki.C_GetSlotList(true)
    if (slots.length > 0) return slots
  } catch (error) {
    if (!answers(error, 'CKR_CRYPTOKI_NOT_INITIALIZED')) throw error
  }
  reinitialize(shared)
  return shared.cryptoki.C_GetSlotList(true)
}

/** CKF_HW_SLOT of the slot, or CKF_HW of the mechanism: "performed by the device, not in software". */
function protectionOf(cryptoki: Cryptoki, slot: Handle): Token['protection'] {
  const inHardware =
    (cryptoki.C_GetSlotInfo(slot).flags & flag.HW_SLOT) !== 0 ||
    (cryptoki.C_GetMechanismInfo(slot, CKM_AES_GCM).flags & flag.HW) !== 0
  return inHardware ? 'hsm' : 'software'
}

/** Undefined for a token that cannot be read, or that was just taken away: it is not the one that is looked for. */
function infoOf(cryptoki: Cryptoki, slot: Handle): ReturnType<Cryptoki['C_GetTokenInfo']> | undefined {
  try {
    return cryptoki.C_GetTokenInfo(slot)
  } catch {
    return undefined
  }
}

/** @throws {@link TokenMissing} when no token fits, PhiError PHI_ENVELOPE_KMS_UNAVAILABLE for more than one */
export function findToken(shared: SharedModule, settings: Pkcs11Settings): Token {
  const { cryptoki } = shared
  const found: { slot: Handle; serial: string }[] = []
  for (const slot of slotsWithTokens(shared)) {
    const info = infoOf(cryptoki, slot)
    if (info === undefined) continue
    const fits =
      (settings.slot === undefined || ulong(slot) === settings.slot) &&
      (settings.serial === undefined || unpadded(info.serialNumber) === settings.serial) &&
      (settings.tokenLabel === undefined || unpadded(info.label) === settings.tokenLabel)
    if (fits) found.push({ slot, serial: unpadded(info.serialNumber) })
  }
  const [token] = found
  if (token === undefined) throw new TokenMissing()
  if (found.length > 1) throw unavailable('more than one token fits: name it by its serial number')
  return { ...token, protection: protectionOf(cryptoki, token.slot) }
}

/** Whether the slot still holds this token, by its serial number. */
export function isPresent(cryptoki: Cryptoki, { slot, serial }: Token): boolean {
  const info = infoOf(cryptoki, slot)
  return info !== undefined && unpadded(info.serialNumber) === serial
}

/** Whether the session's user is logged in. Without that, private keys are invisible, and look as if they were destroyed. */
export const isLoggedIn = (cryptoki: Cryptoki, session: Handle): boolean =>
  USER_STATES.includes(cryptoki.C_GetSessionInfo(session).state)

async function fetchPin(pin: Pkcs11Settings['pin']): Promise<string> {
  let fetched: unknown
  try {
    fetched = typeof pin === 'function' ? await pin() : pin
  } catch {
    // The cause is not kept: nobody knows what a secret store puts in its errors.
    throw unavailable('the function that fetches the PIN failed')
  }
  if (typeof fetched === 'string' && fetched.length > 0 && fetched.isWellFormed()) return fetched
  throw envelopeError('PHI_ENVELOPE_KMS_DENIED', { detail: 'the function that fetches the PIN gave no text' })
}

/**
 * Logs the user in, unless another session of this process did. A login holds for all sessions of a process with a token, so
 * a second adapter is held to the PIN of the first, and a PIN that was refused is not tried again: tokens lock.
 */
export async function logIn(shared: SharedModule, token: Token, session: Handle, settings: Pkcs11Settings): Promise<void> {
  const { cryptoki } = shared
  const pin = await fetchPin(settings.pin)
  const logins = loginsOf(shared, `${ulong(token.slot)}/${token.serial}`)
  const digest = pinDigest(pin)
  if (logins.refused.has(digest)) {
    throw envelopeError('PHI_ENVELOPE_KMS_DENIED', { detail: 'the token refused this PIN before, and it is not tried again' })
  }
  try {
    cryptoki.C_Login(session, CKU_USER, pin)
    logins.accepted = digest
  } catch (error) {
    if (answers(error, 'CKR_PIN_INCORRECT', 'CKR_PIN_INVALID', 'CKR_PIN_LEN_RANGE')) logins.refused.add(digest)
    if (!answers(error, 'CKR_USER_ALREADY_LOGGED_IN')) throw error
    if (logins.accepted !== undefined && logins.accepted !== digest) {
      throw envelopeError('PHI_ENVELOPE_KMS_DENIED', { detail: 'this process is logged in to the token with another PIN' })
    }
  }
  if (!isLoggedIn(cryptoki, session)) throw unavailable('the token did not log the user in')
}

/** A session in which the user is logged in. With `checkPin`, the PIN is held against whoever logged in before. */
export async function openSession(
  shared: SharedModule,
  token: Token,
  settings: Pkcs11Settings,
  { readWrite = false, checkPin = false } = {},
): Promise<Handle> {
  const { cryptoki } = shared
  const session = cryptoki.C_OpenSession(token.slot, flag.SERIAL_SESSION | (readWrite ? flag.RW_SESSION : 0))
  try {
    if (checkPin || !isLoggedIn(cryptoki, session)) await logIn(shared, token, session, settings)
    return session
  } catch (error) {
    closeSession(cryptoki, session)
    throw error
  }
}

export function closeSession(cryptoki: Cryptoki, session: Handle): void {
  try {
    cryptoki.C_CloseSession(session)
  } catch {
    // It was gone already.
  }
}
