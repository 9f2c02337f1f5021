import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { type NppElementId, nppElements, rightsInNotice } from './elements.ts'
import { type NoticeInput, notice, noticeFindings, noticeRetention, versionOn } from './notice.ts'

const ids = Object.keys(nppElements) as NppElementId[]
const facts = { fundraises: false, groupHealthPlan: false, underwrites: false, holdsPart2Records: false }
const first = {
  id: 'v1',
  effective: '2024-03-01',
  created: '2024-02-20',
  elements: ids,
  uses: ['treatment', 'payment', 'operations'],
  sha256: 'd'.repeat(64),
} as const
const second = { ...first, id: 'v2', effective: '2026-02-16', created: '2026-01-20' } as const
const input: NoticeInput = { versions: [second, first], facts }
const codes = (more: object, on = '2026-11-22') => noticeFindings(notice({ ...input, ...more } as NoticeInput), on)

describe('the content of a notice', () => {
  it('S131 22 elements, of which every notice needs 18', () => {
    expect(ids).toHaveLength(22)
    expect(ids.filter((id) => nppElements[id].when === undefined)).toHaveLength(18)
    expect(noticeFindings(notice(input), '2026-11-22')).toEqual([])
  })

  it.each(ids)('S131 S55 without %s, exactly its finding', (id) => {
    const when = nppElements[id].when
    const elements = ids.filter((each) => each !== id)
    const found = codes({ versions: [{ ...second, elements }], facts: { ...facts, ...(when ? { [when]: true } : {}) } })
    expect(found).toMatchObject([{ code: 'element-missing', element: id, version: 'v2' }])
    if (when === undefined) return
    expect(codes({ versions: [{ ...second, elements }] })).toEqual([])
    const { [when]: _, ...unknown } = facts
    expect(codes({ versions: [{ ...second, elements }], facts: unknown })).toMatchObject([
      { code: 'fact-unknown', element: id, fact: when },
    ])
  })

  it('the element on Part 2 records is wanted from 16 February 2026 on', () => {
    const elements = ids.filter((each) => each !== 'part2-records')
    const versions = [{ ...first, elements }]
    const holds = { ...facts, holdsPart2Records: true }
    expect(codes({ versions, facts: holds }, '2026-02-15')).toEqual([])
    expect(codes({ versions, facts: holds }, '2026-02-16').map(({ element }) => element)).toEqual(['part2-records'])
  })

  it('S55 a material change waits for the notice that tells of it', () => {
    const early = { ...second, practisedFrom: '2026-02-15' }
    expect(codes({ versions: [early] })).toMatchObject([
      { code: 'practised-before-effective', citation: '45 CFR 164.520(b)(3)' },
    ])
    expect(codes({ versions: [{ ...early, material: false }] })).toEqual([])
    expect(codes({ versions: [{ ...second, practisedFrom: '2026-02-16' }] })).toEqual([])
    expect(codes({ versions: [{ ...second, sha256: undefined }] })).toMatchObject([{ code: 'no-hash' }])
    expect(codes({}, '2024-02-29')).toMatchObject([{ code: 'no-version' }])
  })

  it('S59 names the six rights, each with its place in the rule', () => {
    expect(rightsInNotice().map(({ id }) => id)).toEqual([
      'right-restrictions',
      'right-confidential-communications',
      'right-access',
      'right-amendment',
      'right-accounting',
      'right-paper-copy',
    ])
    expect(rightsInNotice()[2]).toMatchObject({ citation: '45 CFR 164.520(b)(1)(iv)(C)' })
  })
})

describe('versions', () => {
  it('S131 the version in effect on a day', () => {
    const made = notice(input)
    expect(['2024-02-29', '2024-03-01', '2026-02-15', '2026-02-16'].map((on) => versionOn(made, on)?.id)).toEqual([
      undefined,
      'v1',
      'v1',
      'v2',
    ])
  })

  it('S131 six years from when a version was written or last in effect, whichever is later: 164.530(j)', () => {
    expect(noticeRetention(notice(input))).toEqual([
      { version: 'v1', years: 6, citation: '45 CFR 164.530(j)', from: '2026-02-15', through: '2032-02-15' },
      { version: 'v2', years: 6, citation: '45 CFR 164.530(j)' },
    ])
    // A leap day is kept to the first of March.
    const leap = notice({
      versions: [
        { ...first, effective: '2023-01-01', created: '2023-01-01' },
        { ...second, effective: '2024-03-01', created: '2024-01-01' },
      ],
    })
    expect(noticeRetention(leap)[0]).toMatchObject({ from: '2024-02-29', through: '2030-03-01' })
  })

  it('versions keep their order however they are given, and each day has at most one', () => {
    const day = fc.integer({ min: 1, max: 9999 }).map((each) => new Date(Date.UTC(2000, 0, each)).toISOString().slice(0, 10))
    fc.assert(
      fc.property(fc.uniqueArray(day, { minLength: 1, maxLength: 8 }), day, (days, at) => {
        const made = notice({
          versions: days.map((effective, index) => ({ ...first, id: `v${index}`, effective, created: '2000-01-01' })),
        })
        const wanted = days
          .filter((each) => each <= at)
          .sort()
          .at(-1)
        expect(versionOn(made, at)?.effective).toBe(wanted)
        expect(noticeRetention(made).filter(({ through }) => through === undefined)).toHaveLength(1)
        expect(notice(made)).toEqual(made)
      }),
      { numRuns: 100 },
    )
  })

  it('refuses what it cannot read, and repeats nothing', async () => {
    const bad: unknown[] = [
      null,
      { versions: [] },
      { versions: [first, first] },
      { versions: [first, { ...second, effective: first.effective }] },
      { versions: [{ ...first, elements: ['toString'] }] },
      { versions: [{ ...first, uses: ['Jane'] }] },
      { ...input, facts: { fundraises: 'yes' } },
    ]
    for (const each of bad) {
      const error = await refusal(() => notice(each as NoticeInput))
      expect(error.code).toBe('PHI_BAA_NOTICE')
      expect(error.message).not.toContain('Jane')
    }
  })
})
