import { sha256, toHex, utf8 } from '@phi/core'
import type { AnyField, ColumnFields, FieldType, Keyring, ReencryptResult, Suite } from '@phi/envelope'
import type { CommandSpec, Report } from '../../command.ts'
import { readConfig } from '../../config.ts'
import { databaseOptions, withDatabase } from '../../database.ts'
import { cliError } from '../../errors.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { withKeyring } from '../../keyring.ts'
import { aligned, amount, counted, wrapped } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { progress } from '../../progress.ts'
import { readInstant } from '../../when.ts'
import { exitWith, type RecordedAnswer, recordedLine, recordedOf, recordOptions, withRecorder } from './record.ts'
import { openResumeFile } from './resume.ts'
import { scopeOf, scopeOptions } from './scope.ts'
import { type OwnedRow, sqlTable } from './sql-table.ts'

const fieldTypes = [
  'string',
  'number',
  'bigint',
  'boolean',
  'date',
  'json',
  'bytes',
  'any',
] as const satisfies readonly FieldType[]
const suites = ['KC-XAES-256-GCM', 'XAES-256-GCM'] as const satisfies readonly Suite[]

/** What `phi keys reencrypt --json` prints. */
export interface KeysReencryptAnswer extends Omit<ReencryptResult, 'keyIds' | 'after'>, RecordedAnswer {
  /** How many values the last pass met under each key, the most first. */
  readonly keyIds: Readonly<Record<string, number>>
}

/** A sealed column: as the database calls it, as its values are bound, and what it holds. */
interface SealedColumn {
  readonly column: string
  readonly boundAs: string
  readonly type: FieldType
}

/** `body`, `body:json`, `body=note_body:json` */
function readColumn(given: string): SealedColumn {
  const [, column = '', boundAs, type = 'string'] = /^([^=:]+)(?:=([^:]+))?(?::([a-z]+))?$/.exec(given) ?? []
  const known = fieldTypes.find((each) => each === type)
  if (column === '' || known === undefined) {
    throw cliError('PHI_CLI_USAGE', {
      detail: `the option --column takes a name, and after a colon one of ${fieldTypes.join(', ')}`,
    })
  }
  return { column, boundAs: boundAs ?? column, type: known }
}

interface Asked {
  readonly table: string
  readonly boundTable: string
  readonly id: string
  readonly columns: readonly SealedColumn[]
  readonly only: string | undefined
  readonly tenantColumn: string | undefined
  readonly subjectColumn: string | undefined
  readonly unboundRow: boolean
  readonly suite: Suite
  readonly alsoOpens: readonly Suite[]
  readonly plaintextUntil: string | undefined
}

function readAsked(input: Input, only: string | undefined): Asked {
  const tenantColumn = input.text('tenantColumn')
  if (only === undefined && tenantColumn === undefined)
    throw cliError('PHI_CLI_USAGE', { detail: 'with --all, --tenant-column has to say whose a row is' })
  const table = input.needed('table')
  const columns = input.all('column').map(readColumn)
  if (columns.length === 0) throw cliError('PHI_CLI_USAGE', { detail: 'the option --column is missing' })
  const suite = suites.find((each) => each === input.text('suite')) ?? 'KC-XAES-256-GCM'
  const until = input.text('plaintextUntil')
  const plaintextUntil = until === undefined ? undefined : readInstant(until)
  if (until !== undefined && plaintextUntil === undefined)
    throw cliError('PHI_CLI_USAGE', { detail: 'the option --plaintext-until takes an instant, 2027-01-01T00:00:00Z' })
  return {
    table,
    boundTable: input.text('boundTable') ?? table.split('.').at(-1) ?? table,
    id: input.needed('id'),
    columns,
    only,
    tenantColumn,
    subjectColumn: input.text('subjectColumn'),
    unboundRow: input.flag('unboundRow'),
    suite,
    alsoOpens: input.flag('otherSuite') ? suites.filter((each) => each !== suite) : [],
    plaintextUntil,
  }
}

/** The fields of each row, with keys as fresh as the batch. */
function fieldsFor(keyring: Keyring, asked: Asked) {
  const made = new Map<string, Promise<ColumnFields>>()
  const make = async (tenant: string, subject: string | null): Promise<ColumnFields> => {
    const load = { purposes: ['field'], create: false } as const
    const own = await keyring.tenant(tenant, load)
    const keys = subject === null ? own : await own.subject(subject, load)
    const { plaintextUntil } = asked
    const plaintext = plaintextUntil === undefined ? {} : { plaintext: { until: plaintextUntil, onPlaintext: () => {} } }
    const fields: Record<string, AnyField> = {}
    for (const { column, boundAs, type } of asked.columns) {
      const { boundTable: table, suite, alsoOpens } = asked
      const options = { table, column: boundAs, type, suite, alsoOpens, ...plaintext } as const
      fields[column] = asked.unboundRow ? keys.field({ ...options, unboundRow: true }) : keys.field(options)
    }
    return fields
  }
  return {
    of(row: OwnedRow): Promise<ColumnFields> {
      const tenant = (asked.tenantColumn === undefined ? asked.only : row.tenant) ?? ''
      const name = JSON.stringify([tenant, row.subject])
      const known = made.get(name) ?? make(tenant, row.subject)
      made.set(name, known)
      return known
    },
    /** Handles are made anew for each batch; what they stand on answers from memory while it is fresh. */
    refresh: async () => made.clear(),
  }
}

/** The key under which a single tenant's rows shall be: a process that has not heard of it is told so. */
async function keyOf(keyring: Keyring, { only, subjectColumn }: Asked): Promise<string | undefined> {
  if (only === undefined || subjectColumn !== undefined) return undefined
  const keys = await keyring.status(only)
  return keys.findLast(({ purpose, subject, state }) => purpose === 'field' && subject === null && state === 'active')?.id
}

async function run(input: Input, io: Io): Promise<Report> {
  const configured = await readConfig(io, input.text('config'))
  const only = scopeOf(input, configured.config)
  const asked = readAsked(input, only)
  const batchSize = input.whole('batch', { least: 1, most: 100_000 })
  const resume = await openResumeFile(io, input.text('resume'), toHex(sha256(utf8(JSON.stringify(asked)))))
  return withDatabase(io, input, configured, (db) =>
    withRecorder(io, input, configured, db, (recorder) => {
      const use = { ...(only === undefined ? {} : { only }), allowInsecure: input.flag('allowInsecure') }
      return withKeyring(io, configured, db, use, async ({ keyring }) => {
        const { reencrypt } = await import('@phi/envelope')
        const table = await sqlTable(db, {
          table: asked.table,
          id: asked.id,
          columns: asked.columns.map(({ column }) => column),
          ...(asked.tenantColumn === undefined ? {} : { tenantColumn: asked.tenantColumn }),
          ...(asked.subjectColumn === undefined ? {} : { subjectColumn: asked.subjectColumn }),
          ...(only === undefined ? {} : { only }),
        })
        const fields = fieldsFor(keyring, asked)
        const underKey = await keyOf(keyring, asked)
        const bar = progress(io, 'rows')
        let result: ReencryptResult
        try {
          result = await reencrypt({
            table,
            columns: asked.columns.map(({ column }) => column),
            fieldsOf: (row) => fields.of(row as OwnedRow),
            refresh: fields.refresh,
            signal: io.signal,
            ...(underKey === undefined ? {} : { underKey }),
            ...(batchSize === undefined ? {} : { batchSize }),
            ...(resume.after === undefined ? {} : { after: resume.after }),
            async onProgress({ readInPass, total, after }) {
              bar.at(readInPass, total === 0 ? undefined : total)
              if (after !== undefined) await resume.write(after)
            },
          })
        } finally {
          await bar.end()
        }
        if (result.stopped && result.after !== undefined) await resume.write(result.after)
        else if (!result.stopped) await resume.remove()
        const { keyIds, after, ...shown } = result
        if (result.written > 0 || !result.done) {
          await recorder.after({
            action: 'key-rotate',
            outcome: result.done ? 'success' : 'failure',
            resource: { type: 'Table', id: asked.table },
            details: {
              step: 'reencrypt',
              written: result.written,
              remaining: result.remaining ?? null,
              stopped: result.stopped,
            },
          })
        }
        const answer: KeysReencryptAnswer = {
          ...shown,
          keyIds: Object.fromEntries([...keyIds].sort(([a, m], [b, n]) => n - m || Number(a > b) - Number(a < b))),
          ...recordedOf(recorder),
        }
        return {
          exit: exitWith(recorder, result.done ? 'ok' : result.stopped ? 'interrupted' : 'finding'),
          json: answer,
          text: (paint, columns) => text(answer, input.has('resume'), recordedLine(recorder, columns), paint, columns),
        }
      })
    }),
  )
}

function text(answer: KeysReencryptAnswer, hasResume: boolean, recorded: string, paint: Paint, columns: number): string {
  const { done, stopped, written, read, passes, conflicts, sealedPlaintext, failed, remaining, keyIds } = answer
  const head = done
    ? paint.good(wrapped(`Every value is under the active key: ${amount(written, 'row')} sealed anew.`, columns))
    : stopped
      ? paint.warn(`Stopped: ${amount(written, 'row')} sealed anew so far.`)
      : paint.bad(
          wrapped(
            `${amount(remaining ?? 0, 'value')} could not be sealed anew, and ${remaining === 1 ? 'is' : 'are'} as before; ${amount(written, 'row')} sealed anew.`,
            columns,
          ),
        )
  const figures = [
    ['rows read', counted(read)],
    ['passes', counted(passes)],
    ['changed by others meanwhile', counted(conflicts)],
    ...(sealedPlaintext > 0 ? [['plaintext that is sealed now', counted(sealedPlaintext)]] : []),
    ...failed.map(({ code, count }) => [code, counted(count)]),
    ...Object.entries(keyIds).map(([id, count]) => [`values under ${id} in the last pass`, counted(count)]),
  ]
  const parts = [head, aligned(figures, { right: [1] })]
  if (stopped) {
    parts.push(
      wrapped(
        hasResume
          ? 'The same command with the same --resume goes on there.'
          : 'The same command goes on: rows that are done are only read. With --resume <file> it would not read them again.',
        columns,
      ),
    )
  } else if (!done)
    parts.push(wrapped('scanSealed of @phi/envelope names the rows, and says what is wrong with each.', columns))
  if (written > 0 || !done) parts.push(recorded)
  return parts.join('\n\n')
}

export const keysReencrypt: CommandSpec = {
  path: ['keys', 'reencrypt'],
  summary: 'Seal the values of a table anew under the active key',
  about: [
    'Walks through a table and seals anew what is not under the active key: after phi keys rotate, or while old plaintext is being sealed. Each row is one compare-and-swap, so it runs beside the service, and can be stopped and run again at any time. It ends when a whole pass has found nothing left.',
    'Values are bound to the names of table and column, to the row and to the type of the field. Say them as the service declares them: what does not open is counted and left as it is, and never written over.',
    'The login needs SELECT and UPDATE on the table, and has to see its rows through row security. The key of the table is one column, and its text is the row id. Tables with keys of several columns are for reencrypt of @phi/envelope.',
    'Before a key is revoked, wait 15 minutes (cache.maxAgeMs of the services) after its rotation, and let this command end well for every table that is sealed under it. Backups of the table stay under the old key.',
  ].join('\n\n'),
  options: [
    {
      flags: '--table <name>',
      about: 'The table, with its schema where it is not on the search path: clinical.note.',
      required: true,
    },
    { flags: '--id <column>', about: 'The column of its primary key.', required: true },
    {
      flags: '--column <name...>',
      about: `A sealed column: body, with its type body:json where that is not string, and with the name under which it is bound where it was renamed, body=text:json. Types: ${fieldTypes.join(', ')}.`,
      required: true,
    },
    ...scopeOptions,
    { flags: '--tenant-column <column>', about: 'Says whose a row is. Without it, all rows are of --tenant.' },
    { flags: '--subject-column <column>', about: 'Says which patient’s own keys a row is sealed with. Null: the tenant’s.' },
    { flags: '--bound-table <name>', about: 'The name of the table in the service’s fields, where it is another.' },
    { flags: '--unbound-row', about: 'The fields are declared unboundRow.' },
    { flags: '--suite <suite>', about: 'The suite of the fields.', choices: suites, default: 'KC-XAES-256-GCM' },
    { flags: '--other-suite', about: 'Values of the other suite are opened, and sealed anew in this one.' },
    { flags: '--plaintext-until <instant>', about: 'Seal old plaintext too; refused from this instant on.' },
    { flags: '--batch <rows>', about: 'Rows read at a time. Default: 500.' },
    {
      flags: '--resume <file>',
      about: 'Notes how far the run is, and goes on there if the file exists. Removed at the end. It holds the key of a row.',
      kind: 'file',
    },
    ...recordOptions,
    ...databaseOptions,
  ],
  examples: [
    {
      run: 'phi keys reencrypt --tenant clinic-a --table note --id id --column body',
      about: 'One column of a table of one tenant.',
    },
    {
      run: 'phi keys reencrypt --all --table note --id id --column body --column codes:json --tenant-column tenant --resume note.resume',
      about: 'All tenants, two columns, and able to go on.',
    },
  ],
  exits: ['ok', 'finding', 'interrupted'],
  run,
}
