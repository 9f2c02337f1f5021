import { describe, expect, it } from 'vitest'
import { basis, by, disclosure, record, request, signer, toHealthDepartment, world } from '../../test/disclosures/world.ts'
import type { AuditEventInput } from '../event.ts'
import type { AuditRecord } from '../record.ts'
import { accountOfDisclosures } from './account.ts'
import { explainEntry } from './entry.ts'
import type { Research } from './fields.ts'
import { accountingOfDisclosures } from './hand-over.ts'
import { type DisclosureBasisKey, disclosureBases, exclusions } from './law.ts'
import type { AccountingRequest, Classification } from './request.ts'

const account = (events: readonly AuditEventInput[], more: Partial<AccountingRequest> = {}) =>
  accountOfDisclosures(
    events.map((event, index) => record(index, event)),
    { ...request, ...more },
  )

/** What became of one event. */
async function fateOf(event: AuditEventInput, more: Partial<AccountingRequest> = {}) {
  const { entries } = await account([event], more)
  expect(entries.length).toBeLessThan(2)
  return entries[0]
}
const verdictOf = async (event: AuditEventInput, more: Partial<AccountingRequest> = {}) => {
  const fate = await fateOf(event, more)
  return fate && `${fate.verdict} ${fate.exclusion ?? fate.because.join(' ')}`
}

describe('which events are disclosures', () => {
  it('those that say so, whatever their action; and those by which information can leave', async () => {
    expect(await verdictOf(disclosure({ action: 'read' }))).toBe('listed basis-of-event')
    expect(await verdictOf(disclosure({ action: 'login' }))).toBe('listed basis-of-event')
    for (const action of ['disclose', 'send', 'export', 'print', 'download'] as const)
      expect(await verdictOf({ ...disclosure({ action }), context: {} }), action).toBe('review basis-unknown')
    for (const action of ['read', 'create', 'upload', 'login'] as const)
      expect(await verdictOf({ ...disclosure({ action }), context: {} }), action).toBeUndefined()
  })

  it('not those that were refused, nor those about others; what failed is judged by somebody', async () => {
    expect(await verdictOf(disclosure({ outcome: 'denied' }))).toBeUndefined()
    expect(await verdictOf(disclosure({ subject: { patients: ['p-1'] } }))).toBeUndefined()
    expect(await verdictOf(disclosure({ outcome: 'failure' }))).toBe('review outcome-failure')
  })

  it('those of the six years before the request, to the day, in the zone of the covered entity', async () => {
    const at = (occurredAt: string) => verdictOf(disclosure({ occurredAt }))
    // Midnight in Chicago is 05:00 UTC in summer.
    expect(await at('2020-04-10T04:59:59.999Z')).toBeUndefined()
    expect(await at('2020-04-10T05:00:00.000Z')).toBe('listed basis-of-event')
    expect(await at('2026-04-11T04:59:59.999Z')).toBe('listed basis-of-event')
    expect(await at('2026-04-11T05:00:00.000Z')).toBeUndefined()
  })

  it('those about the patient under any of their identifiers', async () => {
    const merged = { patient: { id: 'p-88', otherIds: ['p-12'] } }
    const { accounting } = await account([disclosure({ subject: { patients: ['p-12', 'p-88'] } })], merged)
    expect(accounting?.lines).toMatchObject([{ source: { proof: 'full' } }])
  })

  it('those that name nobody, if somebody says that they are about this patient', async () => {
    const unnamed = disclosure({ subject: { count: 400 } })
    expect(await verdictOf(unnamed)).toBe('review patients-not-listed')
    const decide = (decision: 'list' | 'not-about-this-patient') => ({
      judgments: [{ index: 0, decision, why: 'list on file', by: 'Privacy Office' }],
    })
    expect(await verdictOf(unnamed, decide('not-about-this-patient'))).toBe('not-a-disclosure judged')
    const { accounting } = await account([unnamed], decide('list'))
    expect(accounting?.lines).toMatchObject([{ source: { proof: 'patient-not-named' } }])
    expect(await verdictOf({ ...unnamed, context: { ...unnamed.context, ...basis('operations') } })).toBe(
      'excluded treatment-payment-operations',
    )
  })
})

describe('the nine exclusions, each judged or left to review', () => {
  it('S128 by the basis that an event names', async () => {
    for (const [key, { exclusion }] of Object.entries(disclosureBases)) {
      const expected = exclusion === null ? 'listed basis-of-event' : `excluded ${exclusion}`
      expect(await verdictOf(disclosure({}, basis(key))), key).toBe(expected)
    }
  })

  it('(i) by the purpose of use, (ix) by the day', async () => {
    const forPurpose = (
      purpose: 'TREAT' | 'BTG' | 'CLMATTCH' | 'HQUALIMP' | 'PUBHLTH' | 'HRESCH' | 'HMARKT' | 'HLEGAL' | 'PATRQT',
    ) => verdictOf(disclosure({}, { details: undefined, purpose }))
    for (const purpose of ['TREAT', 'BTG', 'CLMATTCH', 'HQUALIMP'] as const)
      expect(await forPurpose(purpose), purpose).toBe('excluded treatment-payment-operations')
    expect(await forPurpose('PUBHLTH')).toBe('listed purpose-of-event')
    // Research can be with an authorization, with a limited data set, or neither; patients ask for things to be sent to others.
    for (const purpose of ['HRESCH', 'HMARKT', 'HLEGAL', 'PATRQT'] as const)
      expect(await forPurpose(purpose), purpose).toBe('review basis-unknown')
    expect(await verdictOf(disclosure(), { coveredSince: '2025-06-02' })).toBe('excluded before-compliance-date')
    expect(await verdictOf(disclosure(), { coveredSince: '2025-06-01' })).toBe('listed basis-of-event')
  })

  it('(ii) what the individual fetches; not what is fetched about several, or by somebody else', async () => {
    const fetched = (more: Partial<AuditEventInput> = {}): AuditEventInput => ({
      ...disclosure({ action: 'download', actor: { id: 'p-88', type: 'patient' }, ...more }),
      context: {},
    })
    expect(await verdictOf(fetched())).toBe('excluded to-the-individual')
    expect(await verdictOf(fetched({ actor: { id: 'login-7', type: 'patient' } }))).toBe('review basis-unknown')
    // Every request of a portal says so, also the one with which somebody fetches another person's chart.
    const another = { ...fetched({ actor: { id: 'p-1', type: 'patient' } }), context: { purpose: 'PATRQT' as const } }
    expect(await verdictOf(another)).toBe('review basis-unknown')
    expect(await verdictOf(another, { patient: { id: 'p-88', otherIds: ['p-1'] } })).toBe('excluded to-the-individual')
    expect(await verdictOf(fetched({ subject: { patients: ['p-88', 'p-1'] } }))).toBe('review basis-unknown')
    expect(await verdictOf(fetched({ actor: { id: 'p-88', type: 'workforce' } }))).toBe('review basis-unknown')
    expect(await verdictOf(disclosure({ subject: { patients: ['p-88', 'p-1'] } }, basis('individual')))).toBe(
      'review several-patients',
    )
  })

  it('is held against the data: psychotherapy notes, and a limited data set with names in it', async () => {
    const holding = (dataClasses: NonNullable<AuditEventInput['subject']>['dataClasses'], key: DisclosureBasisKey) =>
      verdictOf(disclosure({ subject: { patients: ['p-88'], dataClasses } }, basis(key)))
    expect(await holding(['phi.clinical.note.psychotherapy'], 'operations')).toBe('review psychotherapy-notes')
    expect(await holding(['phi.clinical.note.psychotherapy'], 'authorization')).toBe('excluded authorization')
    expect(await holding(['phi.identity.geo.zip5', 'phi.identity.date.birth'], 'limited-data-set')).toBe(
      'excluded limited-data-set',
    )
    expect(await holding(['phi.identity.name'], 'limited-data-set')).toBe('review not-a-limited-data-set')
  })

  it('is not believed where two sources disagree', async () => {
    expect(await verdictOf(disclosure({}, { purpose: 'TREAT' }))).toBe('review contradiction')
    expect(await verdictOf(disclosure({}, { purpose: 'PUBHLTH', ...basis('operations') }))).toBe('review contradiction')
    expect(await verdictOf(disclosure({}, { purpose: 'PUBHLTH', ...basis('limited-data-set') }))).toBe(
      'excluded limited-data-set',
    )
    const classify = (classification: Classification) => ({ classify: () => classification })
    expect(await verdictOf(disclosure(), classify({ basis: 'treatment' }))).toBe('review contradiction')
    expect(await verdictOf(disclosure(), classify({ isDisclosure: false }))).toBe('review contradiction')
    expect(await verdictOf(disclosure({}, basis('no-such-basis')))).toBe('review basis-unknown')
  })

  it('by the classification of the covered entity, for kinds of events', async () => {
    const siem: AuditEventInput = {
      action: 'export',
      outcome: 'success',
      actor: { id: 's-1', type: 'service' },
      occurredAt: '2025-01-01T12:00:00.000Z',
      subject: { dataClasses: ['phi.ops.auditlog'], count: 9 },
    }
    expect(await verdictOf(siem)).toBe('review basis-unknown patients-not-listed')
    const classify = ({ event }: AuditRecord) => (event.actor?.id === 's-1' ? ({ basis: 'operations' } as const) : undefined)
    expect(await verdictOf(siem, { classify })).toBe('excluded treatment-payment-operations')
    expect(await verdictOf(siem, { classify: () => ({ isDisclosure: false }) })).toBe(
      'not-a-disclosure basis-of-classification',
    )
    expect(await verdictOf({ ...siem, subject: { patients: ['p-88'] }, context: { purpose: 'PUBHLTH' } })).toBe(
      'review recipient-not-recorded',
    )
  })

  it('by a person, who can do everything but list what is suspended', async () => {
    const open = disclosure({}, { details: undefined })
    const decide = (judgment: object) => ({
      judgments: [{ index: 0, why: 'see file', by: 'Privacy Office', ...judgment } as never],
    })
    for (const exclusion of Object.keys(exclusions))
      expect(await verdictOf(open, decide({ decision: 'exclude', exclusion }))).toBe(`excluded ${exclusion}`)
    expect(await fateOf(open, decide({ decision: 'list', basis: 'judicial-proceeding' }))).toMatchObject({
      verdict: 'listed',
      basis: 'judicial-proceeding',
      decidedBy: 'Privacy Office',
    })
    expect(await verdictOf(open, decide({ decision: 'not-made' }))).toBe('not-a-disclosure judged')
    const suspensions = [
      {
        form: 'written',
        agency: 'State Department of Health',
        by: 'health-oversight-agency',
        recipients: ['SDH'],
        on: '2026-04-01',
        until: '2026-04-20',
      },
    ] as const
    expect(await verdictOf(open, { ...decide({ decision: 'list' }), suspensions: [...suspensions] })).toBe(
      'suspended suspended',
    )
  })

  it('explains itself with the paragraph', async () => {
    const fate = await fateOf(disclosure({}, basis('authorization')))
    expect(fate && explainEntry(fate)).toBe(
      'It is left out. Disclosures under an authorization of the individual are not accounted for (45 CFR 164.528(a)(1)(iv)). Basis: with an authorization (45 CFR 164.508). The event names the provision under which it was made.',
    )
  })
})

describe('suspended disclosures', () => {
  const statement = {
    form: 'written',
    agency: 'State Department of Health',
    by: 'health-oversight-agency',
    recipients: ['State Department of Health'],
    on: '2026-04-01',
    until: '2026-04-20',
  } as const

  it('are not in the accounting of the day, are named to the covered entity, and are listed the day after', async () => {
    const inspected = disclosure({}, basis('health-oversight'))
    const during = await account([inspected], { suspensions: [statement] })
    expect(during.accounting?.lines).toEqual([])
    expect(JSON.stringify(during.accounting)).not.toContain('Department of Health')
    expect(during.entries).toMatchObject([{ verdict: 'suspended', suspendedThrough: '2026-04-20' }])
    const after = await account([inspected], { suspensions: [statement], preparedOn: '2026-04-21' })
    expect(after.accounting?.lines).toHaveLength(1)
  })

  it('hide only what goes to that agency', async () => {
    const other = disclosure({}, { disclosure: { ...toHealthDepartment, recipient: 'County Coroner' }, ...basis('decedent') })
    const inspected = disclosure({}, basis('health-oversight'))
    const { entries } = await account([inspected, other, disclosure()], { suspensions: [statement] })
    // What the agency was told of an epidemic is not what it inspects: 164.528(a)(2)(i) speaks of 164.512(d) and (f).
    expect(entries.map(({ verdict }) => verdict)).toEqual(['suspended', 'listed', 'review'])
  })

  it('of the same kind to another spelling, and of statements that nobody documented, are for somebody to judge', async () => {
    const oversight = disclosure(
      {},
      { disclosure: { ...toHealthDepartment, recipient: 'Dept. of Health' }, ...basis('health-oversight') },
    )
    expect(await verdictOf(oversight, { suspensions: [statement] })).toBe('review perhaps-suspended')
    const { until: _, ...rest } = statement
    const oral = { ...rest, form: 'oral', documented: false } as const
    const paper = await account([disclosure()], { suspensions: [oral] })
    expect(paper).toMatchObject({ status: 'needs-review', findings: [{ code: 'suspension-not-documented' }] })
  })
})

describe('what is incomplete', () => {
  it('a disclosure without its particulars is listed with what is missing, and found', async () => {
    const bare = disclosure({}, { disclosure: undefined })
    const { accounting, findings } = await account([bare])
    expect(accounting?.lines).toMatchObject([{ recipient: null, address: null, description: null, purpose: null }])
    expect(findings.map(({ code }) => code)).toEqual([
      'missing-recipient',
      'no-address',
      'missing-description',
      'missing-purpose',
      'shows-more',
    ])
    const { address: _, ...known } = toHealthDepartment
    const blank = await account([disclosure({}, { disclosure: { ...known, description: ' \n ' } })])
    expect(blank.findings.map(({ code }) => code)).toEqual(['no-address', 'missing-description', 'shows-more'])
  })

  it('records that cannot be read are never nothing', async () => {
    const whole = disclosure()
    const without = (
      group: 'event' | 'subject' | 'context',
      why: 'withheld' | 'sealed' | 'altered',
      index: number,
    ): AuditRecord => {
      const own = record(index, whole)
      const { subject, context, ...event } = own.event
      const rest =
        group === 'event'
          ? { actor: own.event.actor, subject, context }
          : { ...event, ...(group === 'subject' ? { context } : { subject }) }
      return { ...own, event: rest as AuditRecord['event'], [why]: [group], genuine: why !== 'altered' }
    }
    for (const group of ['event', 'subject', 'context'] as const) {
      for (const why of ['withheld', 'sealed', 'altered'] as const) {
        const { accounting } = await accountOfDisclosures([without(group, why, 0)], request)
        expect(accounting?.lines, `${group} ${why}`).toEqual([])
        expect(accounting?.incomplete.unreadable, `${group} ${why}`).toEqual([
          { why, entries: 1, from: 0, to: 0, recordedFrom: '2025-06-01', recordedTo: '2025-06-01' },
        ])
      }
    }
    // What names other patients only is none of theirs, and what was recorded before the period was made before it.
    const others = record(0, disclosure({ subject: { patients: ['p-1'] } }))
    const { context: _, ...event } = others.event
    expect(
      (await accountOfDisclosures([{ ...others, event, withheld: ['context'] }], request)).accounting?.incomplete.unreadable,
    ).toEqual([])
    const old = { ...without('event', 'withheld', 0), recordedAt: '2020-04-09T12:00:00.000Z' }
    expect((await accountOfDisclosures([old], request)).accounting?.incomplete.unreadable).toEqual([])
  })

  it('records that are missing are named, wherever they are missing', async () => {
    const at = (index: number) => record(index, disclosure())
    const { accounting, unreadable } = await accountOfDisclosures([at(2), at(5)], request, { size: 8 })
    expect(unreadable).toEqual([
      { why: 'missing', from: 0, to: 1 },
      { why: 'missing', from: 3, to: 4 },
      { why: 'missing', from: 6, to: 7 },
    ])
    expect(accounting?.incomplete.unreadable).toMatchObject([
      { why: 'missing', entries: 6, from: 0, to: 7, recordedFrom: null },
    ])
    await expect(accountOfDisclosures([at(2), at(2)], request)).rejects.toMatchObject({ code: 'PHI_AUDIT_DISCLOSURES_RECORDS' })
    await expect(accountOfDisclosures([at(2), { ...at(3), origin: 'other' }], request)).rejects.toMatchObject({
      code: 'PHI_AUDIT_DISCLOSURES_RECORDS',
    })
    const old = { ...at(7), recordedAt: '2019-01-01T00:00:00.000Z' }
    expect((await accountOfDisclosures([old], request)).unreadable).toEqual([])
  })

  it('judgments that are about nothing are found', async () => {
    const judgments = [{ index: 9, decision: 'list' as const, why: 'x', by: 'y' }]
    expect((await account([disclosure()], { judgments })).findings.map(({ code }) => code)).toContain('judgment-unused')
  })
})

describe('repeated disclosures, 164.528(b)(3)', () => {
  it('stand together for one recipient, purpose and provision, and not otherwise', async () => {
    const on = (day: number, context: AuditEventInput['context'] = {}) =>
      disclosure({ occurredAt: `2025-03-${10 + day}T12:00:00.000Z` }, context)
    const elsewhere = { disclosure: { ...toHealthDepartment, recipient: 'County Coroner' } }
    const events = [
      on(3, { disclosure: { ...toHealthDepartment, description: 'Vaccination record' } }),
      on(0),
      on(1, elsewhere),
      on(2, basis('required-by-law')),
      on(4, basis('not-permitted')),
      on(5, basis('not-permitted')),
      on(6),
    ]
    const { accounting } = await account(events, { summarize: true })
    expect(accounting?.lines.map(({ date, repeated }) => [date, repeated?.number, repeated?.last])).toEqual([
      ['2025-03-10', 3, '2025-03-16'],
      ['2025-03-11', undefined, undefined],
      ['2025-03-12', undefined, undefined],
      ['2025-03-14', undefined, undefined],
      ['2025-03-15', undefined, undefined],
    ])
    expect(accounting?.lines[0]).toMatchObject({
      description: toHealthDepartment.description,
      repeated: { descriptions: ['Vaccination record'] },
      source: { indices: [1, 0, 6] },
    })
    expect((await account(events)).accounting?.lines).toHaveLength(7)
  })
})

describe('research of 50 or more, 164.528(b)(4)', () => {
  const contact = { name: 'State University', address: '2 College Road', telephone: '+1 217 555 0199' }
  const study: Research = {
    id: 'st-7',
    name: 'Sleep and recovery',
    description: 'We compare records of adults to learn about sleep. Records of adults with surgery in 2024 were chosen.',
    dataTypes: 'Diagnoses and dates of surgery',
    from: '2025-01-01',
    last: '2025-06-30',
    sponsor: contact,
    researcher: { ...contact, name: 'Dr. Ray' },
    individuals: 50,
    likely: true,
  }
  const event = (more: Partial<AuditEventInput> = {}) =>
    disclosure(more, { details: { 'disclosure.basis': 'research', 'disclosure.research': 'st-7' } })

  it('is listed in short form, in place of the entries that belong to it, named or not', async () => {
    const { accounting, entries } = await account([event(), event({ subject: { count: 60 } })], { research: [study] })
    expect(entries.map(({ verdict }) => verdict)).toEqual(['research', 'research'])
    expect(accounting).toMatchObject({ lines: [], research: [{ id: 'st-7' }] })
  })

  it('is in full where the short form does not apply', async () => {
    expect(await verdictOf(event())).toBe('listed basis-of-event')
    expect(await verdictOf(event({ occurredAt: '2025-07-01T12:00:00.000Z' }), { research: [study] })).toBe(
      'review research-dates',
    )
    await expect(account([], { research: [{ ...study, individuals: 49 }] })).rejects.toMatchObject({
      code: 'PHI_AUDIT_DISCLOSURES_REQUEST',
      path: 'request.research.*.individuals',
    })
    const before = { ...study, from: '2018-01-01', last: '2020-04-09' }
    const { accounting, findings } = await account([], { research: [before] })
    expect([accounting?.research, findings.map(({ code }) => code)]).toEqual([[], ['research-outside-period']])
  })
})

describe('business associates, 164.528(b)(1)', () => {
  const told = { date: '2025-02-03', recipient: 'Cancer registry', description: 'Diagnosis', purpose: 'Registry law' }

  it('their disclosures are listed under their name; what they have not told is said', async () => {
    const { accounting } = await account([disclosure()], {
      contributions: [
        {
          from: 'Billing Co',
          answer: 'disclosures',
          disclosures: [told, { ...told, date: '2020-01-01' }, { ...told, basis: 'payment' }],
        },
        { from: 'Hosting Co', answer: 'none-made' },
        { from: 'Scanning Co', answer: 'not-received' },
      ],
    })
    expect(accounting?.lines.map(({ date, source }) => [date, source.of])).toEqual([
      ['2025-02-03', 'contribution'],
      ['2025-06-01', 'log'],
    ])
    expect(accounting?.lines[0]?.source).toEqual({ of: 'contribution', from: 'Billing Co', line: 0, proof: 'statement' })
    expect(accounting?.incomplete.contributors).toEqual([{ from: 'Scanning Co', why: 'not-received' }])
  })

  it('are suspended, and judged, as the covered entity’s own', async () => {
    const suspensions = [
      {
        form: 'written' as const,
        agency: 'Cancer registry',
        by: 'health-oversight-agency' as const,
        recipients: ['x'],
        on: '2026-04-01',
        until: '2026-05-01',
      },
    ]
    const contributions = [
      { from: 'Billing Co', answer: 'disclosures' as const, disclosures: [told, { ...told, recipient: 'Another' }] },
    ]
    const paper = await account([], { contributions, suspensions })
    expect(paper.entries.map(({ verdict }) => verdict)).toEqual(['suspended', 'review'])
    const judgments = [{ index: 1, of: 'Billing Co', decision: 'list' as const, why: 'not the registry', by: 'Privacy Office' }]
    expect((await account([], { contributions, suspensions, judgments })).accounting?.lines).toHaveLength(1)
  })

  it('can prove theirs with a package of their own, which stays attached', async () => {
    const theirs = await world([disclosure(), disclosure({ occurredAt: '2025-08-01T12:00:00.000Z' })])
    const inner = await accountingOfDisclosures(theirs.log, {
      request: { ...request, entity: { name: 'Billing Co', responsible: 'Compliance' }, summarize: true },
      by,
    })
    if (inner.status !== 'ready') throw new Error('needs review')
    const contribution = { from: 'Billing Co', answer: 'package' as const, package: inner.package, keys: [signer.vkey] }
    const { log } = await world([disclosure({ occurredAt: '2025-01-01T12:00:00.000Z' })])
    const outer = await accountingOfDisclosures(log, { request: { ...request, contributions: [contribution] }, by })
    if (outer.status !== 'ready') throw new Error('needs review')
    const { verifyAccounting } = await import('./verify.ts')
    const text = JSON.stringify(outer.package)
    expect(verifyAccounting(text, { keys: [signer.vkey] })).toMatchObject({
      verdict: 'intact',
      attached: 1,
      coverage: { lines: 2, proved: 1, provedByContributor: 1 },
    })
    const lost = { ...outer.package, attachments: [] }
    expect(verifyAccounting(lost, { keys: [signer.vkey] }).findings.map(({ code }) => code)).toEqual(['attachment-differs'])
    const forged = text.replace('State Department of Health\\\\', 'Xtate Department of Health\\\\')
    expect(forged).not.toBe(text)
    expect(verifyAccounting(forged, { keys: [signer.vkey] }).findings.map(({ code }) => code)).toContain('attachment-broken')

    // A provision that the office gives in place of theirs is its word, and not what the package proves.
    const judgments = [
      {
        index: 0,
        of: 'Billing Co',
        decision: 'list' as const,
        basis: 'required-by-law' as const,
        why: 'x',
        by: 'Privacy Office',
      },
    ]
    const changed = await account([], { contributions: [contribution], judgments })
    expect(changed.accounting?.lines).toMatchObject([{ basis: 'required-by-law', source: { proof: 'statement' } }])

    // One that does not prove itself is their word, and the patient is told so.
    const unproved = await account([], { contributions: [{ ...contribution, keys: [] }] })
    expect(unproved.accounting).toMatchObject({
      lines: [{ source: { proof: 'statement' } }],
      incomplete: { contributors: [{ why: 'not-proved' }] },
    })
    await expect(account([], { patient: { id: 'p-1' }, contributions: [contribution] })).rejects.toMatchObject({
      code: 'PHI_AUDIT_DISCLOSURES_REQUEST',
    })
    await expect(account([], { contributions: [{ ...contribution, package: 'nonsense' }] })).rejects.toMatchObject({
      code: 'PHI_AUDIT_DISCLOSURES_REQUEST',
    })
  })
})

describe('requests that are not valid', () => {
  it('are refused at the field, and nothing of them is quoted', async () => {
    const bad: [string, Partial<Record<keyof AccountingRequest, unknown>>][] = [
      ['request.requestedOn', { requestedOn: '2026-02-30' }],
      ['request.preparedOn', { preparedOn: '2026-04-09' }],
      ['request.timeZone', { timeZone: '+05:00' }],
      ['request.patient.id', { patient: { id: '' } }],
      ['request.entity.responsible', { entity: { name: 'x' } }],
      ['request.period', { period: { since: '2027-01-01' } }],
      ['request.period', { period: { months: 1, since: '2026-01-01' } }],
      ['request.judgments', { judgments: [1, 1].map((index) => ({ index, decision: 'list', why: 'secret', by: 'y' })) }],
      ['request.judgments.*.exclusion', { judgments: [{ index: 1, decision: 'exclude', why: 'secret', by: 'y' }] }],
      [
        'request.judgments.*.basis',
        { judgments: [{ index: 1, decision: 'list', basis: 'treatment', why: 'secret', by: 'y' }] },
      ],
      ['request.classify', { classify: 'secret' }],
      ['request', { secret: 1 } as never],
    ]
    for (const [path, more] of bad) {
      const refused = await account([], more as never).catch((error: unknown) => error as Error & { path: string })
      expect(refused, path).toMatchObject({ code: 'PHI_AUDIT_DISCLOSURES_REQUEST', path })
      expect(String(refused), path).not.toMatch(/secret/)
    }
    await expect(account([disclosure()], { classify: () => ({ basis: 'nonsense' }) as never })).rejects.toMatchObject({
      path: 'request.classify.basis',
    })
    await expect(accountOfDisclosures([], undefined as never)).rejects.toMatchObject({ code: 'PHI_AUDIT_DISCLOSURES_REQUEST' })
  })
})
