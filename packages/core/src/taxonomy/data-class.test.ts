import { describe, expect, it } from 'vitest'
import {
  type DataClass,
  dataClassBundles,
  dataClasses,
  formatCitation,
  isDataClass,
  leaves,
  type SafeHarborLetter,
  safeHarborIdentifiers,
} from '../index.ts'

const rows = Object.values(dataClasses)
const letters = Object.keys(safeHarborIdentifiers) as SafeHarborLetter[]

describe('the 18 Safe Harbor identifiers, 45 CFR 164.514(b)(2)(i)', () => {
  it('are A to R, each cited to its paragraph', () => {
    expect(letters.join('')).toBe('ABCDEFGHIJKLMNOPQR')
    expect(letters).toHaveLength(18)
    for (const letter of letters) {
      const { citation } = safeHarborIdentifiers[letter]
      expect(citation && formatCitation(citation)).toBe(`45 CFR 164.514(b)(2)(i)(${letter})`)
    }
  })

  it('each have a data class, and a leaf of identity without a letter is the State alone', () => {
    expect([...new Set(rows.flatMap((row) => row.safeHarbor ?? []))].sort()).toEqual(letters)
    const bare = leaves(dataClasses, 'phi.identity').filter((key) => dataClasses[key].safeHarbor === undefined)
    expect(bare).toEqual(['phi.identity.geo.state'])
  })

  it('stand on leaves of identity, cited to the paragraph of their letter', () => {
    for (const row of rows.filter((each) => each.safeHarbor !== undefined)) {
      expect(leaves(dataClasses, 'phi.identity')).toContain(row.key)
      expect(row.citation).toEqual(safeHarborIdentifiers[row.safeHarbor as SafeHarborLetter].citation)
    }
  })
})

describe('the limited data set, 45 CFR 164.514(e)(2)', () => {
  const dropped = letters.filter((letter) => safeHarborIdentifiers[letter].limitedDataSetDrops !== undefined)

  it('leaves out 16 of the 18: all but dates with ages (C) and other unique codes (R)', () => {
    expect(dropped).toHaveLength(16)
    expect(letters.filter((letter) => !dropped.includes(letter))).toEqual(['C', 'R'])
  })

  it('names the sixteen in paragraphs (i) to (xvi), in the order of the letters', () => {
    const numerals = ['i', 'ii', 'iii', 'iv', 'v', 'vi', 'vii', 'viii', 'ix', 'x', 'xi', 'xii', 'xiii', 'xiv', 'xv', 'xvi']
    expect(dropped.map((letter) => safeHarborIdentifiers[letter].limitedDataSetDrops)).toEqual(numerals)
  })

  it('keeps town or city, State and ZIP code of (B), all dates and ages of (C), and (R); nothing else', () => {
    const kept = rows.filter((row) => row.limitedDataSet === 'keep').map((row) => row.key)
    expect(kept.sort()).toEqual([
      'phi.identity.age-over-89',
      'phi.identity.date.admission',
      'phi.identity.date.birth',
      'phi.identity.date.death',
      'phi.identity.date.discharge',
      'phi.identity.date.service',
      'phi.identity.geo.city',
      'phi.identity.geo.state',
      'phi.identity.geo.zip5',
      'phi.identity.other-unique',
    ])
  })

  it('is said of every leaf of identity and of nothing else, in step with the letter', () => {
    expect(rows.filter((row) => row.limitedDataSet !== undefined).map((row) => row.key)).toEqual(
      leaves(dataClasses, 'phi.identity'),
    )
    for (const { key, safeHarbor, limitedDataSet } of rows) {
      if (safeHarbor === undefined || safeHarbor === 'B') continue
      const drops = safeHarborIdentifiers[safeHarbor].limitedDataSetDrops !== undefined
      expect({ key, limitedDataSet }).toEqual({ key, limitedDataSet: drops ? 'drop' : 'keep' })
    }
  })
})

describe('flags', () => {
  it('derived are the branches of models and of operation, and all below them', () => {
    const derived = rows.filter((row) => row.derived).map((row) => row.key)
    expect(derived).toEqual(Object.keys(dataClasses).filter((key) => /^phi\.(?:ai|ops)(?:\.|$)/.test(key)))
    expect(derived).toHaveLength(11)
  })

  it('codes imply what they tell', () => {
    expect(dataClasses['phi.code.icd10'].implies).toContain('phi.clinical.diagnosis')
    expect(dataClasses['phi.code.cpt'].implies).toEqual(['phi.financial.claim'])
    expect(dataClasses['phi.code.hcpcs'].implies).toEqual(['phi.financial.claim'])
    expect(rows.filter((row) => row.implies.length > 0).every((row) => row.key.startsWith('phi.code.'))).toBe(true)
    expect(rows.flatMap((row) => row.implies).every(isDataClass)).toBe(true)
  })

  it('two kinds of notes carry their regime by nature', () => {
    const labelled = rows.filter((row) => row.labels.length > 0).map((row) => [row.key, row.labels])
    expect(labelled).toEqual([
      ['phi.clinical.note.psychotherapy', ['psychotherapy']],
      ['phi.clinical.note.sud-counseling', ['part2']],
    ])
  })
})

describe('the words of the source documents', () => {
  it('S152 "demographics (name, email, phone)" is those three classes', () => {
    expect(dataClassBundles.demographics).toEqual(['phi.identity.name', 'phi.identity.email', 'phi.identity.phone'])
    expect(dataClassBundles.demographics.every(isDataClass)).toBe(true)
  })

  it('S140 S152 S153 S154 what may and may not be stored has a class each', () => {
    const named: readonly DataClass[] = [
      'phi.clinical.note.session',
      'phi.clinical.note.summary',
      'phi.clinical.note.observation',
      'phi.clinical.plan',
      'phi.schedule.history',
      'phi.financial.payment',
      'phi.code.cpt',
      'phi.code.icd10',
      'phi.financial.insurance',
    ]
    const found = leaves(dataClasses)
    for (const key of named) expect(found).toContain(key)
  })
})
