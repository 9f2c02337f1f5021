import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { evaluate, federal } from '@phi/deadlines'
import { incidentDeadlines, openIncident } from '@phi/deadlines/incident'
import { deadlinesOf, openRequest } from '@phi/deadlines/request'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { phi, type Ran, type RunOptions } from '../../../test/io.ts'
import type { DueAnswer } from './due.ts'

const incident = { id: 'i-1', role: 'covered-entity', at: '2026-05-04', individuals: 501, residents: { OH: 501 } } as const
const request = { kind: 'access', id: 'r-1', received: '2026-11-02' } as const
const duties = {
  cases: [
    { kind: 'incident', opening: { ...incident, groups: ['agreement-1'] } },
    { kind: 'request', opening: request },
  ],
  questions: [{ rules: 'breachNotice', facts: { discovered: '2026-10-01', individuals: null } }],
  recurring: [{ duty: 'risk-analysis', lastDone: '2026-03-01' }, { duty: 'evaluation' }],
}
const clock = (starts: string) => ({
  id: 'notice.72-hours',
  title: 'Notify the customer',
  agreement: 'Business associate agreement',
  clause: '4.2',
  addressee: 'covered-entity',
  starts,
  within: { hours: 72 },
  metBy: 'told',
  from: '2026-01-01',
  asOf: '2026-01-01',
  confirmation: 'text-seen',
})

let cwd: string
const put = (name: string, value: unknown) =>
  writeFile(join(cwd, name), typeof value === 'string' ? value : JSON.stringify(value))
const run = (line: string | readonly string[], options: RunOptions = {}): Promise<Ran> => phi(line, { cwd, ...options })
const asked = async (value: unknown, line = '', options: RunOptions = {}) => {
  const ran = await run(`deadlines due - --at 2026-11-22 --json ${line}`, { stdin: JSON.stringify(value), ...options })
  return { ...ran, answer: JSON.parse(ran.stdout) as DueAnswer }
}

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'phi-deadlines-'))
  await put('duties.json', duties)
})
afterAll(() => rm(cwd, { recursive: true, force: true }))

describe('phi deadlines due', () => {
  it('S126 S158 S159 S160 says what is overdue first, then what nobody can say, then what is due', async () => {
    const { code, stdout, stderr } = await run('deadlines due duties.json --at 2026-11-22')
    expect(code).toBe(1)
    expect(stderr).toBe('')
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(stdout).toMatchInlineSnapshot(`
      "3 duties are overdue; 4 are not determined; 3 are due.
      As of 2026-11-22: 2 cases, 1 question, 2 recurring duties.

      Overdue
        2026-07-03  Notify each affected individual (individuals): 142 days late
                    incident i-1; rule breach.individual; 45 CFR 164.404(b)
        2026-07-03  Notify prominent media outlets serving the State or jurisdiction
                    (media, OH): 142 days late
                    incident i-1; rule breach.media; 45 CFR 164.406
        2026-07-03  Notify the Secretary contemporaneously with the notice to
                    individuals (secretary): 142 days late
                    incident i-1; rule breach.secretary.500-or-more; 45 CFR 164.408(b)

      Not determined: a fact is missing, so plan for the day that is shown
        2026-11-30  Notify prominent media outlets serving the State or jurisdiction
                    (media): in 8 days
                    question breachNotice; rule breach.media; 45 CFR 164.406
                    not known: residents
        2026-11-30  Notify the Secretary contemporaneously with the notice to
                    individuals (secretary): in 8 days
                    question breachNotice; rule breach.secretary.500-or-more; 45 CFR
                    164.408(b)
                    not known: individuals

      Owed, and the text has no number: nobody can say whether it is late
        no day      Evaluate how far policies and procedures meet the Security Rule
                    (own records)
                    recurring; rule evaluation; 45 CFR 164.308(a)(8)
                    not known: lastDone
                    the text says: "periodic", and "in response to environmental or
                    operational changes"

      Due
        2026-11-30  Notify each affected individual (individuals): in 8 days
                    question breachNotice; rule breach.individual; 45 CFR 164.404(b)
        2026-12-02  Act on a request for access: provide it, or deny it in writing
                    (individual): in 10 days
                    request r-1; rule access.act; 45 CFR 164.524(b)(2)
        2027-03-01  Repeat the risk analysis, and track its findings to remediation
                    (own records): in 99 days
                    recurring; rule risk-analysis; 45 CFR 164.308(a)(1)(ii)(A)

      Rules that an incident names and nobody gave
        incident i-1: agreement-1
      "
    `)
  })

  it('says the same in colour, which carries nothing more', async () => {
    const { stdout } = await run('deadlines due duties.json --at 2026-11-22 --within 5', { env: { FORCE_COLOR: '1' } })
    expect(stdout.split('\n').slice(0, 6)).toMatchInlineSnapshot(`
      [
        "[31m3 duties are overdue; 4 are not determined.[39m",
        "As of 2026-11-22: 2 cases, 1 question, 2 recurring duties.",
        "",
        "[1mOverdue[22m",
        "  [31m2026-07-03[39m  Notify each affected individual (individuals): 142 days late",
        "[2m              incident i-1; rule breach.individual; 45 CFR 164.404(b)[22m",
      ]
    `)
    const plain = await run('deadlines due duties.json --at 2026-11-22 --within 5')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences that colour a text
    expect(stdout.replace(/\u001b\[[0-9;]*m/g, '')).toBe(plain.stdout)
  })

  it('S158 S159 S160 C3 C4 gives the results of the library as they are', async () => {
    const { answer } = await asked(duties)
    const today = '2026-11-22'
    const of = (kind: string) => answer.items.filter(({ source }) => source.kind === kind).map(({ deadline }) => deadline)
    const quiet = ['met', 'not-applicable', 'not-in-force']
    const open = <Each extends { readonly status: string }>(found: readonly Each[]) =>
      found.filter(({ status }) => !quiet.includes(status))
    const plain = (value: unknown) => JSON.parse(JSON.stringify(value))
    expect(of('incident')).toEqual(plain(open(incidentDeadlines(openIncident(incident), { today }))))
    expect(of('request')).toEqual(plain(open(deadlinesOf(openRequest(request), { today }))))
    const question = evaluate(federal.breachNotice, { discovered: '2026-10-01', individuals: null }, { today })
    expect(new Set(of('question').map(({ rule }) => rule))).toEqual(new Set(open(question).map(({ rule }) => rule)))
  })

  it('C3 C4 asks for the media beyond 500 residents of one State only, and for the Secretary from 500 people on', async () => {
    const rulesOf = async (facts: object) => {
      const { answer } = await asked({ rules: 'breachNotice', facts: { discovered: '2026-11-01', ...facts } })
      return answer.items.map(({ deadline: { addressee }, on }) => `${addressee} ${on}`)
    }
    expect(await rulesOf({ residents: { OH: 500 }, individuals: 500 })).toEqual([
      'individuals 2026-12-31',
      'secretary 2026-12-31',
    ])
    expect(await rulesOf({ residents: { OH: 501 }, individuals: 501 })).toContain('media 2026-12-31')
    // Fewer than 500: within sixty days of the end of the calendar year.
    expect(await rulesOf({ residents: { OH: 12 }, individuals: 12 })).toEqual([
      'individuals 2026-12-31',
      'secretary 2027-03-01',
    ])
  })

  it('S134 C1 leaves a clock from confirmation open, and plans it from the first day that is known', async () => {
    const agreements = (starts: string) => [{ id: 'agreement-1', asOf: '2026-01-01', clocks: [clock(starts)] }]
    const opening = {
      ...incident,
      role: 'business-associate',
      at: '2026-11-20T09:30:00-05:00',
      timeZone: 'America/New_York',
      groups: ['agreement-1'],
    }
    const both = async (starts: string) => {
      const { answer } = await asked({ cases: [{ kind: 'incident', opening }], agreements: agreements(starts) })
      return answer.items.find(({ deadline }) => deadline.rule === 'notice.72-hours')
    }
    expect(await both('confirmation')).toMatchObject({ standing: 'undetermined', on: '2026-11-23' })
    expect(await both('discovery')).toMatchObject({ standing: 'due', on: '2026-11-23' })
  })

  it('S99 S157 counts a clock in hours to the instant, in the zone of whoever is bound', async () => {
    const opening = {
      ...incident,
      role: 'business-associate',
      at: '2026-11-19T09:30:00-05:00',
      timeZone: 'America/New_York',
      groups: ['agreement-1'],
    }
    const value = {
      cases: [{ kind: 'incident', opening }],
      agreements: [{ id: 'agreement-1', asOf: '2026-01-01', clocks: [clock('discovery')] }],
    }
    const at = async (instant: string) => {
      const ran = await run(`deadlines due - --json --at ${instant}`, { stdin: JSON.stringify(value) })
      const { items } = JSON.parse(ran.stdout) as DueAnswer
      return `${ran.code} ${items.find(({ deadline }) => deadline.rule === 'notice.72-hours')?.standing}`
    }
    expect(await at('2026-11-22T14:30:00Z')).toBe('0 due')
    expect(await at('2026-11-22T14:30:01Z')).toBe('1 overdue')
  })

  it('never takes what is not known for not due', async () => {
    const exit = async (value: unknown, line = '') => (await asked(value, line)).code
    // Nothing but a missing headcount, rules that nobody gave, words without a number.
    expect(await exit({ rules: 'breachNotice', facts: { discovered: '2026-11-01' } })).toBe(3)
    expect(await exit({ kind: 'incident', opening: { ...incident, at: '2026-11-21', groups: ['agreement-9'] } })).toBe(3)
    expect(await exit({ recurring: [{ duty: 'evaluation', lastDone: '2026-11-01' }] })).toBe(3)
    expect(await exit({ kind: 'request', opening: request })).toBe(0)
    expect(await exit({ kind: 'request', opening: request }, '--fail-on due')).toBe(1)
    // What lies beyond --within is counted, and does not hide what is open.
    const { answer } = await asked(duties, '--within 0')
    expect(answer).toMatchObject({
      verdict: 'overdue',
      later: 3,
      counts: { due: 0, overdue: 3, undetermined: 2, 'without-number': 1 },
    })
    expect(answer.gaps).toEqual([{ source: { kind: 'incident', id: 'i-1', file: '-' }, rules: 'agreement-1' }])
  })

  it('S126 follows the history of a request: what was done is not due, and a bad extension extends nothing', async () => {
    const log = (event: object, refused?: object) => [{ event, ...(refused && { refused }) }]
    const done = { type: 'fulfilled', at: '2026-11-20', done: [] }
    const kept = (entries: unknown) => ({ kind: 'request', opening: request, log: entries })
    // An entry that does not come out as it says is refused, and nothing is answered.
    const wrong = await run('deadlines due - --at 2026-11-22', { stdin: JSON.stringify(kept(log(done))) })
    expect([wrong.code, wrong.stdout]).toEqual([4, ''])
    expect(wrong.stderr).toContain('PHI_DEADLINES_CASE')
    const extension = { type: 'extension-stated', at: '2026-11-20', written: true, reasons: true, promisedDate: '2026-12-20' }
    const { answer } = await asked(kept(log(extension)))
    expect(answer.items.map(({ on }) => on)).toEqual(['2026-12-20'])
  })

  it('takes no zone for granted', async () => {
    const file = { stdin: JSON.stringify({ kind: 'request', opening: request }) }
    const none = await run('deadlines due -', file)
    expect([none.code, none.stdout]).toEqual([2, ''])
    expect(none.stderr).toContain('give --zone, or --at with a day')
    // Ten past midnight in Greenwich is the day before in New York.
    const due = async (zone: string) => {
      const { stdout } = await run(`deadlines due - --json --at 2026-12-03T00:10:00Z --zone ${zone}`, file)
      return (JSON.parse(stdout) as DueAnswer).items[0]
    }
    expect(await due('America/New_York')).toMatchObject({ standing: 'due', days: 0 })
    expect(await due('UTC')).toMatchObject({ standing: 'overdue', days: -1 })
    expect((await run('deadlines due - --zone Mars/Olympus', file)).stderr).toContain('PHI_DEADLINES_ZONE')
  })

  it('gives findings for code scanning, without the labels of cases', async () => {
    const { stdout } = await run('deadlines due duties.json --at 2026-11-22 --format sarif')
    const [log] = (
      JSON.parse(stdout) as { runs: { results: { ruleId: string; level: string; message: { text: string } }[] }[] }
    ).runs
    expect(stdout).not.toContain('i-1')
    expect(log?.results.map(({ ruleId, level }) => `${ruleId} ${level}`)).toEqual([
      ...Array(3).fill('deadline-overdue error'),
      ...Array(2).fill('deadline-undetermined warning'),
      'deadline-without-number warning',
      ...Array(3).fill('deadline-due note'),
      'deadline-undetermined warning',
    ])
    expect(log?.results[0]?.message.text).toMatchInlineSnapshot(
      `"Notify each affected individual (individuals): overdue 2026-07-03. 45 CFR 164.404(b), rule breach.individual."`,
    )
  })

  it('shows each step on request', async () => {
    const { stdout } = await run('deadlines due - --at 2026-11-22 --explain', {
      stdin: JSON.stringify({ rules: 'accessRequest', facts: { received: '2026-11-01' } }),
    })
    expect(stdout).toContain('- 30 calendar days after 2026-11-01: 2026-12-01 (45 CFR 164.524(b)(2))')
  })

  it('S160 asks the States where it is told to, and says which have no row', async () => {
    const opening = { ...incident, at: '2026-11-20', residents: { TX: 300, AK: 3 }, individuals: 303 }
    const { code, answer } = await asked({ kind: 'incident', opening }, '--state-law')
    const states = answer.items.filter(({ deadline }) => deadline.rule.startsWith('state.'))
    expect(code).toBe(3)
    expect(states.map(({ deadline, standing }) => `${deadline.rule} ${standing}`)).toContain('state.ak.no-row without-number')
    expect(states.some(({ deadline }) => deadline.jurisdiction === 'TX')).toBe(true)
  })

  it.each([
    ['a file that is not there', 'deadlines due no.json --at 2026-11-22', undefined, 4, 'there is no such file'],
    ['a folder', 'deadlines due . --at 2026-11-22', undefined, 4, 'it is a folder'],
    ['a path through a file', 'deadlines due duties.json/x --at 2026-11-22', undefined, 4, 'a part of the path is no folder'],
    ['binary garbage', 'deadlines due - --at 2026-11-22', new Uint8Array([0xff, 0xfe, 0x00, 0x80]), 4, 'not text in UTF-8'],
    ['truncated JSON', 'deadlines due - --at 2026-11-22', '{"cases": [', 4, 'it is not JSON'],
    ['a misspelt name', 'deadlines due - --at 2026-11-22', '{"case": []}', 4, 'a name that it does not know'],
    ['an unknown duty', 'deadlines due - --at 2026-11-22', '{"recurring":[{"duty":"x"}]}', 4, 'names no duty of the catalogue'],
    ['unknown rules', 'deadlines due - --at 2026-11-22', '{"rules":"x","facts":{}}', 4, 'names no group of rules'],
    [
      'facts that are none',
      'deadlines due - --at 2026-11-22',
      '{"rules":"breachNotice","facts":{"discoverd":"2026-01-01"}}',
      4,
      'PHI_DEADLINES_FACTS',
    ],
    ['a day that does not exist', 'deadlines due - --at 2026-02-30', '{"cases":[]}', 2, '--at takes a day'],
    ['nothing to look at', 'deadlines due --at 2026-11-22', undefined, 2, 'give a file, or --tenant'],
    ['a half month', 'deadlines calendar - --at 2026-11-22 --months 0.5', '{}', 2, '--months takes a whole number'],
  ])('says what is wrong: %s', async (_, line, stdin, code, says) => {
    const ran = await run(line, stdin === undefined ? {} : { stdin })
    expect([ran.code, ran.stdout]).toEqual([code, ''])
    expect(ran.stderr).toContain(says)
  })

  it('repeats nothing of a file that it refuses', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('cases', 'questions', 'recurring', 'agreements', 'signOffs', 'kind', 'rules'),
        fc.jsonValue(),
        async (key, value) => {
          const secret = 'Jane-Roe-1980'
          const ran = await run('deadlines due - --at 2026-11-22', {
            stdin: JSON.stringify({ [key]: [{ [secret]: value, id: secret }] }),
          })
          expect(ran.stdout + ran.stderr).not.toContain(secret)
          expect([2, 4]).toContain(ran.code)
        },
      ),
      { numRuns: 30 },
    ))

  it('stops when nobody reads, and at Ctrl-C', async () => {
    expect((await run('deadlines due duties.json --at 2026-11-22', { closedAfter: 0 })).code).toBe(130)
    const stopped = AbortSignal.abort()
    expect((await run('deadlines due duties.json --at 2026-11-22', { signal: stopped })).code).toBe(130)
  })
})

describe('phi deadlines calendar', () => {
  it('lays out what is due by month', async () => {
    const { code, stdout } = await run('deadlines calendar duties.json --at 2026-11-22 --months 6')
    expect(code).toBe(1)
    expect(stdout).toMatchInlineSnapshot(`
      "8 days in the calendar, 3 of them overdue; 1 duty has no day.
      From 2026-11-22; recurring duties through 2027-05-22.

      July 2026
        03  OVERDUE: Notify each affected individual (individuals)
            incident i-1; 45 CFR 164.404(b)
        03  OVERDUE: Notify prominent media outlets serving the State or jurisdiction
            (media)
            incident i-1; 45 CFR 164.406
        03  OVERDUE: Notify the Secretary contemporaneously with the notice to
            individuals (secretary)
            incident i-1; 45 CFR 164.408(b)

      November 2026
        30  Notify each affected individual (individuals)
            question breachNotice; 45 CFR 164.404(b)
        30  plan for: Notify prominent media outlets serving the State or jurisdiction
            (media)
            question breachNotice; 45 CFR 164.406
        30  plan for: Notify the Secretary contemporaneously with the notice to
            individuals (secretary)
            question breachNotice; 45 CFR 164.408(b)

      December 2026
        02  Act on a request for access: provide it, or deny it in writing
            (individual)
            request r-1; 45 CFR 164.524(b)(2)

      March 2027
        01  Repeat the risk analysis, and track its findings to remediation (own
            records)
            recurring; 45 CFR 164.308(a)(1)(ii)(A)

      Owed, and without a day
            Evaluate how far policies and procedures meet the Security Rule
            recurring; 45 CFR 164.308(a)(8)

      Rules that an incident names and nobody gave
            incident i-1: agreement-1
      "
    `)
  })

  it('writes an iCalendar that holds nothing of a case', async () => {
    const ran = await run('deadlines calendar duties.json --at 2026-11-22 --ics due.ics --domain example.org --alarm 7')
    expect(ran.stdout).toContain('8 entries written to due.ics.')
    const text = await readFile(join(cwd, 'due.ics'), 'utf8')
    expect(text.match(/BEGIN:VEVENT/g)).toHaveLength(8)
    expect(text.match(/BEGIN:VCALENDAR/g)).toHaveLength(1)
    expect(new Set(text.match(/^UID:.*$/gm)).size).toBe(8)
    expect(text).toContain('DTSTAMP:20261122T120000Z')
    expect(text).not.toMatch(/i-1|r-1|501|duties/)
    expect(text.endsWith('END:VCALENDAR\r\n')).toBe(true)
    // What is there is not replaced unasked.
    const again = await run('deadlines calendar duties.json --at 2026-11-22 --ics due.ics --domain example.org')
    expect([again.code, again.stderr.includes('PHI_CLI_EXISTS')]).toEqual([4, true])
    expect(await readFile(join(cwd, 'due.ics'), 'utf8')).toBe(text)
    const out = await run('deadlines calendar duties.json --at 2026-11-22 --ics - --domain example.org --alarm 7')
    expect(out.stdout).toBe(text)
    expect(out.stderr).toContain('no day: Evaluate how far policies')
    expect((await run('deadlines calendar duties.json --at 2026-11-22 --ics -')).code).toBe(2)
  })

  it('keeps two entries of one duty apart, and leaves out a day that was settled before it came', async () => {
    const entriesOf = async (recurring: readonly object[]) => {
      const { stdout } = await run('deadlines calendar - --at 2026-11-22 --months 2 --json', {
        stdin: JSON.stringify({ recurring }),
      })
      return JSON.parse(stdout) as { entries: { on: string }[]; undated: unknown[] }
    }
    const early = { duty: 'key-rotation', anchor: '2026-09-01', lastDone: '2026-11-20', settles: '2026-11-30' }
    expect((await entriesOf([early])).entries).toEqual([])
    expect((await entriesOf([{ ...early, settles: undefined }])).entries.map(({ on }) => on)).toEqual(['2026-11-30'])
    const two = await entriesOf([{ duty: 'key-rotation', lastDone: '2026-10-01' }, { duty: 'key-rotation' }])
    expect([two.entries.map(({ on }) => on), two.undated.length]).toEqual([['2026-12-30'], 1])
  })

  it('places every day of a recurring duty, and what was missed', async () => {
    const value = { recurring: [{ duty: 'key-rotation', anchor: '2026-01-01', lastDone: '2026-06-30' }] }
    const { stdout, code } = await run('deadlines calendar - --at 2026-11-22 --json', { stdin: JSON.stringify(value) })
    const { entries } = JSON.parse(stdout) as { entries: { on: string; standing: string }[] }
    expect(code).toBe(1)
    expect(entries.map(({ on, standing }) => `${on} ${standing}`)).toEqual([
      '2026-09-28 overdue',
      '2026-12-27 planned',
      '2027-03-27 planned',
      '2027-06-25 planned',
      '2027-09-23 planned',
    ])
  })
})
