import * as z from 'zod'

/** Something that happened at a time (milliseconds since 1970), shown by an entry, about `tag`. */
export const entrySchema = z.tuple([z.number(), z.int(), z.string()])
export type Entry = z.output<typeof entrySchema>
export const entriesSchema = (limit: number) => z.array(entrySchema).max(limit)

/** Puts an entry at its place in time and drops those outside of the kept span, and the oldest beyond the limit. */
export function insert(
  entries: Entry[],
  entry: Entry,
  keep: { readonly from: number; readonly until: number; readonly limit: number },
): void {
  let at = entries.length
  while (at > 0 && (entries[at - 1] as Entry)[0] > entry[0]) at--
  entries.splice(at, 0, entry)
  let first = 0
  while (first < entries.length && (entries[first] as Entry)[0] < keep.from) first++
  first = Math.max(first, entries.length - keep.limit)
  entries.splice(0, first)
  while (entries.length > 0 && (entries.at(-1) as Entry)[0] > keep.until) entries.pop()
}

/**
 * The window of a width that holds the time `at` and the most entries, or the most different tags. Of several, the earliest.
 * A window reaches from its first entry over `width` milliseconds, its end included.
 */
export function densest(
  entries: readonly Entry[],
  at: number,
  width: number,
  count: 'entries' | 'tags',
): { readonly count: number; readonly entries: readonly Entry[] } {
  const tags = new Map<string, number>()
  let best = { count: 0, from: 0, until: 0 }
  let until = 0
  for (let from = 0; from < entries.length; from++) {
    const [start, , tag] = entries[from] as Entry
    if (start > at) break
    for (; until < entries.length && (entries[until] as Entry)[0] <= start + width; until++) {
      const own = (entries[until] as Entry)[2]
      tags.set(own, (tags.get(own) ?? 0) + 1)
    }
    const size = count === 'entries' ? until - from : tags.size
    if (start + width >= at && size > best.count) best = { count: size, from, until }
    const left = (tags.get(tag) ?? 0) - 1
    if (left > 0) tags.set(tag, left)
    else tags.delete(tag)
  }
  return { count: best.count, entries: entries.slice(best.from, best.until) }
}
