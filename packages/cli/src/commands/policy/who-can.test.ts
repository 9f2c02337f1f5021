import type { PolicyJson } from '@phi/rbac'
import { whoCan } from '@phi/rbac/analysis'
import { describe, expect, it } from 'vitest'
import { clinicText } from '../../../test/clinic.ts'
import { phi } from '../../../test/io.ts'
import { scratch } from '../../../test/scratch.ts'

const given = { op: 'eq', left: { attr: 'resource.restricted' }, right: { value: true } }
const folder = scratch({
  'clinic.json': clinicText(),
  'given.json': JSON.stringify(given),
  'wrong.json': '{"op":"Jane Roe"}',
  'phi.config.json': '{"policy":"clinic.json"}',
})
const at = (line: string, more: Parameters<typeof phi>[1] = {}) => phi(line, { cwd: folder.path, ...more })

describe('phi policy who-can', () => {
  it('S2 S7 says who, when, which fields, and what is owed', async () => {
    expect(await at('policy who-can read Note')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "therapist, billing can read Note.

        therapist
          when (actor.id in resource.careTeam and purpose is ETREAT) or (actor.id in
            resource.careTeam and resource.restricted is false)
          Gets id, tenant, patient, careTeam, restricted, body, owing refrain, when
            actor.id in resource.careTeam and purpose is ETREAT and
            resource.restricted is true (or unknown)
          Gets id, tenant, patient, careTeam, restricted, body, when actor.id in
            resource.careTeam and resource.restricted is false
        billing
          when purpose is HPAYMT and resource.restricted is false
          Gets id, patient
      ",
      }
    `)
    expect((await at('policy who-can export Note')).stdout).toMatchInlineSnapshot(`
      "therapist can export Note.

        therapist
          when actor.id in resource.careTeam
          Gets id, tenant, patient, careTeam, restricted, body, owing step-up
      "
    `)
  })

  it('says the same as the library', async () => {
    const policy = JSON.parse(clinicText()) as PolicyJson
    const question = { action: 'read', type: 'Note', purpose: 'HPAYMT', given } as const
    const { stdout } = await at('policy who-can read Note --purpose HPAYMT --given given.json --json')
    const answer = whoCan(policy, question as unknown as Parameters<typeof whoCan>[1])
    expect(JSON.parse(stdout)).toEqual({
      ...{ policy: { id: 'clinic', version: '1' }, action: 'read', type: 'Note' },
      answer: JSON.parse(JSON.stringify(answer)),
    })
  })

  it('S21 is an assertion with --only', async () => {
    expect((await at('policy who-can read Note --only therapist --only billing')).code).toBe(0)
    expect((await at('policy who-can export Note --only therapist')).stdout).toContain('Nobody beside those that --only names.')
    const ran = await at('policy who-can read Note --only therapist')
    expect(ran).toMatchObject({ code: 1, stdout: expect.stringContaining('Not among those that --only names: billing.') })
    expect(JSON.parse((await at('policy who-can read Note --only therapist --json')).stdout)).toMatchObject({
      unexpected: ['billing'],
    })
  })

  it('says that nobody can', async () => {
    const policy = clinicText((each) => {
      each.actions.push('burn')
    })
    expect(await at('policy who-can burn Note --policy -', { stdin: policy })).toEqual({
      code: 0,
      stdout: 'Nobody can burn Note.\n',
      stderr: '',
    })
  })

  it.each([
    ['policy who-can raed Note', 'an action that is named is not in the policy'],
    ['policy who-can read Jane', 'a type that is named is not in the policy'],
    ['policy who-can read Note --only Jane', 'a role that is named is not in the policy'],
    ['policy who-can read Note --purpose Jane', 'the option --purpose takes a code'],
    ['policy who-can read', 'the operand <type> is missing'],
    ['policy who-can read toString', 'a type that is named is not in the policy'],
  ])('%s', async (line, detail) => {
    const ran = await at(line)
    expect(ran).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(detail) })
    expect(ran.stderr).not.toContain('Jane')
  })

  it('refuses a condition that is none', async () => {
    const ran = await at('policy who-can read Note --given wrong.json')
    expect(ran).toMatchObject({ code: 4, stderr: expect.stringContaining('PHI_RBAC_POLICY') })
    expect(ran.stderr).not.toContain('Jane')
  })
})
