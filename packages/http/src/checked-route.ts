import { type AuditAction, auditActions } from '@phi/audit'
import { isPurposeOfUse, type PurposeOfUse, parseAs } from '@phi/core'
import * as z from 'zod'
import type { Call } from './call.ts'
import { callable, isFunction } from './callable.ts'
import { httpError } from './errors.ts'
import type { Allowed, Reply } from './route.ts'
import type { Settings } from './settings.ts'

/** A route, checked, and without the types of one policy. */
export interface CheckedRoute {
  readonly action: string
  readonly on: string
  readonly purpose: PurposeOfUse | ((call: Call) => PurposeOfUse | undefined)
  readonly auditAs: AuditAction
  /** Whether the route itself named the action of its entries. */
  readonly namedAudit: boolean
  readonly body: z.ZodType | undefined
  readonly query: z.ZodType | undefined
  readonly maxBodyBytes: number | undefined
  readonly load: (call: Call) => unknown
  readonly fields: (call: Call) => readonly string[] | undefined
  readonly context: ((call: Call) => Readonly<Record<string, unknown>>) | undefined
  readonly writes: boolean
  readonly handle: ((call: Call, allowed: Allowed<unknown>) => Promise<Reply | undefined> | Reply | undefined) | undefined
  readonly admitsDenial: boolean
  readonly peers: readonly string[] | undefined
}

const shape = z.custom<z.ZodType>(
  (value) => isFunction((value as { safeParse?: unknown } | undefined)?.safeParse),
  'must be a zod schema',
)
const name = z.string().min(1).max(128)

const schema = z.strictObject({
  action: name,
  on: name,
  purpose: z.union([
    z.custom<PurposeOfUse>((value) => typeof value === 'string' && isPurposeOfUse(value)),
    callable<(call: Call) => PurposeOfUse | undefined>(),
  ]),
  auditAs: z.enum(auditActions).optional(),
  body: shape.optional(),
  query: shape.optional(),
  maxBodyBytes: z.int().min(1).max(1_073_741_824).optional(),
  load: callable<CheckedRoute['load']>(),
  fields: callable<CheckedRoute['fields']>().optional(),
  context: callable<NonNullable<CheckedRoute['context']>>().optional(),
  writes: z.boolean().default(false),
  handle: callable<NonNullable<CheckedRoute['handle']>>().optional(),
  admitsDenial: z.boolean().default(false),
  peers: z.array(name).min(1).max(1_000).optional(),
})

const isAuditAction = (word: string): word is AuditAction => (auditActions as readonly string[]).includes(word)
const wrong = (path: string, detail: string) => httpError('PHI_HTTP_ROUTE', { path: `route.${path}`, detail })

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The keys of a body that is an object, or of all the objects of a list: what it writes. */
function writtenFields({ body }: Call): readonly string[] | undefined {
  const objects = (Array.isArray(body) ? body : [body]).filter(isObject)
  return objects.length === 0 ? undefined : [...new Set(objects.flatMap(Object.keys))]
}

/** @throws PhiError PHI_HTTP_ROUTE */
export function routeOf(settings: Settings, options: unknown): CheckedRoute {
  const given = parseAs(schema, options, 'route', (context) => httpError('PHI_HTTP_ROUTE', context))
  const { action, on, writes, body, auditAs, handle } = given
  const policy = settings.fixedRules?.policy
  if (policy !== undefined && !policy.actions.includes(action)) throw wrong('action', 'must be an action of the policy')
  if (policy !== undefined && !Object.hasOwn(policy.resources, on)) throw wrong('on', 'must be a type of the policy')
  if (writes && settings.transaction === undefined) {
    throw wrong('writes', 'needs the `transaction` option of the pipeline')
  }
  if (writes && handle === undefined) throw wrong('writes', 'needs a `handle` that writes')
  if (auditAs === undefined && !isAuditAction(action)) {
    throw wrong('auditAs', 'must name an action of the audit log, since the action of the policy is none')
  }
  const fields = given.fields ?? (writes && body !== undefined ? writtenFields : () => undefined)
  return Object.freeze({
    ...{ action, on, writes, body, fields, handle },
    purpose: given.purpose,
    auditAs: auditAs ?? (action as AuditAction),
    namedAudit: auditAs !== undefined,
    query: given.query,
    maxBodyBytes: given.maxBodyBytes,
    load: given.load,
    context: given.context,
    admitsDenial: given.admitsDenial,
    peers: given.peers,
  })
}
