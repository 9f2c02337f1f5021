import type { AuditEventInput } from './event.ts'

/** On whose behalf data leaves the log: the actor is required, since an export that nobody made cannot be accounted for. */
export interface Exporter {
  readonly actor: AuditEventInput['actor']
  readonly source?: AuditEventInput['source']
  readonly context?: AuditEventInput['context']
}

/** What is known of an export when it begins. */
interface ExportFigures {
  /** How many entries leave, where that is known before they are read. */
  readonly entries?: number
  /** Whose data is asked for, where it is one patient's. */
  readonly patient?: string
}

/** The event that records an export of the log itself. */
export function exportEvent(by: Exporter, action: 'export' | 'disclose', { entries, patient }: ExportFigures): AuditEventInput {
  return {
    action,
    outcome: 'success',
    actor: by.actor,
    source: by.source,
    subject: {
      dataClasses: ['phi.ops.auditlog'],
      ...(entries === undefined ? {} : { count: entries }),
      ...(patient === undefined ? {} : { patients: [patient] }),
    },
    context: by.context,
  }
}
