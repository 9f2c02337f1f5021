import { errorsOf } from '@phi/core'
import { continues, type Directive, type DirectiveStore, directiveErrors, parseDirective } from '@phi/rbac/directives'
import type { StoreUnderTest } from '../src/index.ts'
import { backend } from './simple-store.ts'

const directiveError = errorsOf(directiveErrors)

/** The parts of a store that can be wrong, each as a right store has it. */
export interface DirectiveParts {
  readonly parse: (directive: Directive) => Directive
  readonly copyIn: (directive: Directive) => Directive
  readonly copyOut: (directive: Directive) => Directive
  /** Between looking and writing. */
  readonly pause: () => Promise<void>
  readonly keyOf: (directive: Directive) => string
  readonly mayFollow: (version: Directive, before: Directive) => boolean
  readonly belongs: (directive: Directive, tenant: string, patient: string) => boolean
  readonly order: (directives: readonly Directive[]) => readonly Directive[]
}

const right: DirectiveParts = {
  parse: parseDirective,
  copyIn: structuredClone,
  copyOut: structuredClone,
  pause: async () => undefined,
  keyOf: ({ tenant, id }) => `${tenant}/${id}`,
  mayFollow: continues,
  belongs: (directive, tenant, patient) => directive.tenant === tenant && directive.patient === patient,
  order: (directives) => directives,
}

/** A store with a lock, a second handle and a switch, put together from parts. Without the lock it works between looks. */
export function simpleDirectiveStore(parts: Partial<DirectiveParts> = {}, locked = true): StoreUnderTest<DirectiveStore> {
  const { parse, copyIn, copyOut, pause, keyOf, mayFollow, belongs, order } = { ...right, ...parts }
  const rows = new Map<string, Directive>()
  const { work, under } = backend(() => directiveError('PHI_RBAC_DIRECTIVE_STORE_UNAVAILABLE'), locked)

  const handle = (): DirectiveStore => ({
    append: (directive) =>
      work(async () => {
        const version = copyIn(parse(directive))
        const before = rows.get(keyOf(version))
        await pause()
        if (before !== undefined && !mayFollow(version, before)) throw directiveError('PHI_RBAC_DIRECTIVE_STORE')
        rows.set(keyOf(version), version)
      }),
    of: (tenant, patient) =>
      work(async () => order([...rows.values()].filter((each) => belongs(each, tenant, patient))).map((each) => copyOut(each))),
  })

  return under(handle)
}
