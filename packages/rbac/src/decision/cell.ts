import type { Bucket } from './bucket.ts'
import type { Decision } from './decision.ts'
import { Recall } from './recall.ts'

/** How many sets of roles are remembered in a cell where they have no place in its array. */
const MAX_ROLE_SETS = 1_024
/** Role sets below this mask (eight roles) lie in an array. */
const SMALL_MASK = 256

/** One action on one type: its bucket, and what decides for each set of roles that has asked. */
export interface Cell {
  readonly bucket: Bucket
  /** By the bits of the roles, or by their names where a policy has more roles than bits. */
  readonly byMask: (Recall | undefined)[]
  readonly byRoles: Map<string | number, Recall>
  /** The same once more by the permits that the roles have, since many sets of roles have the same. */
  readonly byPermits: Map<string, Recall>
  /** What is said of another tenant's record. */
  readonly foreign: Decision
}

/** The roles that the policy knows, as bits. */
export function maskOf(numbers: ReadonlyMap<string, number>, roles: readonly unknown[]): number {
  let mask = 0
  for (let i = 0; i < roles.length; i++) {
    const number = numbers.get(roles[i] as string)
    if (number !== undefined) mask |= 1 << number
  }
  return mask
}

export function recallAt(cell: Cell, key: number | string): Recall | undefined {
  return typeof key === 'number' && key < SMALL_MASK ? cell.byMask[key] : cell.byRoles.get(key)
}

/** What decides for these roles, from now on found under the key. */
export function addRecall(cell: Cell, key: number | string, roles: readonly string[], policy: Decision['policy']): Recall {
  const held = cell.bucket.permits.filter(({ holders }) => roles.some((role) => holders.has(role)))
  const permits = held.map(({ rule }) => rule.id).join(' ')
  const recall = cell.byPermits.get(permits) ?? new Recall(policy, cell.bucket, roles, held)
  if (cell.byPermits.size >= MAX_ROLE_SETS) cell.byPermits.clear()
  cell.byPermits.set(permits, recall)
  if (typeof key === 'number' && key < SMALL_MASK) {
    while (cell.byMask.length <= key) cell.byMask.push(undefined)
    cell.byMask[key] = recall
  } else {
    if (cell.byRoles.size >= MAX_ROLE_SETS) cell.byRoles.clear()
    cell.byRoles.set(key, recall)
  }
  return recall
}
