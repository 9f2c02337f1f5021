import { continues, type Directive, type DirectiveStore } from '@phi/rbac/directives'
import { type StoreMutant, withVerbs } from './mutants.ts'
import { type DirectiveParts, simpleDirectiveStore } from './simple-directive-store.ts'

type DirectiveStoreMutant = StoreMutant<DirectiveStore>

const KINDS = 'gives back every kind'
const LATEST = 'answers with the latest versions'
const REFUSES = 'refuses whatever is no continuation'
const PARSES = 'refuses what is no directive'
const WALL = 'keeps tenants and patients apart'
const OUTSIDE = 'keeps directives that nobody changes'
const RACE = 'keeps one of 32'
const HANDLES = 'shows what one handle'
const UNREACHABLE = 'says that it cannot be reached'
const HONEST = 'is declared with no gap'

const part = (wrong: string, caughtBy: string, parts: Partial<DirectiveParts>): DirectiveStoreMutant => ({
  wrong,
  caughtBy,
  open: () => simpleDirectiveStore(parts),
})

/** Changes verbs of a good store; `another` is changed alike. */
const verbs = (
  wrong: string,
  caughtBy: string,
  change: (good: DirectiveStore) => Partial<DirectiveStore>,
): DirectiveStoreMutant => ({
  wrong,
  caughtBy,
  open: () => withVerbs(simpleDirectiveStore(), change),
})

const out = (change: (directive: Directive) => object): Partial<DirectiveParts> => ({
  copyOut: (directive) => ({ ...structuredClone(directive), ...change(directive) }) as Directive,
})

const mayFollow = (may: DirectiveParts['mayFollow']): Partial<DirectiveParts> => ({ mayFollow: may })
const head = ({ history: _, ...rest }: Directive) => JSON.stringify(rest)

/** Each handle keeps what it has read. */
const cached = (good: DirectiveStore): Partial<DirectiveStore> => {
  const seen = new Map<string, readonly Directive[]>()
  return {
    async append(directive) {
      seen.clear()
      await good.append(directive)
    },
    async of(tenant, patient) {
      const key = `${tenant}/${patient}`
      const known = seen.get(key) ?? (await good.of(tenant, patient))
      seen.set(key, known)
      return structuredClone(known) as Directive[]
    },
  }
}

export const directiveStoreMutants: readonly DirectiveStoreMutant[] = [
  // What comes back.
  part(
    'forgets who recorded a step',
    KINDS,
    out(({ history }) => ({ history: history.map((step) => ({ ...step, recordedBy: 'system' })) })),
  ),
  part(
    'reads ids as numbers',
    KINDS,
    out(({ id }) => (id === '007' ? { id: '7' } : {})),
  ),
  part(
    'normalises texts',
    KINDS,
    out((directive) => JSON.parse(JSON.stringify(directive).normalize('NFC'))),
  ),
  part(
    'adds a column of its own',
    KINDS,
    out(() => ({ row_id: 7 })),
  ),
  part('drops what it does not know by heart', KINDS, {
    belongs: (each, t, p) => each.tenant === t && each.patient === p && each.kind !== 'consent',
  }),
  part('answers by id', LATEST, { order: (all) => all.toSorted((a, b) => (a.id < b.id ? -1 : 1)) }),
  part('answers with the newest first', LATEST, { order: (all) => all.toReversed() }),
  part(
    'answers with the first version',
    LATEST,
    out(({ history }) => ({ history: history.slice(0, 1) })),
  ),
  part('answers with every version', LATEST, { keyOf: ({ tenant, id, history }) => `${tenant}/${id}/${history.length}` }),
  part(
    'takes one step at a time only',
    LATEST,
    mayFollow((now, before) => continues(now, before) && now.history.length === before.history.length + 1),
  ),
  // Continuations.
  part(
    'takes whatever is newer',
    REFUSES,
    mayFollow((now, before) => now.history.length > before.history.length),
  ),
  part(
    'takes whatever has the same beginning',
    REFUSES,
    mayFollow((now, before) => now.history.length > before.history.length && head(now) === head(before)),
  ),
  part(
    'takes the same version again',
    REFUSES,
    mayFollow((now, before) => continues(now, before) || JSON.stringify(now) === JSON.stringify(before)),
  ),
  part(
    'takes an earlier version',
    REFUSES,
    mayFollow((now, before) => continues(now, before) || continues(before, now)),
  ),
  part('looks for the patient beside the id', REFUSES, { keyOf: ({ tenant, patient, id }) => `${tenant}/${patient}/${id}` }),
  verbs('swallows what it refuses', REFUSES, (good) => ({ append: (each) => good.append(each).catch(() => undefined) })),
  part('parses nothing', PARSES, { parse: (directive) => directive }),
  verbs('throws plain errors', PARSES, (good) => ({
    append: (each) => good.append(each).catch(() => Promise.reject(new Error('refused'))),
  })),
  // The wall.
  part('answers with every tenant’s', WALL, { belongs: (each, _, patient) => each.patient === patient }),
  part('takes letters alike', WALL, {
    belongs: (each, t, p) => each.tenant === t && each.patient.toLowerCase() === p.toLowerCase(),
  }),
  part('takes the patient for a pattern', WALL, { belongs: (each, t, p) => each.tenant === t && each.patient.startsWith(p) }),
  part('has one space of ids for all tenants', WALL, { keyOf: ({ id }) => id }),
  // Copies.
  part('keeps what it was handed', OUTSIDE, { parse: (directive) => directive, copyIn: (directive) => directive }),
  part('hands out what it keeps', OUTSIDE, { copyOut: (directive) => directive }),
  // Callers at once.
  {
    wrong: 'looks before it appends',
    caughtBy: RACE,
    open: () => simpleDirectiveStore({ pause: () => new Promise(setImmediate) }, false),
  },
  verbs('reads from a cache of its own', HANDLES, cached),
  // Faults.
  verbs('has nothing when it cannot be reached', UNREACHABLE, (good) => ({ of: (t, p) => good.of(t, p).catch(() => []) })),
  verbs('throws plain errors when it cannot be reached', UNREACHABLE, (good) => ({
    of: (t, p) => good.of(t, p).catch(() => Promise.reject(new Error('refused'))),
  })),
  {
    wrong: 'declares a gap and gives the hook for it',
    caughtBy: HONEST,
    supports: { shared: false },
    open: () => simpleDirectiveStore(),
  },
]
