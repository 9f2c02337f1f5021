import type { AuditEventInput } from '@phi/audit'
import { formatInstant, randomBytes, toHex } from '@phi/core'
import type { Call } from '@phi/http'

/**
 * An entry of something that a handler did inside a request, for `appendIn` of the transaction that did it. The pipeline writes its own
 * entry of the whole request beside it: both name the request.
 */
export function callEntry(
  { caller, at }: Call<unknown, unknown>,
  said: Pick<AuditEventInput, 'action' | 'subject' | 'context'> & { readonly actor?: AuditEventInput['actor'] },
): AuditEventInput {
  const { subject: id, roles, tenant: organization } = caller
  const type = roles.includes('patient') ? 'patient' : 'workforce'
  return {
    ...{ id: toHex(randomBytes(16)), occurredAt: formatInstant(at), outcome: 'success' },
    actor: { id, type, roles: [...roles], organization },
    source: { request: caller.requestId, session: caller.session.sid },
    ...said,
  }
}
