import { readFile } from 'node:fs/promises'
import { definePolicy } from '@phi/rbac'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { clinicPolicy } from '../../test/clinic-policy.ts'
import { runSuite } from '../suite/run-suite.ts'
import { definePolicyTests } from './define.ts'
import { problemText } from './problem.ts'
import { runPolicyTests } from './run.ts'
import { policySuite } from './suite.ts'
import type { PolicyTests } from './test-file.ts'

const clinic = await readFile(new URL('../../test/clinic-policy.yaml', import.meta.url), 'utf8')

const small = definePolicy(
  {
    id: 'small',
    version: '1',
    resources: { Note: z.object({ tenant: z.string(), owner: z.string(), status: z.enum(['draft', 'signed']), at: z.date() }) },
    actions: ['read', 'update'],
    roles: { nurse: {}, clerk: {} },
    context: z.object({ ip: z.union([z.ipv4(), z.ipv6()]) }),
  },
  ({ permit, is }) => [
    permit('nurse')
      .to('read')
      .on('Note')
      .when(is.eq(is.actor('id'), is.resource('owner')))
      .as('own'),
    permit('clerk')
      .to('read')
      .on('Note')
      .when(is.lt(is.resource('at'), is.now()))
      .as('past'),
  ],
)

const head = 'format: phi.policy-tests/v1\npolicy: small\nactors: { ann: { id: ann, tenant: t } }\n'
const records = 'records: { mine: { type: Note, record: { tenant: t, owner: ann } } }\n'
const rest = 'excluded: [{ roles: any, actions: update, types: any, because: nobody updates }]\n'
const matrix = (axes: string, ...expectations: string[]) =>
  `matrices:\n  - name: m\n    axes: { ${axes} }\n    expect:\n${expectations.map((each) => `      - { ${each} }\n`).join('')}`
const both = 'roles: [nurse, clerk], actors: [ann], actions: [read], records: [mine]'
const sound = head + records + rest + matrix(both, 'roles: nurse, outcome: allow', 'roles: clerk, outcome: deny')

const problems = (text: string) => runPolicyTests(small, text).problems.map(problemText)

describe('a test file', () => {
  it('S2 S92 S7 holds the clinic to its policy, cell by cell', () => {
    const report = runPolicyTests(clinicPolicy, clinic)
    expect(report.problems).toEqual([])
    expect(report.results.filter(({ passed }) => !passed)).toEqual([])
    expect(report.passed).toBe(true)
    expect(report.counts).toEqual({ cells: 268, passed: 268, failed: 0, problems: 0 })
    expect(report.results[0]).toMatchObject({
      matrix: 'therapists see the notes of those they treat',
      title: 'therapist as dana: read draft for TREAT',
      requirements: ['S2', 'S92'],
      passed: true,
    })
  })

  it('S2 fails the cells that come out otherwise, with the difference, the reason and the line', () => {
    const report = runPolicyTests(
      small,
      sound.replace('outcome: allow', "outcome: { 'allow-if': [step-up] }, rule: past, fields: [at]"),
    )
    expect(report.passed).toBe(false)
    expect(report.counts).toEqual({ cells: 2, passed: 1, failed: 1, problems: 0 })
    const [failed] = report.results
    expect(failed?.differences).toEqual([
      'expected allow-if (step-up), got allow',
      'expected rule past to decide, got own',
      'expected the fields at, got at, owner, status, tenant',
    ])
    expect(failed?.because).toEqual(['allow: a permit applies (rule own)', 'own: actor.id = resource.owner was true'])
    expect(failed?.place).toEqual({ line: 10, column: 9 })
  })

  it('takes the time of the file or of the matrix, and knows none otherwise', () => {
    const dated = sound.replace('owner: ann }', 'owner: ann, at: 2026-01-01T00:00:00.000Z }')
    const outcomes = (text: string) => runPolicyTests(small, text).results.map(({ decision }) => decision.outcome)
    expect(outcomes(dated)).toEqual(['allow', 'deny'])
    expect(outcomes(`at: 2026-01-02T00:00:00.000Z\n${dated}`)).toEqual(['allow', 'allow'])
    expect(outcomes(dated.replace('    axes', '    at: 2025-01-01T00:00:00.000Z\n    axes'))).toEqual(['allow', 'deny'])
    expect(problems(`at: yesterday\n${dated}`)).toEqual(['line 1, column 1: a time must be UTC with milliseconds'])
  })

  it('an unlisted cell is a problem, not a denial', () => {
    const text = head + records + rest + matrix(both, 'roles: nurse, outcome: allow')
    expect(problems(text)).toEqual(['line 7, column 5: 1 of 2 cells have no expectation: clerk as ann: read mine'])
    expect(runPolicyTests(small, text)).toMatchObject({ passed: false, counts: { cells: 1, passed: 1 } })
  })

  it('an axis with several choices must be named, if only as any', () => {
    expect(problems(head + records + rest + matrix(both, 'outcome: deny'))).toEqual([
      'line 10, column 9: the axis roles has 2 choices: name those that are meant, or any',
    ])
    expect(problems(head + records + rest + matrix(both, 'roles: any, outcome: deny'))).toEqual([])
  })

  it('a cell with two expectations is a problem', () => {
    const text = head + records + rest + matrix(both, 'roles: any, outcome: deny', 'roles: [clerk], outcome: deny')
    expect(problems(text)).toEqual([
      'line 11, column 9: another expectation, the one of line 10, covers clerk as ann: read mine as well',
    ])
  })

  it('every role, action and type is tested or excluded with a reason, never both', () => {
    const bare = sound.replace(rest, '')
    expect(problems(bare)).toEqual([
      'line 5, column 1: 2 combinations of role, action and type are neither tested nor excluded with a reason: nurse: update Note; clerk: update Note',
    ])
    const wide = rest.replace('update, types', 'any, types')
    expect(problems(sound.replace(rest, wide))).toEqual([
      'line 5, column 12: this is excluded and tested: nurse: read Note; clerk: read Note',
    ])
    const alone = sound
      .replace('roles: [nurse, clerk]', 'roles: [nurse, nurse+clerk]')
      .replaceAll('roles: clerk, outcome: deny', 'roles: nurse+clerk, outcome: allow')
    expect(problems(alone)).toEqual([
      'line 6, column 1: 1 combination of role, action and type is neither tested nor excluded with a reason: clerk: read Note',
    ])
  })

  it.each([
    ['roles: [nurse, clerk]', 'roles: [nurse, klerk]', 'this is no role of the policy'],
    ['roles: [nurse, clerk]', 'roles: [nurse, any]', 'an axis lists its choices one by one'],
    ['roles: [nurse, clerk]', 'roles: [nurse, clerk, nurse]', 'this is there twice'],
    ['roles: [nurse, clerk]', 'roles: [nurse, clerk, nurse+nurse]', 'this is no role of the policy'],
    ['roles: [nurse, clerk]', 'roles: [nurse, clerk, toString]', 'this is no role of the policy'],
    ['actions: [read]', 'actions: [reed]', 'this is no action of the policy'],
    ['records: [mine]', 'records: [yours]', 'this is no record of this file'],
    ['actors: [ann]', 'actors: [hasOwnProperty]', 'this is no actor of this file'],
    ['actors: [ann]', 'actors: [ann], purposes: [TREATT]', 'this is no purpose of use'],
    ['actors: [ann]', 'actors: [ann], contexts: [home]', 'this is no context of this file'],
    ['actors: [ann]', 'actors: [ann], grants: [glass]', 'this is no grant of this file'],
    ['roles: clerk,', 'roles: no-role,', 'this is no choice of the axis roles'],
    ['roles: clerk,', 'roles: [clerk, clerk],', 'this is there twice'],
    ['outcome: deny', 'outcome: deny, rule: nope', 'the policy has no such rule'],
    ['outcome: deny', 'outcome: deny, fields: [at]', 'a denial shows no fields'],
    ['outcome: allow', 'outcome: allow, reason: default', 'this is a reason for a denial'],
    ['outcome: deny', 'outcome: perhaps', 'this must have the documented form'],
    ['outcome: deny', 'outcome: deny, because: x', 'this key is not documented'],
    ['policy: small', 'policy: large', 'these tests are for a policy with another id'],
    ['type: Note', 'type: Letter', 'the policy declares no such type'],
    ['owner: ann', 'ovner: ann', 'the policy declares no such attribute of this type'],
    ['owner: ann', 'owner: 7', 'this is not what the policy declares the attribute to hold (string)'],
    ['owner: ann', 'owner: ~', 'this is not what the policy declares the attribute to hold (string)'],
    ['owner: ann', 'status: lost', 'this is not what the policy declares the attribute to hold (string)'],
    ['owner: ann', 'at: yesterday', 'this is not what the policy declares the attribute to hold (instant)'],
    ['id: ann', 'id: ann, roles: [nurse]', 'roles are an axis, not an attribute of an actor'],
    ['id: ann', 'id: ann, age: 7', 'the policy declares no such attribute of actors'],
    ['actors:', 'contexts: { home: { ipp: x } }\nactors:', 'the policy declares no such attribute of requests'],
    ['actors:', 'grants: { g: { kind: nope } }\nactors:', 'the policy declares no such kind of grant'],
    [
      'actors:',
      'grants: { "a b": {} }\nactors:',
      'a name must be a letter, then letters, digits, hyphens, dots and underscores',
    ],
    ['because: nobody updates', 'reason: x', 'something required is missing'],
    ['actions: update', 'actions: updat', 'the policy has no such action'],
    ['format: phi.policy-tests/v1', 'format: phi.policy-tests/v2', 'this must be one of the documented values'],
  ])('%j as %j is a problem with a place: %s', (from, to, message) => {
    expect(sound).toContain(from)
    const found = runPolicyTests(small, sound.replace(from, to)).problems
    expect(found.map((each) => each.message)).toContain(message)
    for (const { place } of found) expect(place).toMatchObject({ line: expect.any(Number), column: expect.any(Number) })
    expect(runPolicyTests(small, sound.replace(from, to)).passed).toBe(false)
  })

  it('lets a fixture be wrong on purpose, when it says so', () => {
    const wrong = sound.replace('owner: ann }', 'owner: 7 }, unsound: [owner]').replace('outcome: allow', 'outcome: deny')
    expect(runPolicyTests(small, wrong)).toMatchObject({ passed: true, problems: [] })
    expect(problems(sound.replace('owner: ann }', 'owner: ann }, unsound: [ovner]'))).toEqual([
      'line 4, column 77: the record has no such attribute',
    ])
  })

  it('refuses more cells than it can run, before it makes them', () => {
    const many = Array.from({ length: 400 }, (_, i) => `r${i}`)
    const fixtures = `records: { ${many.map((name) => `${name}: { type: Note, record: {} }`).join(', ')} }\n`
    const actors = `actors: { ${many.map((name) => `${name}: {}`).join(', ')} }\n`
    const axes = `roles: [nurse], actors: [${many}], actions: [read], records: [${many}]`
    const text = `format: phi.policy-tests/v1\npolicy: small\n${actors}${fixtures}${matrix(axes, 'actors: any, records: any, outcome: deny')}`
    expect(problems(text)).toContain('line 6, column 5: the file has more than 100000 cells')
  })

  it('never passes with nothing in it', () => {
    for (const text of ['', '[]', '7', 'null', 'format: phi.policy-tests/v1', '\u0000']) {
      const report = runPolicyTests(small, text)
      expect(report).toMatchObject({ passed: false, results: [] })
      expect(report.problems.length).toBeGreaterThan(0)
    }
    const hostile = {
      get matrices(): never {
        throw new Error('secret')
      },
    } as unknown as PolicyTests
    expect(runPolicyTests(small, hostile).problems).toEqual([
      { code: 'unreadable', message: 'the tests could not be read', at: '' },
    ])
  })
})

describe('tests in TypeScript', () => {
  const fixtures = {
    actors: { ann: { id: 'ann', tenant: 't' } },
    records: { mine: { type: 'Note', record: { tenant: 't', owner: 'ann' } } },
    excluded: [{ roles: 'any', actions: 'update', types: 'any', because: 'nobody updates' }],
  } as const

  it('say what YAML says', () => {
    const tests = definePolicyTests(small, {
      ...fixtures,
      matrices: [
        {
          name: 'm',
          axes: { roles: ['nurse', 'clerk'], actors: ['ann'], actions: ['read'], records: ['mine'] },
          expect: [
            { roles: 'nurse', outcome: 'allow', fields: ['at', 'owner', 'status', 'tenant'] },
            { roles: ['clerk'], outcome: 'deny' },
          ],
        },
      ],
    })
    const report = runPolicyTests(small, tests)
    expect(report).toMatchObject({ passed: true, counts: { cells: 2 } })
    const outcomes = ({ results }: typeof report) => results.map(({ title, decision }) => [title, decision.outcome])
    expect(outcomes(report)).toEqual(outcomes(runPolicyTests(small, sound)))
  })

  it('do not compile with a word that is not declared', () => {
    const axes = { roles: ['nurse'], actors: ['ann'], actions: ['read'], records: ['mine'] } as const
    const one = <const Expected>(expected: Expected) => [expected] as const
    const base = { name: 'm', axes } as const
    const typos = () => [
      // @ts-expect-error a role
      definePolicyTests(small, { ...fixtures, matrices: [{ ...base, axes: { ...axes, roles: ['nurs'] }, expect: [] }] }),
      // @ts-expect-error an action
      definePolicyTests(small, { ...fixtures, matrices: [{ ...base, axes: { ...axes, actions: ['reed'] }, expect: [] }] }),
      // @ts-expect-error a fixture
      definePolicyTests(small, { ...fixtures, matrices: [{ ...base, axes: { ...axes, records: ['yours'] }, expect: [] }] }),
      // @ts-expect-error a choice
      definePolicyTests(small, { ...fixtures, matrices: [{ ...base, expect: one({ roles: 'nurs', outcome: 'deny' }) }] }),
      // @ts-expect-error a field
      definePolicyTests(small, { ...fixtures, matrices: [{ ...base, expect: one({ outcome: 'allow', fields: ['ovner'] }) }] }),
      // @ts-expect-error an attribute
      definePolicyTests(small, { ...fixtures, records: { mine: { type: 'Note', record: { ovner: 'ann' } } }, matrices: [] }),
      // The same without a typo compiles.
      definePolicyTests(small, {
        ...fixtures,
        matrices: [{ ...base, expect: one({ roles: 'nurse', outcome: 'deny', fields: ['owner'] }) }],
      }),
    ]
    expect(typos).toBeTypeOf('function')
  })

  it('show problems without a line', () => {
    const tests = { ...definePolicyTests(small, { ...fixtures, matrices: [] }), policy: 7 } as unknown as PolicyTests
    expect(runPolicyTests(small, tests).problems.map(problemText)).toEqual([
      '/policy: this must be of type string',
      '/matrices: this must have at least 1 of what it holds',
    ])
  })
})

describe('a test file as a suite', () => {
  it('S2 has a case for every cell, with its requirements', async () => {
    const suite = policySuite(clinicPolicy, clinic)
    expect(suite.name).toBe('policy clinic')
    expect(suite.cases).toHaveLength(268)
    expect(new Set(suite.cases.map(({ title }) => title)).size).toBe(268)
    expect(suite.cases[0]).toMatchObject({
      title: 'therapists see the notes of those they treat / therapist as dana: read draft for TREAT: allow',
      requirements: ['S2', 'S92'],
    })
    const { passed, failed, skipped } = await runSuite(suite)
    expect([passed.length, failed.length, skipped.length]).toEqual([268, 0, 0])
  })

  it('fails a cell with what differs and why, and no value of the record', async () => {
    const { failed } = await runSuite(policySuite(small, sound.replace('owner: ann', 'owner: secret-name')))
    expect(failed.map(({ reason }) => reason)).toEqual([
      'expected allow, got deny (line 10)\n  deny: no permit applies\n  nearest miss: own, which lacked actor.id = resource.owner (was false)',
    ])
    expect(JSON.stringify(failed)).not.toContain('secret')
  })

  it('fails for every problem, so that a file that cannot be read is never an empty suite', async () => {
    const { failed, passed } = await runSuite(policySuite(small, 'a: 1\na: 2'))
    expect(passed).toEqual([])
    expect(failed.map(({ title }) => title)).toEqual(['the test file is sound: line 2, column 1: the key is there twice'])
  })
})
