import { type GroupName, groupNames, type Opening } from '../group.ts'
import type { StoredEntry } from '../store/store.ts'

/** Which groups to disclose: the same of all entries, or for each by its index. Default all. */
export type Disclosure = readonly GroupName[] | ((index: number) => readonly GroupName[])

/** The openings of an entry that are to be disclosed. Groups that the store no longer has stay withheld. */
export function disclosed(entry: StoredEntry, disclosure: Disclosure | undefined): Partial<Record<GroupName, Opening>> {
  const wanted = typeof disclosure === 'function' ? disclosure(entry.index) : (disclosure ?? groupNames)
  const open: Partial<Record<GroupName, Opening>> = {}
  for (const name of groupNames) {
    const opening = entry.open[name]
    // Only the two texts: a store's row may hold more.
    if (opening !== undefined && wanted.includes(name)) open[name] = { salt: opening.salt, json: opening.json }
  }
  return open
}
