import { memoryStore, openAuditLog, type Sealer } from '@phi/audit'
import type { Extension } from '@phi/audit/store'
import { equal } from '../../suite/assert.ts'
import type { DepthCase } from '../depth.ts'
import { freshLog, readAll, readEvent, sameEntries, write } from '../entries.ts'

const blinded = (term: string) => `~${[...term].reverse().join('')}`

/** Seals nothing: to a store, sealed text is text like any other. */
const sealer: Sealer = {
  seal: async (_, __, text) => `sealed ${text.length} ${text}`,
  open: async () => undefined,
  blind: async (_, term) => [blinded(term)],
}

export const sealedCases: readonly DepthCase[] = [
  {
    title: 'finds entries with a sealed subject by their blinded terms',
    requirements: ['S108'],
    async run({ store }) {
      const key = freshLog()
      const made: Extension[] = []
      const memory = memoryStore()
      const noted = {
        ...memory,
        async extend(...args: Parameters<typeof memory.extend>) {
          const extension = await memory.extend(...args)
          if (extension !== null) made.push(extension)
          return extension
        },
      }
      const log = await openAuditLog({ ...key, store: noted, sealer })
      for (const patient of ['p-1', 'p-2', 'p-1', 'p-10']) {
        await log.append(readEvent({ subject: { patients: [patient], resource: { type: 'Note', id: `of ${patient}` } } }))
      }
      await log.close()
      await write(store, key, made)
      sameEntries(
        await readAll(store, key, 0, 10),
        made.flatMap(({ entries }) => entries),
        'read of sealed entries',
      )
      const found = async (...blind: string[]) =>
        (await store.find(key, { order: 'oldest', limit: 10, blind })).map(({ index }) => index).join()
      equal(await found(blinded('patient:p-1')), '0,2', 'entries found by the blinded term of one patient')
      equal(await found(blinded('patient:p-3')), '', 'entries found by a blinded term that none has')
      equal(await found(blinded('patient:p-1'), blinded('type:Note')), '0,2', 'entries found by two blinded terms')
      equal(
        await found(blinded('patient:p-1'), blinded('patient:p-2')),
        '',
        'entries found by two blinded terms that no entry has both',
      )
    },
  },
]
