import type { Explanation, HoldEvent, HoldFact, RetentionChange, RetentionPolicy, StoredRecord } from '@phi/retention'
import type { CommandSpec } from '../../command.ts'
import { readConfig } from '../../config.ts'
import { cliError } from '../../errors.ts'
import type { ExitName } from '../../exit-codes.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { wrapLines } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { progress } from '../../progress.ts'
import { dayOf, momentOptions } from '../../when.ts'
import { readHoldFile, recordsOf } from './record-lines.ts'
import { onDatabase, retentionFileOf, scheduleOptions } from './schedule.ts'

/** What `phi retention explain --json` prints: the assessment of @phi/retention with its proof. */
export type ExplainAnswer = Explanation

const changeWords: Readonly<Record<RetentionChange['when'], string>> = {
  'becomes-known': 'becomes known',
  'is-settled-by-a-signed-rule': 'is settled by a signed rule of the house',
  'all-holds-are-released': 'is released, and every other hold with it',
  'is-signed-off': 'is signed off',
  'is-done': 'is done',
  ends: 'ends',
  'shortens-after-a-death': 'is known (the period then counts from it)',
  'shortens-after-a-return': 'is known (the period then counts from it)',
}

function explainText(found: Explanation, inWords: string, paint: Paint, columns: number): string {
  const [first = '', ...lines] = inWords.split('\n')
  const colour = found.status === 'conflict' ? paint.bad : found.status === 'unknown' ? paint.warn : paint.good
  return [
    ...wrapLines(first, columns).map(colour),
    ...wrapLines(`As of ${found.today}, by ${found.policy}.`, columns),
    ...lines.flatMap((line) => wrapLines(line, columns, '', line.startsWith('- ') ? '  ' : '')),
    ...(found.changesIf.length === 0 ? [] : ['', paint.strong('What would change it')]),
    ...found.changesIf.flatMap(({ what, when, becomes }) =>
      wrapLines(`${what} ${changeWords[when]}${becomes === undefined ? '' : `: then ${becomes}`}`, columns, '  ', '      '),
    ),
  ].join('\n')
}

/** The cases that reach a record, those that are over too: a release can make the day of disposal later. */
async function factsOn(row: StoredRecord, events: readonly HoldEvent[], today: string): Promise<readonly HoldFact[]> {
  const { holdCases, holdsOn } = await import('@phi/retention')
  return holdCases(events)
    .filter(({ matches, placed }) => {
      // Whether it matches is the library's to say: asked of this case alone, as if it were open.
      const alone: HoldEvent = { type: 'placed', case: 'case', on: placed ?? today, by: 'case', matches }
      return holdsOn(row, [alone], today).length > 0
    })
    .map(({ case: name, placed, released }) => ({ case: name, placed, released }))
}

const missing = () => cliError('PHI_CLI_USAGE', { detail: 'there is no record with this id' })

interface Asked {
  readonly row: StoredRecord
  readonly policy: RetentionPolicy
  readonly holds: readonly HoldEvent[]
}

async function inFile(io: Io, input: Input, id: string, file: string, today: string): Promise<Asked> {
  const { policy } = await retentionFileOf(io, input, await readConfig(io, input.text('config')), today)
  if (policy === undefined) throw cliError('PHI_CLI_NOT_CONFIGURED', { path: '--schedule', detail: 'no schedule is named' })
  const holds = await readHoldFile(io, input.text('holds'))
  const bar = progress(io, 'records read')
  let read = 0
  let row: StoredRecord | undefined
  try {
    // To the end: two records with one id are no answer.
    for await (const each of recordsOf(io, file)) {
      read += 1
      bar.at(read)
      if (each.id !== id) continue
      if (row !== undefined)
        throw cliError('PHI_CLI_FILE_CONTENT', {
          path: '--records',
          detail: 'two records have this id',
          info: { line: each.line },
        })
      row = each
    }
  } finally {
    await bar.end()
  }
  if (row === undefined) throw missing()
  return { row, policy, holds }
}

const inDatabase = async (io: Io, input: Input, id: string, today: string): Promise<Asked> =>
  onDatabase(io, input, await readConfig(io, input.text('config')), today, async ({ db, tenant, tables, policy }) => {
    const { retentionStore } = await import('@phi/postgres')
    const store = retentionStore(db, { tenant, tables })
    const [row] = await store.get([id])
    if (row === undefined) throw missing()
    return { row, policy, holds: await store.holds() }
  })

function exitOf({ status }: Explanation): ExitName {
  if (status === 'conflict') return 'finding'
  return status === 'unknown' ? 'unknown' : 'ok'
}

export const explainCommand: CommandSpec = {
  path: ['retention', 'explain'],
  summary: 'Explain until when one record is kept, by which rules, and why',
  about: `Shows everything that the schedule says of one record: its status and why, the last day on which it must be kept, every rule that was asked with the event it counts from and its citation, how well each is confirmed and who signed it off, the holds on it, what is not known, and what would change the answer.

The record is a row of a mapped table, by its id as plans name it (with the prefix of its table), or with --records a line of a file. Facts of the record are shown only as the dates from which rules count.`,
  operands: [{ name: 'record', about: 'The id of the record.' }],
  options: [
    ...scheduleOptions,
    ...momentOptions,
    {
      flags: '--records <file>',
      about: 'JSON lines with records, in place of the database; - is standard input.',
      kind: 'file',
    },
    { flags: '--holds <file>', about: 'With --records: JSON with the facts about holds.', kind: 'file' },
  ],
  examples: [
    {
      run: 'phi retention explain mr-1 --records records.jsonl --schedule retention.json --at 2026-12-01',
      about: 'A record of a file.',
    },
    {
      run: 'phi retention explain chart:00000000-0000-0000-0000-000000000001 --tenant clinic-a --zone America/New_York',
      about: 'A row of a mapped table.',
    },
  ],
  exits: ['ok', 'finding', 'unknown', 'interrupted'],
  run: async (input, io) => {
    const today = await dayOf(io, input)
    const id = input.operands[0] ?? ''
    const file = input.text('records')
    if (file === undefined && input.has('holds')) {
      throw cliError('PHI_CLI_USAGE', { detail: '--holds goes with --records: the database keeps its own' })
    }
    const { row, policy, holds } =
      file === undefined ? await inDatabase(io, input, id, today) : await inFile(io, input, id, file, today)
    const { explain, explainInWords } = await import('@phi/retention')
    const found = explain(row.record, policy, { today, holds: await factsOn(row, holds, today) })
    const inWords = explainInWords(found)
    return { exit: exitOf(found), json: found, text: (paint, columns) => explainText(found, inWords, paint, columns) }
  },
}
