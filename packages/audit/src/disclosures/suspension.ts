import { type CivilDate, daysAfter } from './civil-date.ts'
import { accountingLaw, type DisclosureBasisKey } from './law.ts'
import type { SuspensionStatement } from './request.ts'

/** The days on which one statement suspends, and whether it does so for sure. */
interface SuspensionWindow {
  readonly agency: string
  readonly by: SuspensionStatement['by']
  readonly form: SuspensionStatement['form']
  readonly from: CivilDate
  readonly through: CivilDate
  /**
   * `unsure`: an oral statement that nobody documented. The rule asks for the documentation; whether the suspension holds without it is for
   * the office to judge.
   */
  readonly effect: 'suspends' | 'unsure' | 'none'
  /** Why it is as it is. */
  readonly why: 'specified-time' | 'oral' | 'replaced-by-written' | 'not-documented' | 'cannot-be-renewed'
}

/** How names are compared: without regard to case, width and white space. */
const nameKey = (name: string): string => name.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()

/**
 * Each agency's statements in the order of their days: a written one suspends for its time; an oral one for 30 days, once, or until the
 * time of a written one that comes while it runs, which takes its place. 45 CFR 164.528(a)(2).
 */
export function windowsOf(statements: readonly SuspensionStatement[]): SuspensionWindow[] {
  const byAgency = groupBy(statements)
  const out: SuspensionWindow[] = []
  for (const own of byAgency.values()) {
    const sorted = [...own].sort((a, b) => compare(a.on, b.on) || Number(a.form === 'written') - Number(b.form === 'written'))
    let oral: { -readonly [K in keyof SuspensionWindow]: SuspensionWindow[K] } | undefined
    for (const statement of sorted) {
      const { agency, by, form, on: from } = statement
      const about = { agency, by, form, from }
      if (statement.form === 'written') {
        if (oral !== undefined && from <= daysAfter(oral.from, accountingLaw.oralSuspension.days)) {
          if (statement.until < oral.through) oral.through = statement.until
          oral.why = 'replaced-by-written'
        }
        out.push({ ...about, through: statement.until, effect: 'suspends', why: 'specified-time' })
        continue
      }
      const through = daysAfter(from, accountingLaw.oralSuspension.days)
      if (!statement.documented) out.push({ ...about, through, effect: 'unsure', why: 'not-documented' })
      else if (oral !== undefined) out.push({ ...about, through, effect: 'none', why: 'cannot-be-renewed' })
      else {
        oral = { ...about, through, effect: 'suspends', why: 'oral' }
        out.push(oral)
      }
    }
  }
  return out
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function groupBy(statements: readonly SuspensionStatement[]): Map<string, SuspensionStatement[]> {
  const out = new Map<string, SuspensionStatement[]>()
  for (const statement of statements) {
    const key = nameKey(statement.agency)
    const known = out.get(key)
    if (known) known.push(statement)
    else out.set(key, [statement])
  }
  return out
}

/** How a disclosure stands to the suspensions of a day. */
export type SuspensionStanding =
  | { readonly is: 'no' }
  | { readonly is: 'suspended'; readonly through: CivilDate; readonly agency: string }
  | { readonly is: 'perhaps'; readonly agency: string }

const kindOfBasis: Partial<Record<DisclosureBasisKey, SuspensionStatement['by']>> = {
  'health-oversight': 'health-oversight-agency',
  'law-enforcement': 'law-enforcement-official',
}

/**
 * Answers for the day of the accounting: only disclosures to the agency or official are suspended, and only while it lasts. A disclosure
 * of the same kind to a name that is not among those of the statement may be to the same agency under another spelling.
 */
export function suspensionsOn(
  day: CivilDate,
  statements: readonly SuspensionStatement[],
): (recipient: string | undefined, basis: DisclosureBasisKey | undefined) => SuspensionStanding {
  const active = windowsOf(statements).filter(({ from, through, effect }) => effect !== 'none' && from <= day && day <= through)
  const names = new Map<string, Set<string>>()
  for (const { agency, recipients } of statements) {
    const key = nameKey(agency)
    const known = names.get(key) ?? new Set([key])
    for (const recipient of recipients) known.add(nameKey(recipient))
    names.set(key, known)
  }
  return (recipient, basis) => {
    if (active.length === 0) return { is: 'no' }
    const key = recipient === undefined ? undefined : nameKey(recipient)
    const own = active.filter(({ agency }) => key !== undefined && names.get(nameKey(agency))?.has(key) === true)
    const kind = basis === undefined ? undefined : kindOfBasis[basis]
    // 164.528(a)(2)(i): disclosures to the agency or official "as provided in" 164.512(d) or (f). What it received under another provision,
    // a health department under 164.512(b) for example, is for the office to judge.
    const sure = own
      .filter(({ effect, by }) => effect === 'suspends' && (basis === undefined || by === kind))
      .sort((a, b) => compare(b.through, a.through))[0]
    if (sure !== undefined) return { is: 'suspended', through: sure.through, agency: sure.agency }
    if (own[0] !== undefined) return { is: 'perhaps', agency: own[0].agency }
    const alike = active.find(({ by }) => key === undefined || basis === undefined || by === kind)
    return alike === undefined ? { is: 'no' } : { is: 'perhaps', agency: alike.agency }
  }
}
