import { isHashOf, type TextKey } from '../text-hash.ts'
import type { Draft, DraftState } from './ledger.ts'

/** States in which a person stands by the text. */
const stoodBy: readonly DraftState[] = ['accepted', 'record', 'claim']

/**
 * Whether this text is the one that was reviewed and accepted: ask it right before writing to the record or a claim, since a ledger of
 * hashes cannot see what is written.
 * @throws PhiError PHI_BAA_AI_KEY; PHI_CORE_ENCODING for a text with a lone surrogate
 */
export function isAcceptedText(draft: Draft, text: string, key: TextKey): boolean {
  const same = isHashOf(key, text, draft.review?.text ?? '')
  return same && stoodBy.includes(draft.state) && draft.text === draft.review?.text
}
