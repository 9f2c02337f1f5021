import type { TaxonomyKey } from '@phi/core'
import { type Clause, clauseOnly } from '../agreement/clause.ts'
import type { NoticeElement } from '../agreement/period.ts'
import { byText } from '../order.ts'
import { type LintCode, type LintSeverity, lintCodes, rankOf, writtenCitation } from './code.ts'

/** Something that a person should look at. Plain, frozen data. */
export interface LintFinding {
  readonly code: LintCode
  readonly severity: LintSeverity
  /** The agreement, by its id. Absent: there is none, and that is the finding. */
  readonly agreement?: string
  /** The place in the agreement's data: `terms.access`, `services[0]`, `ai.training`. Of a party without an agreement: `parties`. */
  readonly path: string
  /** The clause, where there is one, with its section, page and text where they are known. */
  readonly clause?: Clause
  /** What is so, in a sentence that holds nothing of the caller's. */
  readonly says: string
  /** The text it rests on, as written: `45 CFR 164.504(e)(2)(i)`. `lintCodes` has it as data, with how well it is confirmed. */
  readonly citation: string
  readonly remedy: string
  /** The words that it is about: a use, a class, a service, or the elements of a notice that are missing. */
  readonly about?: readonly (TaxonomyKey | NoticeElement)[]
  /** The party that it is about, by its id. */
  readonly party?: string
  /** The agreement above it that it was compared with, by its id. */
  readonly upstream?: string
}

type More = Pick<LintFinding, 'agreement' | 'clause' | 'about' | 'party' | 'upstream'>

export function finding(code: LintCode, path: string, { agreement, clause, about, party, upstream }: More = {}): LintFinding {
  const { severity, says, remedy } = lintCodes[code]
  return Object.freeze({
    code,
    severity,
    ...(agreement === undefined ? {} : { agreement }),
    path,
    ...(clause === undefined ? {} : { clause: clauseOnly(clause) }),
    says,
    citation: writtenCitation(code),
    remedy,
    ...(about === undefined ? {} : { about: Object.freeze([...about]) }),
    ...(party === undefined ? {} : { party }),
    ...(upstream === undefined ? {} : { upstream }),
  })
}

/** Notes a finding about one agreement. */
export type Note = (code: LintCode, path: string, more?: Omit<More, 'agreement'>) => void

/** Errors first, then by the order of the table, then by place. Of one list, checks note the first item first, and sorting keeps that. */
export function sortFindings(findings: readonly LintFinding[]): readonly LintFinding[] {
  const rank = ({ severity, code }: LintFinding) => (severity === 'error' ? 0 : 1_000) + (rankOf.get(code) ?? 0)
  const place = ({ path, party }: LintFinding) => `${path.replace(/\[\d+\]/, '[]')} ${party ?? ''}`
  return Object.freeze([...findings].sort((a, b) => rank(a) - rank(b) || byText(place(a), place(b))))
}
