import { freeze } from '../freeze.ts'
import type { Directive } from './directive.ts'
import { citing } from './law.ts'

/** What a retention schedule has to know about the record of a directive; how long it is kept is for the schedule to say. */
export interface Documentation {
  readonly retentionClass: 'hipaa-documentation'
  /** UTC with milliseconds. */
  readonly createdAt: string
  /** The last instant at which it was in effect; null while it is, or may be. */
  readonly lastInEffect: string | null
  readonly citations: readonly string[]
}

function lastInEffect(directive: Directive): string | null {
  const last = directive.history.at(-1) as Directive['history'][number]
  switch (last.step) {
    case 'terminated':
      // What was created until a notice stays restricted.
      return last.ground === 'notice-by-entity' ? null : last.at
    case 'denied':
    case 'declined':
    case 'withdrawn':
    case 'retired':
    case 'revoked':
      return last.at
    case 'agreed':
      return last.until ?? null
    case 'recorded':
      return 'expires' in directive && directive.expires?.by === 'date' ? directive.expires.until : null
    default:
      return null
  }
}

/** How a directive counts as documentation under 45 CFR 164.530(j), for restrictions by 164.522(a)(3). */
export function documentationOf(directive: Directive): Documentation {
  const { recordedAt } = directive.history[0] as { readonly recordedAt: string }
  return freeze({
    retentionClass: 'hipaa-documentation',
    createdAt: recordedAt,
    lastInEffect: lastInEffect(directive),
    citations: directive.kind === 'restriction' ? citing('restrictionDocumented', 'documentation') : citing('documentation'),
  })
}
