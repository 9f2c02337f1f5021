import { canonicalJson } from '@phi/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { basis, by, disclosure, request, type World, world } from '../../test/disclosures/world.ts'
import { bundleRecords, verifyBundle } from '../index.ts'
import { ed25519Signer } from '../note/index.ts'
import type { AccountingPackage, DisclosureAccounting } from './accounting.ts'
import { accountingOfDisclosures } from './hand-over.ts'
import { renderAccountingHtml } from './html.ts'
import { renderAccountingText } from './plain.ts'
import type { AccountingRequest } from './request.ts'
import { verifyAccounting } from './verify.ts'

const handedOver = async ({ log }: World, more: Partial<AccountingRequest> = {}): Promise<AccountingPackage> => {
  const given = await accountingOfDisclosures(log, { request: { ...request, ...more }, by })
  if (given.status !== 'ready') throw new Error('needs review')
  return given.package
}

/** A package in which the accounting was changed and nothing else. */
const changed = (given: AccountingPackage, change: (accounting: DisclosureAccounting) => void): string => {
  const copy = structuredClone(given) as { accounting: DisclosureAccounting }
  change(copy.accounting)
  return JSON.stringify(copy)
}

let own: World
let given: AccountingPackage
let keys: string[]

beforeAll(async () => {
  own = await world([
    { action: 'read', outcome: 'success', actor: { id: 'u-17', type: 'workforce' }, subject: { patients: ['p-88'] } },
    disclosure(),
    disclosure({ occurredAt: '2025-07-04T04:30:00.000Z' }),
    disclosure({ subject: { patients: ['p-88', 'p-99'] } }, { ...basis('judicial-proceeding') }),
    disclosure({}, basis('authorization')),
    disclosure({ subject: { patients: ['p-99'] } }),
  ])
  given = await handedOver(own)
  keys = [own.vkey]
})

describe('a package that is handed over', () => {
  it('S128 proves every line with the public key alone, and shows no workforce identity, source or other patient', () => {
    const text = JSON.stringify(given)
    const report = verifyAccounting(text, { keys })
    expect(report.findings).toEqual([])
    expect(report).toMatchObject({
      verdict: 'intact',
      coverage: { lines: 3, proved: 2, provedWithoutSubject: 1, stated: 0 },
    })
    expect(text).not.toMatch(/u-17|"u-2"|nurse|privacy-officer|203\.0\.113|Mozilla|p-99/)
    const shown = bundleRecords(given.evidence)
    expect(shown.map(({ index }) => index)).toEqual([1, 2, 3, given.handOver])
    for (const { event } of shown) expect([event.actor, event.source]).toEqual([undefined, undefined])
    expect(shown[2]?.withheld).toContain('subject')
  })

  it('counts days in the zone of the covered entity', () => {
    // 4 July, 04:30 UTC, is the evening of 3 July in Chicago.
    expect(given.accounting.lines.map(({ date }) => date)).toEqual(['2025-06-01', '2025-06-01', '2025-07-03'])
  })

  it('is recorded in the log, under who handed it over, with the hash of what was handed over', async () => {
    const [handOver] = (await own.log.query({ eventId: bundleRecords(given.evidence).at(-1)?.event.id ?? '' })).records
    expect(handOver?.event).toMatchObject({
      action: 'disclose',
      actor: { id: 'u-2' },
      subject: { patients: ['p-88'] },
      context: { details: { 'accounting.responsible': 'Privacy Office', 'disclosure.basis': 'individual' } },
    })
    // And neither it nor the evidence's own entry is a disclosure that the next accounting has to list.
    const again = await handedOver(own)
    expect(again.accounting.lines).toEqual(given.accounting.lines)
  })

  it('proves that there was nothing to list, with the entry of the hand-over alone', async () => {
    const empty = await world()
    const none = await handedOver(empty)
    expect(none.accounting.lines).toEqual([])
    expect(verifyAccounting(JSON.stringify(none), { keys })).toMatchObject({ verdict: 'intact', coverage: { lines: 0 } })
    expect(verifyBundle(none.evidence, { keys }).verdict).toBe('intact')
  })

  it('puts repeated disclosures together so that the number, the first and the last are proved', async () => {
    const many = await world(Array.from({ length: 5 }, (_, i) => disclosure({ occurredAt: `2025-0${i + 1}-15T12:00:00.000Z` })))
    const short = await handedOver(many, { summarize: true })
    expect(short.accounting.lines).toMatchObject([
      {
        date: '2025-01-15',
        repeated: { number: 5, last: '2025-05-15', descriptions: [] },
        source: { indices: [0, 1, 2, 3, 4] },
      },
    ])
    expect(verifyAccounting(JSON.stringify(short), { keys })).toMatchObject({ verdict: 'intact', coverage: { proved: 1 } })
    const fewer = changed(short, ({ lines }) => {
      const [line] = lines as unknown as { repeated: { number: number } }[]
      if (line) line.repeated.number = 4
    })
    expect(verifyAccounting(fewer, { keys }).findings.map(({ code }) => code)).toEqual(['accounting-changed', 'line-differs'])
  })

  it('shows what the office completed as its word', async () => {
    const bare = await world([disclosure({}, { disclosure: undefined, details: { 'disclosure.basis': 'law-enforcement' } })])
    const completed = {
      recipient: 'Springfield Police',
      description: 'Date of admission',
      purpose: 'Locating a missing person',
    }
    const judgments = [{ index: 0, decision: 'list' as const, completed, why: 'From the letter on file', by: 'Privacy Office' }]
    const done = await handedOver(bare, { judgments })
    expect(done.accounting.lines).toMatchObject([
      { ...completed, address: null, basis: 'law-enforcement', source: { stated: ['recipient', 'description', 'purpose'] } },
    ])
    const report = verifyAccounting(JSON.stringify(done), { keys })
    expect(report).toMatchObject({ verdict: 'intact', coverage: { proved: 0, stated: 1 } })
    const other = changed(done, ({ lines }) => {
      if (lines[0]) lines[0].recipient = 'Shelbyville Police'
    })
    expect(verifyAccounting(other, { keys }).verdict).toBe('broken')
  })

  it('is nothing at all while something needs review, and then nothing is recorded', async () => {
    const open = await world([disclosure({}, { details: undefined })])
    const { size } = await open.log.head()
    const answer = await accountingOfDisclosures(open.log, { request, by })
    expect(answer).toMatchObject({ status: 'needs-review', paper: { entries: [{ index: 0, verdict: 'review' }] } })
    expect(answer).not.toHaveProperty('package')
    expect((await open.log.head()).size).toBe(size)
  })
})

describe('a package that was changed', () => {
  const codesOf = (text: string) => verifyAccounting(text, { keys }).findings.map(({ code }) => code)

  it('a line that is left out, and the entry with it', () => {
    expect(codesOf(changed(given, ({ lines }) => void lines.pop()))).toEqual(['accounting-changed', 'entry-not-listed'])
    const copy = structuredClone(given)
    copy.accounting.lines.pop()
    copy.evidence.entries.splice(1, 1)
    expect(codesOf(JSON.stringify(copy))).toContain('accounting-changed')
  })

  it('a word, a date, the order, the period, the patient, the notice', () => {
    const first = (change: (line: DisclosureAccounting['lines'][number]) => void) =>
      codesOf(changed(given, ({ lines }) => lines[0] && change(lines[0])))
    expect(first((line) => Object.assign(line, { recipient: 'Somebody else' }))).toEqual(['accounting-changed', 'line-differs'])
    expect(first((line) => Object.assign(line, { date: '2025-06-02' }))).toContain('line-differs')
    expect(first((line) => Object.assign(line, { basis: 'law-enforcement' }))).toContain('line-differs')
    expect(first((line) => Object.assign(line.source, { indices: [2] }))).toContain('line-differs')
    expect(first((line) => Object.assign(line.source, { indices: [4] }))).toContain('line-unproved')
    expect(codesOf(changed(given, ({ lines }) => void lines.reverse()))).toEqual([
      'accounting-changed',
      'order-differs',
      'order-differs',
    ])
    expect(codesOf(changed(given, ({ period }) => void Object.assign(period, { from: '2025-06-10' })))).toContain(
      'line-not-disclosed',
    )
    expect(codesOf(changed(given, ({ patient }) => void Object.assign(patient, { id: 'p-99' })))).toContain('other-patient')
    expect(codesOf(changed(given, ({ period }) => void Object.assign(period, { from: '2019-06-10' })))).toContain(
      'period-differs',
    )
    expect(codesOf(changed(given, ({ entity }) => void Object.assign(entity, { responsible: 'Nobody' })))).toEqual([
      'accounting-changed',
    ])
  })

  it('evidence of another key, without a key, and without the hand-over', async () => {
    const text = JSON.stringify(given)
    const stranger = await ed25519Signer.generate('clinic.example/audit')
    expect(verifyAccounting(text, { keys: [stranger.vkey] }).verdict).not.toBe('intact')
    expect(verifyAccounting(text, { keys: [] })).toMatchObject({ verdict: 'unverifiable' })
    const copy = structuredClone(given)
    copy.evidence.entries.pop()
    expect(codesOf(JSON.stringify(copy))).toContain('hand-over-missing')
    const another = JSON.stringify(given).replace(/"handOver":\d+/, '"handOver":1')
    expect(codesOf(another)).toEqual(expect.arrayContaining(['accounting-changed', 'line-unproved', 'entry-not-listed']))
  })

  it('the printed page or text', () => {
    const { accounting } = given
    const html = renderAccountingHtml(accounting)
    const text = renderAccountingText(accounting)
    const check = (printed: { html?: string; text?: string }) =>
      verifyAccounting(JSON.stringify(given), { keys, printed }).findings.map(({ code }) => code)
    expect(check({ html, text })).toEqual([])
    expect(check({ html: html.replace('pertussis', 'something') })).toEqual(['printed-differs'])
    expect(check({ text: `${text} ` })).toEqual(['printed-differs'])
  })

  it('S113 one character of it, anywhere', async () => {
    const small = await handedOver(await world([disclosure()]))
    const text = JSON.stringify(small)
    const accounting = text.indexOf('"evidence"')
    // Proofs and openings are long: every 29th character of them does, and every second of the accounting, for a short run.
    const step = process.env.PHI_LONG === '1' ? 1 : 29
    const places = Array.from({ length: text.length }, (_, at) => at).filter(
      (at) => at % (at < accounting ? Math.min(step, 2) : step) === 0,
    )
    let refused = 0
    let broken = 0
    for (const at of places) {
      const code = text.charCodeAt(at)
      const other = String.fromCharCode(code ^ 1)
      const forged = text.slice(0, at) + other + text.slice(at + 1)
      try {
        const report = verifyAccounting(forged, { keys })
        expect(report.verdict, `at ${at}: ${text.slice(at - 10, at + 10)}`).not.toBe('intact')
        broken++
      } catch (error) {
        expect((error as { code?: string }).code).toMatch(/^PHI_AUDIT_(DISCLOSURES_)?FORMAT$/)
        refused++
      }
    }
    expect(refused + broken).toBe(places.length)
    expect(Math.min(refused, broken)).toBeGreaterThan(100)
  })

  it('texts that are no package are refused, and nothing of them is quoted', () => {
    const refused = (input: unknown) => {
      try {
        verifyAccounting(input as string, { keys })
      } catch (error) {
        return `${(error as { code: string }).code} ${(error as Error).message}`
      }
      return 'taken'
    }
    for (const input of ['', '{}', 'null', '[]', '{"secret":1}', JSON.stringify({ ...given, secret: 1 }), null, 7])
      expect(refused(input)).toMatch(/^PHI_AUDIT_(DISCLOSURES_)?FORMAT (?!.*secret)/)
    expect(canonicalJson(JSON.parse(JSON.stringify(given)))).toBe(canonicalJson(given))
  })
})
