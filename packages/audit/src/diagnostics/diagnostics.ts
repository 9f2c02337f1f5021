/**
 * Figures and codes only, for `node:diagnostics_channel` subscribers. No message holds anything of an event.
 *
 * - `phi.audit.extend` { origin, entries, size }: entries became durable
 * - `phi.audit.checkpoint` { origin, size }: a checkpoint was signed and kept
 * - `phi.audit.failure` { origin, code }: the store failed, a checkpoint could not be made, or witnesses did not cosign it
 * - `phi.audit.witness` { origin, size, asked, cosigned, met }: a checkpoint was offered to witnesses; `met` is 1 or 0
 */
export interface AuditDiagnostics {
  wanted(name: DiagnosticName): boolean
  publish(name: DiagnosticName, message: Readonly<Record<string, string | number>>): void
}

export type DiagnosticName = 'phi.audit.extend' | 'phi.audit.checkpoint' | 'phi.audit.failure' | 'phi.audit.witness'
