import { describe, expect, it } from 'vitest'
import {
  type AccountableLog,
  type AccountingPackage,
  type AccountingRequest,
  accountingOfDisclosures,
  accountOfDisclosures,
  type Contribution,
  type DisclosureAccounting,
  englishTexts,
  type Research,
  renderAccountingHtml,
  renderAccountingText,
  type SuspensionStatement,
  verifyAccounting,
} from '../../src/disclosures/index.ts'
import { ed25519Signer, parseNote, signNote } from '../../src/note/index.ts'
import { basis, by, disclosure, record, request, signer, toHealthDepartment, world } from './world.ts'

const police: SuspensionStatement = {
  form: 'written',
  agency: 'Springfield Police',
  by: 'law-enforcement-official',
  recipients: ['Springfield Police'],
  on: '2026-04-01',
  until: '2026-06-30',
}
const toPolice = { ...toHealthDepartment, recipient: 'Springfield Police', description: 'Address of a suspect' }
const secret = /Springfield Police|Address of a suspect/

const packageOf = async (log: AccountableLog, more: Partial<AccountingRequest> = {}): Promise<AccountingPackage> => {
  const given = await accountingOfDisclosures(log, { request: { ...request, ...more }, by })
  if (given.status !== 'ready') throw new Error('needs review')
  return given.package
}

const contributionOf = (given: AccountingPackage, vkey = signer.vkey): Contribution => ({
  from: 'Billing Co',
  answer: 'package',
  package: given,
  keys: [vkey],
})

const account = (events: Parameters<typeof record>[1][], more: Partial<AccountingRequest> = {}) =>
  accountOfDisclosures(
    events.map((event, i) => record(i, event)),
    { ...request, ...more },
  )

describe('what an agency suspended', () => {
  it('S128 is not shown by the package of a contributor, nor by a gap in its lines', async () => {
    const theirs = await world([
      disclosure({ occurredAt: '2025-01-05T12:00:00.000Z' }, { disclosure: toPolice, ...basis('law-enforcement') }),
      disclosure(),
    ])
    const told = await packageOf(theirs.log)
    expect(JSON.stringify(told)).toMatch(secret)
    const { log } = await world()
    const contributions = [contributionOf(told)]
    const open = await packageOf(log, { contributions })
    expect(open.attachments).toHaveLength(1)

    const given = await accountingOfDisclosures(log, { request: { ...request, contributions, suspensions: [police] }, by })
    if (given.status !== 'ready') throw new Error('needs review')
    expect(given.paper.entries.map(({ verdict }) => verdict)).toEqual(['suspended', 'listed'])
    expect(given.paper.findings.map(({ code }) => code)).toContain('contribution-not-attached')
    expect(JSON.stringify(given.package)).not.toMatch(secret)
    expect(given.package.attachments).toEqual([])
    expect(given.package.accounting.incomplete).toEqual({ unreadable: [], contributors: [] })
    // As if it had never been told: a letter with this line alone makes the same line.
    expect(given.package.accounting.lines.map(({ source }) => source)).toEqual([
      { of: 'contribution', from: 'Billing Co', line: 0, proof: 'statement' },
    ])
    expect(verifyAccounting(given.package, { keys: [signer.vkey] }).verdict).toBe('intact')
  })

  it('is not shown by it either where the line lies outside the period, is left out anyway, or is of somebody else', async () => {
    const older = disclosure({ occurredAt: '2024-01-05T12:00:00.000Z' }, { disclosure: toPolice, ...basis('law-enforcement') })
    const { log } = await world([disclosure(), older])
    const contributions = [contributionOf(await packageOf(log))]
    const attached = async (more: Partial<AccountingRequest>) => {
      const paper = await account([], { contributions, ...more })
      if (paper.status !== 'ready') throw new Error('needs review')
      return paper.attachments.length
    }
    const period = { since: '2025-01-01' }
    expect(await attached({ period })).toBe(1)
    expect(await attached({ period, suspensions: [police] })).toBe(0)
    const decide = (decision: object) => ({
      judgments: [{ index: 0, of: 'Billing Co', why: 'x', by: 'Privacy Office', ...decision } as never],
    })
    expect(await attached(decide({ decision: 'exclude', exclusion: 'custody' }))).toBe(1)
    expect(await attached({ ...decide({ decision: 'exclude', exclusion: 'custody' }), suspensions: [police] })).toBe(0)
    expect(await attached(decide({ decision: 'suspend' }))).toBe(0)
    expect(await attached(decide({ decision: 'not-about-this-patient' }))).toBe(0)
  })

  it('leaves no gap in the numbers of a letter', async () => {
    const told = { date: '2025-02-03', recipient: 'Registry', description: 'Diagnosis', purpose: 'Registry law' }
    const letter = (recipients: readonly string[]): Contribution => ({
      from: 'Billing Co',
      answer: 'disclosures',
      disclosures: recipients.map((recipient) => ({ ...told, recipient, basis: 'law-enforcement' as const })),
    })
    const sheriff = { ...police, agency: 'Sheriff', recipients: ['Sheriff'] }
    const without = await account([], { contributions: [letter(['Coroner'])] })
    const judgments = [{ index: 1, of: 'Billing Co', decision: 'list' as const, why: 'x', by: 'Privacy Office' }]
    const hidden = await account([], {
      contributions: [letter(['Sheriff', 'Coroner'])],
      suspensions: [sheriff],
      judgments,
    })
    expect(hidden.entries.map(({ verdict }) => verdict)).toEqual(['suspended', 'listed'])
    expect(hidden.accounting).toEqual(without.accounting)
  })

  it('stays suspended where the office itself writes in the agency, and is asked about where the recipient is blank', async () => {
    const bare = disclosure({}, { disclosure: undefined, ...basis('law-enforcement') })
    const judgments = [
      {
        index: 0,
        decision: 'list' as const,
        completed: { recipient: 'springfield  POLICE' },
        why: 'from the letter',
        by: 'Privacy Office',
      },
    ]
    const paper = await account([bare], { judgments, suspensions: [police] })
    expect(paper.entries).toMatchObject([{ verdict: 'suspended', suspendedThrough: '2026-06-30' }])
    expect(paper.accounting?.lines).toEqual([])
    for (const recipient of [' \n ', '\u00a0']) {
      const blank = disclosure({}, { disclosure: { ...toPolice, recipient }, ...basis('required-by-law') })
      const asked = await account([blank], { suspensions: [police] })
      expect(asked.entries).toMatchObject([{ verdict: 'review', because: ['perhaps-suspended'] }])
    }
  })
})

describe('what a contributor sends', () => {
  it('that may be incomplete, or is of a shorter time, is said to be', async () => {
    const whole = await world([disclosure()])
    const why = async (told: AccountingPackage, more: Partial<AccountingRequest> = {}) => {
      const { accounting } = await account([], { contributions: [contributionOf(told)], ...more })
      return accounting?.incomplete.contributors.map((each) => each.why)
    }
    expect(await why(await packageOf(whole.log))).toEqual([])
    const shorter = await packageOf(whole.log, { period: { since: '2025-01-01' } })
    expect(await why(shorter)).toEqual(['shorter-period'])
    expect(await why(shorter, { period: { since: '2025-01-01' } })).toEqual([])
    expect(await why(await packageOf(whole.log, { period: { until: '2026-01-01' } }))).toEqual(['shorter-period'])
    // A log from which the first entry is withheld, and a contributor of the contributor that did not answer.
    const holed: AccountableLog = {
      append: (event) => whole.log.append(event),
      head: () => whole.log.head(),
      evidence: (options) => whole.log.evidence(options),
      records: async function* (range) {
        for await (const each of whole.log.records(range))
          yield each.index === 0 ? { ...each, event: {}, withheld: ['event', 'actor', 'source', 'subject', 'context'] } : each
      },
    }
    expect(await why(await packageOf(holed))).toEqual(['incomplete'])
    const silent = await packageOf(whole.log, { contributions: [{ from: 'Shredding Co', answer: 'not-received' }] })
    expect(await why(silent)).toEqual(['incomplete'])
  })

  it('of repeated disclosures stays as far as it reaches into the time that counts', async () => {
    const theirs = await world(['2024-12-01', '2025-02-01'].map((day) => disclosure({ occurredAt: `${day}T12:00:00.000Z` })))
    const contributions = [contributionOf(await packageOf(theirs.log, { summarize: true }))]
    const verdicts = async (more: Partial<AccountingRequest>) =>
      (await account([], { contributions, ...more })).entries.map(({ verdict }) => verdict)
    expect(await verdicts({ period: { since: '2025-01-01' } })).toEqual(['listed'])
    expect(await verdicts({ period: { since: '2025-03-01' } })).toEqual([])
    expect(await verdicts({ coveredSince: '2025-01-01' })).toEqual(['listed'])
    expect(await verdicts({ coveredSince: '2025-03-01' })).toEqual(['excluded'])
  })

  it('S128 is not attached where it shows who acted, or other people; the patient is not given the workforce of somebody else', async () => {
    const theirs = await world([disclosure(), disclosure({ subject: { patients: ['p-88', 'p-99'] } })])
    const showing = (groups: readonly ('actor' | 'subject')[]): AccountableLog => ({
      append: (event) => theirs.log.append(event),
      head: () => theirs.log.head(),
      records: (range) => theirs.log.records(range),
      evidence: ({ disclose, ...rest }) =>
        theirs.log.evidence({ ...rest, disclose: (index) => [...new Set([...disclose(index), ...groups])] }),
    })
    for (const [groups, code, shown] of [
      [['actor'], 'shows-workforce', 'u-17'],
      [['subject'], 'shows-others', 'p-99'],
    ] as const) {
      const told = await packageOf(showing(groups))
      const report = verifyAccounting(told, { keys: [signer.vkey] })
      expect([report.verdict, report.findings.map((each) => each.code)]).toEqual(['intact', [code]])
      const { log } = await world()
      const given = await packageOf(log, { contributions: [contributionOf(told)] })
      expect(given.attachments).toEqual([])
      expect(JSON.stringify(given)).not.toContain(shown)
      expect(given.accounting.lines.map(({ source }) => source.of === 'contribution' && source.proof)).toEqual([
        'statement',
        'statement',
      ])
      // Attached by somebody else all the same, it is found.
      const attached = { ...given, attachments: [{ from: 'Billing Co', package: JSON.stringify(told) }] }
      expect(verifyAccounting(attached, { keys: [signer.vkey] }).findings).toMatchObject([{ code, from: 'Billing Co' }])
    }
  })

  it('loses no research that it lists in short form', async () => {
    const contact = { name: 'State University', address: '2 College Road', telephone: '+1 217 555 0199' }
    const study: Research = {
      id: 'st-7',
      name: 'Sleep',
      description: 'Records of adults',
      dataTypes: 'Diagnoses',
      from: '2025-01-01',
      last: '2025-06-30',
      sponsor: contact,
      researcher: contact,
      individuals: 50,
      likely: false,
    }
    const told = await packageOf((await world()).log, { research: [study] })
    const of = async (more: Partial<AccountingRequest>) =>
      (await account([], { contributions: [contributionOf(told)], ...more })).accounting?.research
    expect(await of({})).toEqual([study])
    expect(await of({ research: [study] })).toEqual([study])
    expect(await of({ period: { since: '2025-07-01' } })).toEqual([])
  })

  it('is refused, not thrown at, where it is no JSON', async () => {
    const cyclic: Record<string, unknown> = { patientName: 1 }
    cyclic.self = cyclic
    for (const value of [cyclic, { patientName: 1n }, { toJSON: () => undefined }, { toJSON: () => 'patientName' }]) {
      const refused = await account([], { contributions: [contributionOf(value as never)] }).catch((error: unknown) => error)
      expect(refused).toMatchObject({ code: 'PHI_AUDIT_DISCLOSURES_REQUEST', path: 'request.contributions.*.package' })
      expect(String(refused)).not.toContain('patientName')
    }
  })
})

describe('what a person decides', () => {
  it('lists what the same agency received under another provision, which no statement suspends', async () => {
    const untold = disclosure({}, { disclosure: toPolice, details: undefined })
    const judgment = { index: 0, decision: 'list' as const, why: 'x', by: 'Privacy Office' }
    const fates = async (basisOf: 'required-by-law' | 'law-enforcement' | undefined) => {
      const basisToo = basisOf === undefined ? {} : { basis: basisOf }
      const own = await account([untold], { suspensions: [police], judgments: [{ ...judgment, ...basisToo }] })
      const told = { date: '2025-02-03', recipient: 'Springfield Police', description: 'x', purpose: 'y' }
      const theirs = await account([], {
        suspensions: [police],
        judgments: [{ ...judgment, ...basisToo, of: 'Billing Co' }],
        contributions: [{ from: 'Billing Co', answer: 'disclosures', disclosures: [told] }],
      })
      return [...own.entries, ...theirs.entries].map(({ verdict }) => verdict)
    }
    expect(await fates('required-by-law')).toEqual(['listed', 'listed'])
    expect(await fates('law-enforcement')).toEqual(['suspended', 'suspended'])
    expect(await fates(undefined)).toEqual(['suspended', 'suspended'])
  })

  it('to list what the event calls operations is listed without that ground', async () => {
    const judgments = [{ index: 0, decision: 'list' as const, why: 'x', by: 'Privacy Office' }]
    const { log } = await world([disclosure({}, basis('operations'))])
    const given = await packageOf(log, { judgments })
    expect(given.accounting.lines).toMatchObject([{ basis: null, source: { stated: [] } }])
    expect(verifyAccounting(given, { keys: [signer.vkey] }).verdict).toBe('intact')
  })
})

describe('what is left out, or moved out of sight', () => {
  it('nothing is the individual’s own doing where the event names nobody, or the sources disagree', async () => {
    const fetched = { ...disclosure({ action: 'download', actor: { id: 'p-88', type: 'patient' } }), context: {} }
    expect((await account([fetched])).entries).toMatchObject([{ verdict: 'excluded', exclusion: 'to-the-individual' }])
    expect((await account([{ ...fetched, subject: { count: 3 } }])).entries).toMatchObject([{ verdict: 'review' }])
    const disputed = { ...fetched, context: basis('operations') }
    const classify = () => ({ basis: 'public-health' as const })
    expect((await account([disputed], { classify })).entries).toMatchObject([{ verdict: 'review', because: ['contradiction'] }])
  })

  it('what speaks against an exclusion does not bring to light what is suspended', async () => {
    const both = disclosure({ subject: { patients: ['p-88', 'p-99'] } }, { disclosure: toPolice, details: undefined })
    const fate = async (key: string, more: Partial<AccountingRequest> = {}) =>
      (await account([{ ...both, context: { ...both.context, ...basis(key) } }], { suspensions: [police], ...more })).entries[0]
    expect(await fate('individual')).toMatchObject({ verdict: 'review', because: ['several-patients', 'perhaps-suspended'] })
    expect(await fate('individual', { suspensions: [] })).toMatchObject({ verdict: 'review', because: ['several-patients'] })
  })

  it('a disclosure dated after it was recorded is of the day on which it was recorded', async () => {
    const future = {
      ...record(0, disclosure({ occurredAt: '2099-01-01T00:00:00.000Z' })),
      recordedAt: '2025-06-01T15:00:00.000Z',
    }
    const { entries } = await accountOfDisclosures([future], request)
    expect(entries).toMatchObject([{ verdict: 'listed', date: '2025-06-01' }])
    // And so it is in the package, where both times are proved.
    const { log } = await world([disclosure({ occurredAt: '2099-01-01T00:00:00.000Z' })], '2026-04-09T15:00:00.000Z')
    const given = await packageOf(log)
    expect(given.accounting.lines).toMatchObject([{ date: '2026-04-09' }])
    expect(verifyAccounting(given, { keys: [signer.vkey] })).toMatchObject({ verdict: 'intact', coverage: { proved: 1 } })
  })

  it('a chart that another patient fetched, or that went to the representative of one of two, is for somebody to judge', async () => {
    const fetched = {
      ...disclosure({ action: 'download', actor: { id: 'p-99', type: 'patient' } }),
      context: { purpose: 'PATRQT' as const },
    }
    expect((await account([fetched])).entries).toMatchObject([{ verdict: 'review' }])
    const both = disclosure({ subject: { patients: ['p-88', 'p-99'] } }, basis('personal-representative'))
    expect((await account([both])).entries).toMatchObject([{ verdict: 'review', because: ['several-patients'] }])
  })

  it('the period ends with the request, and one in which nothing lies is refused', async () => {
    const { log } = await world([disclosure()])
    const given = await packageOf(log, { period: { until: '2027-01-01' } })
    expect(given.accounting.period.to).toBe(request.requestedOn)
    expect(verifyAccounting(given, { keys: [signer.vkey] }).verdict).toBe('intact')
    for (const period of [
      { until: '2019-01-01' },
      { since: '2010-01-01', until: '2012-01-01' },
      { months: 1, until: '2026-01-01' },
    ])
      await expect(account([disclosure()], { period })).rejects.toMatchObject({
        code: 'PHI_AUDIT_DISCLOSURES_REQUEST',
        path: 'request.period',
      })
  })
})

describe('a package that somebody forges', () => {
  it('S113 with the key of another log: keys of several logs speak for their own', async () => {
    const { log } = await world([disclosure()])
    const given = await packageOf(log)
    const stranger = await ed25519Signer.generate('billing.example/audit')
    const { text } = parseNote(given.evidence.checkpoint)
    const forged = structuredClone(given)
    forged.evidence.checkpoint = await signNote(text, [stranger])
    const report = verifyAccounting(forged, { keys: [signer.vkey, stranger.vkey] })
    expect(report.verdict).not.toBe('intact')
    expect(report.origin).toBeUndefined()
    expect(verifyAccounting(given, { keys: [signer.vkey, stranger.vkey] })).toMatchObject({
      verdict: 'intact',
      origin: 'clinic.example/audit',
    })
  })

  it('S113 by who keeps the log: a hand-over that is none or of somebody else, and a line of what was refused', async () => {
    const { log } = await world([disclosure({ outcome: 'denied' })])
    const bent = (change: Partial<AccountableLog>): AccountableLog => ({
      append: (event) => log.append(event),
      head: () => log.head(),
      evidence: (options) => log.evidence(options),
      records: (range) => log.records(range),
      ...change,
    })
    const codes = async (from: AccountableLog) =>
      verifyAccounting(await packageOf(from), { keys: [signer.vkey] }).findings.map(({ code }) => code)
    expect(await codes(log)).toEqual([])
    expect(await codes(bent({ append: (event) => log.append({ ...event, action: 'read' }) }))).toEqual(['hand-over-missing'])
    expect(await codes(bent({ append: (event) => log.append({ ...event, subject: { patients: ['p-99'] } }) }))).toEqual([
      'other-patient',
      'shows-others',
    ])
    const records: AccountableLog['records'] = async function* (range) {
      for await (const each of log.records(range))
        yield each.index === 0 ? { ...each, event: { ...each.event, outcome: 'success' } } : each
    }
    expect(await codes(bent({ records }))).toEqual(['line-not-disclosed'])
  })

  it('counts nothing as proved that is not', async () => {
    const { log } = await world([disclosure(), disclosure({ subject: { patients: ['p-88', 'p-99'] } })])
    const inner = await packageOf((await world([disclosure()])).log)
    const given = await packageOf(log, { contributions: [contributionOf(inner)] })
    const nothing = { proved: 0, provedWithoutSubject: 0, provedByContributor: 0 }
    expect(verifyAccounting(given, { keys: [signer.vkey] }).coverage).toMatchObject({
      proved: 1,
      provedWithoutSubject: 1,
      provedByContributor: 1,
    })
    expect(verifyAccounting(given, { keys: [] })).toMatchObject({ verdict: 'unverifiable', coverage: nothing })
    const changed = structuredClone(given)
    for (const line of changed.accounting.lines) line.recipient = 'Somebody else'
    expect(verifyAccounting(changed, { keys: [signer.vkey] })).toMatchObject({ verdict: 'broken', coverage: nothing })
  })

  it('S113 with two packages under one name', async () => {
    const inner = await packageOf((await world([disclosure()])).log)
    const given = await packageOf((await world()).log, { contributions: [contributionOf(inner)] })
    const [attachment] = given.attachments
    if (attachment === undefined) throw new Error('there is one')
    const report = verifyAccounting({ ...given, attachments: [attachment, attachment] }, { keys: [signer.vkey] })
    expect(report).toMatchObject({ verdict: 'broken', coverage: { provedByContributor: 0 } })
  })
})

describe('the page', () => {
  const accountingOf = async (recipient: string, more: Partial<AccountingRequest> = {}): Promise<DisclosureAccounting> => {
    const { accounting } = await account([disclosure({}, { disclosure: { ...toHealthDepartment, recipient } })], more)
    if (accounting === undefined) throw new Error('needs review')
    return accounting
  }

  it('shows controls of direction as what they are: none can end the isolation of a value', async () => {
    const html = renderAccountingHtml(await accountingOf('\u2069\u202eecilop\u2067 שלום \u200e'))
    expect(html).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
    expect(html).toContain('<bdi>[U+2069][U+202E]ecilop[U+2067] שלום \u200e</bdi>')
  })

  it('escapes the words of a translation, wherever they stand', async () => {
    const word = (text: string) => `${text}<b>&`
    const texts = {
      ...englishTexts,
      months: englishTexts.months.map(word),
      bases: Object.fromEntries(Object.entries(englishTexts.bases).map(([key, text]) => [key, word(text)])) as never,
    }
    const own = record(1, disclosure())
    const { context: _, ...event } = own.event
    const { accounting } = await accountOfDisclosures(
      [
        record(0, disclosure()),
        record(1, disclosure({ occurredAt: '2025-07-01T12:00:00.000Z' })),
        { ...own, index: 2, event, sealed: ['context'] },
      ],
      { ...request, summarize: true, period: { since: '2024-01-01' } },
    )
    expect(accounting?.lines[0]?.repeated).toBeDefined()
    const html = renderAccountingHtml(accounting as DisclosureAccounting, texts)
    expect(html).not.toContain('<b>')
    expect(html).toContain('July&lt;b&gt;&amp; 1, 2025')
    expect(renderAccountingText(accounting as DisclosureAccounting, texts)).toContain('July<b>& 1, 2025')
  })

  it('is made of an accounting only: what came from a file is read strictly first', async () => {
    const accounting = await accountingOf('Registry')
    const [line] = accounting.lines
    const bad: unknown[] = [
      { ...accounting, lines: [{ ...line, date: '"><script>alert(1)</script>' }] },
      { ...accounting, lines: [{ ...line, source: { ...line?.source, indices: ['<script>'] } }] },
      { ...accounting, period: { ...accounting.period, outerFrom: '<b>-<b>-<b>' } },
      { ...accounting, lines: [{ ...line, basis: 'constructor' }] },
    ]
    for (const value of bad)
      for (const render of [renderAccountingHtml, renderAccountingText])
        expect(() => render(value as DisclosureAccounting)).toThrow(
          expect.objectContaining({ code: 'PHI_AUDIT_DISCLOSURES_FORMAT' }),
        )
  })
})
