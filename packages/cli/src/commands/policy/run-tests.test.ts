import type { PolicyJson } from '@phi/rbac'
import { mutationReport, policyCoverage } from '@phi/testing/policy'
import { describe, expect, it } from 'vitest'
import { clinicTests, clinicText } from '../../../test/clinic.ts'
import { phi } from '../../../test/io.ts'
import { scratch } from '../../../test/scratch.ts'

// Two halves: each excludes what the other one tests.
const matrices = clinicTests.slice(clinicTests.indexOf('matrices:\n') + 'matrices:\n'.length).split(/(?=^ {2}- name: )/m)
const head = clinicTests.slice(0, clinicTests.indexOf('matrices:\n') + 'matrices:\n'.length)
const excluded = (action: string) =>
  `excluded:\n  - { roles: any, actions: ${action}, types: Note, because: the other file has it }\n`

const folder = scratch({
  'clinic.json': clinicText(),
  'wide.json': clinicText((policy) => {
    policy.rules[3].unless.push('consent')
  }),
  'clinic.yaml': clinicTests,
  'read.yaml': `${head}${matrices[0]}${matrices[2]}${excluded('export')}`,
  'export.yaml': `${head}${matrices[1]}${excluded('read')}`,
  'faulty.yaml': clinicTests.replace('roles: no-role, actors: any', 'roles: no-role, actors: dana'),
  'empty.yaml': '',
  'phi.config.json': '{"policy":"clinic.json"}',
})
const at = (line: string, more: Parameters<typeof phi>[1] = {}) => phi(line, { cwd: folder.path, ...more })

describe('phi policy test', () => {
  it('S2 S7 S21 says that the policy decides as the tests say', async () => {
    expect(await at('policy test clinic.yaml')).toEqual({
      code: 0,
      stdout: 'Passed: 75 cells in 1 file; policy clinic 1.\n',
      stderr: '',
    })
    expect((await at('policy test -', { stdin: clinicTests })).code).toBe(0)
  })

  it('S21 says which cells fail, where, and why', async () => {
    const ran = await at('policy test clinic.yaml --policy wide.json')
    expect((await at('policy test clinic.yaml --policy wide.json --coverage 9')).stdout).toBe(
      `${ran.stdout}\nCoverage and mutation are measured once the tests pass.\n`,
    )
    expect(ran).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "",
        "stdout": "Not passed: 1 failed of 75 cells in 1 file; policy clinic 1.

      Cells that failed
        line 53: nothing but an emergency opens a restriction / therapist as dana:
          read restricted for TREAT with consent
          expected deny, got allow-if (refrain)
          expected rule restriction to decide, got care-team
          allow-if (refrain): a permit applies (rule care-team)
          care-team: actor.id in resource.careTeam was true
          restriction: resource.restricted = true was true
          restriction: a grant of consent was true
          restriction was opened by consent
          cites 45 CFR 164.308(a)(4); 42 CFR 2.31; 42 CFR 2.32
      ",
      }
    `)
  })

  it('takes a fault of the tests for not passed', async () => {
    const ran = await at('policy test faulty.yaml')
    expect(ran).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "",
        "stdout": "Not passed: 1 fault of 67 cells in 1 file; policy clinic 1.

      Faults of the tests
        line 15: 8 of 48 cells have no expectation: no-role as erin: read plain for
          TREAT; no-role as erin: read plain for ETREAT; no-role as erin: read plain
          for HPAYMT; no-role as erin: read plain for HOPERAT; no-role as erin: read
          restricted for TREAT; and 3 more
      ",
      }
    `)
    expect(await at('policy test empty.yaml')).toMatchObject({ code: 1, stdout: expect.stringContaining('Not passed') })
    expect(await at('policy test -', { stdin: 'a: &x [*x' })).toMatchObject({ code: 1 })
  })

  it('says what nobody would miss, and asks for a percentage', async () => {
    const partial = `${head}${matrices[0]}${excluded('export')}`
    const ran = await at('policy test - --coverage 100', { stdin: partial })
    expect(ran).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "",
        "stdout": "Passed: 48 cells in 1 file; policy clinic 1.
      Coverage: 10 of 13 points, 76 %; 100 % are asked for.

      Nobody would miss
        no cell would notice if the rule care-team-exports were not there
          A cell that would: therapist: export Note; no purpose; actor id "id-1";
            record careTeam ["id-1"] → allow-if (step-up)
        no cell of care-team-exports depends on "actor.id in resource.careTeam" being
          true
          A cell that would: therapist: export Note; no purpose; actor id "id-1";
            record careTeam ["id-1"] → allow-if (step-up)
        no cell of care-team-exports depends on "actor.id in resource.careTeam" being
          false
          A cell that would: therapist: export Note; no purpose; actor id "id-1";
            record careTeam [] → deny
        no cell would notice if care-team-exports did not ask for step-up
          A cell that would: therapist: export Note; no purpose; actor id "id-1";
            record careTeam ["id-1"] → allow-if (step-up)
      ",
      }
    `)
    expect((await at('policy test - --coverage 50', { stdin: partial })).code).toBe(0)
    expect((await at('policy test clinic.yaml --coverage 100')).stdout).toContain('Coverage: 13 of 13 points, 100 %.')
  })

  it('tries mistakes', async () => {
    const ran = await at('policy test clinic.yaml --mutation --json')
    const { mutation } = JSON.parse(ran.stdout)
    const report = mutationReport(JSON.parse(clinicText()) as PolicyJson, clinicTests)
    expect(mutation).toMatchObject({
      mutants: report.mutants,
      killed: report.counts.killed,
      equivalent: report.counts.equivalent,
    })
    expect(mutation.survivors).toHaveLength(report.survivors.length)
    expect(ran.code).toBe(
      report.survivors.some(({ standing }) => standing === 'survived') ? 1 : report.survivors.length > 0 ? 3 : 0,
    )
    const sampled = await at('policy test clinic.yaml --mutation --sample 5 --seed 7')
    expect(sampled.stdout).toContain(`Mutation: 5 mistakes tried, a sample of ${report.mutants}`)
    expect((await at('policy test clinic.yaml --mutation --sample 5 --seed 7')).stdout).toBe(sampled.stdout)
    const weak = await at('policy test - --mutation --sample 12', { stdin: `${head}${matrices[0]}${excluded('export')}` })
    expect(weak).toMatchObject({ code: 1, stdout: expect.stringContaining('Mistakes that go unnoticed') })
  })

  it('counts several files together: what one of them covers is covered', async () => {
    const both = JSON.parse((await at('policy test read.yaml export.yaml --coverage 100 --json')).stdout)
    const whole = JSON.parse((await at('policy test clinic.yaml --coverage 100 --json')).stdout)
    expect(both.coverage).toEqual(whole.coverage)
    expect(both.counts).toEqual(whole.counts)
    expect(both.files.map(({ file }: { file: string }) => file)).toEqual(['read.yaml', 'export.yaml'])
    const policy = JSON.parse(clinicText()) as PolicyJson
    const alone = policyCoverage(policy, `${head}${matrices[1]}${excluded('read')}`)
    const one = JSON.parse((await at('policy test export.yaml --coverage 0 --json')).stdout).coverage
    expect([one.covered, one.coverable, one.redundant]).toEqual([
      alone.counts.covered,
      alone.counts.coverable,
      alone.counts.redundant,
    ])
  })

  it('S21 answers code scanning with places in the tests and in the policy', async () => {
    const log = JSON.parse((await at('policy test clinic.yaml --policy wide.json --format sarif')).stdout)
    const line = clinicTests.split('\n').findIndex((each) => each.includes('grants: any, outcome: deny')) + 1
    expect(log.runs[0].results).toMatchObject([
      {
        ruleId: 'policy-test-failed',
        level: 'error',
        locations: [{ physicalLocation: { artifactLocation: { uri: 'clinic.yaml' }, region: { startLine: line } } }],
      },
    ])
    const gaps = JSON.parse((await at('policy test export.yaml --coverage 0 --format sarif')).stdout).runs[0].results
    expect(gaps.length).toBeGreaterThan(0)
    for (const each of gaps) expect(each).toMatchObject({ ruleId: 'policy-not-covered', level: 'warning' })
    const rule = clinicText()
      .split('\n')
      .findIndex((each) => each.includes('"id": "care-team"'))
    expect(gaps[0].locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: 'clinic.json' },
      region: { startLine: rule },
    })
  })

  it('shows how far it is', async () => {
    const { stderr } = await at('policy test export.yaml --coverage 0', { terminal: true })
    expect(stderr).toContain('steps of coverage and mutation')
    expect(stderr.endsWith('\r\u001b[2K')).toBe(true)
  })

  it.each([
    ['policy test', 'the operand <tests> is missing'],
    ['policy test clinic.yaml --coverage 101', 'the option --coverage takes a whole number from 0 to 100'],
    ['policy test clinic.yaml --sample 5', '--sample and --seed are for --mutation'],
    ['policy test clinic.yaml --mutation --seed 5', '--seed chooses a sample'],
    ['policy test - -', 'standard input can be read once'],
  ])('%s', async (line, detail) => {
    expect(await at(line, { stdin: clinicTests })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(detail),
    })
  })

  it('says what it cannot read', async () => {
    expect(await at('policy test none.yaml')).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringContaining('there is no such file'),
    })
    expect(await at('policy test .')).toMatchObject({ code: 4, stdout: '' })
    const garbage = new Uint8Array([0xff, 0xfe, 0])
    expect(await at('policy test -', { stdin: garbage })).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('not text in UTF-8'),
    })
  })
})
