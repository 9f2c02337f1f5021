import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compile, type PolicyJson, type Request } from '@phi/rbac'
import { describe, expect, it } from 'vitest'
import { clinicText } from '../../../test/clinic.ts'
import { phi } from '../../../test/io.ts'
import { scratch } from '../../../test/scratch.ts'

const base = {
  actor: { id: 'dana', tenant: 'clinic-a', roles: ['therapist'] },
  action: 'read',
  resource: {
    type: 'Note',
    record: { id: 'n1', tenant: 'clinic-a', patient: 'Jane Roe', careTeam: ['dana'], restricted: false, body: 'F41.1' },
  },
  purpose: 'TREAT',
}
const text = (change: (request: typeof base & Record<string, unknown>) => void = () => {}): string => {
  const request = structuredClone(base)
  change(request)
  return JSON.stringify(request)
}
const folder = scratch({ 'clinic.json': clinicText(), 'request.json': text(), 'phi.config.json': '{"policy":"clinic.json"}' })
const at = (line: string, stdin?: string) => phi(line, { cwd: folder.path, ...(stdin === undefined ? {} : { stdin }) })

describe('phi policy explain', () => {
  it('S2 says that a request is allowed, and by what', async () => {
    expect(await at('policy explain request.json')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "Allowed: read Note.
        Because a permit applies and no forbid stands in the way.
        Rule care-team
          45 CFR 164.308(a)(4)
          actor.id in resource.careTeam: met
        Fields: id, tenant, patient, careTeam, restricted, body
        Policy clinic 1, sha256:e1e70817fc7a…
      ",
      }
    `)
  })

  it('S2 says what a denial rests on, and what the nearest permit lacked', async () => {
    const unloaded = text(({ resource }) => {
      delete (resource.record as Partial<typeof resource.record>).restricted
    })
    expect(await at('policy explain', unloaded)).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "",
        "stdout": "Denied: read Note.
        Because a forbid stands in the way, whatever the roles permit.
        Rule restriction
          45 CFR 164.522(a)
          resource.restricted = true: not known
          purpose is ETREAT: not met
        Policy clinic 1, sha256:e1e70817fc7a…
      ",
      }
    `)
    const stranger = text(({ actor }) => {
      actor.id = 'erin'
    })
    expect((await at('policy explain -', stranger)).stdout).toMatchInlineSnapshot(`
      "Denied: read Note.
        Because no permit applies.
        Nearest permit: care-team, which would also have needed
          actor.id in resource.careTeam: not met
        Policy clinic 1, sha256:e1e70817fc7a…
      "
    `)
  })

  it('S21 takes what is owed for not allowed', async () => {
    const owed = await at(
      'policy explain',
      text((request) => Object.assign(request, { action: 'export' })),
    )
    expect(owed.stdout).toContain('Allowed once what is owed was done: export Note.')
    expect(owed.stdout).toContain('Owed first: step-up')
    expect(owed.code).toBe(1)
  })

  it('says that names are strange, and repeats none', async () => {
    const ran = await at(
      'policy explain',
      text((request) => {
        request.action = 'Jane-Roe'
        request.actor.roles.push('Jane Roe')
        Object.assign(request.resource.record, { careTaem: ['dana'] })
        request.purpose = 'Jane'
      }),
    )
    expect(ran.code).toBe(1)
    expect(ran.stdout.replace(/\s+/g, ' ')).toContain(
      'The policy does not know the action, 1 role, 1 attribute of the request: a spelling mistake?',
    )
    expect(ran.stdout).toContain('The purpose is no code of HL7')
    expect(ran.stdout + ran.stderr).not.toMatch(/Jane|careTaem/)
  })

  it('holds no value of the request, in any form', async () => {
    for (const stdin of [
      text(),
      text(({ actor }) => Object.assign(actor, { tenant: 'clinic-b' })),
      text(({ actor }) => actor.roles.splice(0)),
    ]) {
      for (const format of ['text', 'json']) {
        const ran = await at(`policy explain --format ${format}`, stdin)
        expect(ran.stdout + ran.stderr).not.toMatch(/Jane|F41|clinic-a|dana/)
      }
    }
  })

  it('decides as the library does', async () => {
    const rules = compile(JSON.parse(clinicText()) as PolicyJson)
    for (const purpose of ['TREAT', 'ETREAT', 'HPAYMT', undefined]) {
      for (const roles of [['therapist'], ['billing'], ['therapist', 'billing'], []]) {
        for (const restricted of [true, false]) {
          const request = structuredClone(base) as Record<string, unknown> & typeof base
          request.actor.roles = roles
          request.resource.record.restricted = restricted
          Object.assign(request, { purpose })
          const { stdout, code } = await at('policy explain --json', JSON.stringify(request))
          const decision = rules.decide(request as unknown as Request)
          expect(JSON.parse(stdout).decision).toEqual(JSON.parse(JSON.stringify(decision)))
          expect(code).toBe(decision.outcome === 'allow' ? 0 : 1)
        }
      }
    }
  })

  it('takes the time from the clock where the request has none', async () => {
    const policy = clinicText((each) => {
      each.context = { due: { type: 'instant' } }
      each.rules[0].when = { op: 'lt', left: { now: true }, right: { attr: 'context.due' } }
    })
    const run = (more: object) =>
      phi('policy explain --policy due.json', {
        cwd: folder.path,
        stdin: text((request) => Object.assign(request, more)),
      })
    await writeFile(join(folder.path, 'due.json'), policy)
    expect((await run({ context: { due: '2026-11-22T12:00:00.001Z' } })).code).toBe(0)
    expect((await run({ context: { due: '2026-11-22T12:00:00.000Z' } })).code).toBe(1)
    expect((await run({ context: { due: '2026-11-22T12:00:00.000Z' }, at: '2026-11-22T11:59:59.999Z' })).code).toBe(0)
  })

  it.each([
    ['{"actor":{}}', 'actor.id must be of type string'],
    [text((request) => Object.assign(request, { purpos: 'TREAT' })), 'holds a key that is not documented'],
    ['[]', 'must be of type object'],
    ['{', 'it is not JSON'],
  ])('refuses %j', async (stdin, detail) => {
    expect(await at('policy explain', stdin)).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining(detail) })
  })
})
