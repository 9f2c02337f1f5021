import type { AccountingLine, DisclosureAccounting } from './accounting.ts'
import { type AccountingTexts, dateText } from './texts.ts'

/**
 * What a rendering says of an accounting, form and page aside. `mark` prepares each value that came from a log, a person or another
 * organization, for the place where it will stand.
 */
export interface Wording {
  readonly texts: AccountingTexts
  mark(value: string): string
  /** A text of the language file, with values that are marked already. */
  say(template: string, values?: Readonly<Record<string, string>>): string
}

/** Numbers of entries, `12, 14–17`, so that ten thousand of them in a row stay readable. */
function entryNumbers(indices: readonly number[]): string {
  const runs: [number, number][] = []
  for (const index of indices) {
    const last = runs.at(-1)
    if (last !== undefined && last[1] + 1 === index) last[1] = index
    else runs.push([index, index])
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from}, ${to}` : `${from}–${to}`)).join(', ')
}

/** The head: label and value. */
export function headRows(accounting: DisclosureAccounting, { texts, mark, say }: Wording): [label: string, value: string][] {
  const { patient, entity, requestedOn, preparedOn, period } = accounting
  const day = (date: string) => say(dateText(date, texts))
  const rows: [string, string][] = []
  if (patient.name !== undefined) rows.push([texts.for, mark(patient.name)])
  rows.push([texts.patientId, mark(patient.id)], [texts.from, mark(entity.name)])
  if (entity.address !== undefined) rows.push([texts.address, mark(entity.address)])
  if (entity.telephone !== undefined) rows.push([texts.telephone, mark(entity.telephone)])
  rows.push([texts.responsible, mark(entity.responsible)])
  rows.push([texts.requestedOn, day(requestedOn)], [texts.preparedOn, day(preparedOn)])
  rows.push([texts.period, say(texts.periodRange, { from: day(period.from), to: day(period.to) })])
  return rows.map(([label, value]) => [say(label), value])
}

export const isIncomplete = ({ incomplete }: DisclosureAccounting): boolean =>
  incomplete.unreadable.length > 0 || incomplete.contributors.length > 0

/** Why it may be incomplete, in sentences. */
export function incompleteSentences({ incomplete }: DisclosureAccounting, { texts, mark, say }: Wording): string[] {
  const day = (date: string | null) => (date === null ? '?' : say(dateText(date, texts)))
  const rows = incomplete.unreadable.map(({ why, entries, recordedFrom, recordedTo }) =>
    say(texts.unreadable[why], { entries: String(entries), from: day(recordedFrom), to: day(recordedTo) }),
  )
  if (rows.length > 0) rows.push(say(texts.unreadableMeans))
  return [...rows, ...incomplete.contributors.map(({ from, why }) => say(texts.contributor[why], { from: mark(from) }))]
}

/** How a line can be checked, in sentences. */
function proofSentences({ source }: AccountingLine, { texts, mark, say }: Wording): string[] {
  if (source.of === 'contribution') {
    const template = source.proof === 'package' ? texts.contributedPackage : texts.contributedStatement
    return [say(template, { from: mark(source.from) })]
  }
  const out = [say(texts.proof[source.proof], { entries: entryNumbers(source.indices) })]
  if (source.stated.length > 0) out.push(say(texts.proofStated))
  return out
}

/** The cells of a line, each as paragraphs. */
export function lineCells(line: AccountingLine, wording: Wording) {
  const { texts, mark, say } = wording
  const { recipient, address, description, purpose, basis, repeated } = line
  const what = [description === null ? say(texts.noDescription) : mark(description)]
  if (repeated !== undefined && repeated.descriptions.length > 0)
    what.push(`${say(texts.repeatedAlso)}${repeated.descriptions.map(mark).join('; ')}`)
  const why = [purpose === null ? say(texts.noPurpose) : mark(purpose)]
  if (basis !== null) why.push(say(texts.basis, { basis: say(texts.bases[basis]) }))
  const when = repeated && say(texts.repeated, { number: String(repeated.number), last: say(dateText(repeated.last, texts)) })
  return {
    date: say(dateText(line.date, texts)),
    when: when === undefined ? [] : [when],
    recipient: [
      recipient === null ? say(texts.noRecipient) : mark(recipient),
      address === null ? say(texts.noAddress) : mark(address),
    ],
    what,
    why,
    proof: proofSentences(line, wording),
  }
}

/** The short form of one research activity: label and paragraphs, 45 CFR 164.528(b)(4)(i)(A) to (F). */
export function researchRows(
  { description, dataTypes, from, last, sponsor, researcher }: DisclosureAccounting['research'][number],
  { texts, mark, say }: Wording,
): [label: string, paragraphs: string[]][] {
  const dates = say(texts.researchDates, { from: say(dateText(from, texts)), last: say(dateText(last, texts)) })
  const contact = ({ name, address, telephone }: typeof sponsor) => [name, address, telephone].map(mark)
  return [
    [say(texts.researchDescription), [mark(description)]],
    [say(texts.researchData), [mark(dataTypes)]],
    [say(texts.researchWhen), [dates]],
    [say(texts.researchSponsor), contact(sponsor)],
    [say(texts.researchResearcher), contact(researcher)],
  ]
}
