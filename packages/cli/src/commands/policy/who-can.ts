import { isPhiError, isPurposeOfUse } from '@phi/core'
import type { Obligation } from '@phi/rbac'
import type { Access, RoleAccess, WhoCan, WhoCanQuestion } from '@phi/rbac/analysis'
import type { CommandSpec, Report } from '../../command.ts'
import { cliError } from '../../errors.ts'
import { readJson } from '../../files.ts'
import type { Input } from '../../input.ts'
import { blocking, type Io } from '../../io.ts'
import { wrapLines } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { entry } from './page.ts'
import { policyOf, policyOptions } from './read-policy.ts'

/** What `phi policy who-can --json` prints. */
export interface WhoCanAnswer {
  readonly policy: { readonly id: string; readonly version: string }
  readonly action: string
  readonly type: string
  /** Null where the policy is too large there for an exact answer: nobody may be taken to be kept out. */
  readonly answer: WhoCan | null
  /** With `--only`: who can beside those. Null stands for somebody without a role. */
  readonly unexpected?: readonly (string | null)[]
  readonly problem?: string
}

async function run(input: Input, io: Io): Promise<Report> {
  const [action = '', type = ''] = input.operands
  const { policy } = await policyOf(io, input)
  if (!policy.actions.includes(action)) throw unknownWord('an action')
  if (!Object.hasOwn(policy.resources, type)) throw unknownWord('a type')
  const only = input.all('only')
  if (!only.every((role) => Object.hasOwn(policy.roles, role))) throw unknownWord('a role')
  const question = await questionOf(io, input, action, type)
  const about = { policy: { id: policy.id, version: policy.version }, action, type }
  const { whoCan } = await import('@phi/rbac/analysis')
  let who: WhoCan
  try {
    who = blocking(io, () => whoCan(policy, question))
  } catch (error) {
    if (!isPhiError(error, 'PHI_RBAC_TOO_LARGE')) throw error
    const answer: WhoCanAnswer = { ...about, answer: null, problem: error.message }
    return {
      exit: 'unknown',
      json: answer,
      text: (paint, columns) =>
        [paint.warn(`Who can ${action} ${type} cannot be told.`), ...entry(error.message, [], columns)].join('\n'),
    }
  }
  const unexpected = who.roles.filter(({ can, role }) => can !== 'never' && !only.includes(role ?? '')).map(({ role }) => role)
  const isAsserted = input.has('only')
  const answer: WhoCanAnswer = { ...about, answer: who, ...(isAsserted ? { unexpected } : {}) }
  return {
    exit: isAsserted && unexpected.length > 0 ? 'finding' : 'ok',
    json: answer,
    text: (paint, columns) => textOf(who, isAsserted ? unexpected : undefined, paint, columns),
  }
}

const unknownWord = (what: string) =>
  cliError('PHI_CLI_USAGE', {
    detail: `${what} that is named is not in the policy; names are written as the policy writes them`,
  })

async function questionOf(io: Io, input: Input, action: string, type: string): Promise<WhoCanQuestion> {
  const purpose = input.text('purpose')
  if (purpose !== undefined && !isPurposeOfUse(purpose))
    throw cliError('PHI_CLI_USAGE', { detail: 'the option --purpose takes a code of HL7 v3 PurposeOfUse, as TREAT or HPAYMT' })
  const given = input.text('given')
  return {
    action,
    type,
    ...(purpose === undefined ? {} : { purpose }),
    // Parsed by whoCan, which knows what a condition is.
    ...(given === undefined ? {} : { given: (await readJson(io, given, '--given')) as NonNullable<WhoCanQuestion['given']> }),
  }
}

const nameOf = (role: string | null): string => role ?? 'somebody without a role'

const owesText = (obligations: readonly Obligation[]): string =>
  obligations.length === 0 ? '' : `, owing ${obligations.map(({ type }) => type).join(', ')}`

function whenText({ text, exact }: Access['when']): string {
  if (text === 'always' || text === 'never') return text
  return `${exact ? 'when' : 'at least when'} ${text}`
}

function roleEntry({ role, when, gets }: RoleAccess, columns: number): readonly string[] {
  const offers = gets.map((each) => {
    const which = gets.length === 1 ? '' : `, ${whenText(each.when)}`
    return `Gets ${each.fields.join(', ')}${owesText(each.obligations)}${which}`
  })
  return entry(nameOf(role), [whenText(when), ...offers], columns)
}

function textOf(
  { action, type, given, roles }: WhoCan,
  unexpected: readonly (string | null)[] | undefined,
  paint: Paint,
  columns: number,
): string {
  const able = roles.filter(({ can }) => can !== 'never')
  const who = able.length === 0 ? 'Nobody' : able.map(({ role }) => nameOf(role)).join(', ')
  const lines = wrapLines(`${who} can ${action} ${type}${given === null ? '' : ` given that ${given}`}.`, columns, '', '  ')
  const verdict =
    unexpected === undefined
      ? []
      : unexpected.length === 0
        ? [paint.good('Nobody beside those that --only names.')]
        : wrapLines(`Not among those that --only names: ${unexpected.map(nameOf).join(', ')}.`, columns, '', '  ').map(
            paint.bad,
          )
  return [
    ...lines.map(paint.strong),
    ...verdict,
    ...(able.length === 0 ? [] : ['', ...able.flatMap((each) => roleEntry(each, columns))]),
  ].join('\n')
}

export const policyWhoCan: CommandSpec = {
  path: ['policy', 'who-can'],
  summary: 'Say who can do something, and when',
  about: `For each role: whether it can do the action on records of the type always, never, or when; which fields it then gets, and what
it owes first. The answer is exact for one role alone; what several roles of one person come to is the sum of what they can. It is about
records of the person's own tenant: nothing reaches past that wall.

With --only it is an assertion for CI: exit code 1 when anybody beside the roles named can.`,
  operands: [
    { name: 'action', about: 'An action of the policy, as read.' },
    { name: 'type', about: 'A type of records of the policy, as Note.' },
  ],
  options: [
    ...policyOptions,
    { flags: '--purpose <code>', about: 'Only requests for this purpose of use (HL7), or a kind of it.' },
    { flags: '--given <file>', about: 'Only requests for which this condition holds: JSON as in a rule.', kind: 'file' },
    { flags: '--only <role>', about: 'Nobody but this role should be able to.', many: true },
  ],
  examples: [
    { run: 'phi policy who-can read Note --policy policy.json', about: 'Who reads notes?' },
    {
      run: 'phi policy who-can export Note --policy policy.json --purpose HPAYMT --only billing',
      about: 'Fail a build when anybody but billing can export notes for payment.',
    },
  ],
  exits: ['ok', 'finding', 'unknown'],
  run,
}
