import type { Change, PolicyDiff, RelationChange } from '@phi/rbac/analysis'
import type { CommandSpec, Report } from '../../command.ts'
import { cliError } from '../../errors.ts'
import type { Input } from '../../input.ts'
import { blocking, type Io } from '../../io.ts'
import { amount } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { progress } from '../../progress.ts'
import type { SarifRun } from '../../sarif.ts'
import { entry, part, placeOf } from './page.ts'
import { isModule } from './policy-module.ts'
import { policyOptions, type ReadPolicy, readPolicy } from './read-policy.ts'

const EXITS = ['ok', 'finding', 'unknown'] as const

async function run(input: Input, io: Io): Promise<Report> {
  const [older = '', newer = ''] = input.operands
  const isMarkdown = input.flag('markdown')
  if (isMarkdown && input.format !== 'text') throw cliError('PHI_CLI_USAGE', { detail: '--markdown is a form of text' })
  const name = input.text('export')
  if (name !== undefined && !isModule(older) && !isModule(newer))
    throw cliError('PHI_CLI_USAGE', { detail: 'the option --export is for modules, not for JSON' })
  const before = await readPolicy(io, older, '<old>', isModule(older) ? name : undefined)
  const after = await readPolicy(io, newer, '<new>', isModule(newer) ? name : undefined)
  const { diffPolicies, exitCode, renderMarkdown } = await import('@phi/rbac/analysis')
  const bar = progress(io, 'actions on types compared')
  let diff: PolicyDiff
  try {
    diff = blocking(io, () => diffPolicies(before.policy, after.policy, { onProgress: ({ done, of }) => bar.at(done, of) }))
  } finally {
    await bar.end()
  }
  return {
    exit: EXITS[exitCode(diff, { strict: input.flag('strict') })],
    json: diff,
    text: (paint, columns) =>
      isMarkdown ? renderMarkdown(diff).trimEnd() : textOf(diff, { paint, columns, isWithExamples: input.flag('examples') }),
    sarif: sarifOf(diff, after),
  }
}

interface View {
  readonly paint: Paint
  readonly columns: number
  readonly isWithExamples: boolean
}

const WORDS = { widened: 'Widened', mixed: 'Exchanged', narrowed: 'Narrowed' } as const
const DIRECTIONS = ['widened', 'mixed', 'narrowed'] as const

const cellsText = (cells: number): string =>
  cells < 1e6 ? amount(cells, 'cell') : `about ${cells.toPrecision(3).replace('e+', ' x 10^')} cells`

function summaryOf({ before, after, changes, relations, undecided, cells }: PolicyDiff): string {
  const counts = DIRECTIONS.filter((each) => cells[each] > 0).map(
    (each) => `${cellsText(cells[each])} ${WORDS[each].toLowerCase()}`,
  )
  const more = relations.length === 0 ? [] : [`${amount(relations.length, 'relation')} changed`]
  const said = changes.length + relations.length === 0 ? 'no cell changed' : [...counts, ...more].join(', ')
  const unknown = undecided.length === 0 ? '' : `; ${amount(undecided.length, 'place')} cannot be told`
  return `${before.id} ${before.version} to ${after.id === before.id ? '' : `${after.id} `}${after.version}: ${said}${unknown}.`
}

function textOf(diff: PolicyDiff, { paint, columns, isWithExamples }: View): string {
  const widens = [...diff.changes, ...diff.relations].some(({ direction }) => direction !== 'narrowed')
  const tone = widens ? paint.bad : diff.undecided.length > 0 ? paint.warn : paint.good
  const ofChange = (each: Change) =>
    entry(cellsText(each.cells), [each.brief, isWithExamples ? `For example: ${JSON.stringify(each.example)}` : ''], columns)
  const ofRelation = ({ text }: RelationChange) => entry(text, [], columns)
  return [
    tone(summaryOf(diff)),
    ...names('Added', diff.added, columns),
    ...names('Removed', diff.removed, columns),
    ...DIRECTIONS.flatMap((direction) =>
      part(WORDS[direction], [
        ...diff.changes.filter((each) => each.direction === direction).map(ofChange),
        ...diff.relations.filter((each) => each.direction === direction).map(ofRelation),
      ]),
    ),
    ...part(
      'Cannot be told',
      diff.undecided.map(({ type, action, problem }) => entry(`${action} ${type}`, [problem], columns)),
    ),
  ].join('\n')
}

function names(title: string, all: PolicyDiff['added'], columns: number): readonly string[] {
  const rows = Object.entries(all).filter(([, list]) => list.length > 0)
  return rows.length === 0
    ? []
    : entry(
        title,
        rows.map(([what, list]) => `${what} ${(list as readonly string[]).join(', ')}`),
        columns,
      )
}

function sarifOf(diff: PolicyDiff, { file, lineOf }: ReadPolicy): SarifRun {
  const level = { widened: 'error', mixed: 'error', narrowed: 'note' } as const
  return {
    rules: [
      { id: 'policy-widened', meaning: 'the new policy allows more than the old one' },
      { id: 'policy-mixed', meaning: 'the new policy allows more in one respect and less in another' },
      { id: 'policy-narrowed', meaning: 'the new policy allows less than the old one' },
      { id: 'policy-undecided', meaning: 'what the change comes to cannot be told' },
    ],
    results: [
      ...[...diff.changes, ...diff.relations].map((each) => ({
        ...{
          rule: `policy-${each.direction}`,
          level: level[each.direction],
          message: 'brief' in each ? each.brief : each.text,
        },
        ...placeOf(file, lineOf(`/resources/${each.type}`) ?? 1),
      })),
      ...diff.undecided.map(({ type, action, problem }) => ({
        ...({ rule: 'policy-undecided', level: 'warning', message: `${action} ${type}: ${problem}` } as const),
        ...placeOf(file, lineOf(`/resources/${type}`) ?? 1),
      })),
    ],
  }
}

export const policyDiff: CommandSpec = {
  path: ['policy', 'diff'],
  summary: 'Say what a change of a policy widens and narrows',
  about: `Compares two policies in every cell of both decision tables: who may now do what, sees more or fewer fields, owes more or
less. The answer is exact, and what is only said in other words is no change.

A cell is one role, one action on one type, and one way in which all the conditions about it can come out. A build should fail on exit
code 1 until somebody has read what widened. Where too many conditions depend on each other, the place is listed as one that cannot be
told, and the exit code is never 0.`,
  operands: [
    { name: 'old', about: 'The policy as it was; - for standard input.', kind: 'file' },
    { name: 'new', about: 'The policy as it is to be; - for standard input.', kind: 'file' },
  ],
  options: [
    policyOptions[1],
    { flags: '--strict', about: 'What narrows is a finding, too.' },
    { flags: '--examples', about: 'Show a request for each change. Its values stand for others.' },
    { flags: '--markdown', about: 'As Markdown for a pull request.' },
  ],
  examples: [
    { run: 'git show main:policy.json | phi policy diff - policy.json', about: 'What this branch changes.' },
    { run: 'phi policy diff old.json new.json --markdown > comment.md', about: 'For a pull request.' },
  ],
  exits: ['ok', 'finding', 'unknown'],
  sarif: true,
  run,
}
