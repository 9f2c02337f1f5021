import { type ActorType, type Clock, parseAs, randomBytes, systemClock } from '@phi/core'
import type { Rules } from '@phi/rbac'
import { type IpPolicy, ipPolicy, type Session, type SessionOwner, type Sessions } from '@phi/rbac/session'
import * as z from 'zod'
import type { Caller } from './call.ts'
import { callable, isFunction } from './callable.ts'
import { httpError } from './errors.ts'
import type { Appender, Fault } from './options.ts'
import type { Granted, RecordFacts } from './route.ts'

/** The options of a pipeline, checked, with their defaults, and without the types of one policy. */
export interface Settings {
  readonly sessions: Sessions
  readonly rules: (caller: Caller) => Promise<Rules> | Rules
  /** Known when the pipeline opens, unless each caller has rules of their own. */
  readonly fixedRules: Rules | undefined
  readonly log: (tenant: string | undefined) => Promise<Appender<unknown>> | Appender<unknown>
  readonly transaction: (<Result>(caller: Caller, run: (tx: unknown) => Promise<Result>) => Promise<Result>) | undefined
  readonly grants: ((caller: Caller, records: readonly unknown[]) => Promise<Granted> | Granted) | undefined
  readonly actor: (session: Session) => { readonly id: unknown; readonly tenant: unknown }
  readonly facts: Readonly<Record<string, (record: unknown) => RecordFacts>>
  readonly actorType: (who: SessionOwner) => ActorType
  readonly token: 'bearer' | 'cookie'
  readonly origins: readonly string[]
  /** Undefined: no proxy is believed. */
  readonly trusted: IpPolicy | undefined
  readonly allowPlainHttp: boolean
  readonly maxBodyBytes: number
  readonly timeoutMs: number
  readonly onFault: (fault: Fault) => void
  readonly clock: Clock
  readonly randomBytes: (count: number) => Uint8Array
}

const verbs = (...names: string[]) => {
  return (value: unknown) =>
    typeof value === 'object' && value !== null && names.every((name) => isFunction((value as Record<string, unknown>)[name]))
}

const bytes = z.int().min(1).max(1_073_741_824)
/** Half an hour: what takes longer is no request. */
const MAX_TIMEOUT_MS = 1_800_000

const schema = z.strictObject({
  sessions: z.custom<Sessions>(verbs('begin', 'check', 'stepUp', 'rotate', 'logout'), 'must be what openSessions answers with'),
  rules: z.custom<Rules | Settings['rules']>(
    (value) => isFunction(value) || verbs('decide', 'view', 'mayEver')(value),
    'must be compiled rules, or a function that answers with them',
  ),
  log: callable<Settings['log']>(),
  transaction: callable<NonNullable<Settings['transaction']>>().optional(),
  grants: callable<NonNullable<Settings['grants']>>().optional(),
  actor: callable<Settings['actor']>().optional(),
  facts: z.record(z.string(), callable<(record: unknown) => RecordFacts>()).default({}),
  actorType: callable<Settings['actorType']>().optional(),
  token: z.enum(['bearer', 'cookie']).default('bearer'),
  origins: z.array(z.string().max(512)).max(1_000).default([]),
  trustedProxies: z.array(z.string().max(64)).max(1_000).default([]),
  allowPlainHttp: z.boolean().default(false),
  maxBodyBytes: bytes.default(1_048_576),
  timeoutMs: z.int().min(1).max(MAX_TIMEOUT_MS).default(30_000),
  onFault: callable<Settings['onFault']>().optional(),
  clock: callable<Clock>().default(() => systemClock),
  randomBytes: callable<Settings['randomBytes']>().default(() => randomBytes),
})

const refusal = (context: object) => httpError('PHI_HTTP_OPTIONS', context)

/** An origin as browsers write it, so that it can be compared as a text. */
function isOrigin(text: string, plain: boolean): boolean {
  try {
    const url = new URL(text)
    return url.origin === text && (url.protocol === 'https:' || (plain && url.protocol === 'http:'))
  } catch {
    return false
  }
}

function proxiesOf(ranges: readonly string[]): IpPolicy | undefined {
  if (ranges.length === 0) return undefined
  try {
    return ipPolicy({ allow: ranges })
  } catch {
    const detail = 'must hold addresses or ranges in CIDR notation, with no bit set after the prefix'
    throw httpError('PHI_HTTP_OPTIONS', { path: 'options.trustedProxies.*', detail })
  }
}

const actorOf = ({ subject, tenant }: Session) => ({ id: subject, tenant })
const actorTypeOf = ({ roles }: SessionOwner): ActorType => (roles.includes('patient') ? 'patient' : 'workforce')

/** @throws PhiError PHI_HTTP_OPTIONS */
export function settingsOf(options: unknown): Settings {
  const { trustedProxies, rules, ...given } = parseAs(schema, options, 'options', refusal)
  if (!given.origins.every((each) => isOrigin(each, given.allowPlainHttp))) {
    throw httpError('PHI_HTTP_OPTIONS', { path: 'options.origins.*', detail: 'must be origins such as https://app.example' })
  }
  return Object.freeze({
    ...given,
    rules: typeof rules === 'function' ? rules : () => rules,
    fixedRules: typeof rules === 'function' ? undefined : rules,
    transaction: given.transaction,
    grants: given.grants,
    actor: given.actor ?? actorOf,
    actorType: given.actorType ?? actorTypeOf,
    trusted: proxiesOf(trustedProxies),
    onFault: given.onFault ?? (() => {}),
  })
}
