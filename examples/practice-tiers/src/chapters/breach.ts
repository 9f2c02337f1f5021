import assert from 'node:assert/strict'
import type { Browser, Chapter } from '@phi/example-platform'
import { findingOf, type World } from '../world.ts'

interface Notice {
  readonly addressee: string
  readonly status: string
  readonly due?: string
  readonly dueInstant?: string
  readonly citation: string
}

/** Notices after a breach found on 1 December, by addressee. */
async function notices(
  dana: Browser,
  individuals: number,
  residents: Readonly<Record<string, number>>,
): Promise<Map<string, Notice>> {
  const facts = { discovered: '2026-12-01T09:00:00-05:00', individuals, residents, timeZone: 'America/New_York' }
  const { status, json } = await dana.ask('/breach/notices', { method: 'POST', json: facts })
  assert.equal(status, 200)
  return new Map((json as Notice[]).map((each) => [each.addressee, each]))
}

export const breach: Chapter<World> = {
  title: 'December: a laptop is lost',
  steps: [
    {
      shows: ['S157'],
      what: 'The tool owes Dana word within 24 hours, to the minute',
      async act({ dana }) {
        const found = (await notices(dana, 12, { OH: 12 })).get('covered-entity')
        assert.equal(found?.status, 'due')
        assert.equal(new Date(found?.dueInstant ?? '').toISOString(), '2026-12-02T14:00:00.000Z')
        return `due ${found?.dueInstant}`
      },
    },
    {
      shows: ['S158'],
      what: 'Dana owes her patients word within 60 days, and without unreasonable delay',
      async act({ dana }) {
        const found = (await notices(dana, 12, { OH: 12 })).get('individuals')
        assert.equal(found?.due, '2027-01-30')
        return `due ${found?.due} (${found?.citation})`
      },
    },
    {
      shows: ['S159', 'C3'],
      what: 'HHS within 60 days: for 500 or more. For fewer, within 60 days after the year in which it was discovered',
      async act({ dana }) {
        const [few, many] = [await notices(dana, 499, { OH: 499 }), await notices(dana, 500, { OH: 500 })]
        assert.equal(few.get('secretary')?.due, '2027-03-01')
        assert.equal(many.get('secretary')?.due, '2027-01-30')
        assert.match(await findingOf(dana, 'C3'), /500/)
        return `499: ${few.get('secretary')?.due}; 500: ${many.get('secretary')?.due}; the sentence is a finding`
      },
    },
    {
      shows: ['S160', 'C4'],
      what: 'The media: for more than 500 residents of one State, and not for 500',
      async act({ dana }) {
        const of = async (individuals: number, residents: Readonly<Record<string, number>>) =>
          (await notices(dana, individuals, residents)).get('media')?.status
        assert.deepEqual(
          [await of(500, { OH: 500 }), await of(501, { OH: 501 }), await of(900, { OH: 450, PA: 450 })],
          ['not-applicable', 'due', 'not-applicable'],
        )
        assert.match(await findingOf(dana, 'C4'), /more than 500|one State/)
        return '500: none; 501 in one State: due; 900 over two States: none'
      },
    },
  ],
}
