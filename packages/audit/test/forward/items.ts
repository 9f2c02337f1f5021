import { itemOf } from '../../src/forward/shown.ts'
import { logOf, recordsOf } from './world.ts'

export const everything = { patients: { patients: 'include', freeText: 'include' }, redact: [] } as const

/** Items as a forwarder hands them to a destination. */
export async function itemsOf(size: number) {
  return (await recordsOf(await logOf(size))).map((record) => itemOf(record, everything))
}
