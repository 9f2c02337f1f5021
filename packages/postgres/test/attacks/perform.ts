import { expect, it } from 'vitest'
import { type Attack, type AttackId, attackers, attacks } from './attacks.ts'
import { clean, type Lab, refused, type World } from './lab.ts'

/** What is tried one by one, where the database should refuse it; nothing where the callback did it all. */
// biome-ignore lint/suspicious/noConfusingVoidType: a callback that returns nothing
export type Attempts = readonly (() => Promise<unknown>)[] | void

const rowOf = (id: AttackId): Attack => attacks.find((attack) => attack.id === id) as Attack

/**
 * One attack, on a database of its own. The callback makes it; where the database should refuse, it answers with what it tried.
 * Then everybody who may notice is asked, and must say what the table says: no less, and no more.
 */
export function attack(lab: () => Lab, id: AttackId, make: (world: World) => Promise<Attempts>): void {
  const row = rowOf(id)
  it(`S95 ${attackers[row.who]} can ${row.refused === undefined ? '' : 'not '}${row.does}`, async () => {
    const world = await lab().world()
    try {
      const attempts = (await make(world)) ?? []
      if (row.refused !== undefined) {
        expect(attempts.length).toBeGreaterThan(0)
        for (const attempt of attempts) expect(await refused(attempt()), attempt.toString()).toBe(row.refused)
      } else for (const attempt of attempts) await attempt()
      expect(await world.seen()).toEqual({ ...clean, ...row.seen })
    } finally {
      await world.close()
    }
  })
}
