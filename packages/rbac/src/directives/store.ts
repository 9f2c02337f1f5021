import { type CanonicalValue, canonicalJson } from '@phi/core'
import { type Directive, keyOf, parseDirective } from './directive.ts'
import { directiveError } from './errors.ts'

/**
 * Where directives are kept. Append-only: a new version may add steps to the history, and changes nothing else. A tenant sees its own.
 * Of several that continue one version at the same time, one is kept. Rejects with PHI_RBAC_DIRECTIVE_STORE_UNAVAILABLE when it cannot
 * be reached. `directiveStoreSuite` of `@phi/testing` holds an adapter to this contract.
 */
export interface DirectiveStore {
  /**
   * Keeps a new directive, or a version with more steps of one that is there.
   * @throws PhiError PHI_RBAC_DIRECTIVE, PHI_RBAC_DIRECTIVE_STORE when it is no continuation of the version that is kept
   */
  append(directive: Directive): Promise<void>
  /** The latest versions of a patient's directives, in the order in which they were first kept. */
  of(tenant: string, patient: string): Promise<readonly Directive[]>
}

/** The steps of a history, and everything else. */
function parts(directive: Directive): { readonly rest: string; readonly steps: readonly string[] } {
  const { history, ...rest } = directive
  const text = (value: unknown): string => canonicalJson(value as CanonicalValue)
  return { rest: text(rest), steps: history.map(text) }
}

/**
 * Whether a version continues another: the same but for steps at the end, at least one. For authors of stores.
 */
export function continues(version: Directive, before: Directive): boolean {
  const [now, then] = [parts(version), parts(before)]
  return (
    now.rest === then.rest &&
    now.steps.length > then.steps.length &&
    then.steps.every((step, index) => step === now.steps[index])
  )
}

/** A store in memory, for tests and for a program that is one process and may forget everything when it ends. */
export function memoryDirectiveStore(): DirectiveStore {
  const kept = new Map<string, Directive>()
  return {
    async append(directive) {
      const version = parseDirective(directive)
      const before = kept.get(keyOf(version))
      if (before !== undefined && !continues(version, before)) {
        throw directiveError('PHI_RBAC_DIRECTIVE_STORE', { detail: 'it is no continuation of the version that is kept' })
      }
      kept.set(keyOf(version), version)
    },
    async of(tenant, patient) {
      return [...kept.values()].filter((each) => each.tenant === tenant && each.patient === patient)
    },
  }
}
