import assert from 'node:assert/strict'
import type { Chapter } from '@phi/example-platform'
import type { World } from '../world.ts'

export const responsibilities: Chapter<World> = {
  title: 'Monday: who does what',
  steps: [
    {
      shows: ['S137', 'C10'],
      what: 'The table of shared responsibility names the tool, you, and what nobody has yet',
      async act({ dana }) {
        const { json } = await dana.ask('/responsibilities', { method: 'POST', json: { done: [] } })
        const { gaps, rows } = json as {
          readonly gaps: readonly string[]
          readonly rows: readonly (readonly [string, string])[]
        }
        assert.deepEqual(
          rows
            .filter(([, by]) => by === 'provider')
            .map(([control]) => control)
            .sort(),
          ['access-and-transmission-log', 'document-checksums', 'encryption-in-transit', 'practice-tool-logoff'],
        )
        assert.equal(gaps.length, 9)
        return `4 by the tool, ${gaps.length} that you have not entered`
      },
    },
    {
      shows: ['S147', 'S148', 'C8', 'C10'],
      what: 'Dana enters what she has done, with evidence and an owner; what she left out stays open, and a lock after ten minutes is too late',
      async act({ dana, platform }) {
        const mine = platform.profile.safeguards.filter(({ by }) => by === 'customer').map(({ control }) => control)
        const entries = (minutes: number) =>
          mine
            .filter((control) => control !== 'sanction-policy')
            .map((control) => ({
              control,
              owner: 'dana',
              evidence: `file-${control}`,
              on: '2026-11-20',
              ...(control === 'screen-lock' && { parameter: { minutes } }),
            }))
        const enter = async (minutes: number) =>
          (await dana.ask('/responsibilities', { method: 'POST', json: { done: entries(minutes) } })).json as {
            readonly gaps: readonly string[]
            readonly open: readonly string[]
          }
        const late = await enter(10)
        assert.deepEqual(late.open, ['sanction-policy: no-entry', 'screen-lock: parameter-weaker'])
        const { gaps, open } = await enter(5)
        assert.deepEqual([gaps, open], [['sanction-policy'], ['sanction-policy: no-entry']])
        return `after ten minutes: ${late.open.join(', ')}; after five: ${open.join(', ')}`
      },
    },
  ],
}
