import type { AuditEventInput, AuditOutcome } from '@phi/audit'
import { formatInstant } from '@phi/core'
import type { SessionOwner } from '@phi/rbac/session'
import type { Caller } from './call.ts'
import type { Exchange, Noted } from './exchange.ts'

/** Audit entries hold at most so many roles, of so many characters. */
const MAX_ROLES = 32
const MAX_ROLE = 64

type Event = AuditEventInput

/** Who acted, in the words of the log. The tenant is the organisation (S94, S124). */
function actorOf(x: Exchange, { subject, tenant, roles }: SessionOwner): Event['actor'] {
  const cut = roles.slice(0, MAX_ROLES).map((role) => role.slice(0, MAX_ROLE).trim())
  return { id: subject, type: x.settings.actorType({ subject, tenant, roles }), roles: cut, organization: tenant }
}

/** Where from. Every entry of a request has it, with or without a session. */
export function sourceOf(x: Exchange, sid: string | undefined): NonNullable<Event['source']> {
  return {
    ...(x.ip === undefined ? {} : { ip: x.ip }),
    request: x.requestId,
    ...(sid === undefined ? {} : { session: sid }),
    ...(x.traceparent === undefined ? {} : { trace: x.traceparent }),
    ...(x.userAgent === undefined ? {} : { userAgent: x.userAgent }),
  }
}

/** Takes the number of the next entry: ids are the request's and a number, so that a retry of one append is one entry. */
export const nextId = (x: Exchange): string => `${x.requestId}/${++x.entries}`

/** The entry of a request as far as it is known. */
export function eventOf(x: Exchange, caller: Caller, outcome: AuditOutcome, more: Partial<Noted> = {}): Event {
  const { action, type, severity, subject, purpose, decision, breakGlass, reason, details } = { ...x.noted, ...more }
  const typed = type === undefined || subject?.resource !== undefined ? details : { ...details, type }
  const said = typed === undefined || Object.keys(typed).length === 0 ? undefined : typed
  return {
    id: nextId(x),
    occurredAt: formatInstant(x.at),
    action,
    outcome,
    severity,
    actor: actorOf(x, caller),
    source: sourceOf(x, caller.session.sid),
    subject,
    context: { purpose, decision, breakGlass, reason, details: said },
  }
}

/**
 * An entry about a token rather than about a person: whose session it names, where the store knows that, and else the session alone. Who
 * presented the token it does not say.
 */
export function tokenEvent(
  x: Exchange,
  sid: string,
  of: SessionOwner | undefined,
  rest: Pick<Event, 'action' | 'outcome' | 'severity' | 'context'> & { readonly id?: string },
): Event {
  return {
    id: nextId(x),
    occurredAt: formatInstant(x.at),
    actor: of === undefined ? { id: `session:${sid}`, type: 'system' } : actorOf(x, of),
    source: sourceOf(x, sid),
    ...rest,
  }
}

/** Writes an entry and waits until it is durable. @throws what the log throws */
export async function append(x: Exchange, tenant: string | undefined, event: Event): Promise<void> {
  const log = await x.settings.log(tenant)
  await log.append(event)
}
