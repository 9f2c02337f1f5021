import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { carriedBy, covers, type DataClass, type DataItem, dataClasses, type Label } from '../index.ts'

const note: DataItem = { class: 'phi.clinical.note.session', labels: ['hiv', 'state:NY'] }

describe('what data carries', () => {
  it('S36 a prompt made of a session note is that note, with its labels', () => {
    expect(carriedBy({ class: 'phi.ai.prompt', madeOf: [note] })).toEqual({
      classes: ['phi.ai.prompt', 'phi.clinical.note.session'],
      labels: ['hiv', 'state:NY'],
      unknownOrigin: false,
    })
  })

  it('S36 however many steps lie between', () => {
    const prompt: DataItem = { class: 'phi.ai.prompt', madeOf: [note, { class: 'phi.code.icd10' }] }
    const output: DataItem = { class: 'phi.ai.output', madeOf: [prompt] }
    const backup = carriedBy({ class: 'phi.ops.backup', madeOf: [{ class: 'phi.ai.edit', madeOf: [output] }] })
    expect(backup.classes).toContain('phi.clinical.note.session')
    expect(backup.classes).toContain('phi.code.icd10')
    expect(backup.labels).toEqual(['hiv', 'state:NY'])
    expect(backup.unknownOrigin).toBe(false)
  })

  it('S36 a derived item of unknown origin may be anything', () => {
    expect(carriedBy({ class: 'phi.ai.prompt' })).toEqual({
      classes: ['phi', 'phi.ai.prompt'],
      labels: [],
      unknownOrigin: true,
    })
    expect(carriedBy({ class: 'phi.ai.output', madeOf: [note, { class: 'phi.ai.prompt' }] }).unknownOrigin).toBe(true)
  })

  it('an empty list says that nothing went into it', () => {
    expect(carriedBy({ class: 'phi.ai.prompt', madeOf: [] })).toEqual({
      classes: ['phi.ai.prompt'],
      labels: [],
      unknownOrigin: false,
    })
  })

  it('other classes may name what they were made of, too', () => {
    expect(carriedBy({ class: 'phi.clinical.note.summary', madeOf: [note] }).classes).toEqual([
      'phi.clinical.note.session',
      'phi.clinical.note.summary',
    ])
  })

  it('a class that is always under a regime brings its label', () => {
    expect(carriedBy({ class: 'phi.clinical.note.psychotherapy' }).labels).toEqual(['psychotherapy'])
    expect(carriedBy({ class: 'phi.clinical.note.sud-counseling' }).labels).toEqual(['part2'])
    expect(carriedBy({ class: 'phi.clinical.note.session' }).labels).toEqual([])
  })

  it('ends on data that claims to be made of itself', () => {
    const loop: { class: DataClass; madeOf: DataItem[] } = { class: 'phi.ai.output', madeOf: [] }
    loop.madeOf.push(loop, note)
    expect(carriedBy(loop).classes).toEqual(['phi.ai.output', 'phi.clinical.note.session'])
  })

  it('does not exhaust the stack or the time on long and on bushy histories', () => {
    let item = note
    for (let i = 0; i < 100_000; i++) item = { class: 'phi.ai.output', madeOf: [item, item] }
    expect(carriedBy(item).labels).toEqual(['hiv', 'state:NY'])
  })
})

const classes = Object.keys(dataClasses) as DataClass[]
const label = fc.constantFrom<Label>('hiv', 'part2', 'genetic', 'minor', 'state:TX')
const { item } = fc.letrec<{ item: DataItem }>((tie) => ({
  item: fc.record(
    {
      class: fc.constantFrom(...classes),
      labels: fc.array(label, { maxLength: 2 }),
      madeOf: fc.array(tie('item'), { maxLength: 3, depthIdentifier: 'item' }),
    },
    { requiredKeys: ['class'] },
  ),
}))

describe('properties', () => {
  it('an item carries everything that each of its inputs carries', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 3 }), fc.constantFrom(...classes), (inputs, of) => {
        const made = carriedBy({ class: of, madeOf: inputs })
        expect(made.classes).toContain(of)
        for (const input of inputs.map((each) => carriedBy(each))) {
          expect(made.classes).toEqual(expect.arrayContaining([...input.classes]))
          expect(made.labels).toEqual(expect.arrayContaining([...input.labels]))
          if (input.unknownOrigin) expect(made.unknownOrigin).toBe(true)
        }
      }),
    )
  })

  it('is the union over the parts, in whatever order', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 4 }), (items) => {
        expect(carriedBy(...[...items].reverse())).toEqual(carriedBy(...items))
        const union = new Set(items.flatMap((each) => carriedBy(each).classes))
        expect(carriedBy(...items).classes).toEqual([...union].sort())
      }),
    )
  })

  it('an unknown origin shows as the whole of phi', () => {
    fc.assert(
      fc.property(item, (each) => {
        const { classes: found, unknownOrigin } = carriedBy(each)
        if (unknownOrigin) expect(found.some((key) => covers(key, 'phi'))).toBe(true)
      }),
    )
  })

  it('takes a hole in a list for something that nobody knows', () => {
    const items = [{ class: 'phi.clinical.note.session' }, undefined, { class: 'phi.code.icd10' }] as DataItem[]
    expect(carriedBy(...items)).toEqual({
      classes: ['phi', 'phi.clinical.note.session', 'phi.code.icd10'],
      labels: [],
      unknownOrigin: true,
    })
  })

  it('reads nothing that somebody planted on Object.prototype', () => {
    const prototype = Object.prototype as { madeOf?: unknown }
    prototype.madeOf = []
    try {
      expect(carriedBy({ class: 'phi.ai.prompt' }).unknownOrigin).toBe(true)
    } finally {
      delete prototype.madeOf
    }
  })
})
