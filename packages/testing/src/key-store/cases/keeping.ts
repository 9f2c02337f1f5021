import { type DataKeyRecord, type KeyStore, keyPurposes, keyStates } from '@phi/envelope'
import type { StoreCase } from '../../store/manifest.ts'
import { check, equal, succeeds } from '../../suite/assert.ts'
import { freshBytes, kindsOfBytes } from '../../suite/bytes.ts'
import { found, freshRecord, freshTenant, insertAll, reads, sameRecord, sameRecords } from '../records.ts'

/** Changes an object as a careless caller would. Frozen ones stay as they are, and that is as good. */
function spoil(record: DataKeyRecord): void {
  record.wrapped.fill(0)
  record.commitment.fill(0)
  for (const name of ['seals', 'bytes']) Reflect.set(record.usage, name, 99)
  const changes = { state: 'revoked', tenant: 'spoilt', revision: 99, usage: { seals: 99, bytes: 99 } }
  for (const [name, value] of Object.entries(changes)) Reflect.set(record, name, value)
}

const copyOf = (record: DataKeyRecord): DataKeyRecord => ({
  ...record,
  wrapped: Uint8Array.from(record.wrapped),
  commitment: Uint8Array.from(record.commitment),
  usage: { ...record.usage },
})

export const keepingCases: readonly StoreCase<KeyStore>[] = [
  {
    title: 'gives back every field as it was stored, at its longest and oddest too',
    requirements: ['S19'],
    async run({ store }) {
      const tenant = freshTenant()
      const records = [
        ...keyPurposes.map((purpose) => freshRecord({ tenant, purpose })),
        ...keyStates.map((state, i) => {
          const wrapped = state === 'destroyed' || state === 'past-backup-horizon' ? new Uint8Array(0) : freshBytes(60)
          return freshRecord({ tenant, state, wrapped, version: 2 + i })
        }),
        freshRecord({ tenant: 'a' }),
        freshRecord({ tenant: `${'z'.repeat(61)}-_.` }),
        freshRecord({ id: '00000000', subject: 'x' }),
        freshRecord({ id: 'ffffffff', subject: '\u{1f512}'.repeat(128) }),
        // Digits and an e: a number, to whoever lets a column or a file format guess.
        freshRecord({ id: '00012e45', subject: '007' }),
        freshRecord({ subject: `'; drop table key; -- "\\ %_\n\t‮ Zoe\u0308 ` }),
        freshRecord({ version: 2_147_483_647, revision: 2_147_483_647 }),
        freshRecord({ usage: { seals: Number.MAX_SAFE_INTEGER, bytes: Number.MAX_SAFE_INTEGER } }),
        freshRecord({ usage: { seals: 1, bytes: 4_294_967_296 } }),
        freshRecord({ kms: 'k'.repeat(64), kek: 'ü'.repeat(2048), mechanism: 'M'.repeat(128), wrapped: freshBytes(65_536) }),
        freshRecord({ wrapped: Uint8Array.from({ length: 256 }, (_, i) => i) }),
        freshRecord({ createdAt: '0001-01-01T00:00:00.000Z', changedAt: '9999-12-31T23:59:59.999Z' }),
        freshRecord({ createdAt: '2026-03-29T02:30:00.100Z', changedAt: '2026-10-25T02:30:00.000Z' }),
      ]
      await insertAll(store, records)
      for (const record of records) await reads(store, record, 'after insert')
    },
  },
  {
    title: 'has nothing where nothing was stored, and makes nothing by being asked',
    async run({ store }) {
      const stranger = freshRecord()
      const { id, tenant } = stranger
      const empty = async () => {
        const nothing = await succeeds(() => store.find(id), 'find')
        check(nothing === undefined, 'find of an unknown id must answer with undefined: not with null, and not with a record')
        sameRecords(await succeeds(() => store.list(tenant, null), 'list'), [], 'list of an unknown tenant')
        sameRecords(await succeeds(() => store.list(tenant, 'p-88'), 'list'), [], 'list of an unknown subject')
        sameRecords(await succeeds(() => store.scan({ tenant, limit: 10 }), 'scan'), [], 'scan of an unknown tenant')
        sameRecords(await succeeds(() => store.scan({ limit: 10 }), 'scan'), [], 'scan of an empty store')
      }
      await empty()
      equal(await succeeds(() => store.replace(stranger, 0), 'replace'), 'conflict', 'replace of a record that is not there')
      await succeeds(() => store.addUsage(id, { seals: 1, bytes: 1 }), 'addUsage of an unknown id')
      await empty()
    },
  },
  {
    title: 'keeps records that nobody changes by changing what they handed in',
    requirements: ['S19'],
    async run({ store }) {
      for (const wrapped of kindsOfBytes(freshBytes(60))) {
        for (const commitment of kindsOfBytes(freshBytes(32))) {
          const handed = { ...freshRecord(), wrapped, commitment, usage: { seals: 1, bytes: 2 } }
          const kept = copyOf(handed)
          await insertAll(store, [handed])
          spoil(handed)
          await reads(store, kept, 'after the caller changed what it had inserted')
          wrapped.set(freshBytes(60))
          const next = { ...copyOf(kept), wrapped, revision: 1 }
          const replaced = copyOf(next)
          equal(await succeeds(() => store.replace(next, 0), 'replace'), 'replaced', 'replace at the revision that is there')
          spoil(next)
          await reads(store, replaced, 'after the caller changed what it had replaced')
          commitment.set(freshBytes(32))
        }
      }
    },
  },
  {
    title: 'hands out records that nobody changes the store by',
    requirements: ['S19'],
    async run({ store }) {
      const record = freshRecord({ usage: { seals: 1, bytes: 2 } })
      const { id, tenant } = record
      await insertAll(store, [record])
      const readers: [string, () => Promise<readonly DataKeyRecord[]>][] = [
        ['find', async () => [await found(store, id)]],
        ['list', () => store.list(tenant, null)],
        ['scan', () => store.scan({ limit: 10 })],
      ]
      for (const [verb, read] of readers) {
        const answers = await succeeds(read, verb)
        check(answers.length === 1, `${verb} must answer with the one record`)
        for (const answer of answers) spoil(answer)
        await reads(store, record, `after the caller changed what ${verb} had answered`)
      }
      const before = await found(store, id)
      await succeeds(() => store.addUsage(id, { seals: 5, bytes: 5 }), 'addUsage')
      sameRecord(before, record, 'what find had answered, after the store changed,')
    },
  },
]
