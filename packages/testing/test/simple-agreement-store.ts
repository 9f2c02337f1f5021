import {
  type AgreementRecord,
  type AgreementStore,
  agreementStoreErrors,
  type RecordedAgreements,
  readAgreementRecords,
  readRevisionNumber,
  recordedFrom,
  refuseUnfit,
  textOfRecords,
} from '@phi/baa'
import { errorsOf, parseTenant } from '@phi/core'
import type { StoreUnderTest } from '../src/index.ts'
import { backend } from './simple-store.ts'

const storeError = errorsOf(agreementStoreErrors)

/** The parts of a store that can be wrong, each as a right store has it. */
export interface AgreementParts {
  /** What is kept of the records that a caller hands in. */
  readonly kept: (records: readonly AgreementRecord[]) => string
  /** What is handed out of what is kept. */
  readonly out: (texts: readonly string[]) => RecordedAgreements
  /** Between looking and writing. */
  readonly pause: () => Promise<void>
  readonly follows: (expected: number, latest: number) => boolean
  readonly isThere: (texts: readonly string[], expected: number, text: string) => boolean
  readonly check: (texts: readonly string[], records: readonly AgreementRecord[]) => void
  readonly until: (texts: readonly string[], revision: number) => readonly string[] | undefined
  readonly tenant: (tenant: string) => string
  readonly revision: (revision: number) => number
}

export const rightAgreementParts: AgreementParts = {
  kept: textOfRecords,
  out: recordedFrom,
  pause: async () => undefined,
  follows: (expected, latest) => expected === latest,
  isThere: (texts, expected, text) => texts[expected] === text,
  check: refuseUnfit,
  until: (texts, revision) => (revision > texts.length ? undefined : texts.slice(0, revision)),
  tenant: parseTenant,
  revision: readRevisionNumber,
}

/** A store with a lock, a second handle and a switch, put together from parts. Without the lock it works between looks. */
export function simpleAgreementStore(parts: Partial<AgreementParts> = {}, locked = true): StoreUnderTest<AgreementStore> {
  const { pause, ...rules } = { ...rightAgreementParts, ...parts }
  const tenants = new Map<string, string[]>()
  const { work: inTurn, under } = backend(() => storeError('PHI_BAA_STORE_UNAVAILABLE'), locked)
  const work = <T>(tenant: string, act: (texts: string[]) => Promise<T>): Promise<T> =>
    inTurn(async () => {
      const own = rules.tenant(tenant)
      const texts = tenants.get(own) ?? []
      tenants.set(own, texts)
      return act(texts)
    })

  const handle = (): AgreementStore => ({
    load: (tenant) => work(tenant, async (texts) => rules.out(texts)),
    at: (tenant, revision) =>
      work(tenant, async (texts) => {
        const then = rules.until(texts, rules.revision(revision))
        return then && rules.out(then)
      }),
    append: (tenant, records, expectedRevision) =>
      work(tenant, async (texts) => {
        const read = readAgreementRecords(records)
        const text = rules.kept(read)
        const expected = rules.revision(expectedRevision)
        const latest = texts.length
        await pause()
        if (!rules.follows(expected, latest)) return rules.isThere(texts, expected, text) ? 'already' : 'conflict'
        rules.check(texts, read)
        texts[Math.min(expected, latest)] = text
        return 'appended'
      }),
  })

  return under(handle)
}
