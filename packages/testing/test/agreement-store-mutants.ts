import {
  type AgreementRecord,
  type AgreementStore,
  type RecordedAgreements,
  readAgreementRecords,
  recordedFrom,
  textOfRecords,
} from '@phi/baa'
import type { StoreUnderTest } from '../src/index.ts'
import { type StoreMutant, withVerbs } from './mutants.ts'
import { type AgreementParts, rightAgreementParts, simpleAgreementStore } from './simple-agreement-store.ts'

type AgreementStoreMutant = StoreMutant<AgreementStore>

const NOTHING = 'knows nothing of a tenant'
const KEEPS = 'gives back everything'
const BYTES = 'keeps signed documents byte for byte'
const OUTSIDE = 'keeps and hands out what nobody changes'
const THEN = 'says at every revision what was known then'
const REFUSES = 'refuses what is no record'
const APART = 'keeps tenants apart'
const COUNTS = 'appends at the latest revision and at no other'
const AGAIN = 'tells who appends the same again'
const RACE = 'lets one of 32 concurrent appends win'
const CROWD = 'loses nothing of several who append at once'
const HANDLES = 'shows what one handle appended'
const UNREACHABLE = 'says that it cannot be reached'
const HONEST = 'is declared with no gap'

const part = (wrong: string, caughtBy: string, parts: Partial<AgreementParts>): AgreementStoreMutant => ({
  wrong,
  caughtBy,
  open: () => simpleAgreementStore(parts),
})

/** Changes verbs of a good store; `another` is changed alike. */
const verbs = (
  wrong: string,
  caughtBy: string,
  change: (good: AgreementStore) => Partial<AgreementStore>,
): AgreementStoreMutant => ({
  wrong,
  caughtBy,
  open: () => withVerbs(simpleAgreementStore(), change),
})

/** Keeps a text that is not quite what was handed in. */
const kept = (wrong: string, caughtBy: string, change: (record: AgreementRecord) => AgreementRecord | undefined) =>
  part(wrong, caughtBy, {
    kept: (records) => textOfRecords(records.map(change).filter((each) => each !== undefined)),
  })

const text = (wrong: string, caughtBy: string, change: (text: string) => string) =>
  part(wrong, caughtBy, { kept: (records) => change(textOfRecords(records)) })

/** Hands out what is not quite what is kept. */
const out = (wrong: string, caughtBy: string, change: (recorded: RecordedAgreements) => object) =>
  part(wrong, caughtBy, {
    out: (texts) => {
      const recorded = recordedFrom(texts)
      return { ...recorded, ...change(recorded) }
    },
  })

/** Looks, lets others in, and writes. */
const unlocked = (wrong: string, caughtBy: string): AgreementStoreMutant => ({
  wrong,
  caughtBy,
  open: () => simpleAgreementStore({ pause: () => new Promise(setImmediate) }, false),
})

/** Each handle keeps what it has read. */
const cached = (): StoreUnderTest<AgreementStore> => {
  const under = simpleAgreementStore()
  const remembering = (good: AgreementStore): AgreementStore => {
    const seen = new Map<string, RecordedAgreements>()
    return {
      ...good,
      async load(tenant) {
        const known = seen.get(tenant) ?? (await good.load(tenant))
        seen.set(tenant, known)
        return known
      },
      async append(tenant, ...rest) {
        seen.delete(tenant)
        return good.append(tenant, ...rest)
      },
    }
  }
  return {
    ...under,
    store: remembering(under.store),
    another: async () => remembering((await under.another?.()) as AgreementStore),
  }
}

const { out: rightOut, until, tenant } = rightAgreementParts

/** Hands out one thawed object for each state, again and again. */
const shared = (): Partial<AgreementParts> => {
  const made = new Map<string, RecordedAgreements>()
  return {
    out: (texts) => {
      const key = JSON.stringify(texts)
      const known = made.get(key) ?? structuredClone(rightOut(texts))
      made.set(key, known)
      return known
    },
  }
}

/** Keeps the very objects that it was handed. */
const keeping = (): StoreUnderTest<AgreementStore> => {
  const tenants = new Map<string, AgreementRecord[][]>()
  const texts = (name: string) => (tenants.get(name) ?? []).map((each) => textOfRecords(each))
  const store: AgreementStore = {
    load: async (name) => recordedFrom(texts(name)),
    at: async (name, revision) => recordedFrom(texts(name).slice(0, revision)),
    append: async (name, records) => {
      readAgreementRecords(records)
      tenants.set(name, [...(tenants.get(name) ?? []), records as AgreementRecord[]])
      return 'appended'
    },
  }
  return { store }
}

export const agreementStoreMutants: readonly AgreementStoreMutant[] = [
  // Nothing.
  part('counts from 1', NOTHING, { out: (texts) => ({ ...rightOut(texts), revision: texts.length + 1 }) }),
  part('answers with the latest for a revision that is not there', NOTHING, {
    until: (texts, revision) => texts.slice(0, revision),
  }),
  verbs('answers with undefined where nothing is', NOTHING, (good) => ({
    load: async (name) => {
      const recorded = await good.load(name)
      return recorded.revision === 0 ? (undefined as unknown as RecordedAgreements) : recorded
    },
  })),
  part('appends at any revision of a tenant that has none', NOTHING, {
    follows: (expected, latest) => latest === 0 || expected === latest,
  }),
  // What comes back.
  text('normalises texts', KEEPS, (all) => all.normalize('NFC')),
  text('leaves out NUL, as jsonb has to', KEEPS, (all) => all.replaceAll('\\u0000', '')),
  text('reads ids as numbers', KEEPS, (all) => all.replaceAll('"007"', '"7"')),
  kept('keeps no attestation but the latest', KEEPS, (record) =>
    record.type === 'attestation' && record.attestation.met ? undefined : record,
  ),
  out('forgets who said that there are no others', KEEPS, () => ({ complete: [] })),
  out('answers with what the agreements alone make', KEEPS, () => ({ exemptions: [] })),
  out('adds a column of its own', KEEPS, () => ({ row_id: 7 })),
  out('answers with parties as a map', KEEPS, ({ parties }) => ({ parties: new Map(parties.map((each) => [each.id, each])) })),
  // Signed documents.
  out('hands out one signed document for each agreement', BYTES, ({ signatures }) => ({
    signatures: [...new Map(signatures.map((each) => [each.agreement, each])).values()],
  })),
  kept('keeps signed documents in small letters', BYTES, (record) =>
    record.type === 'signature' ? { ...record, jws: record.jws.toLowerCase() } : record,
  ),
  kept('keeps signed documents in plain base64', BYTES, (record) =>
    record.type === 'signature' ? { ...record, jws: record.jws.replaceAll('-', 'A').replaceAll('_', 'B') } : record,
  ),
  // Copies.
  { wrong: 'keeps what it was handed', caughtBy: OUTSIDE, open: keeping },
  { wrong: 'hands out what others hold', caughtBy: OUTSIDE, open: () => simpleAgreementStore(shared()) },
  // Time.
  part('answers with what is known now for every revision', THEN, {
    until: (texts, revision) => (revision > texts.length ? undefined : texts),
  }),
  part('is one revision late', THEN, {
    until: (texts, revision) => until(texts, revision)?.slice(0, Math.max(0, revision - 1)),
  }),
  verbs('is one revision late and says the one asked for', THEN, (good) => ({
    at: async (name, revision) => {
      const recorded = await good.at(name, Math.max(0, revision - 1))
      return recorded && (await good.at(name, revision)) && { ...recorded, revision }
    },
  })),
  // Refusals.
  part('looks at no registry', REFUSES, { check: () => undefined }),
  part('writes before it looks', REFUSES, {
    check: (texts, records) => {
      const before = [...texts]
      ;(texts as string[]).push('[]')
      rightAgreementParts.check(before, records)
    },
  }),
  part('takes any number for a revision', REFUSES, { revision: (revision) => Math.max(0, Math.trunc(Number(revision)) || 0) }),
  part('takes any text for a tenant', REFUSES, { tenant: (name) => name }),
  verbs('takes what is no signed document', REFUSES, (good) => ({
    append: (name, records, revision) =>
      good.append(
        name,
        Array.isArray(records)
          ? records.map((each) => (each.type === 'signature' ? { ...each, jws: each.jws.trim() } : each))
          : records,
        revision,
      ),
  })),
  // Tenants.
  part('takes tenants that begin alike for one', APART, { tenant: (name) => tenant(name).slice(0, 12) }),
  part('takes a hyphen for an underscore', APART, { tenant: (name) => tenant(name).replace('-', '_') }),
  // Appending.
  part('appends at whatever revision', COUNTS, { follows: () => true }),
  part('appends at a later revision too', COUNTS, { follows: (expected, latest) => expected >= latest }),
  part('writes over a revision that is there', COUNTS, { follows: (expected, latest) => expected <= latest }),
  part('knows nothing of a lost answer', AGAIN, { isThere: () => false }),
  part('says "already" wherever there is something', AGAIN, { isThere: (texts, expected) => expected < texts.length }),
  part('says "already" where the records are there at any revision', AGAIN, {
    isThere: (texts, _, each) => texts.includes(each),
  }),
  part('says "already" for the same in another order', AGAIN, {
    isThere: (texts, expected, each) => [...(texts[expected] ?? '')].toSorted().join('') === [...each].toSorted().join(''),
  }),
  part('appends the same once and never again', AGAIN, {
    follows: (expected, latest) => expected === latest,
    check: (texts, records) => {
      rightAgreementParts.check(texts, records)
      if (texts.includes(textOfRecords(records))) (texts as string[]).pop()
    },
  }),
  unlocked('looks before it appends', RACE),
  unlocked('looks before it appends, with many callers', CROWD),
  { wrong: 'reads from a cache of its own', caughtBy: HANDLES, open: cached },
  // Faults.
  verbs('knows nothing when it cannot be reached', UNREACHABLE, (good) => ({
    load: (name) => good.load(name).catch(() => recordedFrom([])),
  })),
  verbs('says that there is no such revision when it cannot be reached', UNREACHABLE, (good) => ({
    at: (name, revision) => good.at(name, revision).catch(() => undefined),
  })),
  verbs('says "conflict" when it cannot be reached', UNREACHABLE, (good) => ({
    append: (...args) => good.append(...args).catch(() => 'conflict' as const),
  })),
  verbs('throws plain errors when it cannot be reached', UNREACHABLE, (good) => ({
    load: (name) => good.load(name).catch(() => Promise.reject(new Error('refused'))),
  })),
  {
    wrong: 'declares a gap and gives the hook for it',
    caughtBy: HONEST,
    supports: { shared: false },
    open: () => simpleAgreementStore(),
  },
]
