import { parsePolicy } from '@phi/rbac'
import { analyse } from '@phi/rbac/analysis'
import { describe, expect, it } from 'vitest'
import { clinic, clinicText } from '../../../test/clinic.ts'
import { phi } from '../../../test/io.ts'
import { scratch } from '../../../test/scratch.ts'

const one = (attr: string, value: unknown) => ({ op: 'eq', left: { attr }, right: { value } })

const folder = scratch({
  'clinic.json': clinicText(),
  'worse.json': clinicText((policy) => {
    policy.version = '2'
    policy.roles.auditor = {}
    policy.rules[0].when = { op: 'and', of: [one('resource.id', 'a'), one('resource.id', 'b')] }
  }),
  'invalid.json': clinicText((policy) => {
    policy.rules[2].effect = 'Jane Roe'
  }),
  'unfit.json': clinicText((policy) => {
    policy.rules[2].roles = ['JaneRoe']
  }),
  'twice.json': clinicText().replace('"version": "1",', '"version": "1",\n  "version": "1",'),
  'cut.json': '{"format":',
  'phi.config.json': '{"policy":"clinic.json"}',
})
const at = (line: string, more: Parameters<typeof phi>[1] = {}) => phi(line, { cwd: folder.path, ...more })

describe('phi policy check', () => {
  it('says that nothing is wrong', async () => {
    expect(await at('policy check clinic.json')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "clinic 1: 0 errors, 0 warnings, 0 notes.
      ",
      }
    `)
    // The policy of the configuration, and one of standard input.
    expect((await at('policy check')).stdout).toBe((await at('policy check clinic.json')).stdout)
    expect((await at('policy check -', { stdin: clinicText() })).code).toBe(0)
  })

  it('S21 says what is wrong, with the line', async () => {
    expect(await at('policy check worse.json')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "",
        "stdout": "clinic 2: 1 error, 1 warning, 0 notes.

      Errors
        contradiction, line 50
          care-team: its condition cannot hold
          At: read Note

      Warnings
        unused-role, line 12
          role auditor has no permits
      ",
      }
    `)
  })

  it('shows weights in colour, which the words say as well', async () => {
    expect((await at('policy check worse.json', { terminal: true })).stdout.split('\n')[0]).toBe(
      '\u001b[1mclinic 2\u001b[22m: \u001b[31m1 error, 1 warning, 0 notes\u001b[39m.',
    )
  })

  it('shows notes when they are asked for', async () => {
    const text = clinicText((policy) => {
      delete policy.rules[0].cite
    })
    const quiet = await at('policy check -', { stdin: text })
    expect(quiet.stdout).toContain('1 note')
    expect(quiet.stdout).not.toContain('cites nothing')
    expect((await at('policy check - --notes', { stdin: text })).stdout).toContain('care-team cites nothing')
    expect(quiet.code).toBe(0)
    expect((await at('policy check - --fail-on note', { stdin: text })).code).toBe(1)
  })

  it('weighs findings as it is told', async () => {
    expect((await at('policy check worse.json --fail-on error')).code).toBe(1)
    const unused = clinicText((policy) => {
      policy.roles.auditor = {}
    })
    expect((await at('policy check - --fail-on error', { stdin: unused })).code).toBe(0)
    expect((await at('policy check -', { stdin: unused })).code).toBe(1)
  })

  it('says the same as the library', async () => {
    for (const file of ['clinic.json', 'worse.json']) {
      const answer = JSON.parse((await at(`policy check ${file} --json`)).stdout)
      const policy = parsePolicy(JSON.parse(clinicText()))
      expect(answer.policy.hash).toMatch(/^sha256:[0-9a-f]{64}$/)
      if (file === 'clinic.json') expect(answer.findings).toEqual(JSON.parse(JSON.stringify(analyse(policy).findings)))
      else
        expect(answer.findings.map(({ code, line }: { code: string; line?: number }) => [code, line])).toMatchInlineSnapshot(`
          [
            [
              "contradiction",
              50,
            ],
            [
              "unused-role",
              12,
            ],
          ]
        `)
    }
  })

  it('S2 finds who can do what nobody should do both of', async () => {
    const alone = await at('policy check clinic.json --separate read:Note,export:Note')
    expect(alone.code).toBe(1)
    expect(alone.stdout).toContain('therapist can read Note and export Note')
    const roles = clinicText((policy) => {
      policy.roles.manager = { inherits: ['therapist', 'billing'] }
    })
    const joined = await at('policy check - --separate-roles therapist,billing', { stdin: roles })
    expect(joined).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('manager has the permits of therapist and billing'),
    })
    expect((await at('policy check clinic.json --separate-roles therapist,billing')).code).toBe(0)
    for (const words of ['read', 'read:', 'read:Note:x,export:Note']) {
      expect(await at(`policy check clinic.json --separate ${words}`)).toMatchObject({ code: 2, stdout: '' })
    }
    expect((await at('policy check clinic.json --separate read:Note,burn:Note')).stderr).toContain('PHI_RBAC_QUERY')
  })

  it('takes a policy that is not valid for a finding, with its line, and quotes none of it', async () => {
    const ran = await at('policy check invalid.json')
    expect(ran).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "",
        "stdout": "The policy is not valid: 1 error, 0 warnings, 0 notes.

      Errors
        invalid-policy, line 133
          The policy is not valid (at policy.rules.*.effect): must have one of the
            documented forms
      ",
      }
    `)
    expect(ran.stdout).not.toContain('Jane')
    const unfit = await at('policy check unfit.json --json')
    // The third of the rules names a role that there is not.
    const third = clinicText().slice(0, clinicText().indexOf('"billing-cover"')).split('\n').length - 1
    expect(JSON.parse(unfit.stdout)).toMatchObject({
      policy: null,
      findings: [
        { code: 'invalid-policy', severity: 'error', line: third, message: expect.stringContaining('rule 3 of the list') },
      ],
    })
    expect(unfit.stdout).not.toContain('Jane')
    expect((await at('policy check -', { stdin: '[]' })).code).toBe(1)
    expect((await at('policy check -', { stdin: `${'['.repeat(50_000)}${']'.repeat(50_000)}` })).code).toBe(1)
  })

  it('finds keys that stand twice, as readers differ in which of them counts', async () => {
    const { stdout, code } = await at('policy check twice.json')
    expect([code, stdout]).toEqual([1, expect.stringContaining('repeated-key, line 5')])
    expect((await at('policy who-can read Note --policy twice.json')).stderr).toContain('PHI_CLI_FILE_CONTENT')
  })

  it('S21 answers code scanning with places', async () => {
    const log = JSON.parse((await at('policy check worse.json --format sarif')).stdout)
    expect(log.runs[0].results).toMatchInlineSnapshot(`
      [
        {
          "level": "error",
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "worse.json",
                },
                "region": {
                  "startLine": 50,
                },
              },
            },
          ],
          "message": {
            "text": "care-team: its condition cannot hold",
          },
          "ruleId": "contradiction",
          "ruleIndex": 0,
        },
        {
          "level": "warning",
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "worse.json",
                },
                "region": {
                  "startLine": 12,
                },
              },
            },
          ],
          "message": {
            "text": "role auditor has no permits",
          },
          "ruleId": "unused-role",
          "ruleIndex": 1,
        },
      ]
    `)
    expect(JSON.parse((await at('policy check invalid.json --format sarif')).stdout).runs[0].results).toHaveLength(1)
  })

  it('says that it cannot tell, and does not call it good', async () => {
    const ips = Array.from({ length: 18 }, (_, each) => ({
      op: 'in',
      left: { value: `p${each}` },
      right: { attr: 'resource.careTeam' },
    }))
    const large = clinicText((policy) => {
      policy.rules[0].when = { op: 'or', of: ips }
    })
    const ran = await at('policy check -', { stdin: large })
    expect(ran).toMatchObject({ code: 3, stdout: expect.stringContaining('cannot be told') })
    expect((await at('policy who-can read Note --policy -', { stdin: large })).code).toBe(3)
    expect((await at('policy diff clinic.json -', { stdin: large })).code).not.toBe(0)
  })

  it.each([
    ['policy check none.json', 'there is no such file'],
    ['policy check .', 'it is a folder'],
    ['policy check clinic.json/x', 'a part of the path is no folder'],
    ['policy check cut.json', 'it is not JSON'],
    ['policy check - --export x', 'the option --export is for modules'],
  ])('%s', async (line, detail) => {
    const ran = await at(line, { stdin: '{}' })
    expect([ran.stdout, ran.stderr]).toEqual(['', expect.stringContaining(detail)])
    expect(ran.code).toBe(line.includes('--export') ? 2 : 4)
  })

  it('needs a policy', async () => {
    const ran = await phi('policy check', { cwd: '/' })
    expect(ran).toMatchObject({ code: 4, stderr: expect.stringContaining('PHI_CLI_NOT_CONFIGURED') })
  })

  it('takes a policy as it is, whatever its names are', async () => {
    expect(clinic().rules).toHaveLength(4)
    const hostile = await at('policy check -', {
      stdin: clinicText((policy) => Object.assign(policy, { version: '\u001b[2J1' })),
    })
    expect(hostile.stdout).not.toContain('\u001b')
  })
})
