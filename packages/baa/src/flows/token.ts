import { covers, type DataClass, type DataItem, dataClasses, type Label, overlaps } from '@phi/core'
import type { FlowEdge } from './map.ts'

/**
 * A piece of data on its way: a class, under labels, and what it lies in. A note in an error report is a note; that it lies in the report
 * says that it goes wherever the report goes.
 */
export interface Token {
  readonly key: string
  readonly class: DataClass
  readonly within: DataClass | undefined
  /** `undefined`: nobody has said. */
  readonly labels: readonly Label[] | undefined
  /** Of a derived class: that nobody knows what it was made of. */
  readonly unknown: boolean
}

/** What a piece of data is, apart from what it lies in. */
export const subject = ({ class: name, labels }: Pick<Token, 'class' | 'labels'>): string =>
  `${name}|${labels === undefined ? '?' : labels.join(',')}`

type Parts = Omit<Token, 'key'>

/** Makes tokens, one object for each that is alike. */
export type Mint = (parts: Parts) => Token

export function mintOf(): Mint {
  const minted = new Map<string, Token>()
  return ({ class: name, within, labels, unknown }) => {
    const sorted = labels === undefined ? undefined : [...new Set(labels)].sort()
    const key = `${name}|${within ?? ''}|${sorted === undefined ? '?' : sorted.join(',')}|${unknown ? '?' : ''}`
    let token = minted.get(key)
    if (token === undefined) {
      token = Object.freeze({ key, class: name, within, labels: sorted && Object.freeze(sorted), unknown })
      minted.set(key, token)
    }
    return token
  }
}

const isDerived = (name: DataClass): boolean => dataClasses[name].derived

/** A derived class of which nobody says what it was made of: it is made of whatever is there. */
export const isOpen = (item: DataItem): boolean => item.madeOf === undefined && isDerived(item.class)

/** What an item was made of, however far back. */
function ingredientsOf(item: DataItem): readonly DataItem[] {
  return (item.madeOf ?? []).flatMap((each) => [each, ...ingredientsOf(each)])
}

/** Whether a token is of a class, or holds some of it, or lies in it. */
export const reaches = (token: Token, name: DataClass) =>
  overlaps(token.class, name) || (token.within !== undefined && overlaps(token.within, name))

/** What an item says has to be there for it to be sent. */
export function needsOf(item: DataItem): readonly DataItem[] {
  const ingredients = ingredientsOf(item)
  return ingredients.length > 0 ? ingredients : [item]
}

/** Whether a token explains where an item comes from. */
export const explains = (token: Token, need: DataItem): boolean => isOpen(need) || reaches(token, need.class)

/** The token with which an item enters the map, where nothing explains it. */
export const sourceOf = (mint: Mint, item: DataItem, labels: readonly Label[] | undefined): Token =>
  mint({ class: item.class, within: undefined, labels: item.labels ?? labels, unknown: isOpen(item) })

/** What becomes of data that is at a node when a derived class is made there. */
export function wrapped(mint: Mint, token: Token, into: DataItem, labels?: readonly Label[]): readonly Token[] {
  const name = into.class
  const stated = into.labels ?? labels
  const made = mint({
    class: name,
    within: undefined,
    labels: stated ?? token.labels,
    unknown: token.class === name && token.unknown,
  })
  if (token.class === name) return [made]
  return [made, mint({ class: token.class, within: name, labels: stated ?? token.labels, unknown: token.unknown })]
}

/** What of the data at `from` goes over an edge, and as what. */
export function emitted(mint: Mint, edge: FlowEdge, token: Token): readonly Token[] {
  const out = new Set<Token>()
  if (edge.data === undefined) {
    const labels = edge.labels ?? token.labels
    if (edge.passes === 'all') out.add(mint({ ...token, labels }))
    else for (const each of edge.passes ?? []) for (const next of passed(mint, token, each, labels)) out.add(next)
  }
  for (const each of edge.data ?? []) for (const next of sent(mint, edge, each, token)) out.add(next)
  return [...out]
}

function passed(mint: Mint, token: Token, name: DataClass, labels: Token['labels']): readonly Token[] {
  const out: Token[] = []
  if (covers(name, token.class)) out.push(mint({ ...token, labels }))
  // A branch is at hand, and one class of it goes on.
  else if (covers(token.class, name)) {
    out.push(mint({ ...token, class: name, labels, unknown: isDerived(name) && (token.unknown || !isDerived(token.class)) }))
  }
  if (token.within !== undefined && overlaps(token.within, name)) out.push(mint({ ...token, labels }))
  return out
}

function sent(mint: Mint, edge: FlowEdge, item: DataItem, token: Token): readonly Token[] {
  if (isOpen(item)) return wrapped(mint, token, item, edge.labels)
  const out: Token[] = []
  const labels = item.labels ?? edge.labels ?? token.labels
  const itself = () => out.push(mint({ class: item.class, within: undefined, labels, unknown: false }))
  if (overlaps(token.class, item.class)) itself()
  if (token.within !== undefined && overlaps(token.within, item.class)) out.push(mint({ ...token, labels }))
  for (const each of ingredientsOf(item)) {
    const inside = each.labels ?? labels
    const own = { class: each.class, within: item.class, labels: inside }
    if (isOpen(each)) {
      itself()
      out.push(mint({ ...own, unknown: token.class === each.class && token.unknown }))
      out.push(mint({ ...token, within: item.class, labels: inside }))
      continue
    }
    if (reaches(token, each.class)) itself()
    if (overlaps(token.class, each.class)) out.push(mint({ ...own, unknown: false }))
    if (token.within !== undefined && overlaps(token.within, each.class)) {
      out.push(mint({ ...token, within: item.class, labels: inside }))
    }
  }
  return out
}

/** A token as the data of a question. What it was made of are tokens of their own. */
export function asItem({ class: name, labels, unknown }: Token): DataItem {
  return {
    class: name,
    ...(labels === undefined ? {} : { labels }),
    ...(isDerived(name) && !unknown ? { madeOf: [] } : {}),
  }
}
