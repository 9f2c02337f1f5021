import type { Identifiability } from './identifiability.ts'
import type { Label } from './label.ts'
import type { Safeguard } from './safeguard.ts'
import type { ClassSelector } from './selector.ts'
import type { Service } from './service.ts'
import { isAtOrAbove } from './tree.ts'
import type { Use } from './use.ts'

/** Any key of any tree, and any label. */
export type TaxonomyKey = ClassSelector | Label | Service | Use | Safeguard | Identifiability

/** The vocabulary a key belongs to (two, for the few keys that are in two): what it may be compared with. */
export type SameTree<Key extends TaxonomyKey> =
  | (Key extends ClassSelector ? ClassSelector : never)
  | (Key extends Label ? Label : never)
  | (Key extends Service ? Service : never)
  | (Key extends Use ? Use : never)
  | (Key extends Safeguard ? Safeguard : never)
  | (Key extends Identifiability ? Identifiability : never)

/**
 * Whether `key` is `above` or lies below it. A permit must cover what it permits.
 *
 * Both keys come from one tree; a typo, or a service where a use is meant, does not compile.
 */
export function covers<Key extends TaxonomyKey>(above: Key, key: SameTree<Key>): boolean {
  return isAtOrAbove(above, key)
}

/** Whether either key covers the other. A prohibition fires on overlap: a branch that is sent may hold the prohibited leaf. */
export function overlaps<Key extends TaxonomyKey>(a: Key, b: SameTree<Key>): boolean {
  return isAtOrAbove(a, b) || isAtOrAbove(b, a)
}

/** The branches above a key, the nearest first. A root has none. */
export function ancestors<Key extends TaxonomyKey>(key: Key): readonly SameTree<Key>[] {
  const out: string[] = []
  for (let dot = key.lastIndexOf('.'); dot > 0; dot = key.lastIndexOf('.', dot - 1)) out.push(key.slice(0, dot))
  return out as SameTree<Key>[]
}
