/**
 * Waits for every one, also where one of them fails, and fails then as the first in the list that did. After `Promise.all` alone the others
 * would be under way still: a key could be made for a tenant after the call that asked for it was refused.
 */
export async function allSettled<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work)
  return Promise.all(work)
}
