import type { AuditDiagnostics } from './diagnostics.ts'

/** Runtimes without node:diagnostics_channel have nobody to tell. */
export const diagnostics: AuditDiagnostics = { wanted: () => false, publish: () => {} }
