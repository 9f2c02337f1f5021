import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Agreement, chain, decideAny, diff, flows, lintRegistry, parseAgreement, parseFlows, registry } from '@phi/baa'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { phi, type Ran, type RunOptions } from '../../../test/io.ts'

const at = '2026-11-22T12:00:00.000Z'
const signed = (...parties: string[]) => parties.map((party) => ({ party, at: '2026-01-02T15:00:00.000Z' }))
const platform = {
  id: 'practice-platform',
  tier: 'ce-ba',
  version: '1.3',
  effective: '2026-01-01',
  from: { id: 'practice', kind: 'covered-entity' },
  to: { id: 'platform', kind: 'business-associate' },
  services: ['ai.note-draft', 'scheduling'],
  permits: ['phi.clinical.note', 'phi.schedule'],
  prohibits: ['label:part2', { selector: 'label:hiv', section: '2.4', page: 3, text: 'HIV status must not be stored.' }],
  uses: ['treatment'],
  terms: { subcontractors: true, reportBreaches: { section: '4.2', within: { hours: 72 }, from: 'confirmation' } },
  agency: 'independent',
  signatures: signed('practice', 'platform'),
}
const scribe = {
  id: 'platform-scribe',
  tier: 'ba-sub',
  version: '1.0',
  effective: '2026-01-01',
  from: { id: 'platform', kind: 'business-associate' },
  to: { id: 'scribe', kind: 'subcontractor' },
  services: ['ai'],
  permits: ['phi.clinical.note'],
  uses: ['treatment'],
  terms: { reportBreaches: { section: '9', within: { days: 30 }, from: 'discovery' } },
  agency: 'agent',
  signatures: signed('platform', 'scribe'),
}
const model = {
  agreements: [platform, scribe],
  parties: [{ id: 'calendars', kind: 'other' }],
  subprocessors: [{ of: 'platform', to: 'scribe', for: ['ai'], does: 'ai.note-draft' }],
  complete: ['platform', 'scribe'],
}
const map = {
  nodes: [
    { id: 'desk', kind: 'person', party: 'practice', holds: ['phi.schedule.appointment'] },
    { id: 'scheduler', kind: 'service', party: 'platform', service: 'scheduling', holds: ['phi.schedule.session-link'] },
    { id: 'calendar', kind: 'vendor', party: 'calendars', service: 'scheduling.calendar-export' },
  ],
  edges: [
    { from: 'desk', to: 'scheduler', passes: 'all', use: 'treatment' },
    { from: 'scheduler', to: 'calendar', passes: ['phi.schedule'], use: 'treatment', source: { file: 'flows.ts', line: 20 } },
  ],
}
const { agreements: _, ...beside } = model
const twin = registry([parseAgreement(platform), parseAgreement(scribe)], beside as never)

let cwd: string
const put = (name: string, value: unknown) =>
  writeFile(join(cwd, name), typeof value === 'string' ? value : JSON.stringify(value, null, 2))
const run = (line: string | readonly string[], options: RunOptions = {}): Promise<Ran> => phi(line, { cwd, ...options })
const json = async (line: string, options: RunOptions = {}) => {
  const ran = await run(`${line} --json`, options)
  // biome-ignore lint/suspicious/noExplicitAny: each test looks at the shape that it is about
  return { code: ran.code, answer: JSON.parse(ran.stdout) as any }
}
const plain = (value: unknown) => JSON.parse(JSON.stringify(value))
const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length))
const here = '--agreements agreements.json'
const decide = `baa decide ${here} --from practice --vendor platform --use treatment`

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'phi-baa-'))
  await put('agreements.json', model)
  await put('flows.json', map)
  await put('before.json', platform)
  await put('after.json', { ...platform, version: '1.4', prohibits: [] })
})
afterAll(() => rm(cwd, { recursive: true, force: true }))

describe('phi baa decide', () => {
  it('S28 allows what was agreed, and names the labels that it does not hold for', async () => {
    const { code, stdout } = await run(`${decide} --service scheduling --class phi.schedule.appointment`)
    expect(code).toBe(0)
    expect(widest(stdout)).toBeLessThanOrEqual(80)
    expect(stdout).toMatchInlineSnapshot(`
      "Allowed. Provided that no record is under: part2, hiv.
      practice to platform: phi.schedule.appointment for treatment, scheduling, at
      2026-11-22T12:00:00.000Z
        - The agreement is signed by both parties and in force.
            in-force; practice-platform; 45 CFR 164.502(e)(2)
        - The service is in the scope of the agreement. [scheduling]
            service-covered; practice-platform; 45 CFR 164.504(e)(2)(i)
        - The class of data is permitted. [phi.schedule.appointment]
            class-permitted; practice-platform; 45 CFR 164.504(e)(2)(i)
        - The use is permitted. [treatment]
            use-permitted; practice-platform; 45 CFR 164.504(e)(2)(i)
      Still owed: no more than the minimum necessary (45 CFR 164.502(b)).
      "
    `)
    const none = await run(`${decide} --service scheduling --class phi.schedule.appointment --unlabelled`)
    expect(none.stdout.split('\n')[0]).toBe('Allowed.')
  })

  it('S28 S29 denies with every reason, its clause and what would have to change', async () => {
    const { code, stdout } = await run(`${decide} --service messaging.sms --class phi.clinical.note --label hiv`)
    expect(code).toBe(1)
    expect(stdout).toMatchInlineSnapshot(`
      "Denied.
      practice to platform: phi.clinical.note for treatment, messaging.sms, at
      2026-11-22T12:00:00.000Z
        - The service is not in the scope of the agreement. [messaging.sms]
            service-not-covered; practice-platform; 45 CFR 164.504(e)(2)(i)
            To do: Use a service that is covered, or have this one added to the
            agreement.
        - The agreement prohibits data under this label, and the data is under it or
          may be. [phi.clinical.note]
            label-prohibited; practice-platform; 45 CFR 164.504(e)(2)(i)
            To do: Leave records under the label out.
        - The agreement prohibits data under this label, and the data is under it or
          may be. [hiv]
            label-prohibited; practice-platform; section 2.4, page 3; 45 CFR
            164.504(e)(2)(i)
            "HIV status must not be stored."
            To do: Leave records under the label out.
      "
    `)
  })

  it('answers as the library does, in the order of the questions, with the worst as its exit code', async () => {
    const question = { from: 'practice', to: 'platform', service: 'scheduling', data: ['phi.schedule'], use: 'treatment', at }
    const questions = [
      question,
      { ...question, to: 'nobody' },
      { ...question, data: [{ class: 'phi.schedule', labels: ['part2'] }] },
      { ...question, use: 'no-use' },
      { ...question, exemption: { kind: 'conduit' } },
    ]
    const codes = { allow: 0, deny: 1, needs: 3 }
    for (const each of questions) {
      const { code, answer } = await json(`baa decide ${here} --question -`, { stdin: JSON.stringify(each) })
      const decision = decideAny(twin, each as never)
      expect(answer.decisions).toEqual([{ question: each, decision: plain(decision) }])
      expect(code).toBe(codes[decision.outcome])
    }
    const all = await json(`baa decide ${here} --question -`, { stdin: JSON.stringify(questions) })
    expect([all.code, all.answer.outcome, all.answer.decisions.length]).toEqual([1, 'deny', questions.length])
    const open = await json(`baa decide ${here} --question -`, {
      stdin: JSON.stringify(questions.filter((_, index) => index % 2 === 1)),
    })
    expect([open.code, open.answer.outcome]).toEqual([3, 'needs'])
  })

  it('asks with a purpose of use, conditions, a plan and a place', async () => {
    const { answer } = await json(
      `baa decide ${here} --from practice --vendor platform --service scheduling --class phi.schedule --purpose TREAT --condition mfa-on=yes --condition waiting-room-on=no --plan gold --where region=us --held-for practice`,
    )
    expect(answer.decisions[0].question).toEqual({
      from: 'practice',
      to: 'platform',
      service: 'scheduling',
      data: ['phi.schedule'],
      use: 'treatment',
      at,
      where: { region: 'us' },
      plan: 'gold',
      conditions: { 'mfa-on': true, 'waiting-room-on': false },
      heldFor: 'practice',
    })
  })

  it.each([
    ['a word that no taxonomy has', `${decide} --service x --class phi.schedule`, 3, ''],
    [
      'a party that nobody knows',
      `baa decide ${here} --from practice --vendor x --use treatment --service scheduling --class phi.schedule`,
      3,
      '',
    ],
    ['no class', `${decide} --service scheduling`, 2, '--class is missing'],
    [
      'no use',
      `baa decide ${here} --from practice --vendor platform --service scheduling --class phi.schedule`,
      2,
      'give --use, or --purpose',
    ],
    [
      'a purpose without a use',
      `baa decide ${here} --from practice --vendor platform --service scheduling --class phi.schedule --purpose GOV`,
      2,
      'no single use answers',
    ],
    ['a day for an instant', `${decide} --service scheduling --class phi.schedule --at 2026-11-22`, 2, 'takes an instant here'],
    ['two ways to ask', `${decide} --question q.json`, 2, 'and not both'],
    [
      'no agreements',
      'baa decide --from practice --vendor platform --use treatment --service scheduling --class phi.schedule',
      4,
      'no agreements are named',
    ],
    ['two sources', `${decide} --service scheduling --class phi.schedule --tenant t`, 2, 'one source says what was agreed'],
    ['a file that is not there', 'baa lint --agreements no.json --zone UTC', 4, 'there is no such file'],
    ['a file that is no agreement', 'baa lint --agreements flows.json --zone UTC', 4, 'it is no agreement, and no registry'],
    ['a service that is none', `baa chain nothing ${here}`, 4, 'PHI_BAA_CHAIN'],
    ['a map that is none', `baa flows agreements.json ${here}`, 4, 'PHI_BAA_FLOWS'],
    ['a baseline that is none', `baa flows flows.json ${here} --baseline flows.json`, 4, 'PHI_BAA_BASELINE'],
    ['a diff of other parties', 'baa diff before.json agreements.json --service nothing', 4, 'PHI_BAA_DIFF'],
  ])('never guesses: %s', async (_, line, code, says) => {
    const ran = await run(line)
    expect(ran.code).toBe(code)
    expect(ran.stderr).toContain(says)
    if (code !== 3) expect(ran.stdout).toBe('')
  })

  it('a misspelt member of a question is refused, and not taken for nothing said', async () => {
    const question = { from: 'practice', to: 'platform', service: 'scheduling', data: ['phi.schedule'], use: 'treatment' }
    for (const wrong of [
      { ...question, lables: [] },
      { ...question, data: [{ class: 'phi.schedule', lables: ['hiv'] }] },
      { ...question, conditions: { 'Jane-Roe': 'yes' } },
      { ...question, data: [] },
      [],
      null,
    ]) {
      const ran = await run(`baa decide ${here} --question -`, { stdin: JSON.stringify(wrong) })
      expect([ran.code, ran.stdout]).toEqual([4, ''])
      expect(ran.stderr).toContain('PHI_CLI_FILE_CONTENT')
      expect(ran.stderr).not.toContain('Jane-Roe')
    }
  })

  it('whatever stands in the file, an unreadable question is never allowed', () =>
    fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const ran = await run(`baa decide ${here} --question -`, { stdin: JSON.stringify(value) })
        expect(ran.code).not.toBe(0)
      }),
      { numRuns: 30 },
    ))
})

describe('phi baa lint', () => {
  const line = `baa lint ${here} --at 2026-11-22`

  it('S99 S134 C1 finds what is required and missing, and a clock that starts with confirmation', async () => {
    const { code, answer } = await json(line)
    expect(code).toBe(1)
    expect(answer.findings.map(plain)).toEqual(
      plain(
        [...lintRegistry(twin, { today: '2026-11-22' })].sort(
          (a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'),
        ),
      ),
    )
    const clock = answer.findings.find((each: { code: string }) => each.code === 'breach-clock-late')
    expect(clock).toMatchObject({
      agreement: 'practice-platform',
      path: 'terms.reportBreaches.from',
      clause: { section: '4.2' },
    })
  })

  it('S32 says it in words', async () => {
    const { stdout } = await run(`${line} --agreement platform-scribe`)
    expect(widest(stdout)).toBeLessThanOrEqual(80)
    expect(stdout.split('\n').slice(0, 14).join('\n')).toMatchInlineSnapshot(`
      "14 errors and 11 warnings.
      1 agreement, as of 2026-11-22.

      platform-scribe
        error    The contract does not keep the uses within what the covered entity
                 could do itself.
                 B02; terms.withinCoveredEntityLimits; 45 CFR 164.504(e)(2)(i)(A)-(B)
                 To do: Have it say so. Only management, administration and data
                 aggregation are excepted.
        error    The contract does not rule out other uses and disclosures.
                 B03; terms.onlyAsPermitted; 45 CFR 164.504(e)(2)(ii)(A)
                 To do: Have it allow only what it permits or requires, or what law
                 requires.
        error    The contract does not promise safeguards."
    `)
  })

  it('S1 S29 says which services that will be used are not covered', async () => {
    const { answer } = await json(
      `${line} --agreement practice-platform --service scheduling --service telehealth --service messaging`,
    )
    const uncovered = answer.findings.filter((each: { code: string }) => each.code === 'service-not-covered')
    expect(uncovered.map(({ about }: { about: string[] }) => about[0])).toEqual(['telehealth', 'messaging'])
    // Of several agreements nobody can guess which one is meant.
    expect((await run(`${line} --service telehealth`)).code).toBe(2)
  })

  it('gives code scanning the file and the line of the agreement', async () => {
    const { stdout } = await run(`${line} --format sarif`)
    const [log] = JSON.parse(stdout).runs
    const first = log.results.find((each: { message: { text: string } }) => each.message.text.includes('platform-scribe'))
    const lines = (await readFile(join(cwd, 'agreements.json'), 'utf8')).split('\n')
    expect(first.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: 'agreements.json' },
      region: { startLine: lines.findIndex((each) => each.includes('"platform-scribe"')) + 1 },
    })
    expect(
      log.results.every(({ ruleId }: { ruleId: string }) =>
        log.tool.driver.rules.some(({ id }: { id: string }) => id === ruleId),
      ),
    ).toBe(true)
  })

  it('an agreement without findings is good, and one that is closed was not read', async () => {
    const closed = {
      ...platform,
      terminated: { at: '2026-06-30' },
      closed: { at: '2026-07-30', how: 'destroyed', evidence: 'certificate 7' },
    }
    const ran = await run('baa lint --agreements - --at 2026-11-22', { stdin: JSON.stringify(closed) })
    expect([ran.code, ran.stdout.split('\n')[0]]).toEqual([3, 'Nothing was read: every agreement is closed.'])
    expect((await run('baa lint --agreements - --at 2026-11-22', { stdin: '[]' })).code).toBe(4)
    const markdown = await run(`${line} --markdown`)
    expect(markdown.stdout).toContain('- **error** `B02`')
  })
})

describe('phi baa chain', () => {
  it('S9 S32 S99 S157 follows the vendors down, with what is less strict and promises that cannot be kept', async () => {
    const { code, stdout } = await run(`baa chain ai.note-draft ${here}`)
    expect(code).toBe(1)
    expect(widest(stdout)).toBeLessThanOrEqual(80)
    expect(stdout).toMatchInlineSnapshot(`
      "Not every vendor down the chain is covered. 2 findings about promises to report
      a breach.
      ai.note-draft, at 2026-11-22T12:00:00.000Z.

      Chain
        practice -> platform (ai.note-draft): covered; practice-platform, in-force
          platform -> scribe (ai.note-draft): covered; platform-scribe, in-force

      Less strict than above
        - practice -> platform -> scribe: The agreement above prohibits records under
          a label, and the one below does not. [part2]
            above practice-platform; below platform-scribe
            label-wider; 45 CFR 164.504(e)(5)
            To do: Have the prohibition put into the agreement below.
        - practice -> platform -> scribe: The agreement above prohibits records under
          a label, and the one below does not. [hiv]
            above practice-platform; below platform-scribe
            label-wider; 45 CFR 164.504(e)(5)
            To do: Have the prohibition put into the agreement below.
        - practice -> platform -> scribe: The agreement below promises less than the
          one above. [terms.reportBreaches.within]
            above practice-platform: 72 hours; below platform-scribe: 30 days
            term-weaker; 45 CFR 164.504(e)(5)
            To do: Have the promise of the agreement below brought to that of the one
            above.
        - practice -> platform -> scribe: The agreement above holds a promise that the
          one below does not. [terms.subcontractors]
            above practice-platform: stated; below platform-scribe
            term-missing; 45 CFR 164.504(e)(5)
            To do: Have the promise put into the agreement below.

      Breach clocks, since the deepest party discovers
        scribe -> platform -> practice: practice learns after 60 days at the latest,
        with 60 days left at the least.
          scribe: told after 0 hours, has to tell by 30 days, left when told 30 days
          platform: told after 30 days, has to tell by 33 days, left when told 72
            hours
          practice: told after 60 days, has to tell by 120 days, left when told 60
            days
          - platform: The contract starts the clock at an event that may come long
            after discovery, or does not say at which: only the outer limit of the law
            bounds it.
              open-trigger; practice-platform; section 4.2; 45 CFR 164.410(a)(2)
              To do: Have the clock start at discovery.
          - platform: The promise above is counted from being told, and the window
            below is not shorter: the one above learns later than the promise
            suggests. The time is taken by platform-scribe. That window has to be
            shorter than 72 hours.
              learns-late; practice-platform; section 4.2; 45 CFR 164.410(a)(2)
              To do: Have the window below made shorter than the promise above.
      "
    `)
    const { answer } = await json(`baa chain ai.note-draft ${here}`)
    expect(answer.chain).toEqual(plain(chain(twin, 'ai.note-draft', at)))
  })

  it('S9 what nobody has said is not known, and a service that nobody agreed on is not covered', async () => {
    const silent = { ...model, agreements: [platform], subprocessors: [], complete: [] }
    const ran = await run('baa chain scheduling --agreements -', {
      stdin: JSON.stringify({ ...silent, agreements: [{ ...platform, terms: {} }] }),
    })
    expect([ran.stdout.split('\n')[0], ran.stdout.includes('subprocessors-not-declared')]).toEqual([
      'Whether every vendor down the chain is covered is not known.',
      true,
    ])
    const promised = { ...platform, terms: { reportBreaches: { within: { days: 5 }, from: 'discovery' } } }
    expect(
      (await run('baa chain scheduling --agreements -', { stdin: JSON.stringify({ ...silent, agreements: [promised] }) })).code,
    ).toBe(3)
    const complete = { ...silent, agreements: [promised], complete: ['platform'] }
    expect((await run('baa chain scheduling --agreements -', { stdin: JSON.stringify(complete) })).code).toBe(0)
    const none = await run(`baa chain telehealth ${here}`)
    expect([none.code, none.stdout.split('\n')[0]]).toEqual([1, 'No agreement covers the service.'])
  })
})

describe('phi baa flows', () => {
  it('S54 C7 finds the calendar that gets the session link, and says what to cut', async () => {
    const { code, stdout } = await run(`baa flows flows.json ${here}`)
    expect(code).toBe(1)
    expect(widest(stdout)).toBeLessThanOrEqual(80)
    expect(stdout).toMatchInlineSnapshot(`
      "2 exposures: 2 not covered, 0 not known.
      3 nodes, 2 edges, at 2026-11-22T12:00:00.000Z.

      Exposures
        - phi.schedule.appointment reaches calendar (calendars): NOT COVERED
            desk -> scheduler =x=> calendar; cut scheduler->calendar
            - There is no agreement under which the one may disclose to the other.
                no-agreement; 45 CFR 164.502(e)(1)
                To do: Sign an agreement before any protected health information goes
                there, or show that an exemption applies.
        - phi.schedule.session-link reaches calendar (calendars): NOT COVERED
            scheduler =x=> calendar; cut scheduler->calendar
            - There is no agreement under which the one may disclose to the other.
                no-agreement; 45 CFR 164.502(e)(1)
                To do: Sign an agreement before any protected health information goes
                there, or show that an exemption applies.

      What to cut
        scheduler->calendar: phi.schedule.appointment, phi.schedule.session-link

      What is allowed holds for records under none of: hiv, part2.

      A map shows what somebody wrote down: data that goes where no edge says is not
      found.
      "
    `)
    const { answer } = await json(`baa flows flows.json ${here}`)
    expect(answer.result).toEqual(plain(flows(parseFlows(map), twin, { at })))
  })

  it('S54 draws it', async () => {
    const mermaid = await run(`baa flows flows.json ${here} --draw mermaid`)
    expect(mermaid.stdout).toContain('n1 ==x|"NOT COVERED: schedule.appointment, schedule.session-link"| n0')
    expect((await run(`baa flows flows.json ${here} --draw dot --only parties`)).stdout).toContain('NOT COVERED')
    expect((await run(`baa flows flows.json ${here} --only parties`)).code).toBe(2)
  })

  it('S54 fails for what is new beside a baseline', async () => {
    expect((await run(`baa flows flows.json ${here} --write-baseline known.json`)).code).toBe(1)
    const same = await run(`baa flows flows.json ${here} --baseline known.json`)
    expect(same.code).toBe(0)
    expect(same.stdout).toContain('Beside the baseline 0 findings\nare new, and 0 gone.')
    const more = {
      ...map,
      edges: [...map.edges, { id: 'more', from: 'desk', to: 'calendar', passes: 'all', use: 'treatment' }],
    }
    const { code, answer } = await json(`baa flows - ${here} --baseline known.json`, { stdin: JSON.stringify(more) })
    expect([code, answer.comparison.new.length]).toEqual([1, 1])
    expect((await run(`baa flows flows.json ${here} --write-baseline known.json`)).stderr).toContain('PHI_CLI_EXISTS')
  })

  it('S54 what is not known is no good answer, and gives SARIF with its path', async () => {
    const [first] = map.edges
    const open = { ...map, edges: [{ ...first, use: undefined }] }
    expect((await run(`baa flows - ${here} --fail-on error`, { stdin: JSON.stringify(open) })).code).toBe(3)
    const { stdout, code } = await run(`baa flows flows.json ${here} --format sarif`)
    const [log] = JSON.parse(stdout).runs
    expect(code).toBe(1)
    expect(log.results[0].locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: 'flows.ts' },
      region: { startLine: 20 },
    })
    expect(log.results[0].codeFlows).toHaveLength(1)
  })

  it('stops when nobody reads', async () => {
    expect((await run(`baa flows flows.json ${here}`, { closedAfter: 0 })).code).toBe(130)
    expect((await run(`baa flows flows.json ${here} --format sarif`, { closedAfter: 0 })).code).toBe(130)
  })
})

describe('phi baa diff', () => {
  const line = 'baa diff before.json after.json --service scheduling --class phi.schedule.appointment'

  it('S32 shows what was widened, and a request for each decision that flips', async () => {
    const { code, stdout } = await run(line)
    expect(code).toBe(1)
    expect(widest(stdout)).toBeLessThanOrEqual(80)
    expect(stdout).toMatchInlineSnapshot(`
      "Of 7,020 requests 8 are decided in another way: deny to allow 6, deny to needs
      2.

      practice-platform 1.3 -> practice-platform 1.4
        + widened: prohibits: was label:hiv, now nothing
        + widened: prohibits: was label:part2, now nothing
        = neutral: version: 1.3 -> 1.4

      Decisions
        - practice -> platform: deny to allow, 4 requests
            Before: The agreement prohibits data under this label, and the data is
            under it or may be. (label-prohibited)
            services scheduling; data phi.schedule.appointment; uses required-by-law,
            treatment
            For example: phi.schedule.appointment under hiv for treatment, scheduling,
            at 2026-01-02T15:00:00.000Z
        - practice -> platform: deny to allow, 2 requests
            Before: The agreement prohibits data under this label, and the data is
            under it or may be. (label-prohibited)
            services scheduling; data phi.schedule.appointment; uses required-by-law,
            treatment
            For example: phi.schedule.appointment under part2 for treatment,
            scheduling, at 2026-01-02T15:00:00.000Z, with authorization
        - practice -> platform: deny to needs, 2 requests
            Before: The agreement prohibits data under this label, and the data is
            under it or may be. (label-prohibited)
            Now: Records of a substance use disorder programme need a qualified
            service organization agreement, or consent. (part2-without-terms)
            services scheduling; data phi.schedule.appointment; uses required-by-law,
            treatment
            For example: phi.schedule.appointment under part2 for treatment,
            scheduling, at 2026-01-02T15:00:00.000Z
      "
    `)
    const { answer } = await json(line)
    const [one, two] = [parseAgreement(platform), parseAgreement({ ...platform, version: '1.4', prohibits: [] })] as [
      Agreement,
      Agreement,
    ]
    expect(answer).toEqual(plain(diff(one, two, { services: ['scheduling'], data: ['phi.schedule.appointment'] })))
  })

  it('narrowing is no finding, unless every change is one; too many requests are no answer', async () => {
    const back = 'baa diff after.json before.json --service scheduling --class phi.schedule.appointment'
    expect((await run(back)).code).toBe(0)
    expect((await run(`${back} --fail-on any`)).code).toBe(1)
    const many = await run(`${back} --limit 1`)
    expect([many.code, many.stdout.includes('Not decided')]).toEqual([3, true])
    expect((await run(`${line} --markdown`)).stdout).toContain('### Decisions')
  })

  it('gives findings for code scanning', async () => {
    const { stdout } = await run(`${line} --format sarif`)
    const [log] = JSON.parse(stdout).runs
    expect(
      log.results.map(({ ruleId, level }: { ruleId: string; level: string }) => `${ruleId} ${level}`),
    ).toMatchInlineSnapshot(`
      [
        "clause-widened warning",
        "clause-widened warning",
        "decision-widened error",
        "decision-widened error",
        "decision-open warning",
      ]
    `)
  })

  it('compares registries too, and says what was added', async () => {
    await put('one.json', [platform])
    await put('two.json', model)
    const { answer } = await json(
      'baa diff one.json two.json --service scheduling --class phi.schedule.appointment --use treatment',
    )
    expect(answer.added).toEqual([{ id: 'platform-scribe', version: '1.0' }])
    // Where there was nothing, an agreement lets data go that might not go before.
    expect((await run('baa diff - one.json --service scheduling --class phi.schedule', { stdin: '[]' })).code).toBe(1)
    await put('none.json', [])
    const none = await run('baa diff none.json none.json')
    expect([none.code, none.stdout]).toEqual([4, ''])
  })
})
