import type { Decision, Policy, Request } from '@phi/rbac'
import * as z from 'zod'
import type { CommandSpec, Report } from '../../command.ts'
import { cliError } from '../../errors.ts'
import { readShape } from '../../files.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { amount } from '../../layout.ts'
import type { Paint } from '../../paint.ts'
import { entry } from './page.ts'
import { policyOf, policyOptions } from './read-policy.ts'

const values = z.record(z.string(), z.unknown())

/** A request as JSON. What the policy makes of its parts is for the policy to say; a part that is misspelt would be one that is missing. */
const requestSchema = z.strictObject({
  actor: z.looseObject({ id: z.string(), roles: z.array(z.string()) }),
  action: z.string(),
  resource: z.strictObject({ type: z.string(), record: values }),
  purpose: z.string().optional(),
  context: values.optional(),
  grants: z.array(values).optional(),
  fields: z.array(z.string()).optional(),
  at: z.union([z.string(), z.number()]).optional(),
})

/** What `phi policy explain --json` prints. No value of the request stands in it. */
export interface PolicyExplainAnswer {
  readonly decision: Decision
  /** What the request names and the policy does not know, by count: often a spelling mistake, which denies. */
  readonly unknown: {
    readonly action: boolean
    readonly type: boolean
    readonly purpose: boolean
    readonly roles: number
    readonly attributes: number
  }
}

async function run(input: Input, io: Io): Promise<Report> {
  if (input.operands[0] === undefined && io.stdinIsTerminal)
    throw cliError('PHI_CLI_USAGE', { detail: 'name a file with the request, or pipe one into the command' })
  const { policy } = await policyOf(io, input)
  const request = await readShape(io, input.operands[0] ?? '-', '<request>', requestSchema)
  const [{ compile }, { isPurposeOfUse }] = await Promise.all([import('@phi/rbac'), import('@phi/core')])
  const decision = compile(policy, { clock: io.clock }).decide(request as unknown as Request)
  const answer: PolicyExplainAnswer = {
    decision,
    unknown: {
      ...unknownNames(policy, request),
      purpose: request.purpose !== undefined && !isPurposeOfUse(request.purpose),
    },
  }
  return {
    // Allowed under conditions is not allowed: what is owed has to be done first.
    exit: decision.outcome === 'allow' ? 'ok' : 'finding',
    json: answer,
    text: (paint, columns) => textOf(answer, paint, columns),
  }
}

function unknownNames(policy: Policy, { actor, action, resource, context }: z.output<typeof requestSchema>) {
  const type = Object.hasOwn(policy.resources, resource.type) ? policy.resources[resource.type] : undefined
  const extra = (given: object, known: object) => Object.keys(given).filter((name) => !Object.hasOwn(known, name)).length
  return {
    action: !policy.actions.includes(action),
    type: type === undefined,
    roles: actor.roles.filter((role) => !Object.hasOwn(policy.roles, role)).length,
    attributes:
      extra(actor, { ...policy.actor, id: 0, tenant: 0, roles: 0 }) +
      (type === undefined ? 0 : extra(resource.record, type.attributes)) +
      extra(context ?? {}, policy.context ?? {}),
  }
}

const OUTCOMES = { allow: 'Allowed', 'allow-if': 'Allowed once what is owed was done', deny: 'Denied' } as const
const REASONS: { readonly [Each in Decision['reason']]: string } = {
  permitted: 'a permit applies and no forbid stands in the way',
  forbidden: 'a forbid stands in the way, whatever the roles permit',
  tenant: 'the record belongs to another tenant, or does not say to which',
  default: 'no permit applies',
  fields: 'a field that is asked for is hidden, or no field would remain',
  request: 'the request is not one that can be answered',
}
const metText = (met: boolean | 'unknown'): string => (met === 'unknown' ? 'not known' : met ? 'met' : 'not met')

function reasonsOf(decision: Decision, columns: number): readonly string[] {
  const { rule, citations, nearestMiss, because, overridden, obligations, fields } = decision
  const condition = ({ atom, met }: { readonly atom: string; readonly met: boolean | 'unknown' }) => `${atom}: ${metText(met)}`
  const ofRule =
    rule === null
      ? []
      : entry(`Rule ${rule}`, [citations.join('; '), ...(nearestMiss === null ? because.map(condition) : [])], columns)
  const ofMiss =
    nearestMiss === null
      ? []
      : entry(
          `Nearest permit: ${nearestMiss.rule}, which would also have needed`,
          [
            ...(nearestMiss.roles.length === 0 ? [] : [`a role: ${nearestMiss.roles.join(' or ')}`]),
            ...nearestMiss.missing.map(condition),
          ],
          columns,
        )
  return [
    ...ofRule,
    ...ofMiss,
    ...overridden.flatMap((each) => entry(`Opened: ${each.rule}, by ${each.by}`, [], columns)),
    ...(obligations.length === 0 ? [] : entry(`Owed first: ${obligations.map(({ type }) => type).join(', ')}`, [], columns)),
    ...(fields.length === 0 ? [] : entry(`Fields: ${fields.join(', ')}`, [], columns)),
  ]
}

function textOf({ decision, unknown }: PolicyExplainAnswer, paint: Paint, columns: number): string {
  const { outcome, reason, policy } = decision
  const tone = outcome === 'allow' ? paint.good : outcome === 'deny' ? paint.bad : paint.warn
  // An action or a type that the policy does not know is the request's own word: it is not repeated.
  const what = unknown.action || unknown.type || decision.action === null ? '' : `: ${decision.action} ${decision.resource}`
  const strange = [
    ...(unknown.action ? ['the action'] : []),
    ...(unknown.type ? ['the type'] : []),
    ...(unknown.roles > 0 ? [amount(unknown.roles, 'role')] : []),
    ...(unknown.attributes > 0 ? [amount(unknown.attributes, 'attribute')] : []),
  ]
  return [
    `${tone(OUTCOMES[outcome])}${what}.`,
    ...entry(`Because ${REASONS[reason]}.`, [], columns),
    ...reasonsOf(decision, columns),
    ...(strange.length === 0
      ? []
      : entry(paint.warn(`The policy does not know ${strange.join(', ')} of the request: a spelling mistake?`), [], columns)),
    ...(unknown.purpose ? entry(paint.warn('The purpose is no code of HL7 v3 PurposeOfUse.'), [], columns) : []),
    ...entry(`Policy ${policy.id} ${policy.version}, ${policy.hash.slice(0, 19)}…`, [], columns),
  ].join('\n')
}

export const policyExplain: CommandSpec = {
  path: ['policy', 'explain'],
  summary: 'Decide a request, and say why',
  about: `Decides one request as the policy decides it in a service, and says which rule, which conditions and which citations it rests
on; for a denial, what the nearest permit would have needed. The answer holds no value of the request.

The request is JSON: { actor: { id, tenant, roles }, action, resource: { type, record } }, and where they matter purpose, context, grants,
fields and at. Attributes that are left out were not loaded: they are unknown, and unknown opens nothing. Without at, the time is now.

"Allowed once what is owed was done" has exit code 1: nothing may be released before.`,
  operands: [
    { name: 'request', about: 'The request; - for standard input, which is the default.', optional: true, kind: 'file' },
  ],
  options: [...policyOptions],
  examples: [
    { run: 'phi policy explain request.json --policy policy.json', about: 'Why is this denied?' },
    { run: 'phi policy explain --policy policy.json < request.json', about: 'The same from standard input.' },
  ],
  exits: ['ok', 'finding'],
  run,
}
