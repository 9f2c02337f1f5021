import { describe, expect, it } from 'vitest'
import { formatDay, parseDay } from '../calendar/civil-date.ts'
import type { GoldenCase, Json, JsonObject } from './case.ts'
import { corpus, deadlineAdapters, proseMeaning, runGolden } from './index.ts'

const rules = new Set(deadlineAdapters.map(({ rule }) => rule))
const cases = corpus.cases.filter(({ rule }) => rules.has(rule))
const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const addDays = (date: string, days: number): string => formatDay(parseDay(date) + days)

const DATE = /\d{4}-\d\d-\d\d/

/** Other values in the place of one. A date moves by a day, also inside a text; a text without one is none of its kind. */
function otherwise(value: Json): readonly Json[] {
  if (value === null) return ['2026-01-01', false, 0]
  if (typeof value === 'boolean') return [!value, null]
  if (typeof value === 'number') return [value + 1, value - 1, null]
  if (typeof value === 'string') {
    const date = DATE.exec(value)?.[0]
    if (date !== undefined) return [-1, 1].map((days) => value.replace(date, addDays(date, days))).concat(['no date'])
    return [`${value}x`, 'no-such-code', '2026-01-01', null]
  }
  if (Array.isArray(value)) {
    const without = value.map((_, index) => value.filter((_, at) => at !== index))
    const changed = value.flatMap((each, index) => otherwise(each).map((other) => value.with(index, other)))
    return [...without, ...changed, [...value, 'ZZ'], [...value, ...value.slice(0, 1), 'x'], null, {}]
  }
  const object = value as JsonObject
  const changed = Object.entries(object).flatMap(([key, each]) => otherwise(each).map((other) => ({ ...object, [key]: other })))
  const without = Object.keys(object).map((key) =>
    Object.fromEntries(Object.entries(object).filter(([other]) => other !== key)),
  )
  return [...changed, ...without, { ...object, more: 1 }, null]
}

const renamed = (object: JsonObject, key: string): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name === key ? `${name}x` : name, value]))

/** Every case with one thing changed, each under an id of its own. */
function tampered(
  change: (golden: GoldenCase) => readonly { readonly what: string; readonly golden: GoldenCase }[],
): readonly GoldenCase[] {
  return cases.flatMap((golden) =>
    change(golden).map(({ what, golden: other }, index) => ({ ...other, id: `${golden.id} #${index} ${what}`.slice(0, 200) })),
  )
}

/** Runs more cases than one corpus may hold. */
function run(list: readonly GoldenCase[]) {
  const reports = []
  for (let at = 0; at < list.length; at += 2000) reports.push(runGolden(list.slice(at, at + 2000)))
  return {
    passed: reports.flatMap(({ passed }) => passed),
    failed: reports.flatMap(({ failed }) => failed.map(({ id }) => id)),
    unsupported: reports.flatMap(({ unsupported }) => unsupported.map(({ id }) => id)),
    ignored: new Set(reports.flatMap(({ ignored }) => ignored.map(({ id }) => id))),
  }
}

describe('a corpus that was tampered with', () => {
  it('fails for every value of every key: dates by a day, booleans, numbers, lists, objects', () => {
    const changed = tampered((golden) =>
      Object.entries(golden.expected)
        .filter(([key]) => !key.startsWith('wrongIf'))
        .flatMap(([key, value]) =>
          otherwise(value).map((other) => ({
            what: `${key}=${JSON.stringify(other)}`,
            golden: { ...golden, expected: { ...golden.expected, [key]: other } },
          })),
        ),
    )
    expect(changed.length).toBeGreaterThan(900)
    const { passed, ignored } = run(changed)
    // A text of prose that is no known text says nothing that could be compared: it is listed, and the rest of the case decides.
    expect(passed.filter((id) => !ignored.has(id))).toEqual([])
    const prose = new Set(proseMeaning.map(({ key }) => key))
    expect(
      [...ignored].filter(
        (id) =>
          !prose.has(
            id
              .split(' ')
              .find((word) => word.includes('='))
              ?.split('=')[0] ?? '',
          ),
      ),
    ).toEqual([])
  })

  it('fails where a date that is called wrong is the right one', () => {
    const changed = tampered((golden) => {
      const dates = Object.entries(golden.expected).filter(
        ([key, value]) => !key.startsWith('wrongIf') && typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value),
      )
      return dates
        .filter(([key]) => !['overdueFrom'].includes(key))
        .map(([key, value]) => ({
          what: key,
          golden: { ...golden, expected: { ...golden.expected, wrongIfTampered: value as string } },
        }))
    })
    expect(changed.length).toBeGreaterThan(100)
    expect(run(changed).passed).toEqual([])
  })

  it('is unsupported when a fact has another name, also inside a fact', () => {
    const changed = tampered((golden) =>
      Object.entries(golden.facts).flatMap(([key, value]) => [
        { what: key, golden: { ...golden, facts: renamed(golden.facts, key) } },
        ...(isObject(value) && !['residents', 'residentsByState'].includes(key)
          ? Object.keys(value).map((inner) => ({
              what: `${key}.${inner}`,
              golden: { ...golden, facts: { ...golden.facts, [key]: renamed(value, inner) } },
            }))
          : []),
      ]),
    )
    const { passed, failed, unsupported } = run(changed)
    expect({ passed, failed }).toEqual({ passed: [], failed: [] })
    expect(unsupported).toHaveLength(changed.length)
  })

  it('never passes when a key of expected has another name, or one more', () => {
    const changed = tampered((golden) => [
      ...Object.keys(golden.expected)
        .filter((key) => !key.startsWith('wrongIf'))
        .map((key) => ({ what: key, golden: { ...golden, expected: renamed(golden.expected, key) } })),
      { what: 'more', golden: { ...golden, expected: { ...golden.expected, notAKey: true } } },
    ])
    expect(run(changed).passed).toEqual([])
  })

  it('never passes when a case is run under another rule name', () => {
    const changed = tampered((golden) => [{ what: 'rule', golden: { ...golden, rule: `${golden.rule}x` } }])
    expect(run(changed).unsupported).toHaveLength(cases.length)
  })

  it('notices that the dates of its facts were moved: the facts are read', () => {
    const moved = (value: Json): Json =>
      typeof value === 'string'
        ? value.replace(DATE, (date) => addDays(date, -401))
        : typeof value === 'number' && value > 1900 && value < 2100
          ? value - 3
          : Array.isArray(value)
            ? value.map(moved)
            : isObject(value)
              ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, moved(each)]))
              : value
    const dated = cases.filter(({ facts }) => JSON.stringify(moved(facts)) !== JSON.stringify(facts))
    const { passed } = run(dated.map((golden) => ({ ...golden, facts: moved(golden.facts) as JsonObject })))
    // No date follows from these: words only, not in force then or now, or a fee that asks for the distance of two dates.
    expect(passed).toEqual(['ACC-17', 'AOD-05', 'AOD-06', 'P2-02', 'NPRM-01', 'NPP-05', 'STB-06', 'STB-11'])
  })

  it('stands every value in the place of a fact: no case crashes the run', () => {
    const hostile: readonly Json[] = [
      null,
      true,
      '',
      'x',
      ' 2026-05-04',
      '2026-02-30',
      '9999-12-31',
      '2400-12-31',
      '1800-01-01',
      '2026-05-04T25:00:00',
      '2026-05-04T10:00:00Z',
      '2026-05-04[Mars/Olympus]',
      '<0',
      '<1',
      '<99999999999',
      'Mars/Olympus',
      '__proto__',
      0,
      -1,
      1.5,
      1e15,
      2400,
      1800,
      [],
      {},
      [null],
      ['x'],
      { TX: -1 },
      { given: 'x' },
      { proto: 1 },
      { received: '2026-05-04', until: '2026-05-03' },
      { on: '', count: 0 },
      Array.from({ length: 200 }, () => ({ given: '2026-05-04' })),
    ]
    const changed = tampered((golden) =>
      Object.keys(golden.facts).flatMap((key) =>
        hostile.map((value) => ({ what: key, golden: { ...golden, facts: { ...golden.facts, [key]: value } } })),
      ),
    )
    const { passed, failed, unsupported } = run(changed)
    expect(passed.length + failed.length + unsupported.length).toBe(changed.length)
  })

  it('does not change its mind with the order of cases, facts or keys', () => {
    const turned = (object: JsonObject): JsonObject => Object.fromEntries(Object.entries(object).reverse())
    const reversed = [...cases]
      .reverse()
      .map((golden) => ({ ...golden, facts: turned(golden.facts), expected: turned(golden.expected) }))
    expect(runGolden(reversed).passed).toEqual(runGolden(cases).passed.toReversed())
  })
})
