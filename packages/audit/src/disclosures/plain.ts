import { type DisclosureAccounting, readAccounting } from './accounting.ts'
import { headRows, incompleteSentences, isIncomplete, lineCells, researchRows, type Wording } from './content.ts'
import { type AccountingTexts, checkTexts, dateText, englishTexts, fill } from './texts.ts'

/**
 * Characters that draw no letter and can make a text read as another: controls, the marks and overrides of bidirectional text, and the
 * invisible ones. A line break is no such character.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to be shown
const DECEPTIVE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu

const shown = (character: string) => `[U+${(character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}]`

/** Foreign text in a file: its tricks shown as what they are, and its direction kept from its neighbours (FSI … PDI, UAX #9). */
const isolate = (value: string): string => `\u2068${value.replaceAll('\r\n', '\n').replace(DECEPTIVE, shown)}\u2069`

/** The continuation of a paragraph is indented: a value with line breaks cannot pretend to be a heading or another entry. */
const indented = (paragraph: string, by: string): string => paragraph.split('\n').join(`\n${by}`)

/**
 * An accounting as plain text in UTF-8. Foreign text stands between U+2068 and U+2069; characters that could mislead are shown as
 * `[U+202E]`.
 * @throws PhiError PHI_AUDIT_DISCLOSURES_TEXTS; PHI_AUDIT_DISCLOSURES_FORMAT where it is no accounting
 */
export function renderAccountingText(given: DisclosureAccounting, texts: AccountingTexts = englishTexts): string {
  const accounting = readAccounting(given)
  const wording: Wording = { texts: checkTexts(texts), mark: isolate, say: (template, values = {}) => fill(template, values) }
  const { say } = wording
  const out: string[] = []
  const heading = (text: string, line: string) => out.push(text, line.repeat([...text].length), '')
  const row = (label: string, paragraphs: readonly string[]) =>
    out.push(...paragraphs.map((each, i) => `  ${i === 0 ? `${label}: ` : '  '}${indented(each, '      ')}`))

  heading(texts.title, '=')
  for (const [label, value] of headRows(accounting, wording)) out.push(`${label}: ${indented(value, '    ')}`)
  const { period, lines, research, entity } = accounting
  out.push('', texts.introduction, '', texts.notListed, '', say(texts.timeZone, { timeZone: isolate(accounting.timeZone) }))
  if (period.from !== period.outerFrom || period.to !== accounting.requestedOn)
    out.push(say(texts.periodShorter, { outerFrom: dateText(period.outerFrom, texts) }))
  out.push('')
  if (isIncomplete(accounting)) {
    heading(texts.incompleteTitle, '-')
    out.push(...incompleteSentences(accounting, wording).map((each) => `- ${indented(each, '    ')}`), '')
  }
  heading(texts.linesTitle, '-')
  if (lines.length === 0) out.push(isIncomplete(accounting) ? texts.noLinesIncomplete : texts.noLines, '')
  else out.push(say(texts.linesCaption, { count: String(lines.length) }), '')
  for (const [i, line] of lines.entries()) {
    const { date, when, recipient, what, why, proof } = lineCells(line, wording)
    out.push(`${i + 1}. ${date}`, ...when.map((each) => `  ${each}`))
    row(texts.columnRecipient, recipient)
    row(texts.columnDescription, what)
    row(texts.columnPurpose, why)
    row(texts.columnProof, proof)
    out.push('')
  }
  if (research.length > 0) {
    heading(texts.researchTitle, '-')
    out.push(texts.researchIntroduction, '')
    for (const each of research) {
      out.push(`* ${indented(isolate(each.name), '    ')}`)
      for (const [label, paragraphs] of researchRows(each, wording)) row(label, paragraphs)
      if (each.likely) out.push(`  ${texts.researchAssist}`)
      out.push('')
    }
  }
  heading(texts.checkTitle, '-')
  out.push(texts.check, '', say(texts.questions, { responsible: isolate(entity.responsible) }))
  return `${out.join('\n')}\n`
}
