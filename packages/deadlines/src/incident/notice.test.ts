import { describe, expect, it } from 'vitest'
import { openingOf, sampleOf } from '../../test/incident-samples.ts'
import { applyIncidentEvent, openIncident } from './incident.ts'
import { noticeDraft } from './notice-draft.ts'
import {
  checkNotice,
  itemsOfWords,
  knownNoticeWords,
  noticeAddressees,
  noticeChecklists,
  noticeItemIds,
} from './notice-items.ts'

const ids = (items: readonly { readonly id: string }[]) => items.map(({ id }) => id)

describe('the content of notices', () => {
  it('S63 has the items of 164.404(c) for individuals and media, and plain language', () => {
    expect(ids(noticeChecklists.individuals)).toEqual([
      'what-happened',
      'date-of-breach',
      'date-of-discovery',
      'types-of-phi',
      'steps',
      'investigating',
      'mitigating',
      'protecting',
      'contact',
      'plain-language',
    ])
    expect(noticeChecklists.media).toEqual(noticeChecklists.individuals)
    const letters = noticeChecklists.individuals.map(({ citation }) => citation.section.slice('164.404'.length))
    expect(new Set(letters)).toEqual(new Set(['(c)(1)(A)', '(c)(1)(B)', '(c)(1)(C)', '(c)(1)(D)', '(c)(1)(E)', '(c)(2)']))
    expect(noticeAddressees).toEqual(['individuals', 'media', 'covered-entity', 'secretary'])
  })

  it('says honestly which items were seen in the text, and that the form of the Secretary is from memory', () => {
    for (const addressee of noticeAddressees) {
      const expected = addressee === 'secretary' ? 'memory' : 'text-seen'
      for (const { citation } of noticeChecklists[addressee]) expect(citation.confirmation).toBe(expected)
    }
    expect(noticeChecklists.secretary).toHaveLength(13)
  })

  it('S100 a notice of nature, categories, consequences and remediation lacks the individuals and most of 164.404(c)', () => {
    const contains = itemsOfWords([
      'nature of the breach',
      'categories of affected individuals',
      'likely consequences',
      'remediation taken',
    ])
    expect(contains).toEqual(['what-happened', 'mitigating'])
    const missing = checkNotice({ addressee: 'covered-entity', contains })
    expect(missing.map(({ id, mayFollow }) => `${id}${mayFollow ? ' (may follow)' : ''}`)).toEqual([
      'identification',
      'date-of-breach (may follow)',
      'date-of-discovery (may follow)',
      'types-of-phi (may follow)',
      'steps (may follow)',
      'investigating (may follow)',
      'protecting (may follow)',
      'contact (may follow)',
    ])
    expect(missing[0]?.citation.section).toBe('164.410(c)(1)')
  })

  it('S100 S134 C6 the two dates and the types help, and still nobody is named', () => {
    const contains = itemsOfWords([
      'Nature of the breach',
      'categories of affected individuals',
      'likely consequences',
      'remediation taken',
      'date of breach',
      'date of discovery',
      ' types of PHI involved ',
      'recommended mitigation',
    ])
    expect(ids(checkNotice({ addressee: 'covered-entity', contains }))).toEqual([
      'identification',
      'investigating',
      'protecting',
      'contact',
    ])
  })

  it('words that are not known cover nothing, whatever they are called', () => {
    expect(itemsOfWords(['constructor', '__proto__', 'everything that is needed'])).toEqual([])
    expect(itemsOfWords(knownNoticeWords).every((id) => noticeItemIds.includes(id))).toBe(true)
  })

  it('what cannot be said may be left out only where the text says so', () => {
    const all = noticeItemIds
    expect(ids(checkNotice({ addressee: 'individuals', contains: [], notPossible: all }))).toEqual(['plain-language'])
    expect(checkNotice({ addressee: 'covered-entity', contains: [], notPossible: all })).toEqual([])
    expect(checkNotice({ addressee: 'secretary', contains: [], notPossible: all })).toHaveLength(13)
  })
})

describe('drafts', () => {
  const incident = (...types: Parameters<typeof sampleOf>[1][]) =>
    types.reduce(
      (made, type) => applyIncidentEvent(made, sampleOf('covered-entity', type, '2026-05-10')).incident,
      openIncident(openingOf('covered-entity')),
    )

  it('S63 fills what the record has, and names what it has not', () => {
    expect(noticeDraft(incident(), 'individuals')).toMatchObject({
      contains: ['date-of-discovery'],
      missing: ids(noticeChecklists.individuals).filter((id) => id !== 'date-of-discovery'),
    })
    const full = noticeDraft(incident('investigated', 'described'), 'individuals')
    expect(full.missing).toEqual([])
    expect(checkNotice(full)).toEqual([])
    expect(full.fields.find(({ item }) => item === 'date-of-breach')).toEqual({
      item: 'date-of-breach',
      says: 'the date of the breach, if known',
      citation: '45 CFR 164.404(c)(1)(A)',
      status: 'filled',
      value: '2026-05-01',
    })
    expect(full.fields.find(({ item }) => item === 'date-of-discovery')?.value).toBe('2026-05-04')
  })

  it('a date that was found not to be known is no gap', () => {
    const found = applyIncidentEvent(openIncident(openingOf('covered-entity')), {
      type: 'investigated',
      at: '2026-05-10',
      occurred: null,
    })
    const draft = noticeDraft(found.incident, 'media', 'OH')
    expect(draft.jurisdiction).toBe('OH')
    expect(draft.notPossible).toEqual(['date-of-breach'])
    expect(ids(checkNotice(draft))).toEqual(draft.missing)
  })

  it('S133 gives the Secretary the numbers and dates of the record', () => {
    const draft = noticeDraft(incident('investigated', 'described', 'notified'), 'secretary')
    const value = (item: string) => draft.fields.find((field) => field.item === item)?.value
    expect(value('number-of-individuals')).toBe(480)
    expect(value('date-of-individual-notice')).toBe('2026-05-10')
    expect(value('media-notice')).toEqual([])
    expect(draft.missing).toEqual([
      'reporting-entity',
      'type-of-breach',
      'location',
      'safeguards',
      'actions-taken',
      'attestation',
    ])
  })

  it('an empty contact is none, and language that nobody read is not plain', () => {
    const said = applyIncidentEvent(openIncident(openingOf('covered-entity')), {
      type: 'described',
      at: '2026-05-10',
      content: { contact: {}, plainLanguage: false },
    })
    expect(noticeDraft(said.incident, 'individuals').missing).toEqual(expect.arrayContaining(['contact', 'plain-language']))
  })
})
