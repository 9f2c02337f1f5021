import type { AuditEventInput } from '../event.ts'

/*
 * The two events by which the log knows of spools. Their ids follow from the spool's id, so that each is one entry however often
 * it is appended.
 */
export const SPOOL_RESOURCE = 'AuditSpool'
const ACTOR = { id: 'phi.audit.spool', type: 'system' } as const
export const SPOOL_FORMAT = 'phi.audit.spool/v1'

export const openedId = (spool: string): string => `phi.audit.spool/${spool}/opened`
/** A second record of draining is needed only where the files have changed since the first. */
export const drainedId = (spool: string, attempt: number): string =>
  `phi.audit.spool/${spool}/drained${attempt > 1 ? `-${attempt}` : ''}`
/** The id under which an event is recorded whose own id the log has given to another event. */
export const renamedId = (spool: string, sequence: number): string => `phi.audit.spool/${spool}/event/${sequence}`

/** What a spool's record of draining says. */
export interface Drained {
  readonly spool: string
  /** Sequence of the first and of the last record that was ever acknowledged; undefined when there was none. */
  readonly first: number | undefined
  readonly last: number | undefined
  /** Events that are in the log. */
  readonly count: number
  /** Records that were acknowledged and could not be read. */
  readonly missing: number
  /** Events that the log refused for good. Their files are put aside. */
  readonly refused: number
  /** Events recorded under another id, because theirs is taken by another event. They count in `count` too. */
  readonly renamed: number
  /** Hash of the last record, base64: the head of the spool's chain. */
  readonly head: string
  /** The chain was whole: nothing missing, altered, doubled or moved. */
  readonly intact: boolean
  /** Smallest and largest index in the log of the events from this spool. */
  readonly fromIndex: number | undefined
  readonly toIndex: number | undefined
}

const base = (spool: string) => ({
  actor: ACTOR,
  subject: { resource: { type: SPOOL_RESOURCE, id: spool }, dataClasses: ['phi.ops.auditlog' as const] },
})

/** Spools that may be named in `holds`: as many ids as a detail has room for. */
const MAX_HELD = 30

/**
 * That a spool is about to be used. `holds` are the spools that are in the same place and not drained: one that is not among
 * them, and was not drained before, is gone.
 */
export function openedEvent(spool: string, name: string | undefined, holds: readonly string[]): AuditEventInput {
  return {
    ...base(spool),
    id: openedId(spool),
    action: 'configure',
    outcome: 'success',
    context: {
      details: {
        format: SPOOL_FORMAT,
        state: 'opened',
        ...(name === undefined ? {} : { name, holds: holds.slice(0, MAX_HELD).join(' ') }),
      },
    },
  }
}

/** That a spool was drained, and how whole it was. Its outcome is `failure` where anything is missing. */
export function drainedEvent(drained: Drained, attempt: number): AuditEventInput {
  const { spool, first = null, last = null, fromIndex = null, toIndex = null, ...figures } = drained
  const isWhole = drained.intact && drained.missing === 0 && drained.refused === 0
  return {
    ...base(spool),
    id: drainedId(spool, attempt),
    action: 'restore',
    outcome: isWhole ? 'success' : 'failure',
    ...(isWhole ? {} : { severity: 'alert' as const }),
    context: { details: { format: SPOOL_FORMAT, state: 'drained', first, last, fromIndex, toIndex, ...figures } },
  }
}
