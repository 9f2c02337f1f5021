import type { AuditRecord, Exporter } from '@phi/audit'
import { linesOf } from '../commands/audit/lines.ts'
import { assertSearchable, withLog } from '../commands/audit/log.ts'
import { openSource, wholeText } from '../commands/audit/source.ts'
import { checkSource, type Demands, heldToOrigin } from '../commands/audit/verify-source.ts'
import type { Configured } from '../config.ts'
import { cliError } from '../errors.ts'
import { MAX_WHOLE_FILE } from '../files.ts'
import type { Input } from '../input.ts'
import type { Io } from '../io.ts'
import { type ReadCopy, recordsOfLines, searchCopy, selected } from './copy.ts'
import type { Viewed } from './viewed.ts'

/**
 * Opens the log in the database for reading, and for the entries that say who read it.
 * @throws PhiError as `withLog` does
 */
export const withLogViewed = <Result>(
  io: Io,
  input: Input,
  configured: Configured,
  { by, demands }: { readonly by: Exporter; readonly demands: () => Promise<Demands> },
  work: (viewed: Viewed) => Promise<Result>,
): Promise<Result> =>
  withLog(io, input, configured, { needsSigner: false }, (open) => {
    const { log, store, key } = open
    return work({
      kind: 'database',
      ...key,
      by: by.actor.id,
      async begin() {
        const { actor, source, context } = by
        await log.append({
          action: 'review',
          outcome: 'success',
          actor,
          source,
          subject: { dataClasses: ['phi.ops.auditlog'] },
          context,
        })
      },
      async query(query) {
        assertSearchable(open, query)
        const page = await log.query(query)
        const { order: _order, limit: _limit, cursor: _cursor, ...conditions } = query
        // Entries that were pruned have no text that a search could find.
        const pruned = Object.keys(conditions).length === 0 ? [] : ((await store.prunes?.(key)) ?? [])
        return { ...page, unknown: pruned.at(-1)?.to ?? 0 }
      },
      async entry(index) {
        const { size } = await log.head()
        if (index >= size) return undefined
        for await (const record of log.records({ from: index, to: index + 1 })) return record
        return undefined
      },
      async verify(watch) {
        const report = await log.verify({ ...(await demands()), ...watch })
        return { kind: 'database', origin: key.origin, ...report, coverage: { ...report.coverage } }
      },
      export(query) {
        assertSearchable(open, query ?? {})
        return log.exportRecords({ by, ...(query === undefined ? {} : { query }) })
      },
    })
  })

/**
 * A log in lines or a bundle, as it lies in a file. What is in it is a copy: nothing is recorded of its being read.
 * @throws PhiError PHI_CLI_FILE, PHI_CLI_FILE_CONTENT, PHI_AUDIT_FORMAT
 */
export async function fileViewed(io: Io, input: Input, path: string, demands: () => Promise<Demands>): Promise<Viewed> {
  if (path === '-')
    throw cliError('PHI_CLI_USAGE', {
      detail: 'standard input can be read once, and a page is asked for more often: give a file',
    })
  const source = await openSource(io, path, undefined)
  const { kind } = source
  if (kind !== 'lines' && kind !== 'bundle') {
    if ('bytes' in source) for await (const _ of source.bytes) break
    throw cliError('PHI_CLI_FILE_CONTENT', { path: '<source>', detail: 'it is neither a log in lines nor a bundle' })
  }
  let read: ReadCopy
  if (kind === 'bundle') {
    const { bundleRecords, readBundle } = await import('@phi/audit')
    const records = bundleRecords(readBundle(await wholeText(source.bytes, MAX_WHOLE_FILE)))
    read = async function* () {
      yield* records
    }
  } else {
    for await (const _ of source.bytes) break
    read = async function* () {
      const again = await openSource(io, path, 'lines')
      if ('bytes' in again) yield* recordsOfLines(linesOf(again.bytes, '<source>'))
    }
  }
  const first = await firstOf(read)
  return {
    kind,
    origin: first?.origin,
    query: (query) => searchCopy(read, query),
    entry: (index) => firstOf(read, (record) => record.index === index),
    async verify(watch) {
      const checked = await checkSource(io, input, await openSource(io, path, kind), await demands(), undefined, watch)
      return heldToOrigin(checked, input.text('origin'))
    },
    export: (query) => selected(read, query),
  }
}

async function firstOf(read: ReadCopy, is: (record: AuditRecord) => boolean = () => true): Promise<AuditRecord | undefined> {
  for await (const record of read()) if (is(record)) return record
  return undefined
}
