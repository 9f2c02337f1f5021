import { type AuditRecord, bundleRecords, type EvidenceBundle, readBundle, verifyBundle } from '@phi/audit'
import { parseCheckpoint, parseNote } from '@phi/audit/note'
import { isPhiError } from '@phi/core'
import type { Checked } from '../commands/audit/verify-source.ts'

/** What became of evidence and a key that somebody gave. */
export type Outcome =
  | { readonly is: 'checked'; readonly checked: Checked; readonly records: readonly AuditRecord[] }
  /** It could not be checked at all: nothing is said about it. */
  | { readonly is: 'refused'; readonly what: 'evidence' | 'key'; readonly words: string }

const refused = (what: 'evidence' | 'key', words: string): Outcome => ({ is: 'refused', what, words })

/** C2SP signed-note verifier keys, one on each line; lines that begin with # are for people. */
export const keysOfText = (text: string): readonly string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))

/** Other things that the library writes, which are not evidence of single entries. */
const others: readonly (readonly [RegExp, string])[] = [
  [/^\s*\{\s*"format"\s*:\s*"phi\.audit\/log@/, 'This is a whole log in lines. Verify it with phi audit verify.'],
  [
    /^\s*\{\s*"format"\s*:\s*"phi\.audit\/accounting-package@/,
    'This is an accounting of disclosures with its proofs. Verify it with phi audit verify.',
  ],
  [
    /^c2sp\.org\/tlog-proof@/,
    'This is a proof without the entry that it is about. Verify it with phi audit verify and --leaf.',
  ],
  [/^[^\s{]+\+[0-9a-f]{8}\+/, 'This is a public key. It belongs into the other field.'],
]

/** The log's name as its checkpoint says it. It is shown; it proves nothing. */
function originOf(bundle: EvidenceBundle): string | undefined {
  try {
    return parseCheckpoint(parseNote(bundle.checkpoint).text).origin
  } catch {
    return undefined
  }
}

/**
 * Checks evidence with nothing but the keys that the person gave. What the evidence says of its own key is not looked at. Whatever cannot
 * be read is refused in words: nothing that fails here may look like an answer.
 * @param now in milliseconds since 1970, for how old the newest entry is
 */
export function check(evidence: string, keyText: string, now: number): Outcome {
  const other = others.find(([pattern]) => pattern.test(evidence.slice(0, 4096)))
  if (other !== undefined) return refused('evidence', other[1])
  const keys = keysOfText(keyText)
  if (keys.length === 0) return refused('key', 'There is no public key. Without one, nothing can be confirmed.')
  try {
    const bundle = readBundle(evidence)
    const report = verifyBundle(bundle, { keys, now, maxFindings: 200 })
    const origin = originOf(bundle)
    return {
      is: 'checked',
      checked: { kind: 'bundle', ...(origin === undefined ? {} : { origin }), ...report, coverage: { ...report.coverage } },
      records: recordsOf(bundle),
    }
  } catch (error) {
    if (!isPhiError(error)) return refused('evidence', 'It could not be checked, for a reason that this page does not know.')
    const isKey = error.code === 'PHI_AUDIT_VKEY' || error.code === 'PHI_AUDIT_NOTE_KEY'
    if (isKey)
      return refused(
        'key',
        'This is no public key of a log. It is one line: the name of the log, a plus sign, eight letters or digits, a plus sign, and the key.',
      )
    return refused(
      'evidence',
      'This is no evidence that can be read: it is not a file of this kind, it is damaged, or it was cut off.',
    )
  }
}

/** Entries that can be read. One whose record line is damaged is a finding, and has nothing to show. */
function recordsOf(bundle: EvidenceBundle): readonly AuditRecord[] {
  return bundle.entries.flatMap((entry) => {
    try {
      return bundleRecords({ ...bundle, entries: [entry] })
    } catch (error) {
      if (isPhiError(error)) return []
      throw error
    }
  })
}
