import { type Citation, type Confirmation, cite } from '../citation.ts'
import { coreError } from '../core-errors.ts'

/** What a row of a tree is written as; the key is the row's place. */
export interface TreeFacts {
  readonly label: string
  readonly citation?: string
  /** Default `text-seen`: see `TEXT_READ`. */
  readonly confirmation?: Confirmation
}

/** One key of a tree: a leaf, or a branch that stands for everything below it. */
export interface TreeRow<Key extends string = string> {
  /** Dotted: `phi.clinical.note` is below `phi.clinical`. */
  readonly key: Key
  readonly label: string
  readonly citation?: Citation
}

/** A tree of dotted keys as a table, with what each row says beside the common part. Every prefix of a key is a key. */
export type Tree<Key extends string, Extra = unknown> = { readonly [K in Key]: TreeRow<K> & Extra }

/**
 * The day of the public copy of 45 CFR 160 and 164 in which the citations marked `text-seen` were read: the folder
 * source/hipaa/regulations of github.com/aptible/www.aptible.com. Later amendments are not in it.
 */
const TEXT_READ = '2019-05-10'

/** Makes the frozen table of a tree. It has no prototype, so that no name of a built-in reads as a key. */
export function treeOf<Extra, Key extends string>(rows: Readonly<Record<Key, TreeFacts & Extra>>): Tree<Key, Extra> {
  const table = Object.create(null) as Record<string, unknown>
  for (const [key, { citation, confirmation = 'text-seen', ...facts }] of Object.entries<TreeFacts & Extra>(rows)) {
    const about = confirmation === 'text-seen' ? { confirmation, asOf: TEXT_READ } : { confirmation }
    table[key] = Object.freeze({ key, ...facts, ...(citation === undefined ? {} : { citation: cite(citation, about) }) })
  }
  return Object.freeze(table) as Tree<Key, Extra>
}

/** Whether `above` is `below` or one of its ancestors. The rule that every tree shares, on bare strings. */
export function isAtOrAbove(above: string, below: string): boolean {
  return below.startsWith(above) && (below.length === above.length || below[above.length] === '.')
}

/** Whether a text is a key of a table: a leaf or a branch. */
export function isKeyOf<Key extends string>(tree: Readonly<Record<Key, unknown>>, text: unknown): text is Key {
  return typeof text === 'string' && Object.hasOwn(tree, text)
}

/** Reads a key of a tree from unknown data. @throws PhiError PHI_CORE_UNKNOWN_KEY, without the text that was given */
export function parseKey<Key extends string>(tree: Readonly<Record<Key, unknown>>, text: unknown): Key {
  if (!isKeyOf(tree, text)) throw coreError('PHI_CORE_UNKNOWN_KEY')
  return text
}

/** The keys directly below a key, in the order of the table. */
export function children<Key extends string>(tree: Readonly<Record<Key, unknown>>, key: NoInfer<Key>): readonly Key[] {
  return keysOf(tree).filter((each) => each.lastIndexOf('.') === key.length && isAtOrAbove(key, each))
}

/** The keys that have nothing below them: of the whole tree, or at and below a key. */
export function leaves<Key extends string>(tree: Readonly<Record<Key, unknown>>, key?: NoInfer<Key>): readonly Key[] {
  const keys = keysOf(tree)
  return keys.filter(
    (each) =>
      (key === undefined || isAtOrAbove(key, each)) && !keys.some((other) => other !== each && isAtOrAbove(each, other)),
  )
}

const keysOf = <Key extends string>(tree: Readonly<Record<Key, unknown>>) => Object.keys(tree) as Key[]
