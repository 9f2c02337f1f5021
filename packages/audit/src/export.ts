import type { AuditEventInput } from './event.ts'

/** On whose behalf data leaves the log: the actor is required, since an export that nobody made cannot be accounted for. */
export interface Exporter {
  readonly actor: AuditEventInput['actor']
  readonly source?: AuditEventInput['source']
  readonly context?: AuditEventInput['context']
}

/** The event that records an export of the log itself. */
export function exportEvent(
  by: Exporter,
  action: 'export' | 'disclose',
  figures: { readonly entries: number },
): AuditEventInput {
  return {
    action,
    outcome: 'success',
    actor: by.actor,
    source: by.source,
    subject: { dataClasses: ['phi.ops.auditlog'], count: figures.entries },
    context: by.context,
  }
}
