import { type Day, parseDay } from '@phi/deadlines'
import { FOREVER } from '../record/record.ts'
import type { Period, RetentionRule } from '../schedule/rule.ts'
import type { RuleReference } from './assessment.ts'
import { compileRule } from './compile.ts'

/** A period that somebody stated and that is shorter than another row for the same kind of record. */
export interface StatedShorter {
  readonly rule: string
  readonly kind: string
  readonly states: Period
  readonly than: RuleReference & { readonly period: Period }
}

/** Any day will do to compare two periods by, as long as it is far from 29 February. */
const SAMPLE: Day = parseDay('2001-07-01')

const unsigned = { signedFrom: () => FOREVER }

const isDated = ({ period }: RetentionRule): boolean =>
  period.unit === 'years' || period.unit === 'months' || period.unit === 'days'

const endOf = (rule: RetentionRule): Day => compileRule(rule, unsigned).end(SAMPLE)

/**
 * The minimums of the house and of agreements that end before what a row of law asks for the same kind of record. A shorter statement
 * shortens nothing, since the longest wins: it is reported because somebody may have promised it.
 */
export function statedShorter(rules: readonly RetentionRule[]): readonly StatedShorter[] {
  const dated = rules.filter((rule) => rule.effect === 'minimum' && rule.inForce.status === 'in-force' && isDated(rule))
  const law = dated.filter(({ origin }) => origin === 'law')
  const found: StatedShorter[] = []
  for (const rule of dated) {
    if (rule.origin === 'law') continue
    for (const row of law) {
      if (endOf(row) <= endOf(rule)) continue
      // Rows of States and providers bind only there: what is compared are rows that bind wherever the statement does.
      if (row.jurisdiction && !rule.jurisdiction?.every((state) => row.jurisdiction?.includes(state))) continue
      if (row.providers && !rule.providers?.every((provider) => row.providers?.includes(provider))) continue
      const kinds = row.kinds === 'any' ? (rule.kinds === 'any' ? ['any'] : rule.kinds) : row.kinds
      for (const kind of kinds) {
        if (rule.kinds !== 'any' && !rule.kinds.includes(kind)) continue
        const { reference } = compileRule(row, unsigned)
        found.push(
          Object.freeze({
            rule: rule.id,
            kind,
            states: rule.period,
            than: Object.freeze({ ...reference, period: row.period }),
          }),
        )
      }
    }
  }
  return Object.freeze(found)
}
