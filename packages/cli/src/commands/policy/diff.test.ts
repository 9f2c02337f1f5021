import type { PolicyJson } from '@phi/rbac'
import { diffPolicies, renderMarkdown } from '@phi/rbac/analysis'
import { describe, expect, it } from 'vitest'
import { clinicText, type Mutable } from '../../../test/clinic.ts'
import { phi } from '../../../test/io.ts'
import { scratch } from '../../../test/scratch.ts'

const widened = (policy: Mutable) => {
  policy.version = '2'
  policy.roles.auditor = {}
  policy.rules.push({ ...policy.rules[2], id: 'auditors', roles: ['auditor'] })
}
const narrowed = (policy: Mutable) => {
  policy.version = '2'
  policy.rules.splice(2, 1)
}
const mixed = (policy: Mutable) => {
  policy.version = '2'
  policy.views.cover.Note = ['id', 'careTeam']
}
const folder = scratch({
  'old.json': clinicText(),
  'same.json': clinicText((policy) => {
    policy.version = '2'
    policy.rules[0].id = 'team'
  }),
  'wide.json': clinicText(widened),
  'narrow.json': clinicText(narrowed),
  'mixed.json': clinicText(mixed),
})
const at = (line: string, more: Parameters<typeof phi>[1] = {}) => phi(line, { cwd: folder.path, ...more })

describe('phi policy diff', () => {
  it('S21 says what a change widens, and fails', async () => {
    expect(await at('policy diff old.json wide.json --examples')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "",
        "stdout": "clinic 1 to 2: 3 cells widened.
        Added
          roles auditor
          rules auditors

      Widened
        3 cells
          auditor may now read Note (id, patient) when purpose is HPAYMT and
            resource.restricted is false
          For example:
            {"actor":{"id":"id-1","tenant":"tenant-1","roles":["auditor"]},"action":"read","resource":{"type":"Note","record":{"tenant":"tenant-1","careTeam":["id-1"],"restricted":false}},"purpose":"HPAYMT","at":"2026-01-15T12:00:00.000Z"}
      ",
      }
    `)
  })

  it('lets pass what narrows, unless it is asked to be strict', async () => {
    expect(await at('policy diff old.json narrow.json')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "clinic 1 to 2: 3 cells narrowed.
        Removed
          rules billing-cover

      Narrowed
        3 cells
          billing may no longer read Note when purpose is HPAYMT and
            resource.restricted is false
      ",
      }
    `)
    expect((await at('policy diff old.json narrow.json --strict')).code).toBe(1)
  })

  it('fails where something was exchanged for something else', async () => {
    const ran = await at('policy diff old.json mixed.json')
    expect(ran.code).toBe(1)
    expect(ran.stdout).toContain('\nExchanged\n')
  })

  it('takes what is only said in other words for no change', async () => {
    expect(await at('policy diff old.json same.json')).toEqual({
      code: 0,
      stdout: 'clinic 1 to 2: no cell changed.\n  Added\n    rules team\n  Removed\n    rules care-team\n',
      stderr: '',
    })
  })

  it('says the same as the library, as data and as Markdown', async () => {
    const diff = diffPolicies(JSON.parse(clinicText()) as PolicyJson, JSON.parse(clinicText(widened)) as PolicyJson)
    expect(JSON.parse((await at('policy diff old.json wide.json --json')).stdout)).toEqual(JSON.parse(JSON.stringify(diff)))
    expect((await at('policy diff old.json wide.json --markdown')).stdout).toBe(renderMarkdown(diff))
    expect((await at('policy diff old.json wide.json --markdown --json')).code).toBe(2)
  })

  it('S21 answers code scanning at the type that changed', async () => {
    const log = JSON.parse((await at('policy diff old.json wide.json --format sarif')).stdout)
    const line =
      clinicText(widened)
        .split('\n')
        .findIndex((each) => each.includes('"Note": {')) + 1
    expect(log.runs[0].results).toMatchObject([
      {
        ruleId: 'policy-widened',
        level: 'error',
        locations: [{ physicalLocation: { artifactLocation: { uri: 'wide.json' }, region: { startLine: line } } }],
      },
    ])
  })

  it('reads one of the two from standard input, and not both', async () => {
    expect((await at('policy diff - wide.json', { stdin: clinicText() })).code).toBe(1)
    expect(await at('policy diff - -', { stdin: clinicText() })).toMatchObject({ code: 2, stdout: '' })
  })

  it('compares nothing with what is no policy', async () => {
    expect(await at('policy diff old.json -', { stdin: '{}' })).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringContaining('PHI_RBAC_POLICY'),
    })
    expect((await at('policy diff none.json wide.json')).stderr).toContain('(at <old>): there is no such file')
    expect((await at('policy diff old.json')).stderr).toContain('the operand <new> is missing')
  })
})
