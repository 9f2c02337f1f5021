import { formatInstant } from '@phi/core'
import type { Session } from '@phi/rbac/session'

/**
 * What a client may know of its session. Times in UTC. `idleSeconds`: so long from now until the automatic logoff, for clocks
 * that differ.
 */
export function sessionBody(session: Session, at: number) {
  const { subject, tenant, roles, mfa, startedAt, idleUntil, until } = session
  return {
    ...{ subject, tenant, roles, mfa },
    startedAt: formatInstant(startedAt),
    idleUntil: formatInstant(idleUntil),
    until: formatInstant(until),
    idleSeconds: Math.max(0, Math.floor((idleUntil - at) / 1_000)),
  }
}
