import { parseAs } from '@phi/core'
import * as z from 'zod'
import type { LineProof, UnreadableReason } from './accounting.ts'
import { disclosureError } from './errors.ts'
import { type DisclosureBasisKey, disclosureBases } from './law.ts'

/** Every sentence of the page and of the plain text, as data, so that it can be had in other languages. `{…}` are places. */
export const englishTexts = {
  /** BCP 47. */
  language: 'en-US',
  direction: 'ltr',
  title: 'Accounting of disclosures of your health information',
  for: 'For',
  patientId: 'Patient number',
  from: 'From',
  requestedOn: 'You asked on',
  preparedOn: 'Prepared on',
  period: 'Period covered',
  periodRange: '{from} through {to}',
  periodShorter: 'You asked for a shorter period. You could have asked for disclosures since {outerFrom}.',
  timeZone: 'Dates are those of the time zone {timeZone}.',
  responsible: 'Responsible office',
  address: 'Address',
  telephone: 'Telephone',
  introduction:
    'You asked who received health information about you. This is our answer. It lists the disclosures that the law requires us to list today (45 CFR 164.528).',
  notListed:
    'Some disclosures do not have to be listed, or not yet. Examples are those for your treatment, for payment, for our own operations, to yourself, and those that you authorized.',
  linesTitle: 'Disclosures',
  linesCaption: 'Disclosures of your health information, the earliest first. Number of entries: {count}',
  noLines: 'We found no disclosure that we must list for this period.',
  noLinesIncomplete:
    'In the records that we could read we found no disclosure that we must list for this period. We could not read all of them: see below.',
  columnDate: 'Date',
  columnRecipient: 'Who received it',
  columnDescription: 'What was disclosed',
  columnPurpose: 'Why',
  columnProof: 'How you can check it',
  repeated: 'This happened {number} times. The first was on this date, and the last on {last}.',
  repeatedAlso: 'Also disclosed in these: ',
  noRecipient: 'The recipient was not recorded.',
  noAddress: 'Address not known',
  noDescription: 'No description was recorded.',
  noPurpose: 'No purpose was recorded.',
  basis: 'Legal ground: {basis}',
  proof: {
    full: 'Proved by entry {entries} of our log.',
    'subject-withheld':
      'Proved by entry {entries} of our log. That entry names other people too, so the part with the names is withheld.',
    'patient-not-named':
      'Proved by entry {entries} of our log, which does not name you. Our office found that it concerns you.',
  } as Readonly<Record<LineProof, string>>,
  proofStated: 'Part of this is not in the log and was added by our office.',
  contributedStatement: 'Reported to us by {from}.',
  contributedPackage: 'Reported to us by {from}, with a proof of its own.',
  researchTitle: 'Research',
  researchIntroduction:
    'For the research below, records of many people were disclosed. Your health information may or may not have been disclosed for it.',
  researchDates: 'Between {from} and {last}. The last disclosure was on {last}.',
  researchDescription: 'What the research is',
  researchData: 'What kind of information was disclosed',
  researchWhen: 'When',
  researchSponsor: 'Who sponsored it',
  researchResearcher: 'Researcher who received it',
  researchAssist:
    'It is reasonably likely that your information was part of this. If you ask us, we help you to contact the sponsor and the researcher.',
  incompleteTitle: 'This list may be incomplete',
  unreadable: {
    withheld:
      'The content of {entries} of our records, made between {from} and {to}, is no longer kept or was not available to us.',
    sealed: 'We could not open {entries} of our records, made between {from} and {to}. They are sealed.',
    altered: 'The content of {entries} of our records, made between {from} and {to}, was changed, so we cannot rely on it.',
    missing: '{entries} of our records are missing.',
  } as Readonly<Record<UnreadableReason, string>>,
  unreadableMeans: 'We do not know whether any of them is a disclosure of your information.',
  contributor: {
    'not-received': '{from} has not told us yet about disclosures that it made for us.',
    'not-proved': '{from} sent us a list that does not prove itself. We list it as its word.',
    incomplete: '{from} told us that its own list may be incomplete.',
    'shorter-period': '{from} reported about a shorter period than this list covers.',
  } as Readonly<Record<'not-received' | 'not-proved' | 'incomplete' | 'shorter-period', string>>,
  checkTitle: 'How to check this list',
  check:
    'Together with this list you can ask for a file that proves it. Whoever has that file and our public key can check, without us, that the entries are in our log and that this list was not changed. The file cannot prove that nothing was left out.',
  questions: 'If you have questions, ask: {responsible}.',
  skip: 'Skip to the list',
  page: 'Page ',
  pageOf: ' of ',
  months: [
    'January',
    'February',
    'March',
    'April',
    'May',
    'June',
    'July',
    'August',
    'September',
    'October',
    'November',
    'December',
  ] as readonly string[],
  /** Places: `{day}` without a leading zero, `{month}` by name, `{year}`. */
  date: '{month} {day}, {year}',
  bases: Object.fromEntries(
    Object.entries(disclosureBases).map(([key, { words, citation }]) => [
      key,
      `${words} (${citation.source} ${citation.section})`,
    ]),
  ) as Readonly<Record<DisclosureBasisKey, string>>,
} as const

type Texts<T> = { readonly [K in keyof T]: T[K] extends string ? string : T[K] }

/** The sentences of a rendered accounting in one language. */
export type AccountingTexts = Omit<Texts<typeof englishTexts>, 'direction'> & { readonly direction: 'ltr' | 'rtl' }

const text = z.string().min(1).max(4000)
const shapes: Record<string, z.ZodType> = {}
for (const [key, value] of Object.entries(englishTexts)) {
  if (typeof value === 'string') shapes[key] = text
  else if (Array.isArray(value)) shapes[key] = z.array(text).length(value.length)
  else shapes[key] = z.strictObject(Object.fromEntries(Object.keys(value).map((inner) => [inner, text])))
}
shapes.direction = z.enum(['ltr', 'rtl'])
shapes.language = z.string().regex(/^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,8}$/)
const textsSchema = z.strictObject(shapes)

const placesOf = (template: string): string =>
  [...new Set([...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))].sort().join(' ')

/** Every text with its path. */
function* flat(texts: object, path = ''): Generator<[path: string, text: string]> {
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === 'string') yield [`${path}${key}`, value]
    else yield* flat(value as object, `${path}${key}.`)
  }
}

const english = new Map(flat(englishTexts))
const checked = new WeakSet<object>([englishTexts])

/**
 * Holds texts against the English ones: every one is there, and has the same places. A translation that drops `{last}` would drop the
 * date of the last disclosure.
 * @throws PhiError PHI_AUDIT_DISCLOSURES_TEXTS
 */
export function checkTexts(texts: AccountingTexts): AccountingTexts {
  if (checked.has(texts)) return texts
  parseAs(textsSchema, texts, 'texts', (context) => disclosureError('PHI_AUDIT_DISCLOSURES_TEXTS', context))
  for (const [path, translated] of flat(texts)) {
    if (placesOf(translated) !== placesOf(english.get(path) ?? ''))
      throw disclosureError('PHI_AUDIT_DISCLOSURES_TEXTS', {
        path: `texts.${path}`,
        detail: 'must have the places of the English text',
      })
  }
  checked.add(texts)
  return texts
}

/** Puts values into the places of a template, once: what a value holds in braces is no place. */
export const fill = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/\{(\w+)\}/g, (place, name: string) => (Object.hasOwn(values, name) ? (values[name] as string) : place))

/** A civil date as people write it. */
export function dateText(date: string, { months, date: template }: AccountingTexts): string {
  const [year, month, day] = date.split('-') as [string, string, string]
  return fill(template, { year, month: months[Number(month) - 1] as string, day: String(Number(day)) })
}
