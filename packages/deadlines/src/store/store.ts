import type { CaseEntry, CaseOpening, KeptCase } from './kept-case.ts'
import type { CaseQuery } from './query.ts'

/**
 * Where the requests and incidents of tenants are kept: for each case how it began, and its entries, which are only added to. Requests and
 * incidents of a tenant share their ids. Every verb is atomic, also between processes, and visible to every handle once its promise has
 * resolved. A verb that cannot do its work rejects: an empty answer would read as "nothing is due". What comes out was replayed through the
 * machine of its kind, whole; what goes in is copied.
 *
 * INVARIANTS: how a case began and an entry that stands are never changed or taken away. What stands replays. Of the callers that append at
 * one number of entries, one succeeds. The suite `caseStoreSuite` of @phi/testing holds a store to all of it.
 */
export interface CaseStore {
  /**
   * Begins a case. `taken`: another case has its id. `already`: this very case is there, with the entries it has by now, so that whoever
   * lost an answer makes the same call again and learns that it is done.
   * @throws PhiError PHI_DEADLINES_CASE, PHI_CORE_TENANT; as `openRequest`, `openIncident`; PHI_DEADLINES_STORE_UNAVAILABLE
   */
  open(tenant: string, opening: CaseOpening): Promise<'opened' | 'already' | 'taken'>
  /**
   * Adds an entry, accepted or refused, to a case that has so many. `conflict`: it has another number of entries. `already`: it has more,
   * and the one at that place is this one. `missing`: there is no such case.
   * @throws as `open`; PHI_DEADLINES_CASE where the entry does not come out as it says; PHI_DEADLINES_STORE
   */
  append(
    tenant: string,
    id: string,
    expectedEntries: number,
    entry: CaseEntry,
  ): Promise<'appended' | 'already' | 'conflict' | 'missing'>
  /**
   * The case, replayed; undefined where there is none.
   * @throws PhiError PHI_DEADLINES_STORE where its history does not replay; PHI_CORE_TENANT, PHI_DEADLINES_STORE_UNAVAILABLE
   */
  load(tenant: string, id: string): Promise<KeptCase | undefined>
  /**
   * A page of cases, replayed, ascending by the code points of their ids. A page that is shorter than the limit is the last.
   * @throws as `load`: one history that does not replay fails its page, and `info.position` is its place in it; PHI_DEADLINES_CASE
   */
  list(tenant: string, query: CaseQuery): Promise<readonly KeptCase[]>
}
