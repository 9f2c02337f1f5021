import type { AuditAction, AuditEventInput } from '@phi/audit'
import { isPhiError } from '@phi/core'
import type { Caller } from './call.ts'
import type { Connection } from './connection.ts'
import { uuidV7 } from './ids.ts'
import type { Step } from './options.ts'
import type { Settings } from './settings.ts'

type Context = NonNullable<AuditEventInput['context']>

/** What the entry of a request will say, as far as it is known: the steps add to it, so that a refusal says how far it came. */
export interface Noted {
  action: AuditAction
  /** The type of the records, said where no single one is. */
  type?: string
  subject?: AuditEventInput['subject']
  purpose?: Context['purpose']
  decision?: Context['decision']
  breakGlass?: boolean
  severity?: NonNullable<AuditEventInput['severity']>
  reason?: string
  details?: NonNullable<Context['details']>
}

/** One request on its way through the steps. */
export interface Exchange {
  readonly settings: Settings
  readonly request: Request
  readonly connection: Connection
  readonly params: Readonly<Record<string, string>>
  readonly requestId: string
  /** Milliseconds since 1970. NaN: the clock gave no time, and the request is refused. */
  readonly at: number
  /** Aborted when the client leaves, and when the time is up. */
  readonly signal: AbortSignal
  /** Headers that go out whatever becomes of the request: those of the session. */
  readonly owed: Headers
  readonly noted: Noted
  step: Step
  /** How many entries there are: the next one's number is one more. */
  entries: number
  /** Somebody has answered already: the time was up. Whatever is under way must not be committed. */
  late: boolean
  /** A commit is under way, or has been: from here on a failure leaves the outcome open. */
  committing: boolean
  /** Known from the first step on. */
  url?: URL
  secure?: boolean
  traceparent?: string
  ip?: string | undefined
  userAgent?: string | undefined
  /** Known from the second step on. */
  caller?: Caller
}

/** Whole milliseconds since 1970 within what UTC texts can say, or NaN. */
function instantOf(settings: Settings): number {
  try {
    const now: unknown = settings.clock()
    const whole = typeof now === 'number' ? Math.floor(now) : Number.NaN
    // 9999-12-31T23:59:59.999Z: later instants have another spelling.
    return whole >= 0 && whole <= 253_402_300_799_999 ? whole : Number.NaN
  } catch {
    return Number.NaN
  }
}

export function exchangeOf(
  settings: Settings,
  request: Request,
  connection: Connection,
  params: Readonly<Record<string, string>>,
  signal: AbortSignal,
  noted: Noted,
): Exchange {
  const at = instantOf(settings)
  return {
    ...{ settings, request, connection, params, at, signal },
    requestId: uuidV7(Number.isNaN(at) ? 0 : at, settings.randomBytes),
    owed: new Headers(),
    noted: { ...noted },
    ...{ step: 'receive', entries: 0, late: false, committing: false },
  }
}

const CODE = /^PHI_[A-Z0-9_]{1,60}$/

/** Tells the operator, who gets a code and nothing else of what was thrown. */
export function fault(x: Pick<Exchange, 'settings' | 'requestId' | 'step'>, error: unknown): void {
  let code: string | undefined
  try {
    if (isPhiError(error) && CODE.test(error.code)) code = error.code
    const told: unknown = x.settings.onFault({ requestId: x.requestId, step: x.step, code })
    // Also one that fails later.
    void Promise.resolve(told).catch(() => {})
  } catch {
    // An alert that fails must not change what a client is told.
  }
}
