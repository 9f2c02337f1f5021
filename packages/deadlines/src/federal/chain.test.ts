import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import type { Deadline } from '../evaluate/deadline.ts'
import { breachChain, type ChainedNotice, type ChainLink } from './chain.ts'

const individual = (found: ChainedNotice | undefined): Deadline =>
  found?.deadlines.find(({ duty }) => duty === 'breach.individual') as Deadline
const own = (found: ChainedNotice | undefined): Deadline => found?.deadlines[0] as Deadline

const associate = (more: Partial<ChainLink> = {}): ChainLink => ({
  role: 'business-associate',
  discovered: '2026-03-01',
  notified: '2026-04-20',
  ...more,
})
const entity = (more: Partial<ChainLink> = {}): ChainLink => ({ role: 'covered-entity', ...more })

describe('business associate to covered entity, 164.410', () => {
  it('C1 BRE-07 not an agent: the covered entity discovers when it is told', () => {
    const [first, last] = breachChain([associate({ agentOfNext: false }), entity()])
    expect(own(first)).toMatchObject({ status: 'met', due: '2026-04-30' })
    expect(last?.discovery).toMatchObject({ on: '2026-04-20', by: 'notice', citation: { section: '164.404(a)(2)' } })
    expect(last?.discovery?.otherwise).toBeUndefined()
    expect(individual(last)).toMatchObject({ status: 'due', due: '2026-06-19' })
    expect(last?.daysLeftAtNotice).toBe(60)
  })

  it('BRE-08 an agent: its knowledge is imputed, and ten days are left at the notice', () => {
    const [first, last] = breachChain([associate({ agentOfNext: true }), entity()])
    expect(own(first).due).toBe('2026-04-30')
    expect(last?.discovery).toMatchObject({ on: '2026-03-01', by: 'imputed-from-agent' })
    expect(individual(last)).toMatchObject({ status: 'due', due: '2026-04-30' })
    expect(last?.daysLeftAtNotice).toBe(10)
  })

  it('agency not known: both readings, the earlier to plan for, and pending', () => {
    for (const agentOfNext of ['unknown', null, undefined] as const) {
      const [, last] = breachChain([associate({ agentOfNext }), entity()])
      expect(last?.discovery).toMatchObject({ on: '2026-03-01', otherwise: '2026-04-20' })
      expect(individual(last)).toMatchObject({
        status: 'pending-facts',
        because: 'condition-not-known',
        planFor: '2026-04-30',
        unknown: ['links.0.agentOfNext'],
      })
      expect(individual(last).due).toBeUndefined()
      expect(individual(last).changesIf[0]).toEqual({
        fact: 'links.0.agentOfNext',
        when: 'it is known whether it is an agent',
        becomes: 'due',
        due: '2026-06-19',
      })
      expect(last?.daysLeftAtNotice).toBe(10)
    }
  })

  it('agency not known and nobody told yet: still planned for from the agent', () => {
    const [, last] = breachChain([associate({ notified: null }), entity()])
    expect(last?.discovery).toMatchObject({ on: '2026-03-01', otherwise: null })
    expect(individual(last)).toMatchObject({ status: 'pending-facts', planFor: '2026-04-30' })
    expect(last?.daysLeftAtNotice).toBeUndefined()
  })

  it('not an agent and nobody told: the clock of the covered entity has not begun', () => {
    const [, last] = breachChain([associate({ notified: null, agentOfNext: false }), entity()])
    expect(last?.discovery).toBeUndefined()
    for (const deadline of last?.deadlines ?? []) {
      expect(deadline).toMatchObject({ status: 'pending-facts', because: 'trigger-not-known' })
    }
  })

  it('what the covered entity knew itself before makes agency no matter', () => {
    const [, last] = breachChain([associate(), entity({ discovered: '2026-02-20' })])
    expect(last?.discovery).toEqual(expect.objectContaining({ on: '2026-02-20', by: 'own-knowledge' }))
    expect(individual(last)).toMatchObject({ status: 'due', due: '2026-04-21' })
  })

  it('of notice and own later knowledge the notice counts', () => {
    const [, last] = breachChain([associate({ agentOfNext: false }), entity({ discovered: '2026-05-01' })])
    expect(last?.discovery).toMatchObject({ on: '2026-04-20', by: 'notice' })
  })

  it('a notice after the outer date of an agent leaves less than nothing', () => {
    const [, last] = breachChain([associate({ agentOfNext: true, notified: '2026-05-04' }), entity()])
    expect(last?.daysLeftAtNotice).toBe(-4)
  })
})

describe('a chain of three', () => {
  const chain = (subAgent: ChainLink['agentOfNext'], associateAgent: ChainLink['agentOfNext']): ChainLink[] => [
    { role: 'subcontractor', name: 'Sub', discovered: '2026-01-05', notified: '2026-02-10', agentOfNext: subAgent },
    { role: 'business-associate', name: 'Associate', notified: '2026-03-15', agentOfNext: associateAgent },
    { role: 'covered-entity', name: 'Clinic' },
  ]
  const dues = (...agents: [ChainLink['agentOfNext'], ChainLink['agentOfNext']]) => {
    const [sub, associated, clinic] = breachChain(chain(...agents))
    return [own(sub), own(associated), individual(clinic)].map(({ due, planFor }) => due ?? `plan ${planFor}`)
  }

  it('C1 BRE-09 three clocks of their own', () => {
    expect(dues(false, false)).toEqual(['2026-03-06', '2026-04-11', '2026-05-14'])
    expect(breachChain(chain(false, false)).map(({ role, name }) => [role, name])).toEqual([
      ['subcontractor', 'Sub'],
      ['business-associate', 'Associate'],
      ['covered-entity', 'Clinic'],
    ])
  })

  it('agency goes as far as it goes', () => {
    expect(dues(true, false)).toEqual(['2026-03-06', '2026-03-06', '2026-05-14'])
    expect(dues(false, true)).toEqual(['2026-03-06', '2026-04-11', '2026-04-11'])
    expect(dues(true, true)).toEqual(['2026-03-06', '2026-03-06', '2026-03-06'])
  })

  it('one link whose agency is not known', () => {
    expect(dues('unknown', false)).toEqual(['2026-03-06', 'plan 2026-03-06', '2026-05-14'])
    const [, second] = breachChain(chain('unknown', false))
    expect(second?.daysLeftAtNotice).toBe(24)
    expect(own(second).unknown).toEqual(['links.0.agentOfNext'])
  })

  it('two links whose agency is not known', () => {
    expect(dues('unknown', 'unknown')).toEqual(['2026-03-06', 'plan 2026-03-06', 'plan 2026-03-06'])
    const last = individual(breachChain(chain('unknown', 'unknown'))[2])
    expect(last.unknown).toEqual(['links.0.agentOfNext', 'links.1.agentOfNext'])
    expect(last.changesIf[0]?.due).toBe('2026-05-14')
  })

  it('what was done under the strict reading is done; what was late only under it is pending', () => {
    const done = (notified: string) =>
      own(breachChain([{ ...(chain('unknown', false)[0] as ChainLink) }, associate({ discovered: null, notified })])[1])
    expect(done('2026-03-06')).toMatchObject({ status: 'met', due: '2026-03-06' })
    expect(done('2026-03-07')).toMatchObject({ status: 'pending-facts', planFor: '2026-03-06' })
    expect(done('2026-03-07').changesIf[0]).toMatchObject({ becomes: 'met', due: '2026-04-11' })
    expect(done('2026-04-12')).toMatchObject({ status: 'pending-facts' })
  })
})

describe('what else a link can say', () => {
  it('the facts of the covered entity reach its notices', () => {
    const [, last] = breachChain([
      associate({ agentOfNext: false }),
      entity({ breach: { individuals: 700, residents: { OH: 700 }, notifiedIndividuals: '2026-05-01' } }),
    ])
    expect(last?.deadlines.map(({ duty, status, due }) => [duty, status, due])).toEqual(
      expect.arrayContaining([
        ['breach.individual', 'met', '2026-06-19'],
        ['breach.media', 'due', '2026-06-19'],
        ['breach.secretary', 'due', '2026-06-19'],
      ]),
    )
  })

  it('agency not known moves the year of discovery too', () => {
    const [, last] = breachChain([
      associate({ discovered: '2025-12-30', notified: '2026-01-10' }),
      entity({ breach: { individuals: 20, residents: { OH: 20 } } }),
    ])
    const secretary = last?.deadlines.find(({ duty }) => duty === 'breach.secretary')
    expect(secretary).toMatchObject({ status: 'pending-facts', planFor: '2026-03-01' })
    expect(secretary?.changesIf[0]).toMatchObject({ due: '2027-03-01' })
    expect(last?.deadlines.find(({ duty }) => duty === 'breach.media')?.status).toBe('not-applicable')
  })

  it('a documented finding, law enforcement, today', () => {
    const [first] = breachChain([associate({ finding: 'secured', findingDocumented: true })])
    expect(own(first).status).toBe('not-applicable')
    const [held] = breachChain([associate({ notified: null, lawEnforcement: [{ form: 'oral', on: '2026-04-15' }] })])
    expect(own(held)).toMatchObject({ due: '2026-05-15' })
    const [late] = breachChain([associate({ notified: null })], { today: '2026-05-01' })
    expect(own(late)).toMatchObject({ status: 'late', daysLate: 1 })
  })

  it('each civil date is that of the link whose clock it starts', () => {
    const [first, last] = breachChain([
      associate({ discovered: '2026-03-02T05:30:00Z', notified: null, agentOfNext: true, timeZone: 'America/Los_Angeles' }),
      entity({ timeZone: 'America/New_York' }),
    ])
    expect(first?.discovery?.on).toBe('2026-03-01')
    expect(last?.discovery?.on).toBe('2026-03-02')
    expect(individual(last).dueInstant).toBe('2026-05-01T23:59:59-04:00')
  })

  it('one that acted knew by then, whatever the readings say', () => {
    const [, second] = breachChain([
      { role: 'subcontractor', discovered: '2026-01-05', notified: '2026-02-10' },
      associate({ discovered: null, notified: '2026-02-01' }),
    ])
    expect(second?.discovery).toMatchObject({ on: '2026-01-05', otherwise: '2026-02-01' })
    expect(own(second)).toMatchObject({ status: 'met', due: '2026-03-06' })
    const [, last] = breachChain([
      associate(),
      entity({ breach: { notifiedMedia: { OH: '2026-04-01' }, residents: { OH: 501 }, individuals: 501 } }),
    ])
    expect(last?.discovery).toMatchObject({ on: '2026-03-01', otherwise: '2026-04-01' })
  })
})

describe('what is refused', () => {
  it.each<[string, unknown, string, string]>([
    ['nobody', [], 'PHI_DEADLINES_FACTS', 'links'],
    ['the covered entity in the middle', [entity(), associate()], 'PHI_DEADLINES_FACTS', 'links'],
    [
      'an agent of nobody',
      [associate({ agentOfNext: true })].concat(entity({ agentOfNext: true })),
      'PHI_DEADLINES_FACTS',
      'links',
    ],
    ['facts of individuals at a business associate', [associate({ breach: {} })], 'PHI_DEADLINES_FACTS', 'links'],
    ['a covered entity that notified a next one', [entity({ notified: '2026-04-20' })], 'PHI_DEADLINES_FACTS', 'links'],
    ['an unknown key', [{ ...associate(), patient: 'Jane Roe' }], 'PHI_DEADLINES_FACTS', 'links.*'],
    [
      'discovery among the breach facts',
      [entity({ breach: { discovered: 'Jane Roe' } as object })],
      'PHI_DEADLINES_FACTS',
      'links.*.breach',
    ],
    [
      'an unknown State',
      [entity({ discovered: '2026-03-01', breach: { residents: { XX: 1 } as object } })],
      'PHI_DEADLINES_FACTS',
      'facts.residents.*',
    ],
    [
      'a media date that is no text',
      [entity({ breach: { notifiedMedia: { OH: 5 } as object } })],
      'PHI_DEADLINES_FACTS',
      'facts.notifiedMedia.*',
    ],
    ['a day that does not exist', [associate({ discovered: '2026-02-30' })], 'PHI_DEADLINES_DATE', 'links.*.discovered'],
    [
      'an instant without a zone',
      [associate({ discovered: '2026-03-01T10:00:00Z' })],
      'PHI_DEADLINES_ZONE',
      'links.*.discovered',
    ],
    [
      'an instant before a link without a zone',
      [associate({ notified: null, discovered: '2026-03-01T10:00:00Z', timeZone: 'UTC', agentOfNext: true }), entity()],
      'PHI_DEADLINES_ZONE',
      'links.*.discovered',
    ],
    ['notice before discovery', [associate({ notified: '2026-02-28' })], 'PHI_DEADLINES_CONTRADICTION', 'links.*.notified'],
    ['a chain without end', Array.from({ length: 21 }, () => associate()), 'PHI_DEADLINES_FACTS', 'links'],
  ])('%s', async (_, links, code, path) => {
    const error = await refusal(() => breachChain(links as ChainLink[]))
    expect([error.code, error.path]).toEqual([code, path])
    expect(error.message).not.toMatch(/Jane|2026-0[2-4]/)
  })
})

describe('for any chain', () => {
  const date = (day: number) => new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10)
  const step = fc.record({
    found: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
    told: fc.integer({ min: 41, max: 90 }),
    agent: fc.constantFrom(true, false, 'unknown' as const),
  })
  const linksOf = (made: readonly { found: number | undefined; told: number; agent: boolean | 'unknown' }[]): ChainLink[] => [
    ...made.map(
      ({ found, told, agent }): ChainLink => ({
        role: 'business-associate',
        discovered: found === undefined ? null : date(found),
        notified: date(told),
        agentOfNext: agent,
      }),
    ),
    { role: 'covered-entity' },
  ]
  const shown = (links: ChainLink[], at: number) => {
    const found = breachChain(links)[at]
    const owed = found?.deadlines.find(({ duty }) => duty === 'breach.individual' || duty === 'breach.business-associate')
    return owed?.due ?? owed?.planFor ?? 'none'
  }
  const chains = fc.array(step, { minLength: 1, maxLength: 4 }).map((made) => {
    // Each is told in turn, and knows of it by then.
    let last = 40
    return made.map((each) => {
      last = Math.max(last + 1, each.told)
      return { ...each, told: last }
    })
  })

  it('what is not known is shown as early as if it were agency, and never earlier than the worst reading', () => {
    fc.assert(
      fc.property(chains, (made) => {
        const open = linksOf(made)
        const agents = open.map((each) => (each.agentOfNext === 'unknown' ? { ...each, agentOfNext: true } : each))
        for (const index of open.keys()) expect(shown(open, index)).toBe(shown(agents, index))
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 5_000 : 60 },
    )
  })

  it('agrees with a plain walk along the chain', () => {
    fc.assert(
      fc.property(chains, (made) => {
        let inherited: number | undefined
        for (const [index, each] of made.entries()) {
          const before = made[index - 1]
          const days = [each.found, before?.told, before && before.agent !== false ? inherited : undefined].filter(
            (day) => day !== undefined,
          )
          inherited = days.length === 0 ? undefined : Math.min(...days)
          expect(shown(linksOf(made), index)).toBe(inherited === undefined ? 'none' : date(inherited + 60))
        }
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 5_000 : 60 },
    )
  })
})

it('what was planted on Object.prototype is in no link', () => {
  const planted = Object.prototype as { agentOfNext?: boolean }
  planted.agentOfNext = false
  try {
    const [, last] = breachChain([{ role: 'business-associate', discovered: '2026-03-01', notified: '2026-04-20' }, entity()])
    expect(individual(last)).toMatchObject({ status: 'pending-facts', planFor: '2026-04-30' })
  } finally {
    delete planted.agentOfNext
  }
})
