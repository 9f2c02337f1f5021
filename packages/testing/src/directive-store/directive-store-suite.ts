import { isPhiError } from '@phi/core'
import { type Directive, type DirectiveStore, parseDirective } from '@phi/rbac/directives'
import {
  anotherOf,
  refusesUnreachable,
  type StoreCase,
  type StoreSuiteOptions,
  storeGap,
  storeHonesty,
} from '../store/manifest.ts'
import { check, equal, fail, nameOf, refused, succeeds } from '../suite/assert.ts'
import { DEFAULT_CASE_TIMEOUT_MS, type Suite, suiteOf } from '../suite/suite.ts'
import { append, freshContact, freshTenant, holds, holdsOnly, oneOfEachKind, refusedAppend, verified } from './directives.ts'

const CALLERS = 32

/** Appends at once, by turns from all the handles. Exactly one may win, and what it wrote is there. */
async function race(stores: readonly DirectiveStore[], rivals: readonly Directive[], what: string): Promise<Directive> {
  const told = await Promise.all(
    rivals.map(async (each, i) => {
      try {
        await (stores[i % stores.length] as DirectiveStore).append(each)
        return 'kept'
      } catch (error) {
        if (isPhiError(error, 'PHI_RBAC_DIRECTIVE_STORE')) return 'refused'
        return fail(`append among others must be kept or refused as no continuation, and failed with ${nameOf(error)}`, error)
      }
    }),
  )
  equal(told.filter((each) => each === 'kept').length, 1, `of ${rivals.length} ${what} at once, how many were kept`)
  const winner = rivals[told.indexOf('kept')] as Directive
  for (const store of stores) await holdsOnly(store, winner, `after ${what} at once`)
  return winner
}

const firsts = (): readonly Directive[] => {
  const { id, tenant, patient } = freshContact()
  return Array.from({ length: CALLERS }, (_, i) => freshContact({ id, tenant, patient, address: `contact-${i}` }))
}
const continuations = (directive: Directive): readonly Directive[] =>
  Array.from({ length: CALLERS }, (_, i) => verified(directive, `by caller ${i}`))

async function allRaces(stores: readonly DirectiveStore[]): Promise<void> {
  let now = await race(stores, firsts(), 'first versions of one directive')
  for (let round = 0; round < 3; round++) now = await race(stores, continuations(now), 'continuations of one version')
  // Different directives of one patient stand in nobody's way.
  const { tenant, patient } = freshContact()
  const many = Array.from({ length: CALLERS }, () => freshContact({ tenant, patient }))
  await Promise.all(many.map((each, i) => append(stores[i % stores.length] as DirectiveStore, each)))
  const there = await succeeds(() => (stores[0] as DirectiveStore).of(tenant, patient), 'of')
  const ids = (list: readonly Directive[]) =>
    list
      .map(({ id }) => id)
      .toSorted()
      .join(' ')
  equal(ids(there), ids(many), `of after ${CALLERS} directives of one patient at once: which`)
}

const cases: readonly StoreCase<DirectiveStore>[] = [
  {
    title: 'gives back every kind of directive as it was appended, and of a patient without one nothing',
    requirements: ['S129'],
    async run({ store }) {
      const [tenant, patient] = [freshTenant(), `Zoe\u0308 O'Hara "\\ %_ \u{1f512}`]
      await holds(store, tenant, patient, [], 'before anything was appended')
      const all = oneOfEachKind(tenant, patient)
      for (const each of all) await append(store, each)
      await holds(store, tenant, patient, all, 'after append')
      await holds(store, tenant, `${patient} `, [], 'of a patient without directives')
    },
  },
  {
    title: 'answers with the latest versions, in the order in which each directive was first kept',
    requirements: ['S129'],
    async run({ store }) {
      const [tenant, patient] = [freshTenant(), 'p-88']
      // Ids in no order, so that the order is not theirs.
      const ids = ['m', 'a', 'z', 'B', '9', 'k']
      let all = ids.map((id) => freshContact({ id, tenant, patient }))
      for (const each of all) await append(store, each)
      for (const place of [3, 0, 5, 3]) {
        all = all.map((each, i) => (i === place ? verified(each) : each))
        await append(store, all[place] as Directive)
        await holds(store, tenant, patient, all, 'after another version of one')
      }
      const last = verified(verified(all[1] as Directive, 'first'), 'second')
      await append(store, last)
      await holds(store, tenant, patient, [all[0], last, ...all.slice(2)] as Directive[], 'after two steps at once')
    },
  },
  {
    title: 'refuses whatever is no continuation of the version that is kept, and changes nothing',
    requirements: ['S129'],
    async run({ store }) {
      const first = freshContact()
      const kept = verified(verified(first, 'one'), 'two')
      await append(store, kept)
      const another = verified(verified(freshContact({ ...first, address: 'contact-8' }), 'one'), 'two')
      const wrong: readonly (readonly [string, Directive])[] = [
        ['the version that is kept', kept],
        ['an earlier version', first],
        ['a version with a step less', verified(first, 'one')],
        ['a version with a step rewritten', verified(verified(verified(first, 'one'), 'TWO'), 'three')],
        ['a version with another beginning', verified(verified(verified(first, 'two'), 'one'), 'three')],
        ['a version with another content', verified(another, 'three')],
        ['the same id for another patient', verified(parseDirective({ ...kept, patient: 'p-other' }), 'three')],
      ]
      for (const [what, directive] of wrong) {
        await refusedAppend(store, directive, what)
        await holdsOnly(store, kept, `after ${what} was refused`)
      }
      await holds(store, first.tenant, 'p-other', [], 'of the other patient')
      const next = verified(kept, 'three')
      await append(store, next)
      await holdsOnly(store, next, 'after a continuation')
    },
  },
  {
    title: 'refuses what is no directive, and keeps nothing of it',
    async run({ store }) {
      const good = freshContact()
      const remedy = 'Parse with `parseDirective` of @phi/rbac/directives before anything is written.'
      for (const bad of [
        { ...good, history: [] },
        { ...good, more: 1 },
        { ...good, kind: 'other' },
        { ...good, tenant: 'T' },
        {},
      ]) {
        await refused(() => store.append(bad as never), ['PHI_RBAC_DIRECTIVE'], 'append of what is no directive', remedy)
      }
      await holds(store, good.tenant, good.patient, [], 'after what is no directive was refused')
    },
  },
  {
    title: 'keeps tenants and patients apart, by their exact names',
    requirements: ['S129'],
    async run({ store }) {
      const tenant = freshTenant()
      const tenants = [tenant, `${tenant}0`, tenant.slice(0, -1), tenant.replace('-', '.')]
      const patients = ['p-8', 'p-88', 'P-88', 'p_88', '%', 'Zo\u00eb', 'Zoe\u0308', '0', 'null']
      const kept = new Map<string, Directive>()
      for (const each of tenants) {
        for (const [i, patient] of patients.entries()) {
          // The same ids in every tenant: they are unique in one only.
          const directive = freshContact({ id: `c-${i}`, tenant: each, patient })
          kept.set(`${each}/${patient}`, directive)
          await append(store, directive)
        }
      }
      for (const directive of kept.values()) await holdsOnly(store, directive, 'beside other tenants and patients')
      for (const nobody of ['', 'p', 'p-888', '_', 'p-8 ']) await holds(store, tenant, nobody, [], 'of nobody')
      const next = verified(kept.get(`${tenant}/p-88`) as Directive)
      await append(store, next)
      kept.set(`${tenant}/p-88`, next)
      for (const directive of kept.values()) await holdsOnly(store, directive, 'after one of them went on')
    },
  },
  {
    title: 'keeps directives that nobody changes by changing what they handed in or were handed',
    requirements: ['S129'],
    async run({ store }) {
      const kept = freshContact()
      const handed = structuredClone(kept) as Directive
      await append(store, handed)
      spoil(handed)
      await holdsOnly(store, kept, 'after the caller changed what it had appended')
      for (const answer of await succeeds(() => store.of(kept.tenant, kept.patient), 'of')) spoil(answer)
      await holdsOnly(store, kept, 'after the caller changed what it was handed')
      const answer = await succeeds(() => store.of(kept.tenant, kept.patient), 'of')
      try {
        ;(answer as Directive[]).length = 0
      } catch {
        // A frozen list is as good as a copy.
      }
      await holdsOnly(store, kept, 'after the caller emptied the list that it was handed')
    },
  },
  {
    title: `keeps one of ${CALLERS} first versions or continuations at once, and all of as many directives`,
    requirements: ['S129'],
    run: ({ store }) => allRaces([store]),
  },
  {
    title: 'shows what one handle appended to another at once, and keeps one of both',
    requirements: ['S129'],
    skip: (supports) => storeGap(supports, 'shared'),
    async run(under) {
      const { store } = under
      const another = await anotherOf(under)
      const first = freshContact()
      await append(store, first)
      // Each handle reads before the other writes: what one keeps in a cache of its own goes stale.
      await holdsOnly(store, first, 'after append')
      await holdsOnly(another, first, 'on another handle after append')
      const next = verified(first, 'one')
      await append(another, next)
      await holdsOnly(store, next, 'after another handle appended')
      await refusedAppend(store, verified(first, 'other'), 'a continuation of the version of before')
      await holdsOnly(another, next, 'on another handle after a refused append')
      await allRaces([store, another])
    },
  },
  {
    title: 'says that it cannot be reached, with every verb and a retryable error, and works again afterwards',
    requirements: ['S129'],
    skip: (supports) => storeGap(supports, 'unreachable'),
    async run(under) {
      const { store } = under
      const directive = freshContact()
      const { tenant, patient } = directive
      await append(store, directive)
      await refusesUnreachable(under, 'PHI_RBAC_DIRECTIVE_STORE_UNAVAILABLE', {
        append: () => store.append(verified(directive)),
        of: () => store.of(tenant, patient),
      })
      await holdsOnly(store, directive, 'once the store can be reached again')
    },
  },
  storeHonesty,
]

/** Changes an object as a careless caller would. Frozen ones stay as they are, and that is as good. */
function spoil(directive: Directive): void {
  check(Array.isArray(directive.history), 'what was answered must have a history')
  Reflect.set(directive, 'patient', 'spoilt')
  Reflect.set(directive.history[0] as object, 'recordedBy', 'spoilt')
  Reflect.set(directive.history, 'length', 0)
}

/**
 * The contract of `DirectiveStore` of `@phi/rbac/directives` as cases: what comes back of every kind, continuations and nothing else,
 * one winner of 32 at once, order, and the wall between tenants and patients. Whether what was written outlives a crash is not tested.
 */
export function directiveStoreSuite(options: StoreSuiteOptions<DirectiveStore>): Suite {
  const { name, supports = {}, open, caseTimeoutMs = DEFAULT_CASE_TIMEOUT_MS } = options
  return suiteOf(cases, { name, manifest: supports, open, caseTimeoutMs })
}
