import type { AssessmentStatus, DispositionPlan, PlanOptions } from '@phi/retention'
import type { CommandSpec } from '../../command.ts'
import { readConfig } from '../../config.ts'
import { cliError } from '../../errors.ts'
import type { ExitName } from '../../exit-codes.ts'
import { writeWhole } from '../../files.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { aligned, amount, counted, wrapLines } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { progress } from '../../progress.ts'
import { dayOf, momentOptions } from '../../when.ts'
import { lineStore, readHoldFile } from './record-lines.ts'
import { onDatabase, retentionFileOf, scheduleOptions } from './schedule.ts'
import { statusWords } from './statuses.ts'

/** What `phi retention plan --json` prints. The plan itself goes to `--out`. */
export interface PlanAnswer {
  /** What `phi retention run --confirm` asks for: a hash of everything in the plan. */
  readonly plan: string
  readonly policy: string
  readonly today: string
  readonly plannedBy: string
  readonly approvals: DispositionPlan['approvals']
  /** All records that were looked at, of a database all of the tenant. */
  readonly records: number
  readonly byStatus: Readonly<Partial<Record<AssessmentStatus, number>>>
  readonly planned: number
  /** Whether every disposable record is in the plan; false where --limit left some. */
  readonly complete: boolean
  readonly groups: readonly {
    readonly kind: string
    readonly rules: readonly { rule: string; citation: string }[]
    readonly records: number
  }[]
  readonly conflicts: DispositionPlan['conflicts']
  readonly needsSignOff: DispositionPlan['needsSignOff']
  readonly holds: DispositionPlan['holds']
  readonly out: string | null
}

const LISTED = 20

const head = ({ planned, byStatus, records }: PlanAnswer): string => {
  if (records === 0) return 'There was no record to look at.'
  const more = [
    ...(byStatus.conflict ? [`${amount(byStatus.conflict, 'is', 'are')} in conflict`] : []),
    ...(byStatus.unknown ? [`of ${counted(byStatus.unknown)} it is not known`] : []),
    ...(byStatus.held ? [`${amount(byStatus.held, 'is', 'are')} held`] : []),
  ]
  return `${[`${amount(planned, 'record')} may be disposed of`, ...more].join('; ')}.`
}

function planText(answer: PlanAnswer, paint: Paint, columns: number): string {
  const { byStatus, records, today, policy, groups, conflicts, needsSignOff, plan, out, approvals, complete, planned } = answer
  const colour = byStatus.conflict ? paint.bad : byStatus.unknown || records === 0 ? paint.warn : paint.good
  const statuses = (Object.keys(statusWords) as AssessmentStatus[]).filter((each) => byStatus[each])
  const roles = approvals.roles.length === 0 ? '' : ` in the role ${approvals.roles.join(' or ')}`
  return [
    ...wrapLines(head(answer), columns).map(colour),
    ...wrapLines(`${amount(records, 'record')}, as of ${today}, by ${policy}.`, columns),
    ...(statuses.length === 0
      ? []
      : [
          '',
          aligned(
            statuses.map((each) => [counted(byStatus[each] ?? 0), each, statusWords[each]]),
            { right: [0] },
          ),
        ]),
    ...(groups.length === 0 ? [] : ['', paint.strong('What would go')]),
    ...groups.flatMap(({ kind, rules, records: count }) =>
      wrapLines(
        `${amount(count, kind, kind)}, kept until now by ${rules.map(({ rule, citation }) => `${rule} (${citation})`).join(', ')}`,
        columns,
        '  ',
        '      ',
      ),
    ),
    ...(complete ? [] : wrapLines('The limit left further records for the next plan.', columns, '  ')),
    ...(conflicts.total === 0 ? [] : ['', paint.strong('In conflict: somebody has to look at each')]),
    ...conflicts.listed.slice(0, LISTED).flatMap(({ id, kind, why, ceiling, keepThrough, keptBy, holds }) => {
      const by = [...keptBy.map(({ rule, citation }) => `${rule} (${citation})`), ...holds.map((each) => `hold ${each}`)]
      const until = ceiling === null ? '' : `; delete by ${ceiling.deleteBy} by ${ceiling.rule} (${ceiling.citation})`
      const kept = by.length === 0 ? '' : `; kept${keepThrough === null ? '' : ` through ${keepThrough}`} by ${by.join(', ')}`
      return wrapLines(`${id} (${kind}): ${why}${until}${kept}`, columns, '  ', '      ')
    }),
    ...(conflicts.total > LISTED ? [`  and ${counted(conflicts.total - LISTED)} more`] : []),
    ...(needsSignOff.length === 0 ? [] : ['', paint.strong('Waiting for a signature under these rules')]),
    ...needsSignOff.flatMap(({ rules, records: count }) =>
      wrapLines(`${amount(count, 'record')}: ${rules.join(', ')}`, columns, '  ', '      '),
    ),
    ...(planned === 0
      ? []
      : [
          '',
          `Plan ${paint.strong(plan)}`,
          ...wrapLines(
            `Nothing was deleted. ${amount(approvals.required, 'person', 'people')}${roles}, none of them ${answer.plannedBy}, must approve it${approvals.signed ? ' with signatures' : ''}; then phi retention run carries it out.${out === null ? ' It was not written: give --out to keep it.' : ` It was written to ${out}.`}`,
            columns,
          ),
        ]),
  ].join('\n')
}

function exitOf({ byStatus, records }: PlanAnswer): ExitName {
  if (byStatus.conflict) return 'finding'
  // No record at all is how a tenant looks that was mistyped, or an export that came out empty.
  return byStatus.unknown || records === 0 ? 'unknown' : 'ok'
}

interface Planned {
  readonly plan: DispositionPlan
  readonly records: number
  readonly byStatus: PlanAnswer['byStatus']
}

/** What the database says of all records, with those that it left open as the schedule judged them one by one. */
async function ofDatabase(io: Io, input: Input, options: PlanOptions): Promise<Planned> {
  const configured = await readConfig(io, input.text('config'))
  return onDatabase(io, input, configured, options.today, async ({ db, tenant, tables, policy }) => {
    const [{ retentionPlanner }, { plan }] = await Promise.all([import('@phi/postgres'), import('@phi/retention')])
    const planner = retentionPlanner(db, { tenant, tables, policy })
    const overview = await planner.overview({ today: options.today })
    const made = await plan(planner.candidates({ today: options.today }), policy, options)
    // Of other kinds nothing is counted; a record without a kind may be of any.
    const counts = overview.counts.filter(
      ({ kind }) => options.kinds === undefined || kind === null || options.kinds.includes(kind),
    )
    const byStatus: Partial<Record<AssessmentStatus, number>> = {}
    for (const { status, records } of counts) {
      // These are the candidates, of which the plan says more.
      if (status !== 'disposable' && status !== 'needs-assessment') byStatus[status] = (byStatus[status] ?? 0) + records
    }
    for (const [status, count] of Object.entries(made.counts.byStatus) as [AssessmentStatus, number][]) {
      byStatus[status] = (byStatus[status] ?? 0) + count
    }
    return { plan: made, records: counts.reduce((sum, { records }) => sum + records, 0), byStatus }
  })
}

async function ofFile(io: Io, input: Input, file: string, options: PlanOptions): Promise<Planned> {
  if (input.has('tenant') || input.has('embedded') || input.has('databaseFrom')) {
    throw cliError('PHI_CLI_USAGE', { detail: 'give a file of records, or a database, and not both' })
  }
  const { policy } = await retentionFileOf(io, input, await readConfig(io, input.text('config')), options.today)
  if (policy === undefined) throw cliError('PHI_CLI_NOT_CONFIGURED', { path: '--schedule', detail: 'no schedule is named' })
  const holds = await readHoldFile(io, input.text('holds'))
  const { plan } = await import('@phi/retention')
  const store = lineStore(io, file, holds)
  let made: DispositionPlan
  try {
    made = await plan(store, policy, options)
  } finally {
    await store.close()
  }
  return { plan: made, records: made.counts.assessed, byStatus: made.counts.byStatus }
}

export const planCommand: CommandSpec = {
  path: ['retention', 'plan'],
  summary: 'Plan disposal: what may go, what is held, and what nobody can say',
  about: `A dry run: asks the schedule and the holds about every record, counts, and lists what may be deleted. Nothing is changed. The plan is a document with a hash of everything in it; people approve that hash, and "phi retention run" carries it out.

Records come from JSON lines (one record with its facts a line; - is standard input), or from the tables of the database that the retention file maps. A long file is read as a stream; more than 200,000 records must come in the order of their ids. A plan of a file shows what may go; it can be carried out by a program that has these records, and not by this command, which deletes rows of mapped tables only.

What is not known is never disposable, and neither is what rests on rows of law that nobody signed off. A record that should be gone by one rule and must stay by another is a conflict, for people to look at. The plan holds ids of records: keep it as you keep the records.`,
  operands: [
    {
      name: 'records',
      about: 'JSON lines with records. Default: the mapped tables of the database.',
      optional: true,
      kind: 'file',
    },
  ],
  options: [
    ...scheduleOptions,
    ...momentOptions,
    { flags: '--planned-by <name>', about: 'Who plans. They cannot approve the plan.', required: true },
    { flags: '--approvals <count>', about: 'How many different people must approve. Default: 2.' },
    {
      flags: '--role <role...>',
      about: 'A role in which they may approve. Default: any.',
      many: true,
    },
    { flags: '--signed', about: 'Approvals count only when they are signed with a key of that person.' },
    { flags: '--kind <kind...>', about: 'Only records of this kind.', many: true },
    { flags: '--limit <count>', about: 'The most records to plan for deletion. All are counted.' },
    { flags: '--holds <file>', about: 'With a file of records: JSON with the facts about holds.', kind: 'file' },
    { flags: '--out <file>', about: 'Write the plan to this file.', kind: 'file' },
  ],
  examples: [
    {
      run: 'phi retention plan records.jsonl --schedule retention.json --at 2026-12-01 --planned-by "A. Records"',
      about: 'What may go of the records of a file.',
    },
    {
      run: 'phi retention plan --tenant clinic-a --zone America/New_York --planned-by "A. Records" --out plan.json',
      about: 'A plan of the mapped tables, to approve and carry out.',
    },
  ],
  exits: ['ok', 'finding', 'unknown', 'interrupted'],
  run: async (input, io) => {
    const today = await dayOf(io, input)
    const required = input.whole('approvals', { least: 1, most: 10 })
    const limit = input.whole('limit', { least: 1 })
    const kinds = input.all('kind')
    const bar = progress(io, 'records read')
    const options: PlanOptions = {
      today,
      plannedBy: input.needed('plannedBy'),
      approvals: {
        ...(required !== undefined && { required }),
        roles: input.all('role'),
        signed: input.flag('signed'),
      },
      ...(kinds.length > 0 && { kinds }),
      ...(limit !== undefined && { limit }),
      onProgress: ({ read }) => bar.at(read),
      signal: io.signal,
    }
    const [file] = input.operands
    if (file === undefined && input.has('holds')) {
      throw cliError('PHI_CLI_USAGE', { detail: '--holds goes with a file of records: the database keeps its own' })
    }
    let found: Planned
    try {
      found = file === undefined ? await ofDatabase(io, input, options) : await ofFile(io, input, file, options)
    } finally {
      await bar.end()
    }
    const { plan, records, byStatus } = found
    const out = input.text('out')
    if (out !== undefined) await writeWhole(io, out, '--out', `${JSON.stringify(plan)}\n`, { secret: true })
    const answer: PlanAnswer = {
      plan: plan.id,
      policy: plan.policy,
      today,
      plannedBy: plan.plannedBy,
      approvals: plan.approvals,
      records,
      byStatus,
      planned: plan.counts.planned,
      complete: plan.complete,
      groups: plan.groups.map(({ kind, rules, ids }) => ({ kind, rules, records: ids.length })),
      conflicts: plan.conflicts,
      needsSignOff: plan.needsSignOff,
      holds: plan.holds,
      out: out ?? null,
    }
    return { exit: exitOf(answer), json: answer, text: (paint, columns) => planText(answer, paint, columns) }
  },
}
