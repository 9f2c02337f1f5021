import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ancestors,
  type ClassSelector,
  carriedBy,
  type DataClass,
  dataClasses,
  type Label,
  regimeLabels,
  type Scope,
  type ScopedData,
  scopeVerdict,
} from '../index.ts'

const outcome = (scope: Scope, classes: readonly DataClass[], labels: readonly Label[] = []) =>
  scopeVerdict(scope, { classes, labels }).outcome

describe('known answers', () => {
  const scope: Scope = { permits: ['phi.clinical.note'], prohibits: ['phi.code.icd10', 'label:hiv', 'label:part2'] }

  it('a permit covers its class and what lies below', () => {
    expect(outcome(scope, ['phi.clinical.note.session'])).toBe('allow')
    const narrow: Scope = { permits: ['phi.schedule.appointment'], prohibits: [] }
    expect(scopeVerdict(narrow, { classes: ['phi.schedule', 'phi.schedule.appointment'], labels: [] })).toEqual({
      outcome: 'deny',
      uncovered: ['phi.schedule'],
      fired: [],
    })
  })

  it('S153 S155 S156 a prohibition fires on its class and on its label', () => {
    const wide: Scope = { ...scope, permits: ['phi'] }
    expect(scopeVerdict(wide, { classes: ['phi.code.icd10'], labels: [] }).fired).toEqual(['phi.code.icd10'])
    expect(scopeVerdict(wide, { classes: ['phi.clinical.lab'], labels: ['hiv'] }).fired).toEqual(['label:hiv'])
    expect(scopeVerdict(wide, { classes: ['phi.clinical.note.sud-counseling'], labels: [] }).fired).toEqual(['label:part2'])
    expect(outcome(wide, ['phi.clinical.lab'], ['genetic'])).toBe('allow')
  })

  it('a branch is denied when something below it is prohibited', () => {
    const noTherapyNotes: Scope = { permits: ['phi'], prohibits: ['phi.clinical.note.psychotherapy'] }
    expect(outcome(noTherapyNotes, ['phi.clinical.note'])).toBe('deny')
    expect(outcome(noTherapyNotes, ['phi.clinical.note.session'])).toBe('allow')
    // By label just the same: the branch holds the class that always carries it.
    expect(outcome({ permits: ['phi'], prohibits: ['label:psychotherapy'] }, ['phi.clinical.note'])).toBe('deny')
    expect(outcome({ permits: ['phi'], prohibits: ['label:psychotherapy'] }, ['phi.clinical.note.session'])).toBe('allow')
  })

  it('a code and what it tells are prohibited together, in both directions', () => {
    const without = (...prohibits: ClassSelector[]): Scope => ({ permits: ['phi'], prohibits })
    expect(outcome(without('phi.clinical.diagnosis'), ['phi.code.icd10'])).toBe('deny')
    expect(outcome(without('phi.financial'), ['phi.code.cpt'])).toBe('deny')
    expect(outcome(without('phi.code.cpt'), ['phi.financial.claim'])).toBe('deny')
    expect(outcome(without('phi.code'), ['phi.financial.payment'])).toBe('allow')
    // One step only: a procedure code is no diagnosis, though a claim holds both.
    expect(outcome(without('phi.clinical.diagnosis'), ['phi.code.cpt'])).toBe('allow')
  })

  it('S36 S38 a prompt is judged as what it was made of', () => {
    const ai: Scope = { permits: ['phi.clinical.note', 'phi.ai'], prohibits: ['label:hiv'] }
    const prompt = (labels: readonly Label[]) =>
      carriedBy({ class: 'phi.ai.prompt', madeOf: [{ class: 'phi.clinical.note.session', labels }] })
    expect(scopeVerdict(ai, prompt([])).outcome).toBe('allow')
    expect(scopeVerdict(ai, prompt(['hiv'])).outcome).toBe('deny')
    expect(scopeVerdict({ ...ai, permits: ['phi.ai'] }, prompt([])).uncovered).toEqual(['phi.clinical.note.session'])
    // Of unknown origin it may be all of it, under any label.
    expect(scopeVerdict(ai, carriedBy({ class: 'phi.ai.prompt' }))).toEqual({
      outcome: 'deny',
      uncovered: ['phi'],
      fired: ['label:hiv'],
    })
  })

  it('denies by default: no permit, no class, or a prohibition that nobody can place', () => {
    expect(outcome({ permits: [], prohibits: [] }, ['phi.code'])).toBe('deny')
    expect(outcome({ permits: ['phi'], prohibits: [] }, [])).toBe('deny')
    expect(outcome({ permits: ['phi'], prohibits: ['label:hvi' as never] }, ['phi.code'])).toBe('deny')
    expect(outcome({ permits: ['phi'], prohibits: ['phi.clinical.noet' as never] }, ['phi.code'])).toBe('deny')
    expect(outcome({ permits: ['constructor' as never], prohibits: [] }, ['phi.code'])).toBe('deny')
  })

  it('a label cannot permit', () => {
    // @ts-expect-error labels forbid, they never allow
    const scope: Scope = { permits: ['label:hiv'], prohibits: [] }
    expect(outcome(scope, ['phi.clinical.lab'], ['hiv'])).toBe('deny')
  })
})

const dataClass = fc.constantFrom(...(Object.keys(dataClasses) as DataClass[]))
const label = fc.constantFrom(...(Object.keys(regimeLabels) as Label[]), 'state:CA' as const)
const selector = fc.oneof(
  dataClass,
  label.map((name): ClassSelector => `label:${name}`),
)
const scope: fc.Arbitrary<Scope> = fc.record({
  permits: fc.array(fc.oneof(dataClass, fc.constantFrom<DataClass>('phi', 'phi.clinical')), { maxLength: 4 }),
  prohibits: fc.array(selector, { maxLength: 3 }),
})
const data: fc.Arbitrary<ScopedData> = fc.record({
  classes: fc.array(dataClass, { minLength: 1, maxLength: 3 }),
  labels: fc.array(label, { maxLength: 2 }),
  unknownOrigin: fc.boolean(),
})
const runs = { numRuns: 3000 }

describe('properties', () => {
  it('adding a prohibition never turns deny into allow', () => {
    fc.assert(
      fc.property(scope, selector, data, (before, added, asked) => {
        const after = scopeVerdict({ ...before, prohibits: [...before.prohibits, added] }, asked)
        if (scopeVerdict(before, asked).outcome === 'deny') expect(after.outcome).toBe('deny')
      }),
      runs,
    )
  })

  it('adding a permit never turns allow into deny', () => {
    fc.assert(
      fc.property(scope, dataClass, data, (before, added, asked) => {
        const after = scopeVerdict({ ...before, permits: [...before.permits, added] }, asked)
        if (scopeVerdict(before, asked).outcome === 'allow') expect(after.outcome).toBe('allow')
      }),
      runs,
    )
  })

  it('asking for more, or under more labels, never turns deny into allow', () => {
    fc.assert(
      fc.property(scope, data, data, (rules, asked, more) => {
        const both = {
          classes: [...asked.classes, ...more.classes],
          labels: [...asked.labels, ...more.labels],
          unknownOrigin: asked.unknownOrigin === true || more.unknownOrigin === true,
        }
        if (scopeVerdict(rules, asked).outcome === 'deny') expect(scopeVerdict(rules, both).outcome).toBe('deny')
      }),
      runs,
    )
  })

  it('what is allowed as a branch is allowed for everything below it', () => {
    fc.assert(
      fc.property(scope, dataClass, (rules, below) => {
        for (const branch of ancestors(below) as DataClass[]) {
          if (outcome(rules, [branch]) === 'allow') expect(outcome(rules, [below])).toBe('allow')
        }
      }),
      runs,
    )
  })

  it('allows exactly when it gives no reason not to', () => {
    fc.assert(
      fc.property(scope, data, (rules, asked) => {
        const verdict = scopeVerdict(rules, asked)
        expect(verdict.outcome === 'allow').toBe(verdict.uncovered.length + verdict.fired.length === 0)
      }),
      runs,
    )
  })
})
