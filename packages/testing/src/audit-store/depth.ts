import type { AuditStore } from '@phi/audit'
import { fail } from '../suite/assert.ts'
import type { CaseOf } from '../suite/suite.ts'

/** What an audit store can do beyond what every one must. Silence is a claim: whatever is not declared unsupported must pass. */
export interface AuditDepthSupports {
  /** Entries can be written inside a caller's transaction. */
  readonly transactions?: boolean
  /** Events can wait in an outbox. Needs transactions. */
  readonly outbox?: boolean
  /** Texts of old entries can be taken away. */
  readonly prune?: boolean
  /** Reasons for the gaps, shown with the skipped cases. */
  readonly because?: { readonly [Gap in 'transactions' | 'outbox' | 'prune']?: string }
}

/** An empty store, and a way to have transactions of its database. */
export interface AuditDepthUnderTest {
  readonly store: AuditStore<never>
  /** Runs the callback in a transaction: commits when it resolves, rolls back when it rejects, and then rejects itself. */
  transaction?<T>(run: (tx: never) => Promise<T>): Promise<T>
  close?(): Promise<void>
}

export type DepthCase = CaseOf<AuditDepthUnderTest, AuditDepthSupports>

/** Undefined when the manifest leaves the gate standing, otherwise the reason to show. */
export const depthGap =
  (...names: readonly ('transactions' | 'outbox' | 'prune')[]) =>
  (supports: AuditDepthSupports): string | undefined => {
    const gap = names.find((name) => supports[name] === false)
    return gap === undefined ? undefined : (supports.because?.[gap] ?? `declared by ${gap}: false`)
  }

/** Fails where the store has what the manifest calls unsupported. */
export const depthHonesty: DepthCase = {
  title: 'is declared with no gap that it does not have',
  async run({ store, transaction }, supports) {
    const given: readonly ['transactions' | 'outbox' | 'prune', readonly unknown[]][] = [
      ['transactions', [store.extendIn, transaction]],
      ['outbox', [store.enqueueIn, store.outbox, store.dequeue]],
      ['prune', [store.prune, store.prunes]],
    ]
    for (const [name, verbs] of given) {
      if (supports[name] === false && verbs.every((verb) => verb !== undefined))
        fail(`the manifest declares ${name} unsupported and the store has it: declare it, so that it is tested`)
    }
  },
}

/** A verb that the manifest says is there. */
export function verbOf<Verb extends keyof AuditStore<never>>(store: AuditStore<never>, verb: Verb, gap: string) {
  const found = store[verb]
  if (found === undefined) return fail(`the store has no ${verb}(): give it, or declare ${gap}: false`)
  return (found as unknown as (...args: unknown[]) => unknown).bind(store) as NonNullable<AuditStore<never>[Verb]>
}

/** Thrown inside a transaction to roll it back. */
class RolledBack extends Error {}

/** Runs work in a transaction that is rolled back. */
export async function rolledBack(under: AuditDepthUnderTest, run: (tx: never) => Promise<unknown>): Promise<void> {
  const inTransaction = transactionOf(under)
  try {
    await inTransaction(async (tx) => {
      await run(tx)
      throw new RolledBack()
    })
  } catch (error) {
    if (error instanceof RolledBack || (error as { cause?: unknown } | null)?.cause instanceof RolledBack) return
    throw error
  }
  fail('transaction() resolved although the work in it rejected: a rollback must show')
}

export function transactionOf(under: AuditDepthUnderTest): <T>(run: (tx: never) => Promise<T>) => Promise<T> {
  if (under.transaction === undefined) return fail('open() gave no transaction(): give it, or declare transactions: false')
  return under.transaction.bind(under)
}
