import type { Kms } from '@phi/envelope/kms'

/** A fault that `open` can bring about in the service behind the adapter. */
export type KmsFault = 'unreachable' | 'denied' | 'nonsense' | 'silent'

/**
 * What the service behind an adapter can do. Silence is a claim: whatever is not declared unsupported must pass. A gap shows as
 * a skipped case with its reason.
 */
export interface KmsSupports {
  /**
   * What `destroy` does: destroys at once; schedules, after which the KEK no longer unwraps; or rejects with
   * PHI_ENVELOPE_KMS_UNSUPPORTED.
   */
  readonly destroy: 'immediate' | 'scheduled' | 'unsupported'
  /** Binding to the context has no exception: there is nothing else to declare. */
  readonly contexts?: true
  /** The service holds more than one KEK, and `wrap` takes their names. False for one KEK only. */
  readonly manyKeks?: boolean
  /** The KEK can get a new version, or the adapter a new KEK, under which `wrap` goes on. */
  readonly rotate?: boolean
  /** A KEK can be disabled. */
  readonly disable?: boolean
  /** With `destroy: 'scheduled'`: the test service's clock can be moved past the waiting time. */
  readonly elapse?: boolean
  /** Which faults can be brought about. False: none. */
  readonly faults?: false | { readonly [Fault in KmsFault]?: boolean }
  /** Reasons for the gaps, shown with the skipped cases: `{ rotate: 'the token has no key versions' }`. */
  readonly because?: { readonly [Gap in KmsGap]?: string }
}

/** What can be declared unsupported. */
export type KmsGap = 'destroy' | 'manyKeks' | 'rotate' | 'disable' | 'elapse' | 'faults' | `faults.${KmsFault}`

/** An adapter on a service of its own, and the hooks that reach into that service. One is opened for every case. */
export interface KmsUnderTest {
  readonly kms: Kms
  /** The well-formed name of a KEK that the service never had. */
  readonly absentKek: string
  /** Makes another KEK in the same service. @returns its name as `wrap` takes it */
  newKek?(): Promise<string>
  /** Rotates the KEK that `wrap` uses without a name. */
  rotate?(): Promise<void>
  /** Disables a KEK, named as `WrappedKey.kek` spells it. */
  disable?(kek: string): Promise<void>
  /** Lets the waiting time of every scheduled destruction pass. */
  elapse?(): Promise<void>
  /**
   * Brings about a fault for every call from now on, until `restore`. `unreachable`: connections fail. `denied`: the service
   * refuses the credentials. `nonsense`: it answers with something of another form. `silent`: it takes the call and never
   * answers.
   */
  readonly faults?: { readonly [Fault in KmsFault]?: () => Promise<void> } & { readonly restore: () => Promise<void> }
  /** Closes the service. The adapter itself has been closed before. */
  close?(): Promise<void>
}

/** Reads a gate: undefined when the manifest leaves it standing, otherwise the reason to show. */
export function gap({ faults, because = {}, ...supports }: KmsSupports, name: KmsGap): string | undefined {
  const told = (spelling: string) => because[name] ?? because[name.split('.')[0] as KmsGap] ?? `declared by ${spelling}`
  if (name === 'destroy') return supports.destroy === 'unsupported' ? told(`destroy: 'unsupported'`) : undefined
  if (name === 'faults') return faults === false ? told('faults: false') : undefined
  if (!name.startsWith('faults.')) {
    return supports[name as 'manyKeks' | 'rotate' | 'disable' | 'elapse'] === false ? told(`${name}: false`) : undefined
  }
  if (faults === false) return told('faults: false')
  const fault = name.slice('faults.'.length) as KmsFault
  return faults?.[fault] === false ? told(`faults: { ${fault}: false }`) : undefined
}
