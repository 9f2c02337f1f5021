import { isPhiError } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { complete } from '../../../test/complete.ts'
import { type AgreementInput, parseAgreement, type Registry, type RegistryOptions, registry } from '../../index.ts'
import { type GateOptions, type GateRequest, gate, gateReasons, isHashOf } from '../index.ts'

const key = new Uint8Array(32).fill(7)
const options: GateOptions = { retention: { days: 30 }, identifiers: 'remove', key }
const AT = '2026-11-22T10:00:00.000Z'

type Ai = NonNullable<AgreementInput['ai']>
const without = (field: keyof Ai): Ai => {
  const { [field]: _, ...rest } = complete.ai as Ai
  return rest
}
const registryOf = (change: Partial<AgreementInput> = {}, more: RegistryOptions = {}): Registry =>
  registry([parseAgreement({ ...complete, ...change })], { complete: ['platform'], ...more })

const request: GateRequest = {
  from: 'practice',
  to: 'platform',
  service: 'ai.note-draft',
  at: AT,
  parts: [
    { instruction: 'Write a short summary.' },
    { class: 'phi.clinical.note.session', text: 'Client reports less anxiety at work.', labels: [] },
  ],
}
const codes = (result: { reasons: readonly { code: string }[] }) => result.reasons.map((each) => each.code)
const ask = (change: Partial<GateRequest> = {}, agreement: Partial<AgreementInput> = {}, more: Partial<GateOptions> = {}) =>
  gate(registryOf(agreement), { ...request, ...change }, { ...options, ...more })

describe('S36 to S39 the gate before a model', () => {
  it('S36 S37 S38 S39 S42 lets a prompt go that everything covers, with the text to send', () => {
    const result = ask()
    expect(result.outcome).toBe('allow')
    expect(result.prompt).toBe('Write a short summary.\n\nClient reports less anxiety at work.')
    expect(codes(result)).toEqual([
      'no-identifiers-kept',
      'covered',
      'training-prohibited',
      'retention-limited',
      'deletion-available',
    ])
    expect(result.reasons.find((each) => each.code === 'training-prohibited')?.clause?.section).toBe('6.1')
  })

  it('S36 clinical context is PHI: without an agreement it does not go', () => {
    const model = registry([], {
      parties: [
        { id: 'practice', kind: 'covered-entity' },
        { id: 'platform', kind: 'other' },
      ],
    })
    const result = gate(model, request, options)
    expect([result.outcome, result.prompt]).toEqual(['deny', undefined])
    expect(codes(result)).toContain('not-covered')
    expect(codes(result.decision)).toContain('no-agreement')
  })

  const letters = [...'ABCDEFGHIJKLMNOPQR']
  const claim = {
    kind: 'de-identified',
    method: 'safe-harbor',
    evidence: 'removal-report-17',
    removed: letters,
    actualKnowledge: false,
  } as const
  const nobody = registry([], {
    parties: [
      { id: 'practice', kind: 'covered-entity' },
      { id: 'platform', kind: 'other' },
    ],
  })

  it('S36 data that is demonstrably de-identified goes without an agreement; without evidence it does not', () => {
    const shown = gate(nobody, { ...request, deidentified: claim }, options)
    expect([shown.outcome, shown.decision.exemption]).toEqual(['allow', 'de-identified'])
    expect(codes(shown)).toEqual(['no-identifiers-kept', 'de-identified'])
    const { evidence: _, ...unproved } = claim
    expect(gate(nobody, { ...request, deidentified: unproved }, options).outcome).not.toBe('allow')
    const missing = gate(nobody, { ...request, deidentified: { ...claim, removed: letters.slice(1) } }, options)
    expect(missing.outcome).toBe('deny')
  })

  it('S36 a text that still holds an identifier speaks against the claim, though an expert may leave dates', () => {
    const parts = [{ class: 'phi.clinical.note.session', text: 'Seen on 2026-04-12.', labels: [] }] as const
    const harbor = gate(nobody, { ...request, parts, deidentified: claim }, options)
    expect([harbor.outcome, codes(harbor)[0]]).toEqual(['needs', 'scan-contradicts-claim'])
    const named = [{ class: 'phi.identity.name', text: 'Jane Roe', labels: [] } as const, ...request.parts]
    expect(codes(gate(nobody, { ...request, parts: named, deidentified: claim }, options))[0]).toBe('scan-contradicts-claim')
    const expert = { kind: 'de-identified', method: 'expert', evidence: 'report-3', validUntil: '2027-12-31' } as const
    expect(gate(nobody, { ...request, parts, deidentified: expert }, options).outcome).toBe('allow')
    const phone = [{ class: 'phi.clinical.note.session', text: 'Call (202) 555-0123.', labels: [] }] as const
    expect(gate(nobody, { ...request, parts: phone, deidentified: expert }, options).outcome).toBe('needs')
  })

  it('S36 no other exemption makes a prompt harmless', () => {
    const model = registry([], {
      parties: [
        { id: 'practice', kind: 'covered-entity' },
        { id: 'platform', kind: 'workforce' },
      ],
      exemptions: [{ from: 'practice', to: 'platform', claim: { kind: 'workforce', underDirectControl: true } }],
    })
    expect(codes(gate(model, request, options))[0]).toBe('exemption-elsewhere')
    const forged = { kind: 'workforce', underDirectControl: true } as never
    expect(gate(nobody, { ...request, deidentified: forged }, options).outcome).toBe('deny')
  })

  it('S37 the service, the data and the prompt itself have to be covered', () => {
    expect(codes(ask({ service: 'ai.transcription' }).decision)).toContain('service-not-covered')
    const diagnosis = ask({ parts: [{ class: 'phi.code.icd10', text: 'F41.1', labels: [] }] })
    expect([diagnosis.outcome, codes(diagnosis.decision).includes('class-prohibited')]).toEqual(['deny', true])
    expect(ask({ parts: [{ class: 'phi.clinical.lab', text: 'positive', labels: ['hiv'] }] }).outcome).toBe('deny')
    const noPrompts = ask({}, { permits: complete.permits.filter((each) => each !== 'phi.ai.prompt') })
    expect(noPrompts.outcome).toBe('deny')
  })

  it('S37 an AI feature is asked about as one', () => {
    expect(codes(ask({ service: 'records.notes' }))).toContain('not-an-ai-service')
    expect(codes(ask({ service: 'ai.note-drafts' as never }))).toContain('not-an-ai-service')
  })

  const hosted = (hostAi: AgreementInput['ai'], extra: Partial<AgreementInput> = {}) => {
    const { signatures: _, ...base } = complete
    const host: AgreementInput = {
      ...base,
      id: 'platform-host',
      tier: 'ba-sub',
      from: { id: 'platform', kind: 'business-associate' },
      to: { id: 'model-host', kind: 'subcontractor' },
      services: ['ai'],
      ...(hostAi === undefined ? {} : { ai: hostAi }),
      signatures: [
        { party: 'platform', at: '2026-01-02T15:00:00.000Z' },
        { party: 'model-host', at: '2026-01-02T16:00:00.000Z' },
      ],
      ...extra,
    }
    const first = { ...complete, ai: { ...complete.ai, subprocessors: ['model-host'] } }
    return registry([parseAgreement(first), parseAgreement(host)], {
      subprocessors: [{ of: 'platform', to: 'model-host', for: ['ai'], does: 'ai.chat' }],
      complete: ['model-host'],
    })
  }

  it('S37 S38 S39 a model host further down is held to the same: coverage, no training, retention', () => {
    expect(gate(hosted({ ...complete.ai }), request, options).outcome).toBe('allow')
    expect(codes(gate(hosted({ ...complete.ai }, { services: ['storage'] }), request, options))).toContain('not-covered')
    const long = gate(hosted({ ...complete.ai, retention: { days: 31 } }), request, options)
    expect([long.outcome, codes(long)[0], long.reasons[0]?.agreement]).toEqual(['deny', 'retention-too-long', 'platform-host'])
    const { prohibitsUses: __, ...rest } = complete
    const prohibits = rest && { prohibitsUses: ['sale', 'marketing'] as const }
    expect(codes(gate(hosted({ ...without('training'), subprocessors: [] }, prohibits), request, options))[0]).toBe(
      'training-unstated',
    )
    const trains = gate(hosted({ ...complete.ai, training: 'permitted' }, prohibits), request, options)
    expect(codes(trains)[0]).toBe('training-permitted')
  })

  it('S37 S38 a vendor that only hosts is asked about models when the agreement names it as a host of them', () => {
    const { ai: _, prohibitsUses: __, signatures: ___, ...base } = complete
    const cloud = parseAgreement({
      ...base,
      id: 'platform-cloud',
      tier: 'ba-sub',
      from: { id: 'platform', kind: 'business-associate' },
      to: { id: 'cloud', kind: 'subcontractor' },
      services: ['hosting'],
      signatures: [
        { party: 'platform', at: '2026-01-02T15:00:00.000Z' },
        { party: 'cloud', at: '2026-01-02T16:00:00.000Z' },
      ],
    })
    const of = (subprocessors: readonly string[]) =>
      gate(
        registry([parseAgreement({ ...complete, ai: { ...complete.ai, subprocessors } }), cloud], {
          subprocessors: [{ of: 'platform', to: 'cloud', for: ['ai'], does: 'hosting' }],
          complete: ['cloud'],
        }),
        request,
        options,
      )
    expect(of([]).outcome).toBe('allow')
    const named = of(['cloud'])
    expect([named.outcome, named.reasons[0]?.code, named.reasons[0]?.agreement]).toEqual([
      'needs',
      'training-unstated',
      'platform-cloud',
    ])
  })

  it('S37 a host that the agreement names and nobody signed with is not covered', () => {
    const named = { ai: { ...complete.ai, subprocessors: ['somebody'] } }
    const result = ask({}, named)
    expect(result.outcome).toBe('needs')
    expect(codes(result.decision)).toContain('onward-unknown')
  })

  it('S37 silence on who hosts the models is not "nobody"', () => {
    const model = registry([parseAgreement({ ...complete, ai: without('subprocessors') })])
    const silent = gate(model, request, options)
    expect([silent.outcome, codes(silent).includes('hosting-unstated')]).toEqual(['needs', true])
    const told = registry([parseAgreement({ ...complete, ai: without('subprocessors') })], { complete: ['platform'] })
    expect(gate(told, request, options).outcome).toBe('allow')
  })

  const mild = { prohibitsUses: ['sale', 'marketing'] } as const

  it('S38 silence on training needs an answer, a permission denies, a prohibition in either place is enough', () => {
    expect(codes(ask({}, { ...mild, ai: without('training') }))[0]).toBe('training-unstated')
    expect(codes(ask({}, { ...mild, ai: { ...complete.ai, training: 'permitted' } }))[0]).toBe('training-permitted')
    expect(ask({}, { ai: without('training') }).outcome).toBe('allow')
    expect(ask({}, { ...mild }).outcome).toBe('allow')
    const use = ask({}, { ...mild, ai: without('training'), uses: [...complete.uses, 'ai.training'] })
    expect(codes(use)[0]).toBe('training-permitted')
    const branch = ask({}, { ...mild, ai: without('training'), uses: ['operations', 'ai'] })
    expect(codes(branch)[0]).toBe('training-permitted')
  })

  it('S38 a second agreement in force that lets the vendor train is a right to train', () => {
    const second = parseAgreement({
      ...complete,
      id: 'terms-of-service',
      prohibitsUses: [],
      ai: { training: 'permitted', subprocessors: [] },
    })
    const model = registry([parseAgreement(complete), second], { complete: ['platform'] })
    const result = gate(model, request, options)
    expect([result.outcome, codes(result)[0], result.reasons[0]?.agreement]).toEqual([
      'deny',
      'training-permitted',
      'terms-of-service',
    ])
  })

  it('S38 nothing is trained through the gate, whatever the agreement says', () => {
    const permits = { ...mild, ai: without('training'), uses: [...complete.uses, 'ai.training'] }
    expect(codes(ask({ use: 'ai.training' }, permits))).toContain('training-use')
    expect(codes(ask({ use: 'ai' }, permits))).toContain('training-use')
    expect(codes(ask({ use: 'treatment' }))).toContain('not-an-inference')
  })

  it.each([
    [undefined, { days: 30 }, 'retention-unstated'],
    [{ days: 30 }, { days: 30 }, 'retention-limited'],
    [{ days: 31 }, { days: 30 }, 'retention-too-long'],
    ['none', { hours: 1 }, 'retention-limited'],
    [{ hours: 1 }, 'none', 'retention-too-long'],
    ['none', 'none', 'retention-limited'],
    [{ hours: 720 }, { days: 30 }, 'retention-limited'],
    [{ days: 30 }, { months: 1 }, 'retention-unclear'],
    [{ months: 1 }, { days: 31 }, 'retention-limited'],
    [{ months: 1 }, { days: 27 }, 'retention-too-long'],
    [{ years: 1 }, { months: 1 }, 'retention-too-long'],
  ] as const)('S39 retention %j under a limit of %j: %s', (retention, limit, code) => {
    const ai = retention === undefined ? without('retention') : { ...complete.ai, retention }
    expect(codes(ask({}, { ai }, { retention: limit }))).toContain(code)
  })

  it('S39 what is kept must be deletable; what is not kept need not be', () => {
    expect(codes(ask({}, { ai: { ...complete.ai, deletion: false } }))[0]).toBe('deletion-unavailable')
    expect(codes(ask({}, { ai: without('deletion') }))[0]).toBe('deletion-unstated')
    expect(ask({}, { ai: { ...without('deletion'), retention: 'none' } }).outcome).toBe('allow')
  })

  it('S36 labels have to be stated where one of them would not be allowed', () => {
    const unstated = ask({ parts: [{ class: 'phi.clinical.note.session', text: 'Less anxiety.' }] })
    expect([unstated.outcome, codes(unstated)[0], unstated.reasons[0]?.labels]).toEqual([
      'needs',
      'labels-unstated',
      ['hiv', 'part2', 'psychotherapy'],
    ])
  })

  it('S36 an output that goes in again may hold anything, until it says what it was made of', () => {
    const permits = [...complete.permits, 'phi.ai.output'] as const
    const part = { class: 'phi.ai.output', text: 'Draft so far.', labels: [] } as const
    expect(ask({ parts: [part] }, { permits }).outcome).toBe('needs')
    expect(ask({ parts: [{ ...part, madeOf: ['phi.clinical.note.session'] }] }, { permits }).outcome).toBe('allow')
    expect(ask({ parts: [{ ...part, madeOf: ['phi.clinical.lab'] }] }, { permits }).outcome).toBe('deny')
  })
})

describe('S42 identifiers', () => {
  const name = { class: 'phi.identity.name', text: 'Jane Roe', labels: [] } as const
  const note = { class: 'phi.clinical.note.session', text: 'Call her at (202) 555-0123.', labels: [] } as const

  it('S42 a part that is an identifier and not needed is left out, and counted by class', () => {
    const result = ask({ parts: [name, ...request.parts] })
    expect([result.outcome, result.removed]).toEqual(['allow', { 'phi.identity.name': 1 }])
    expect(result.prompt).not.toContain('Jane')
    expect(result.record.classes).not.toContain('phi.identity.name')
  })

  it('S42 it stays where somebody says why, and then the agreement has to permit it', () => {
    const needed = { ...name, needed: 'The letter is addressed to her.' }
    const result = ask({ parts: [needed, ...request.parts] })
    expect([result.outcome, result.prompt?.startsWith('Jane Roe')]).toEqual(['allow', true])
    const ssn = { class: 'phi.identity.ssn', text: '123-45-6789', labels: [], needed: 'No reason will do.' } as const
    expect(codes(ask({ parts: [ssn] }).decision)).toContain('class-not-permitted')
  })

  it('S42 refuses instead, where that is asked for', () => {
    const result = ask({ parts: [name, note] }, {}, { identifiers: 'refuse' })
    expect([result.outcome, result.prompt]).toEqual(['deny', undefined])
    expect(result.reasons.slice(0, 2).map(({ code, about }) => [code, about])).toEqual([
      ['identifier-not-needed', 'phi.identity.name'],
      ['identifier-found', 'phi.identity.phone'],
    ])
  })

  it('S42 what a scan finds is blanked, unless the part says that it holds it and why', () => {
    const blanked = ask({ parts: [note] })
    expect(blanked.prompt).toBe('Call her at [phi.identity.phone removed].')
    expect(blanked.findings).toEqual([
      { kind: 'phone', class: 'phi.identity.phone', start: 12, end: 26, part: 0, handled: 'unwanted' },
    ])
    const held = { ...note, holds: ['phi.identity.phone'], needed: 'The draft is a request to call.' } as const
    expect(ask({ parts: [held] }).prompt).toBe(note.text)
    expect(ask({ parts: [held] }).record.kept).toBe(1)
    // Held without a reason is not needed.
    const { needed: _, ...idle } = held
    expect(ask({ parts: [idle] }).prompt).toBe('Call her at [phi.identity.phone removed].')
    // What is held is data of the question.
    const permits = complete.permits.filter((each) => each !== 'phi.identity.phone')
    expect(ask({ parts: [held] }, { permits }).outcome).toBe('deny')
  })

  it('S42 known identifiers are blanked in instructions too', () => {
    const known = [{ class: 'phi.identity.name', text: 'Jane Roe' }] as const
    const result = ask({ known, parts: [{ instruction: 'Write about jane roe.' }, ...request.parts.slice(1)] })
    expect(result.prompt?.startsWith('Write about [phi.identity.name removed].')).toBe(true)
  })

  it('S42 takes a long text with many findings, and refuses one that is too long', async () => {
    const text = 'Call (202) 555-0123, born 1953-04-12. '.repeat(10_000)
    const { removed } = ask({ parts: [{ ...note, text }] })
    expect(removed).toEqual({ 'phi.identity.date': 10_000, 'phi.identity.phone': 10_000 })
    const part = { ...note, text: 'x'.repeat(1_000_000) }
    const error = await refusal(() => ask({ parts: [part, part, part, part, part, note] }))
    expect([error.code, error.path]).toEqual(['PHI_BAA_AI_REQUEST', 'request.parts'])
  })

  it('S42 a prompt of which nothing is left is not sent', () => {
    expect(codes(ask({ parts: [name] }))[0]).toBe('nothing-left')
  })

  it('S42 a prompt that was cleaned holds nothing that a second scan would take out', () => {
    const piece = fc.constantFrom(
      'call ',
      '(202) 555-0123',
      '123-45-6789',
      ' born 1953-04-12 ',
      'MRN 00123456',
      ' and ',
      'jane@example.org',
      '4111 1111 1111 1111',
      ' ',
      'x',
      ', ',
      '7',
      '-',
      '/',
    )
    const model = registryOf()
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        const parts = [{ class: 'phi.clinical.note.session', text: pieces.join(''), labels: [] }] as const
        const once = gate(model, { ...request, parts }, options)
        const again = gate(model, { ...request, parts: [{ ...parts[0], text: once.prompt ?? '' }] }, options)
        expect(again.prompt).toBe(once.prompt)
      }),
      { numRuns: 100 },
    )
  })
})

describe('S40 the record', () => {
  it('S40 holds hashes, lengths, classes and codes, and no text', () => {
    const secret = 'Xylophonist with panic attacks'
    const result = ask({ parts: [{ class: 'phi.clinical.note.session', text: `${secret}, (202) 555-0123`, labels: [] }] })
    const { record } = result
    expect(JSON.stringify([record, result.reasons, result.findings, result.removed])).not.toMatch(/Xylo|panic|555/)
    expect(record.prompt?.length).toBe(result.prompt?.length)
    expect(isHashOf(key, result.prompt as string, record.prompt?.hash as string)).toBe(true)
    expect(isHashOf(key, secret, record.prompt?.hash as string)).toBe(false)
    expect(record).toMatchObject({ outcome: 'allow', agreement: complete.id, service: 'ai.note-draft', use: 'ai.inference' })
    expect(record.classes).toEqual(['phi.ai.prompt', 'phi.clinical.note.session'])
  })

  it('S40 a refusal is recorded without a hash, since nothing was sent', () => {
    const { record } = ask({ service: 'ai.transcription' })
    expect([record.outcome, record.prompt]).toEqual(['deny', undefined])
  })

  it('S40 an id that is none does not reach the record', () => {
    expect(ask({ from: 'Jane Roe, born 1953' }).record.from).toBe('unknown')
  })
})

describe('faults and hostile requests', () => {
  it.each([
    ['nothing', undefined, 'request'],
    ['no parts', { ...request, parts: [] }, 'request.parts'],
    ['a part without a class', { ...request, parts: [{ text: 'SECRET' }] }, 'request.parts.*'],
    ['an unknown class', { ...request, parts: [{ class: 'phi.SECRET', text: 'SECRET' }] }, 'request.parts.*'],
    ['an unknown key', { ...request, SECRET: 1 }, 'request'],
    ['no instant', { ...request, at: 'SECRET' }, 'request.at'],
    ['a lone surrogate', { ...request, parts: [{ instruction: 'SECRET\ud800' }] }, 'request.parts.*'],
    [
      'a known identifier of one character',
      { ...request, known: [{ class: 'phi.identity.name', text: 'J' }] },
      'request.known.*',
    ],
    ['a known identifier that is none', { ...request, known: [{ class: 'phi.clinical', text: 'SECRET' }] }, 'request.known.*'],
  ])('refuses %s, and quotes nothing of it', async (_, value, path) => {
    const error = await refusal(() => gate(registryOf(), value as GateRequest, options))
    expect(error.code).toBe('PHI_BAA_AI_REQUEST')
    expect(error.path?.startsWith(path)).toBe(true)
    expect(JSON.stringify(error) + error.message).not.toContain('SECRET')
  })

  it('refuses a key that can be guessed, and options without a limit', async () => {
    const short = { ...options, key: new Uint8Array(16) }
    expect((await refusal(() => gate(registryOf(), request, short))).code).toBe('PHI_BAA_AI_KEY')
    const unlimited = { identifiers: 'remove', key } as unknown as GateOptions
    expect((await refusal(() => gate(registryOf(), request, unlimited))).code).toBe('PHI_BAA_AI_REQUEST')
  })

  it('a getter that throws is refused without its error', async () => {
    const parts = [
      Object.defineProperty({ class: 'phi.clinical', labels: [] }, 'text', {
        enumerable: true,
        get: () => {
          throw new Error('SECRET')
        },
      }),
    ]
    const error = await refusal(() => gate(registryOf(), { ...request, parts: parts as never }, options))
    expect([error.code, error.cause]).toEqual(['PHI_BAA_AI_REQUEST', undefined])
  })

  it('nothing planted on a prototype makes an identifier needed, or data de-identified', () => {
    const planted = { needed: 'because', holds: ['phi.identity'], deidentified: { kind: 'de-identified' } }
    const model = registryOf()
    for (const [name, value] of Object.entries(planted)) {
      // Not enumerable: what is, is refused as a key that nobody documented.
      Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true })
    }
    try {
      const parts = [{ class: 'phi.identity.name', text: 'Jane', labels: [] } as const, ...request.parts]
      expect(gate(model, { ...request, parts }, options).removed).toEqual({ 'phi.identity.name': 1 })
    } finally {
      for (const name of Object.keys(planted)) delete (Object.prototype as Record<string, unknown>)[name]
    }
  })

  it('a model that `registry` did not make is refused', () => {
    const act = () => gate({ ...registryOf() }, request, options)
    expect(act).toThrow(expect.objectContaining({ code: 'PHI_BAA_REGISTRY' }))
    expect(isPhiError(new Error('x'))).toBe(false)
  })

  it('S38 adding silence or permission to the AI terms never turns a refusal into an allowance', () => {
    const terms = fc.record(
      {
        training: fc.constantFrom('prohibited', 'permitted'),
        retention: fc.constantFrom('none', { days: 10 }, { days: 40 }, { months: 1 }),
        deletion: fc.boolean(),
        subprocessors: fc.constant([] as string[]),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<Ai>
    fc.assert(
      fc.property(terms, (ai) => {
        const result = ask({}, { prohibitsUses: ['sale'], ai })
        const good =
          ai.training === 'prohibited' &&
          (ai.retention === 'none' || (JSON.stringify(ai.retention) === '{"days":10}' && ai.deletion === true))
        expect(result.outcome === 'allow').toBe(good)
      }),
      { numRuns: 100 },
    )
  })

  it('every reason has a sentence, a citation, and a remedy unless it allows', () => {
    for (const { effect, says, remedy, citation } of Object.values(gateReasons)) {
      expect(says.endsWith('.')).toBe(true)
      expect(remedy === '').toBe(effect === 'allow')
      expect(citation.source).toBe('45 CFR')
    }
  })
})
