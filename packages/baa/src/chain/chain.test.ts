import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { modelHost, scribe } from '../../test/chained.ts'
import { complete } from '../../test/complete.ts'
import type { AgreementInput, RegistryOptions, Subprocessor } from '../index.ts'
import { decideAny, parseAgreement, registry } from '../index.ts'
import { type Chain, type ChainLink, chain } from './chain.ts'
import { chainInMarkdown } from './chain-in-markdown.ts'
import { chainCodes } from './findings.ts'

const AT = '2026-11-21T10:00:00.000Z'

/** The platform's terms on models list the scribe. */
const platform = { ...complete, ai: { ...complete.ai, subprocessors: ['scribe'] } } satisfies AgreementInput

const edges: readonly Subprocessor[] = [
  { of: 'platform', to: 'scribe', for: ['ai.note-draft'], does: 'ai.note-draft' },
  { of: 'scribe', to: 'model', for: ['ai'], does: 'ai.chat' },
]
const all: RegistryOptions = { subprocessors: edges, complete: ['platform', 'scribe', 'model'] }

const modelOf = (inputs: readonly AgreementInput[], options: RegistryOptions = all) =>
  registry(inputs.map(parseAgreement), options)
const good = modelOf([platform, scribe, modelHost])
const drafted = (model = good, at = AT) => chain(model, 'ai.note-draft', at)
const flat = (links: readonly ChainLink[]): readonly ChainLink[] => links.flatMap((each) => [each, ...flat(each.below)])
const codes = (list: readonly { readonly code: string }[]) => list.map(({ code }) => code)

describe('a chain that holds', () => {
  it('S9 S32 S37 S119 every vendor down to the host of the models is covered, and each agreement is as strict as the one above', () => {
    const found = drafted()
    expect(found).toMatchObject({ verdict: 'covered', uncovered: [], weaker: [], unknown: [], cycles: [] })
    expect(flat(found.links).map(({ of, to, service, agreement, status }) => [of, to, service, agreement, status])).toEqual([
      ['practice', 'platform', 'ai.note-draft', 'practice-platform-2026', 'in-force'],
      ['platform', 'scribe', 'ai.note-draft', 'platform-scribe-2026', 'in-force'],
      ['scribe', 'model', 'ai.chat', 'scribe-model-2026', 'in-force'],
    ])
    expect(Object.isFrozen(found) && Object.isFrozen(found.links[0]?.below)).toBe(true)
  })

  it('S99 S118 its clocks are composed: 24 hours, 72 hours and 10 days, all independent', () => {
    const [clocks, ...others] = drafted().clocks
    expect(others).toEqual([])
    expect(clocks).toMatchObject({
      path: ['model', 'scribe', 'platform', 'practice'],
      learns: 24 + 72 + 240,
      left: 1440,
      findings: [],
    })
  })

  it('S51 a service that reaches nobody else has one link', () => {
    const found = chain(good, 'scheduling.reminders', AT)
    expect(found.verdict).toBe('covered')
    expect(flat(found.links)).toHaveLength(1)
  })

  it('with data and a use, every link is decided as `decide` decides it', () => {
    const asked = { data: ['phi.clinical.note.session'], use: 'treatment' } as const
    expect(chain(good, 'ai.note-draft', AT, asked).verdict).toBe('covered')
    expect(decideAny(good, { from: 'practice', to: 'platform', service: 'ai.note-draft', ...asked, at: AT }).outcome).toBe(
      'allow',
    )
    const plan = chain(good, 'ai.note-draft', AT, { ...asked, data: ['phi.clinical.plan'] })
    expect(plan.verdict).toBe('not-covered')
    expect(plan.uncovered.map(({ path, reasons }) => [path.join(' '), codes(reasons)[0]])).toEqual([
      ['practice platform scribe', 'class-not-permitted'],
      ['practice platform scribe model', 'class-not-permitted'],
    ])
    const marketing = chain(good, 'ai.note-draft', AT, { use: 'marketing' })
    expect(marketing.uncovered).toHaveLength(3)
  })

  it('data that an edge does not pass on ends there, and what it passes on is what is judged', () => {
    const narrow = modelOf([platform, scribe, modelHost], {
      ...all,
      subprocessors: [{ ...(edges[0] as Subprocessor), data: ['phi.clinical.note.summary'] }, edges[1] as Subprocessor],
    })
    expect(flat(chain(narrow, 'ai.note-draft', AT, { data: ['phi.clinical.plan'] }).links)).toHaveLength(1)
    const links = flat(chain(narrow, 'ai.note-draft', AT, { data: ['phi.clinical.note'] }).links)
    expect(links.map(({ data }) => data)).toEqual([
      ['phi.clinical.note'],
      ['phi.clinical.note.summary'],
      ['phi.clinical.note.summary'],
    ])
  })
})

describe('what is not covered', () => {
  it('S9 S119 a vendor without an agreement, however deep, and its path', () => {
    const found = drafted(modelOf([platform, scribe], { ...all, parties: [{ id: 'model', kind: 'subcontractor' }] }))
    expect(found.verdict).toBe('not-covered')
    expect(found.uncovered).toMatchObject([
      {
        code: 'not-covered',
        path: ['practice', 'platform', 'scribe', 'model'],
        service: 'ai.chat',
        agreement: null,
        status: 'none',
        citation: '45 CFR 164.502(e)(1)(ii)',
        reasons: [{ code: 'no-agreement' }],
      },
    ])
    // Its clock is the law's, and agency is not known.
    expect(found.clocks[0]?.tiers.map(({ party, limit }) => [party, limit])[0]).toEqual(['model', 1440])
  })

  it('an agreement that is unsigned, over, or about another service', () => {
    const unsigned = { ...scribe, signatures: [] }
    expect(drafted(modelOf([platform, unsigned, modelHost])).uncovered).toMatchObject([
      { status: 'draft', path: ['practice', 'platform', 'scribe'] },
    ])
    expect(drafted(good, '2028-02-01T00:00:00.000Z').uncovered.map(({ status }) => status)).toEqual([
      'expired',
      'expired',
      'expired',
    ])
    const other = { ...modelHost, services: ['storage' as const] }
    expect(drafted(modelOf([platform, scribe, other])).uncovered).toMatchObject([
      { agreement: 'scribe-model-2026', reasons: [{ code: 'service-not-covered' }] },
    ])
  })

  it('of several agreements the one that covers is taken', () => {
    const old = {
      ...scribe,
      id: 'platform-scribe-2024',
      effective: '2024-01-01',
      expires: '2024-12-31',
      permits: ['phi' as const],
      prohibits: [],
    }
    for (const order of [
      [platform, old, scribe, modelHost],
      [platform, scribe, modelHost, old],
    ]) {
      const found = drafted(modelOf(order))
      expect([found.verdict, flat(found.links)[1]?.agreement]).toEqual(['covered', 'platform-scribe-2026'])
    }
  })

  it('a service that no agreement has in its scope has no chain, and is not covered', () => {
    const found = chain(good, 'analytics', AT)
    expect(found).toMatchObject({ verdict: 'not-covered', links: [] })
    expect(chainInMarkdown(found)).toContain('No agreement covers the service.')
  })

  it('an exemption that is proved covers a link; one whose facts need the data is not known without it', () => {
    const parties = [{ id: 'line', kind: 'other' as const }]
    const edge: Subprocessor = { of: 'platform', to: 'line', for: ['scheduling'], does: 'telehealth.audio' }
    const claim = { kind: 'conduit', transmits: 'only', storage: 'none', access: 'none' } as const
    const options = {
      parties,
      subprocessors: [edge],
      complete: ['platform'],
      exemptions: [{ from: 'platform', to: 'line', claim }],
    }
    const found = chain(modelOf([complete], options), 'scheduling', AT)
    expect(found.verdict).toBe('covered')
    expect(found.links[0]?.below[0]).toMatchObject({ exemption: 'conduit', agreement: null, verdict: 'covered' })
    // Whoever is exempt tells nobody.
    expect(found.clocks.map(({ path }) => path)).toEqual([['platform', 'practice']])

    const bank = {
      kind: 'payment-processing',
      financialInstitution: true,
      activities: ['processing'],
      otherServices: false,
    } as const
    const paid = modelOf([complete], { ...options, exemptions: [{ from: 'platform', to: 'line', claim: bank }] })
    expect(chain(paid, 'scheduling', AT).verdict).toBe('unknown')
    const asked = { data: ['phi.financial.payment'], use: 'payment' } as const
    expect(chain(paid, 'scheduling', AT, asked).verdict).toBe('covered')
    expect(chain(paid, 'scheduling', AT, { ...asked, use: 'operations' }).verdict).toBe('not-covered')
  })
})

describe('what is less strict further down', () => {
  /** What is found when the scribe's agreement is changed. */
  const weaker = (more: Partial<AgreementInput>) => {
    const found = drafted(modelOf([platform, { ...scribe, ...more } as AgreementInput, modelHost]))
    const ofScribe = found.weaker.filter(({ path }) => path.at(-1) === 'scribe')
    if (ofScribe.length > 0) expect(found.verdict).toBe('not-covered')
    return ofScribe
  }
  const { terms, ai } = scribe

  it('S32 classes: a permit of its own, a wider one, and a prohibition that is missing', () => {
    expect(weaker({ permits: [...scribe.permits, 'phi.clinical.lab'] })).toMatchObject([
      {
        code: 'class-wider',
        about: ['phi.clinical.lab'],
        below: { clause: { id: 'permits[2]' } },
        citation: '45 CFR 164.504(e)(5)',
      },
    ])
    const wide = weaker({ permits: ['phi.clinical'], prohibits: [] })
    expect(wide.map(({ code, about, above }) => [code, about, above.clause?.id])).toContainEqual([
      'class-wider',
      ['phi.clinical.note.psychotherapy'],
      'prohibits[0]',
    ])
    // A prohibition of a class that the agreement below does not permit anyway is not missed.
    const kept = scribe.prohibits.filter((each) => each !== 'phi.code.icd10' && each !== 'phi.code.cpt')
    expect(weaker({ prohibits: kept })).toEqual([])
  })

  it('S32 labels and uses', () => {
    expect(weaker({ prohibits: scribe.prohibits.filter((each) => each !== 'label:part2') })).toMatchObject([
      { code: 'label-wider', about: ['part2'], above: { agreement: 'practice-platform-2026', clause: { id: 'prohibits[5]' } } },
    ])
    const marketing = {
      uses: [...scribe.uses, 'marketing' as const],
      prohibitsUses: scribe.prohibitsUses.filter((each) => each !== 'marketing'),
    }
    expect(weaker(marketing)).toMatchObject([
      { code: 'use-wider', about: ['marketing'], above: { clause: { id: 'prohibitsUses[2]' } } },
    ])
  })

  it('S32 S33 S118 every promise of the agreement above that is missing below is found, alone', () => {
    for (const key of Object.keys(complete.terms) as (keyof typeof complete.terms)[]) {
      const { [key]: _, ...others } = terms
      const found = weaker({ terms: others })
      // Its own management and its legal duties are no uses of the scribe.
      if (key === 'managementDisclosures') expect(found).toEqual([])
      else {
        expect(found.map(({ term }) => term)).toEqual([`terms.${key}`])
        const security = ['safeguards', 'reportIncidents', 'logRetention'].includes(key)
        expect(found[0]).toMatchObject(
          security
            ? { code: 'security-term-missing', citation: '45 CFR 164.314(a)(2)(iii)' }
            : { code: 'term-missing', citation: '45 CFR 164.504(e)(5)' },
        )
        expect(found[0]?.above.clause?.id).toBe(`terms.${key}`)
        expect(found[0]?.below).toEqual({ agreement: 'platform-scribe-2026' })
      }
    }
    const managed = weaker({
      terms: { ...terms, managementDisclosures: undefined } as never,
      uses: [...scribe.uses, 'ba.management'],
    })
    expect(managed.map(({ term }) => term)).toEqual(['terms.managementDisclosures'])
  })

  it('S33 S99 windows, triggers, contents and times to keep', () => {
    const breaches = terms.reportBreaches
    const changed = {
      'longer window': { reportBreaches: { ...breaches, within: { days: 11 } } },
      'no window': { reportBreaches: { ...breaches, within: undefined } },
      'later trigger': { reportBreaches: { ...breaches, from: 'confirmation' } },
      'no trigger': { reportBreaches: { ...breaches, from: undefined } },
      'less content': { reportBreaches: { ...breaches, content: breaches.content.slice(1) } },
      'business days': { access: { within: { businessDays: 9 } } },
      'no end of protections': { returnOrDestroy: { ...terms.returnOrDestroy, otherwiseProtect: false } },
      'later return': { returnOrDestroy: { ...terms.returnOrDestroy, within: { months: 1 } } },
      'shorter logs': { logRetention: { within: { years: 5 } } },
    }
    const found = Object.entries(changed).map(([name, more]) => [
      name,
      weaker({ terms: JSON.parse(JSON.stringify({ ...terms, ...more })) }).map(({ term, saysAbove, saysBelow }) => [
        term,
        saysAbove,
        saysBelow,
      ]),
    ])
    expect(Object.fromEntries(found)).toEqual({
      'longer window': [['terms.reportBreaches.within', '10 days', '11 days']],
      'no window': [['terms.reportBreaches.within', '10 days', undefined]],
      'later trigger': [['terms.reportBreaches.from', 'discovery', 'confirmation']],
      'no trigger': [['terms.reportBreaches.from', 'discovery', undefined]],
      'less content': [['terms.reportBreaches.content', 'identification of each individual', undefined]],
      'business days': [['terms.access.within', '10 days', '9 business days']],
      'no end of protections': [['terms.returnOrDestroy.otherwiseProtect', 'yes', 'no']],
      'later return': [['terms.returnOrDestroy.within', '30 days', '1 month']],
      'shorter logs': [['terms.logRetention.within', '6 years', '5 years']],
    })
    expect(weaker({ terms: { ...terms, logRetention: { within: { years: 7 } } } })).toEqual([])
  })

  it('S37 S38 what is left to models, and a host that is not on the list', () => {
    const { training, ...untrained } = ai
    expect(training).toBe('prohibited')
    expect(weaker({ ai: untrained })).toMatchObject([{ code: 'ai-weaker', term: 'ai.training', saysAbove: 'prohibited' }])
    expect(weaker({ ai: { ...ai, retention: { days: 31 } } })).toMatchObject([{ term: 'ai.retention', saysBelow: '31 days' }])
    expect(weaker({ ai: { ...ai, humanReview: false } })).toMatchObject([{ term: 'ai.humanReview' }])
    const unlisted = drafted(modelOf([complete, scribe, modelHost]))
    expect(unlisted.weaker).toMatchObject([
      { code: 'host-not-named', path: ['practice', 'platform', 'scribe'], above: { clause: { id: 'ai' } } },
    ])
  })

  it('a vendor that does what the agreement above takes out', () => {
    const found = drafted(modelOf([{ ...platform, excludes: ['ai.chat'] }, scribe, modelHost]))
    expect(codes(found.weaker)).toEqual([])
    const excluding = { ...scribe, excludes: ['ai.chat' as const] }
    expect(drafted(modelOf([platform, excluding, modelHost])).weaker).toMatchObject([
      { code: 'service-excluded', path: ['practice', 'platform', 'scribe', 'model'], about: ['ai.chat'] },
    ])
  })

  it('an agreement is never weaker than itself, and what is added above can only make the one below weaker', () => {
    const keys = Object.keys(complete.terms) as (keyof typeof complete.terms)[]
    fc.assert(
      fc.property(fc.subarray(keys), fc.subarray([...complete.prohibits]), (kept, prohibits) => {
        const some = Object.fromEntries(kept.map((key) => [key, complete.terms[key]]))
        const above = { ...platform, terms: some, prohibits } as AgreementInput
        const before = drafted(modelOf([above, scribe, modelHost])).weaker.length
        const more = drafted(
          modelOf([{ ...above, terms: complete.terms, prohibits: complete.prohibits }, scribe, modelHost]),
        ).weaker
        expect(before).toBe(0)
        expect(more).toEqual([])
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 500 : 12 },
    )
  })
})

describe('what is not known', () => {
  it('S51 a vendor that has not said whom it gives data on to', () => {
    const found = drafted(modelOf([platform, scribe, modelHost], { subprocessors: edges }))
    expect(found.verdict).toBe('unknown')
    expect(found.unknown).toMatchObject([
      { code: 'subprocessors-not-declared', path: ['practice', 'platform', 'scribe', 'model'], promised: true },
    ])
  })

  it('S37 a host of models that the agreement names and the registry does not', () => {
    const found = drafted(
      modelOf([platform, { ...scribe, ai: { ...scribe.ai, subprocessors: ['model', 'elsewhere'] } }, modelHost]),
    )
    expect(found.unknown).toMatchObject([
      { code: 'host-not-declared', host: 'elsewhere', path: ['practice', 'platform', 'scribe'] },
    ])
    expect(found.verdict).toBe('unknown')
  })

  it('a scope that depends on where the service runs, until somebody says it', () => {
    const limited = { ...platform, services: [{ service: 'ai' as const, region: 'us' }] }
    const found = drafted(modelOf([limited, scribe, modelHost]))
    expect(found.unknown).toMatchObject([{ code: 'edge-open', reasons: [{ code: 'scope-unknown', name: 'region' }] }])
    const asked = (region: string) =>
      chain(modelOf([limited, scribe, modelHost]), 'ai.note-draft', AT, { where: { region } }).verdict
    expect([asked('us'), asked('eu')]).toEqual(['covered', 'not-covered'])
  })

  it('an agreement of another kind is not compared', () => {
    const dua = { ...scribe, tier: 'data-use' as const }
    expect(codes(drafted(modelOf([platform, dua, modelHost])).unknown)).toContain('other-tier')
  })

  it('S119 cycles are reported, and end', () => {
    const back: AgreementInput = {
      ...scribe,
      id: 'model-platform',
      from: { id: 'model', kind: 'subcontractor' },
      to: { id: 'platform', kind: 'business-associate' },
      signatures: [
        { party: 'model', at: '2026-01-02T15:00:00.000Z' },
        { party: 'platform', at: '2026-01-02T15:00:00.000Z' },
      ],
    }
    const loop = modelOf([platform, scribe, modelHost, back], {
      ...all,
      subprocessors: [...edges, { of: 'model', to: 'platform', for: ['ai'], does: 'ai' }],
    })
    const found = drafted(loop)
    expect(found.cycles).toEqual([['practice', 'platform', 'scribe', 'model', 'platform']])
    expect([found.verdict, codes(found.unknown)]).toEqual(['unknown', ['cycle']])
    expect(found.clocks).toHaveLength(1)
  })

  it('a chain with more links than the limit is not known, and a lattice of vendors ends', () => {
    const parties = Array.from({ length: 41 }, (_, index) => ({ id: `v${index}`, kind: 'subcontractor' as const }))
    const lattice = Array.from({ length: 19 }, (_, layer) =>
      [0, 1].flatMap((a) =>
        [0, 1].map((b): Subprocessor => ({ of: `v${layer * 2 + a}`, to: `v${layer * 2 + 2 + b}`, for: ['ai'], does: 'ai' })),
      ),
    ).flat()
    const model = modelOf([platform, scribe, modelHost], {
      parties,
      subprocessors: [{ of: 'platform', to: 'v0', for: ['ai'], does: 'ai' }, ...lattice],
    })
    const found = chain(model, 'ai.note-draft', AT, { limit: 1000 })
    expect(flat(found.links)).toHaveLength(1000)
    expect(codes(found.unknown)).toContain('too-many-links')
    expect(found.verdict).toBe('not-covered')
  })
})

describe('whose chain', () => {
  const second = {
    ...platform,
    id: 'clinic-platform',
    from: { ...platform.from, id: 'clinic' },
    signatures: platform.signatures.map((each) => ({ ...each, party: each.party === 'practice' ? 'clinic' : each.party })),
  } satisfies AgreementInput
  const model = modelOf([platform, second, scribe, modelHost])
  const roots = (party?: string) => chain(model, 'ai.note-draft', AT, { party }).links.map(({ of, to }) => `${of} ${to}`)

  it('of every covered entity, of one, of a vendor, of a subcontractor', () => {
    expect(roots()).toEqual(['practice platform', 'clinic platform'])
    expect(roots('clinic')).toEqual(['clinic platform'])
    expect(roots('platform')).toEqual(['practice platform', 'clinic platform'])
    expect(roots('scribe')).toEqual(['platform scribe'])
    expect(chain(model, 'ai.chat', AT, { party: 'model' }).links[0]).toMatchObject({ of: 'scribe', to: 'model' })
  })

  it('of a vendor that keeps its own agreements with subcontractors only', () => {
    const own = modelOf([scribe, modelHost], all)
    expect(chain(own, 'ai.note-draft', AT).links.map(({ of, to }) => `${of} ${to}`)).toEqual(['platform scribe'])
    const from = chain(own, 'ai', AT, { party: 'platform' })
    expect(from.links.map(({ of, to }) => `${of} ${to}`)).toEqual(['platform scribe'])
    expect(from.clocks[0]?.path).toEqual(['model', 'scribe', 'platform'])
  })
})

describe('questions from outside', () => {
  it.each([
    ['a service that is none', () => chain(good, 'Jane Doe' as never, AT)],
    ['no instant', () => chain(good, 'ai', 'Jane Doe')],
    ['a day that does not exist', () => chain(good, 'ai', '2026-02-30T00:00:00.000Z')],
    ['a party that nobody knows', () => chain(good, 'ai', AT, { party: 'Jane-Doe' })],
    ['a class that is none', () => chain(good, 'ai', AT, { data: ['Jane Doe' as never] })],
    ['no class at all', () => chain(good, 'ai', AT, { data: [] })],
    ['an option that is none', () => chain(good, 'ai', AT, { Jane: true } as never)],
    ['a limit that is no number', () => chain(good, 'ai', AT, { limit: Number.NaN })],
    [
      'options that throw',
      () =>
        chain(good, 'ai', AT, {
          get party(): string {
            throw new Error('Jane')
          },
        }),
    ],
  ])('%s is refused, without what was given', async (_, ask) => {
    const error = await refusal(ask)
    expect(error.code).toBe('PHI_BAA_CHAIN')
    expect(error.message + JSON.stringify(error) + String(error.cause)).not.toContain('Jane')
  })

  it('a registry that `registry` did not make is refused', async () => {
    expect((await refusal(() => chain({ ...good }, 'ai', AT))).code).toBe('PHI_BAA_REGISTRY')
  })
})

describe('in Markdown', () => {
  it('says the verdict, the tree, what is wrong with its clauses, and the clocks', () => {
    const slow = {
      ...scribe,
      terms: { ...scribe.terms, reportBreaches: { ...scribe.terms.reportBreaches, within: { days: 30 } } },
      agency: 'unknown' as const,
    }
    const text = chainInMarkdown(drafted(modelOf([platform, slow, modelHost])))
    expect(text).toMatchInlineSnapshot(`
      "## ai.note-draft, 2026-11-21T10:00:00.000Z

      Not every vendor down the chain is covered.

      - practice → platform (ai.note-draft): covered, practice-platform-2026, in-force
        - platform → scribe (ai.note-draft): covered, platform-scribe-2026, in-force
          - scribe → model (ai.chat): covered, scribe-model-2026, in-force

      ### Less strict than above

      | chain | what | above | below | law | what to do |
      |---|---|---|---|---|---|
      | practice → platform → scribe | The agreement below promises less than the one above. terms.reportBreaches.within | practice-platform-2026, 4.2, page 4: 10 days | platform-scribe-2026, 4.2, page 4: 30 days | 45 CFR 164.504(e)(5) | Have the promise of the agreement below brought to that of the one above. |

      ### Breach clocks, in time since the deepest party discovers

      **model → scribe → platform → practice**

      practice learns after 41 days at the latest, with 60 days left at the least. Agency is not known everywhere: read as agents, which leaves the least time.

      | party | told after | its clock runs from | its limit | left when told |
      |---|---|---|---|---|
      | model | 0 hours | 0 hours | 24 hours | 24 hours |
      | scribe | 24 hours | 24 hours | 31 days | 30 days |
      | platform | 31 days | 24 hours | 11 days | nothing, 20 days too late |
      | practice | 31 days | 31 days | 91 days | 60 days |

      - platform: The promise to report cannot be kept: what the vendor below knows counts as known above, and it may tell later than the promise ends. The time is taken by platform-scribe-2026, 4.2, page 4. That window has to be shorter than 10 days. The one above learns after 31 days at the latest. This is so if those below are agents, which nobody has said. (45 CFR 164.410(a)(2))
      "
    `)
  })

  it('shows what others wrote as it is, and as nothing else', () => {
    const hostile = {
      ...scribe,
      id: 'x|<script>`[a](http://e.example)`@all',
      terms: { ...scribe.terms, access: { section: '| # a\u202e', within: { days: 99 } } },
    } satisfies AgreementInput
    const text = chainInMarkdown(drafted(modelOf([platform, hostile, modelHost])))
    expect(text).not.toMatch(/<script|(?<!\\)\]\(|https?:|@all|\u202e/)
    const rows = text.split('\n').filter((line) => line.startsWith('| practice →'))
    expect(rows.every((row) => row.replace(/\\\|/g, '').split('|').length === 8)).toBe(true)
  })
})

describe('the table of codes', () => {
  it('has a sentence, a remedy and a citation in each row, and says how well it is confirmed', () => {
    for (const each of Object.values(chainCodes)) {
      expect(each.says).toMatch(/\.$/)
      expect(each.remedy).toMatch(/\.$/)
      expect(['text-seen', 'interpretation']).toContain(each.citation.confirmation)
    }
  })

  it('every finding takes its sentence from it', () => {
    const found: Chain = drafted(
      modelOf([platform, { ...scribe, permits: ['phi'], prohibits: [], terms: {} }], {
        ...all,
        parties: [{ id: 'model', kind: 'subcontractor' }],
      }),
    )
    for (const each of [
      ...found.uncovered,
      ...found.weaker,
      ...found.unknown,
      ...found.clocks.flatMap((clocks) => clocks.findings),
    ]) {
      expect(each.says).toBe(chainCodes[each.code].says)
    }
  })
})
