import { isPhiError, type PhiError } from '@phi/core'
import type { Policy } from '@phi/rbac'
import type { Analysis, Finding, Separation, SeparationReport, Severity } from '@phi/rbac/analysis'
import type { CommandSpec, Report } from '../../command.ts'
import { cliError } from '../../errors.ts'
import type { ExitName } from '../../exit-codes.ts'
import type { Input } from '../../input.ts'
import { blocking, type Io } from '../../io.ts'
import { amount } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { progress } from '../../progress.ts'
import type { SarifRun } from '../../sarif.ts'
import { entry, lineText, part, placeOf } from './page.ts'
import { lineOfRule, type PolicySource, policyOptions, policyPath, policySource } from './read-policy.ts'

/** What `phi policy check --json` prints. */
export interface PolicyCheckAnswer {
  /** Null where the policy is not valid. */
  readonly policy: { readonly id: string; readonly version: string; readonly hash: string } | null
  readonly findings: readonly CheckFinding[]
  /** What cannot be told, as too many conditions depend on each other. */
  readonly undecided: readonly { readonly what: string; readonly problem: string }[]
  readonly counts: { readonly [Each in Severity]: number }
}

/** Codes of `findingCodes`, and those of this command: see `ownCodes`. */
export interface CheckFinding extends Omit<Finding, 'code'> {
  readonly code: string
  /** Of the policy's JSON, from 1. */
  readonly line?: number
}

const ownCodes = {
  'invalid-policy': 'a policy that has not the documented form, or whose parts do not fit together',
  'repeated-key': 'a key that stands twice in one object: readers differ in which of the two counts',
  'separation-of-duties': 'a role that can do all of what nobody should do both of',
  'separation-by-roles': 'roles that together can do what nobody should do both of',
} as const

const SEVERITIES = ['error', 'warning', 'info'] as const
/** `info` is for the record; in the words of the options and of SARIF it is a note. */
const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const

async function run(input: Input, io: Io): Promise<Report> {
  const separations = separationsOf(input)
  const path = await policyPath(io, input, input.operands[0])
  const source = await policySource(io, path, '<file>', input.text('export'))
  const answer = await checked(io, source, separations)
  const { findingCodes } = await import('@phi/rbac/analysis')
  return {
    exit: exitOf(answer, input.text('failOn') ?? 'warning'),
    json: answer,
    text: (paint, columns) => textOf(answer, { paint, columns, isWithNotes: input.flag('notes') }),
    sarif: sarifOf(answer, source.file, { ...findingCodes, ...ownCodes }),
  }
}

/** `approve:Claim,create:Claim` */
function separationsOf(input: Input): readonly Separation[] {
  const words = (text: string): readonly string[] => text.split(',').map((each) => each.trim())
  const duties = input.all('separate').map((text) => ({
    id: text,
    duties: words(text).map((each) => {
      const [action = '', type = '', ...rest] = each.split(':')
      if (action === '' || type === '' || rest.length > 0)
        throw cliError('PHI_CLI_USAGE', {
          detail: 'the option --separate takes two duties or more, as action:Type,action:Type',
        })
      return { action, type }
    }),
  }))
  return [...duties, ...input.all('separateRoles').map((text) => ({ id: text, roles: words(text) }))]
}

async function checked(io: Io, source: PolicySource, separations: readonly Separation[]): Promise<PolicyCheckAnswer> {
  const repeated = (source.places?.repeated ?? []).map(
    (line): CheckFinding => ({ code: 'repeated-key', severity: 'error', message: 'a key stands twice', places: [], line }),
  )
  const { parsePolicy, policyHash } = await import('@phi/rbac')
  let policy: Policy
  try {
    policy = parsePolicy(source.value)
  } catch (error) {
    if (!isPhiError(error, 'PHI_RBAC_POLICY')) throw error
    return answerOf(null, [await invalid(error, source), ...repeated], [])
  }
  const { analysis, separation } = await analysed(io, policy, separations)
  const lineOf = (pointer: string) => source.places?.lineOf(pointer)
  const placed = analysis.findings.map((each): CheckFinding => {
    const line =
      lineOfRule({ policy, lineOf }, each.rule) ?? (each.role === undefined ? undefined : lineOf(`/roles/${each.role}`))
    return line === undefined ? each : { ...each, line }
  })
  const breaches = separation.breaches.map(
    ({ by, message }): CheckFinding =>
      by === 'role'
        ? { code: 'separation-of-duties', severity: 'error', message, places: [] }
        : { code: 'separation-by-roles', severity: 'info', message: `${message}; give nobody both`, places: [] },
  )
  const undecided = [
    ...analysis.undecided.map(({ type, action, problem }) => ({
      what: type === '*' ? 'purposes' : `${action} ${type}`,
      problem,
    })),
    ...separation.undecided.map(({ id, problem }) => ({ what: `separation ${id}`, problem })),
  ]
  return answerOf(
    { id: policy.id, version: policy.version, hash: policyHash(policy) },
    [...repeated, ...breaches, ...placed],
    undecided,
  )
}

function answerOf(
  policy: PolicyCheckAnswer['policy'],
  findings: readonly CheckFinding[],
  undecided: PolicyCheckAnswer['undecided'],
): PolicyCheckAnswer {
  const count = (severity: Severity) => findings.filter((each) => each.severity === severity).length
  return {
    policy,
    findings: SEVERITIES.flatMap((severity) => findings.filter((each) => each.severity === severity)),
    undecided,
    counts: { error: count('error'), warning: count('warning'), info: count('info') },
  }
}

async function analysed(
  io: Io,
  policy: Policy,
  separations: readonly Separation[],
): Promise<{ analysis: Analysis; separation: SeparationReport }> {
  const { analyse, separationOfDuties } = await import('@phi/rbac/analysis')
  const bar = progress(io, 'actions on types analysed')
  try {
    return blocking(io, () => ({
      analysis: analyse(policy, { onProgress: ({ done, of }) => bar.at(done, of) }),
      separation: separationOfDuties(policy, separations),
    }))
  } finally {
    await bar.end()
  }
}

/** What is wrong with the form or the fit, in the words of the schema, with the line where it is known. */
async function invalid(error: PhiError, { value, places }: PolicySource): Promise<CheckFinding> {
  const { parsePolicy, policySchema } = await import('@phi/rbac')
  // The message stands as it is but for what to do, which the code says.
  const message = error.message.replace(` ${error.remedy}`, '').replace(/\.$/, '')
  const about = { code: 'invalid-policy', severity: 'error', places: [] } as const
  const issue = shapeIssue(() => policySchema.safeParse(value).error?.issues[0]?.path)
  const rule = issue === undefined ? faultyRule(value, parsePolicy) : undefined
  const pointer =
    issue?.map((key) => `/${pointerKey(String(key))}`).join('') ?? (rule === undefined ? undefined : `/rules/${rule}`)
  return {
    ...about,
    message: rule === undefined ? message : `${message}; it is rule ${rule + 1} of the list`,
    ...(places === undefined || pointer === undefined ? {} : { line: places.lineOf(pointer) }),
  }
}

/** The first rule with which the policy is not valid any more, from 0. None where it is not valid without rules either. */
function faultyRule(value: unknown, parse: (value: unknown) => unknown): number | undefined {
  const { rules } = value as { rules?: unknown }
  if (!Array.isArray(rules)) return undefined
  const isValid = (count: number): boolean => {
    try {
      parse({ ...(value as object), rules: rules.slice(0, count) })
      return true
    } catch {
      return false
    }
  }
  if (!isValid(0)) return undefined
  // What is wrong with a rule stays wrong whatever follows it.
  let [good, bad] = [0, rules.length]
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (isValid(middle)) good = middle
    else bad = middle
  }
  return bad - 1
}

const pointerKey = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

/** What is nested without end is refused by parsePolicy, and would exhaust the stack here. */
function shapeIssue(find: () => readonly PropertyKey[] | undefined): readonly PropertyKey[] | undefined {
  try {
    return find()
  } catch {
    return undefined
  }
}

function exitOf({ findings, undecided }: PolicyCheckAnswer, failOn: string): ExitName {
  const weights = SEVERITIES.slice(0, SEVERITIES.findIndex((each) => LEVELS[each] === failOn) + 1)
  if (findings.some(({ severity }) => (weights as readonly string[]).includes(severity))) return 'finding'
  return undecided.length > 0 ? 'unknown' : 'ok'
}

interface View {
  readonly paint: Paint
  readonly columns: number
  readonly isWithNotes: boolean
}

function textOf({ policy, findings, undecided, counts }: PolicyCheckAnswer, { paint, columns, isWithNotes }: View): string {
  const entries = (severity: Severity) =>
    findings
      .filter((each) => each.severity === severity)
      .map(({ code, message, line, places }) => {
        const where = places.map(({ action, type }) => `${action} ${type}`).join(', ')
        return entry(
          [code, lineText(line)].filter((each) => each !== '').join(', '),
          [message, where === '' ? '' : `At: ${where}`],
          columns,
        )
      })
  const said = `${amount(counts.error, 'error')}, ${amount(counts.warning, 'warning')}, ${amount(counts.info, 'note')}`
  const name = policy === null ? 'The policy is not valid' : `${policy.id} ${policy.version}`
  const tone = counts.error > 0 ? paint.bad : counts.warning + undecided.length > 0 ? paint.warn : paint.good
  return [
    `${paint.strong(name)}: ${tone(said)}${undecided.length === 0 ? '' : `; ${amount(undecided.length, 'place')} cannot be told`}.`,
    ...part('Errors', entries('error')),
    ...part('Warnings', entries('warning')),
    ...part(
      'Cannot be told',
      undecided.map(({ what, problem }) => entry(what, [problem], columns)),
    ),
    ...(isWithNotes ? part('Notes', entries('info')) : counts.info > 0 ? ['', 'Notes are shown with --notes.'] : []),
  ].join('\n')
}

function sarifOf(
  { findings, undecided }: PolicyCheckAnswer,
  file: string,
  meanings: Readonly<Record<string, string>>,
): SarifRun {
  const used = [...new Set(findings.map(({ code }) => code))]
  return {
    rules: [
      ...used.map((id) => ({ id, meaning: meanings[id] ?? id })),
      ...(undecided.length === 0 ? [] : [{ id: 'undecided', meaning: 'a part of the policy that cannot be analysed' }]),
    ],
    results: [
      ...findings.map(({ code, severity, message, line }) => ({
        ...{ rule: code, level: LEVELS[severity], message },
        ...placeOf(file, line ?? 1),
      })),
      ...undecided.map(({ what, problem }) => ({
        ...({ rule: 'undecided', level: 'warning', message: `${what}: ${problem}` } as const),
        ...placeOf(file, 1),
      })),
    ],
  }
}

export const policyCheck: CommandSpec = {
  path: ['policy', 'check'],
  summary: 'Look for what is wrong with a policy',
  about: `Reads a policy and says what is wrong with it: rules that can never apply, that forbids always stand in front of or that
change nothing; overrides that never open; forbids that open when an attribute was not loaded; roles, views and overrides that nothing
uses; and, with --separate, roles that can do what nobody should do both of.

What it says about rules is exact: it rests on the whole decision table, not on samples. It does not say whether the policy is the one that
you want: write tests for that, see phi policy test.

A policy is JSON, or a module that exports one. A module is run: give only those that you would run yourself. TypeScript needs Node 22.18 or
later, or NODE_OPTIONS="--import tsx".`,
  operands: [
    {
      name: 'file',
      about: 'The policy; - for standard input. Default: that of the configuration.',
      optional: true,
      kind: 'file',
    },
  ],
  options: [
    policyOptions[1],
    {
      flags: '--fail-on <level>',
      about: 'From which weight on a finding makes the exit code 1.',
      choices: ['error', 'warning', 'note'],
      default: 'warning',
    },
    {
      flags: '--separate <duties>',
      about: 'Duties that one person should not have together, as create:Claim,approve:Claim.',
      many: true,
    },
    { flags: '--separate-roles <roles>', about: 'Roles that no role should join, as billing,auditor.', many: true },
    { flags: '--notes', about: 'Show what is for the record, too.' },
  ],
  examples: [
    { run: 'phi policy check policy.json', about: 'Before a change is merged.' },
    {
      run: 'phi policy check policy.json --separate create:Claim,approve:Claim --format sarif > policy.sarif',
      about: 'For code scanning, with a separation of duties.',
    },
  ],
  exits: ['ok', 'finding', 'unknown'],
  sarif: true,
  run,
}
