import { describe, expect, it } from 'vitest'
import { basis, disclosure, record, request, toHealthDepartment } from '../../test/disclosures/world.ts'
import { accountOfDisclosures } from './account.ts'
import { type DisclosureAccounting, readAccounting } from './accounting.ts'
import type { Research } from './fields.ts'
import { renderAccountingHtml } from './html.ts'
import { renderAccountingText } from './plain.ts'
import type { AccountingRequest, Contribution } from './request.ts'
import { type AccountingTexts, englishTexts } from './texts.ts'

const RLO = '\u202e'
const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'; drop table",
  '</title></style><b>',
  `${RLO}evitatropxe`,
  '\u2066\u2067 unbalanced',
  'שלום עולם 12',
  'A\u0000B\u0007C\u001b[2J',
  '{last} {entries} $& $1',
  '&lt;already&gt; &amp;',
  ']]> <!-- -->',
  'line\nbreak\r\nand\ttab',
  '\u2028\u2029\u00ad\u200b',
  'x'.repeat(2048),
  'e\u0301'.repeat(500),
  '👩‍👩‍👧‍👦'.repeat(40),
]

const contact = { name: hostile[0] as string, address: hostile[1] as string, telephone: hostile[2] as string }
const study: Research = {
  id: 's',
  name: hostile[3] as string,
  description: hostile[4] as string,
  dataTypes: hostile[5] as string,
  from: '2024-01-01',
  last: '2025-01-01',
  sponsor: contact,
  researcher: contact,
  individuals: 500,
  likely: true,
}
const contributions: Contribution[] = [
  { from: '<b>BA</b>', answer: 'not-received' },
  {
    from: 'Told',
    answer: 'disclosures',
    disclosures: [{ date: '2024-05-01', recipient: hostile[4] as string, description: '<i>', purpose: '&' }],
  },
]

async function accountingOf(texts: readonly string[], more: Partial<AccountingRequest> = {}): Promise<DisclosureAccounting> {
  const records = texts.map((text, i) =>
    record(
      i,
      disclosure(
        {},
        { disclosure: { recipient: text, address: text, description: text, purpose: text }, ...basis('judicial-proceeding') },
      ),
    ),
  )
  const { accounting } = await accountOfDisclosures(records, { ...request, ...more })
  if (accounting === undefined) throw new Error('needs review')
  return accounting
}

const german: AccountingTexts = {
  ...englishTexts,
  language: 'de',
  title: 'Wer Ihre Gesundheitsdaten erhalten hat',
  date: '{day}. {month} {year}',
  months: [
    'Januar',
    'Februar',
    'März',
    'April',
    'Mai',
    'Juni',
    'Juli',
    'August',
    'September',
    'Oktober',
    'November',
    'Dezember',
  ],
}

describe('the page', () => {
  it('escapes everything foreign: no element and no attribute comes out of it', async () => {
    const html = renderAccountingHtml(
      await accountingOf(hostile, {
        contributions,
        research: [study],
        patient: { id: '<p>', name: '<x onload=1>', otherIds: ['p-88'] },
      }),
    )
    const tags = new Set([...html.matchAll(/<\/?([a-zA-Z!][^\s/>]*)/g)].map(([, name]) => name))
    expect([...tags].sort()).toEqual(
      [
        '!doctype',
        'a',
        'bdi',
        'body',
        'caption',
        'dd',
        'div',
        'dl',
        'dt',
        'h1',
        'h2',
        'h3',
        'head',
        'html',
        'li',
        'main',
        'meta',
        'p',
        'section',
        'span',
        'style',
        'table',
        'tbody',
        'td',
        'th',
        'thead',
        'time',
        'title',
        'tr',
        'ul',
      ].sort(),
    )
    expect(html).not.toMatch(/<[^>]*\son\w+=/)
    const controls = [...html].filter((character) => character < ' ' && !'\n\r\t'.includes(character))
    expect(controls).toEqual([])
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(html).toContain('{last} {entries} $&amp; $1')
    expect(html).not.toMatch(/https?:|<script|<link|url\(/)
  })

  it('says what the text says, and both say every field', async () => {
    const accounting = await accountingOf(['Coroner'], { contributions, research: [study] })
    const html = renderAccountingHtml(accounting)
    const text = renderAccountingText(accounting)
    for (const part of [
      'Ada Example',
      'Example Clinic',
      'April 10, 2026',
      'April 20, 2026',
      'April 10, 2020',
      'June 1, 2025',
      'Coroner',
      'America/Chicago',
      'This list may be incomplete',
      'judicial and administrative proceedings (45 CFR 164.512(e))',
      'may or may not have been disclosed',
      'entry 0 of our log',
      'Privacy Office',
    ]) {
      expect(html, part).toContain(part)
      expect(text, part).toContain(part)
    }
  })

  it('never says "none" where something could not be read', async () => {
    const nothing = await accountingOf([])
    expect(renderAccountingHtml(nothing)).toContain(englishTexts.noLines)
    expect(renderAccountingText(nothing)).toContain(englishTexts.noLines)
    const own = record(0, disclosure())
    const { context: _, ...event } = own.event
    const { accounting } = await accountOfDisclosures([{ ...own, event, sealed: ['context'] }], request)
    for (const rendered of [renderAccountingHtml, renderAccountingText].map((render) =>
      render(accounting as DisclosureAccounting),
    )) {
      expect(rendered).not.toContain(englishTexts.noLines)
      expect(rendered).toContain('This list may be incomplete')
      expect(rendered).toContain('We could not open 1 of our records, made between June 1, 2025 and June 1, 2025.')
    }
  })

  it('says what is not recorded', async () => {
    const { accounting } = await accountOfDisclosures([record(0, disclosure({}, { disclosure: undefined }))], request)
    const html = renderAccountingHtml(accounting as DisclosureAccounting)
    for (const text of [englishTexts.noRecipient, englishTexts.noAddress, englishTexts.noDescription, englishTexts.noPurpose])
      expect(html).toContain(text)
  })

  it('speaks other languages, and right to left', async () => {
    const accounting = await accountingOf(['Amt'])
    const html = renderAccountingHtml(accounting, german)
    expect(html).toContain('<html lang="de" dir="ltr">')
    expect(html).toContain('1. Juni 2025')
    expect(renderAccountingText(accounting, german)).toContain('1. Juni 2025')
    expect(renderAccountingHtml(accounting, { ...german, language: 'ar', direction: 'rtl' })).toContain(
      '<html lang="ar" dir="rtl">',
    )
    const quoted = renderAccountingHtml(accounting, { ...german, page: '</style>"\\' })
    expect(quoted).toContain('content: "\\3c /style\\3e \\22 \\5c " counter(page)')
  })

  it('refuses texts that are not complete or lose a place', async () => {
    const accounting = await accountingOf([])
    const { title: _, ...missing } = german
    const bad: unknown[] = [
      missing,
      { ...german, extra: 'x' },
      { ...german, language: '"><' },
      { ...german, months: ['x'] },
      { ...german, repeated: 'oft' },
      { ...german, proof: {} },
    ]
    for (const texts of bad) {
      for (const render of [renderAccountingHtml, renderAccountingText])
        expect(() => render(accounting, texts as AccountingTexts)).toThrow(
          expect.objectContaining({ code: 'PHI_AUDIT_DISCLOSURES_TEXTS' }),
        )
    }
    expect(() => renderAccountingHtml(accounting, { ...german, repeated: 'oft' })).toThrow('texts.repeated')
  })
})

describe('the plain text', () => {
  it('shows controls and marks of direction as what they are, and keeps every line of a value indented', async () => {
    const text = renderAccountingText(
      await accountingOf([...hostile, 'innocent\n\n9. June 1, 2025\nThis list may be incomplete']),
    )
    expect(text).toContain('[U+202E]evitatropxe')
    expect(text).toContain('A[U+0000]B[U+0007]C[U+001B][2J')
    expect(text.replaceAll('\u2068', '').replaceAll('\u2069', '')).not.toMatch(
      /[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\u2028\u2029]/,
    )
    expect(text.split('\u2068').length).toBe(text.split('\u2069').length)
    const headings = text.split('\n').filter((line) => /^\d+\. /.test(line))
    expect(headings).toHaveLength(hostile.length + 1)
    expect(text.split('\n')).not.toContain('This list may be incomplete')
  })
})

describe('the data', () => {
  it('is read back as it was written, and nothing else is', async () => {
    const accounting = await accountingOf(['Coroner'], { contributions, research: [study], summarize: true })
    expect(readAccounting(JSON.stringify(accounting))).toEqual(accounting)
    const bad: unknown[] = [
      null,
      [],
      {},
      { ...accounting, extra: 1 },
      { ...accounting, format: 'phi.audit/accounting@v2' },
      { ...accounting, lines: [{}] },
      { ...accounting, timeZone: 'x' },
    ]
    for (const value of bad)
      expect(() => readAccounting(JSON.stringify(value))).toThrow(
        expect.objectContaining({ code: 'PHI_AUDIT_DISCLOSURES_FORMAT' }),
      )
  })

  it('of 10,000 disclosures is accounted for, summarised and rendered', async () => {
    const records = Array.from({ length: 10_000 }, (_, i) =>
      record(
        i,
        disclosure(
          { occurredAt: new Date(Date.parse('2021-01-01T00:00:00.000Z') + i * 16_000_000).toISOString() },
          { disclosure: { ...toHealthDepartment, purpose: `Purpose ${i % 3}` } },
        ),
      ),
    )
    const full = (await accountOfDisclosures(records, request)).accounting as DisclosureAccounting
    const short = (await accountOfDisclosures(records, { ...request, summarize: true })).accounting as DisclosureAccounting
    expect([full.lines.length, short.lines.map(({ repeated }) => repeated?.number)]).toEqual([10_000, [3334, 3333, 3333]])
    expect(renderAccountingHtml(full).split('<tr role="row">')).toHaveLength(10_002)
    expect(renderAccountingText(short)).toContain('This happened 3334 times.')
  })
})
