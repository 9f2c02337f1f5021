import type { AuditPage, AuditQuery, AuditRecord, ExportQuery } from '@phi/audit'
import type { Checked, Watch } from '../commands/audit/verify-source.ts'

/** One page of what was found. */
export interface Found extends AuditPage {
  /** Entries that could be among those asked for, and do not show what would tell: a part of them is withheld, sealed or altered. */
  readonly unknown: number
}

/** A log, a copy of one, or a piece of evidence, as the pages read it. Nothing here writes but what is recorded of the reading. */
export interface Viewed {
  readonly kind: 'database' | 'lines' | 'bundle'
  /** The log's public name; undefined where the source does not say it. */
  readonly origin: string | undefined
  readonly tenant?: string
  /** Under whose name reading and exports are recorded. Undefined for a copy, in which nothing can be recorded. */
  readonly by?: string
  /** Records that somebody begins to read. Undefined for a copy. @throws PhiError where it could not be recorded: then nothing is shown */
  readonly begin?: () => Promise<void>
  /** @throws PhiError PHI_AUDIT_QUERY; PHI_CLI_NOT_CONFIGURED where a search would miss sealed entries; what the source throws */
  readonly query: (query: AuditQuery) => Promise<Found>
  /** One entry; undefined where there is none of this number. */
  readonly entry: (index: number) => Promise<AuditRecord | undefined>
  readonly verify: (watch: Watch) => Promise<Checked>
  /** Records for a file, the oldest first. Of a log, recorded before the first one is given. */
  readonly export: (query: ExportQuery | undefined) => AsyncIterable<AuditRecord>
}
