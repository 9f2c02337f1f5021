/**
 * What a scan finds wrong with a value:
 * - `plaintext`: it is not sealed.
 * - `damaged`: it says that it is sealed and is not of the format: cut, re-encoded, written by something else.
 * - `other-tenant`: the key in its header is another tenant's.
 * - `unknown-key`: the key store knows no such key.
 * - `unusable-key`: the key is this tenant's, but revoked, destroyed, gone from the KMS, or not one for fields.
 * - `wrong-suite`: it is sealed with a suite that the column does not declare.
 * - `deterministic`: equal values look equal, in a column that is declared as a field.
 * - `does-not-open`: altered, or moved from another row, column, table, patient or type.
 * - `double-sealed`: it opens to something that is itself sealed.
 * - `not-checked`: it could not be found out; the errors say why. It may be anything.
 */
export const findingKinds = [
  'plaintext',
  'damaged',
  'other-tenant',
  'unknown-key',
  'unusable-key',
  'wrong-suite',
  'deterministic',
  'does-not-open',
  'double-sealed',
  'not-checked',
] as const
export type FindingKind = (typeof findingKinds)[number]

/** One column as the scan has seen it. Every count is of values. */
export interface ColumnReport {
  readonly table: string
  readonly column: string
  /** Values that are not null. `values` = `opened` + `notOpened` + all findings. */
  readonly values: number
  readonly nulls: number
  /** Opened and verified. */
  readonly opened: number
  /** Left out by `open`, but under a usable key of this tenant, as far as header and key store tell. */
  readonly notOpened: number
  readonly findings: Readonly<Record<FindingKind, number>>
  /** Whose keys the values of `other-tenant` are under. */
  readonly otherTenants: readonly { readonly tenant: string; readonly values: number }[]
  /** How many values stand under each key id, as their headers say. */
  readonly keyIds: ReadonlyMap<string, number>
  /** Why values could not be checked, by error code. */
  readonly errors: readonly { readonly code: string; readonly values: number }[]
}

/**
 * - `findings`: something is wrong somewhere.
 * - `incomplete`: nothing was found wrong, but the scan was stopped or values could not be checked.
 * - `empty`: there were no values to look at, which shows nothing.
 * - `sampled`: nothing was found wrong in what was opened, and not all was.
 * - `clean`: every value was opened and verified.
 */
export type ScanVerdict = 'findings' | 'incomplete' | 'empty' | 'sampled' | 'clean'

export interface ScanReport {
  readonly verdict: ScanVerdict
  /** Whether every table was read to its end. */
  readonly complete: boolean
  /** Whether the keys in the headers were looked up in a key store. */
  readonly keysLookedUp: boolean
  readonly tables: readonly { readonly table: string; readonly rows: number; readonly complete: boolean }[]
  readonly columns: readonly ColumnReport[]
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

/** @internal */
export function verdictOf(complete: boolean, columns: readonly ColumnReport[]): ScanVerdict {
  const total = (of: (column: ColumnReport) => number) => sum(columns.map(of))
  const found = total(({ findings }) => sum(findingKinds.map((kind) => (kind === 'not-checked' ? 0 : findings[kind]))))
  if (found > 0) return 'findings'
  if (!complete || total(({ findings }) => findings['not-checked']) > 0) return 'incomplete'
  if (total(({ values }) => values) === 0) return 'empty'
  return total(({ notOpened }) => notOpened) > 0 ? 'sampled' : 'clean'
}

const sentences: Readonly<Record<ScanVerdict, string>> = {
  findings: 'Findings: values are not as they should be.',
  incomplete: 'Incomplete: nothing was found wrong, but not everything was looked at.',
  empty: 'Empty: there were no values, which shows nothing about how values are stored.',
  sampled: 'Sampled: nothing was found wrong in the values that were opened; others were not opened.',
  clean: 'Clean: every value opened for its row under its tenant’s keys.',
}

const phrases: Readonly<Record<FindingKind, string>> = {
  plaintext: 'not sealed (plaintext)',
  damaged: 'damaged',
  'other-tenant': 'sealed under another tenant’s key',
  'unknown-key': 'sealed under a key that the key store does not know',
  'unusable-key': 'sealed under a key that may not be used',
  'wrong-suite': 'sealed with a suite that the column does not declare',
  deterministic: 'sealed deterministically, where a field is declared',
  'does-not-open': 'do not open: altered, or moved from elsewhere',
  'double-sealed': 'sealed twice',
  'not-checked': 'not checked',
}

/** The report as plain text, a line for each thing that was counted. It names tables, columns and tenants, never a row or a value. */
export function renderScan({ verdict, keysLookedUp, tables, columns }: ScanReport): string {
  const lines = [sentences[verdict]]
  if (!keysLookedUp) lines.push('The keys were not looked up: values under another tenant’s key show as not opening.')
  for (const { table, rows, complete } of tables) {
    lines.push('', `${table}: ${rows} rows${complete ? '' : ', not read to the end'}`)
    for (const each of columns.filter((column) => column.table === table)) lines.push(...columnLines(each))
  }
  return `${lines.join('\n')}\n`
}

function columnLines(report: ColumnReport): string[] {
  const { column, values, nulls, opened, notOpened, findings, otherTenants, keyIds, errors } = report
  const lines = [`  ${column}: ${values} values, ${nulls} null`, `    ${opened} opened and verified`]
  if (notOpened > 0) lines.push(`    ${notOpened} not opened`)
  for (const kind of findingKinds) if (findings[kind] > 0) lines.push(`    ${findings[kind]} ${phrases[kind]}`)
  for (const { tenant, values: under } of otherTenants) lines.push(`      ${under} of tenant ${tenant}`)
  for (const { code, values: concerned } of errors) lines.push(`      ${concerned} because of ${code}`)
  for (const [id, under] of keyIds) lines.push(`    ${under} under key ${id}`)
  return lines
}
