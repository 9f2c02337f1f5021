import type { Verifier } from '@phi/audit'
import type { AuditStore, LogKey } from '@phi/audit/store'
import type { WitnessPolicy } from '@phi/audit/witness'
import { formatInstant, isPhiError } from '@phi/core'
import type { Queryable } from '@phi/postgres'

/** What the newest checkpoint that a store keeps says, and who stands behind it. It is not held against the entries here. */
export interface SignedState {
  /** How many entries it covers. */
  readonly size: number
  /** Entries after it. */
  readonly unsigned: number
  /** When the first of them was recorded. */
  readonly unsignedSince?: string
  /** Whether a given key signed it. Absent where no key was given: it is not known. */
  readonly signed?: boolean
  /** With a policy: which of its witnesses cosigned it, and when. */
  readonly cosignatures?: readonly { readonly name: string; readonly at: string }[]
  /** With a policy: whether they are enough. */
  readonly witnessed?: boolean
}

/** @returns undefined where the store keeps no checkpoint */
export async function signedState(
  store: AuditStore<Queryable>,
  key: LogKey,
  about: { readonly keys: readonly (string | Verifier)[]; readonly policy: WitnessPolicy | undefined; readonly size: number },
): Promise<SignedState | undefined> {
  const { cosignaturesOf, openNote, parseCheckpoint, parseNote, verifierFromVkey } = await import('@phi/audit/note')
  const { meetsQuorum } = await import('@phi/audit/witness')
  const verifiers = about.keys.map((each) => (typeof each === 'string' ? verifierFromVkey(each) : each))
  const isSigned = (note: string): boolean => {
    try {
      return openNote(note, verifiers).verified.some(({ name }) => name === key.origin)
    } catch (error) {
      if (isPhiError(error)) return false
      throw error
    }
  }
  // The same size can be kept twice, plain and cosigned: what the largest one has, of all its copies.
  const notes = (await store.checkpoints(key, { last: 8 })).flatMap((note) => {
    try {
      const parsed = parseNote(note)
      const { origin, size } = parseCheckpoint(parsed.text)
      return origin === key.origin ? [{ note, parsed, size }] : []
    } catch (error) {
      // A damaged note is for verify() to report.
      if (isPhiError(error)) return []
      throw error
    }
  })
  if (notes.length === 0) return undefined
  const size = Math.max(...notes.map((each) => each.size))
  const newest = notes.filter((each) => each.size === size)
  const { policy } = about
  const byWitness = new Map<string, string>()
  for (const { parsed } of policy === undefined ? [] : newest) {
    for (const { name, verifier } of policy?.witnesses ?? []) {
      // Lines that do not check are among them.
      const cosignature = cosignaturesOf(parsed, [verifier]).find(({ valid }) => valid)
      if (cosignature !== undefined) byWitness.set(name, formatInstant(cosignature.time))
    }
  }
  const unsignedSince = size < about.size ? await recordedAtOf(store, key, size) : undefined
  return {
    size,
    unsigned: Math.max(0, about.size - size),
    ...(unsignedSince === undefined ? {} : { unsignedSince }),
    ...(verifiers.length === 0 ? {} : { signed: newest.some(({ note }) => isSigned(note)) }),
    ...(policy === undefined
      ? {}
      : {
          cosignatures: [...byWitness].map(([name, at]) => ({ name, at })),
          witnessed: meetsQuorum(policy, new Set(byWitness.keys())),
        }),
  }
}

/** When an entry was recorded, by its leaf. */
async function recordedAtOf(store: AuditStore<Queryable>, key: LogKey, index: number): Promise<string | undefined> {
  const { openAuditLog } = await import('@phi/audit')
  const log = await openAuditLog<Queryable>({ ...key, store })
  for await (const { recordedAt } of log.records({ from: index, to: index + 1 })) return recordedAt
  return undefined
}
