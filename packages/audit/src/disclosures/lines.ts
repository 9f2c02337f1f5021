import type { AuditRecord } from '../record.ts'
import type { AccountingLine, FieldName, LineProof } from './accounting.ts'
import { fieldNames } from './accounting.ts'
import type { CivilDate } from './civil-date.ts'
import { type DisclosureBasisKey, disclosureBases } from './law.ts'

type LogSource = Extract<AccountingLine['source'], { of: 'log' }>
/** A line of the log. */
export type LogLine = AccountingLine & { readonly source: LogSource }

/** What the office says that an entry does not. */
export type Stated = Readonly<Partial<Record<FieldName, string | undefined>>>

export const filled = (text: string | undefined): string | null => (text === undefined || text.trim() === '' ? null : text)

/** The line of one entry: what it says, and where it is silent what the office says. */
export function lineOf(
  { index, origin, event }: AuditRecord,
  date: CivilDate,
  proof: LineProof,
  stated: Stated,
  basis: { readonly key: DisclosureBasisKey | null; readonly isStated: boolean },
): LogLine {
  const own = event.context?.disclosure
  const line: Record<FieldName, string | null> = { recipient: null, address: null, description: null, purpose: null }
  const added: LogSource['stated'] = basis.isStated ? ['basis'] : []
  for (const name of fieldNames) {
    line[name] = filled(own?.[name])
    const office = filled(stated[name])
    if (line[name] === null && office !== null) {
      line[name] = office
      added.push(name)
    }
  }
  return { date, ...line, basis: basis.key, source: { of: 'log', origin, indices: [index], proof, stated: added } }
}

/**
 * When a disclosure was made: when its event says, and at the latest when it was recorded. A time still to come would take it out of every
 * period.
 */
export const madeAt = (recordedAt: string, occurredAt: string): string => (occurredAt > recordedAt ? recordedAt : occurredAt)

const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0)

/** By date; of one day the log's own first, in its order, then contributions in theirs. */
export function inOrder(lines: readonly AccountingLine[]): AccountingLine[] {
  const place = ({ source }: AccountingLine): readonly [string, number] =>
    source.of === 'log' ? ['', source.indices[0] as number] : [source.from, source.line]
  return [...lines].sort((a, b) => {
    const [fromA, indexA] = place(a)
    const [fromB, indexB] = place(b)
    return compare(a.date, b.date) || compare(fromA, fromB) || compare(indexA, indexB)
  })
}

/**
 * What has to be alike for disclosures to stand together, or undefined where they may not: 45 CFR 164.528(b)(3) speaks of the same person
 * or entity and a single purpose under 164.502(a)(2)(ii) or 164.512. Texts are compared as they are: two spellings are two recipients.
 */
function seriesOf({ recipient, purpose, basis, source }: LogLine): string | undefined {
  if (recipient === null || purpose === null || basis === null || !disclosureBases[basis].repeats) return undefined
  if (source.stated.some((name) => name !== 'basis')) return undefined
  return JSON.stringify([recipient, purpose, basis, source.origin, source.proof, source.stated])
}

/** Puts repeated disclosures together: the first in full, how many, the date of the last, and what else was disclosed in them. */
export function combined(lines: readonly LogLine[]): LogLine[] {
  const series = new Map<string, LogLine[]>()
  const out: LogLine[] = []
  for (const line of inOrder(lines) as LogLine[]) {
    const key = seriesOf(line)
    const known = key === undefined ? undefined : series.get(key)
    if (known !== undefined) known.push(line)
    else if (key === undefined) out.push(line)
    else series.set(key, [line])
  }
  for (const all of series.values()) {
    const first = all[0] as LogLine
    if (all.length === 1) {
      out.push(first)
      continue
    }
    const descriptions = new Set(all.flatMap(({ description }) => description ?? []))
    if (first.description !== null) descriptions.delete(first.description)
    const indices = all.map(({ source }) => source.indices[0] as number)
    const repeated = { number: all.length, last: (all.at(-1) as LogLine).date, descriptions: [...descriptions] }
    out.push({ ...first, source: { ...first.source, indices }, repeated })
  }
  return inOrder(out) as LogLine[]
}
