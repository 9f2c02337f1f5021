import { fromBase64, isPhiError, type PhiError } from '@phi/core'
import { auditError } from '../errors.ts'
import { commitment, type GroupName, SALT_BYTES } from '../group.ts'
import { isCanonicalObject } from '../verify/canonical.ts'
import { innerOpeningSchema, readSealed, type SealedGroup } from './sealed-group.ts'
import type { Sealer, SealPlace } from './sealer.ts'

/**
 * `open`: the text that was recorded. `gone`: its key was destroyed. `altered`: it opens, or pretends to, and is not what was
 * recorded: the log's writer sealed something else than it committed to. `refused`: the sealer will not open it, now or later, for it is
 * none of its texts or the key is out of its reach; whether it says what was recorded is not known.
 */
export type OpenedSealed =
  | { readonly is: 'open'; readonly salt: string; readonly json: string }
  | { readonly is: 'gone' }
  | { readonly is: 'altered' }
  | { readonly is: 'refused'; readonly error: PhiError }

/**
 * Opens a sealed group and holds it against the commitment beside it.
 * @returns undefined when the text is no sealed group
 */
export async function openSealed(sealer: Sealer, place: SealPlace, json: string): Promise<OpenedSealed | undefined> {
  const group = readSealed(json)
  if (group === undefined) return undefined
  let text: string | undefined
  try {
    text = await sealer.open(place, group.sealed)
  } catch (cause) {
    // A sealer's own refusals are as they are: unreachable is not the same as forged. One that stays is about this text alone, and must
    // not keep the rest of the log from being read.
    if (isPhiError(cause) && !cause.retryable) return { is: 'refused', error: cause }
    if (isPhiError(cause)) throw cause
    throw auditError('PHI_AUDIT_SEALER', { detail: 'the sealer failed to open a group', cause })
  }
  if (text === undefined) return { is: 'gone' }
  try {
    return openedBy(place.group, group, innerOpeningSchema.parse(JSON.parse(text)))
  } catch {
    return { is: 'altered' }
  }
}

/** What an opening says of a sealed group: the text that was recorded, or something else. It needs no key. */
export function openedBy(
  name: GroupName,
  group: SealedGroup,
  { salt, json }: { readonly salt: string; readonly json: string },
): Extract<OpenedSealed, { is: 'open' | 'altered' }> {
  try {
    const bytes = fromBase64(salt)
    const genuine = bytes.length === SALT_BYTES && commitment(name, bytes, json) === group.of && isCanonicalObject(json)
    return genuine ? { is: 'open', salt, json } : { is: 'altered' }
  } catch {
    return { is: 'altered' }
  }
}
