import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refusal } from '../../../core/test/refusal.ts'
import { definePolicy } from '../policy/define.ts'
import { compile } from './rules.ts'

const Note = z.object({
  id: z.string(),
  tenant: z.string(),
  body: z.string(),
  restricted: z.boolean(),
  author: z.object({ id: z.string() }),
  meta: z.unknown(),
})
const Patient = z.object({
  id: z.string(),
  tenant: z.string(),
  name: z.string(),
  ssn: z.string(),
  notes: z.array(Note),
  lastNote: Note.nullable(),
})

const policy = definePolicy(
  {
    id: 'p',
    version: '1',
    resources: { Patient: { schema: Patient, relations: { notes: 'Note', lastNote: 'Note' } }, Note },
    actions: ['read', 'export'],
    roles: { therapist: {}, front: {} },
    views: { contact: { Patient: ['id', 'name', 'notes'] } },
  },
  ({ permit, forbid, is }) => [
    permit('front').to('read').on('Patient').seeing('contact').as('front-desk'),
    permit('therapist').to('read', 'export').on('Patient', 'Note').as('therapist'),
    forbid().to('read').on('Note').when(is.resource('restricted')).unless('emergency').as('restricted'),
    forbid().to('read', 'export').on('Patient').hiding('ssn').as('no-ssn'),
  ],
)
const rules = compile(policy)
const note = (id: string, restricted = false, tenant = 'a') => ({
  id,
  tenant,
  body: `body-${id}`,
  restricted,
  author: { id: 'u' },
  meta: null,
})
const patient = {
  id: 'p1',
  tenant: 'a',
  name: 'N',
  ssn: '000',
  notes: [note('n1'), note('n2', true), note('n3', false, 'b')],
  lastNote: note('n2', true),
  mrn: 'undeclared',
}
const as = (role: string) =>
  ({ actor: { id: 'u', tenant: 'a', roles: [role] }, action: 'read', resource: { type: 'Patient', record: patient } }) as const

describe('a view', () => {
  it('S7 S42 is a copy of what the view lists, and nothing that is not declared', () => {
    const { record, decision } = rules.view(as('front'))
    expect(decision.outcome).toBe('allow')
    expect(record).toEqual({ id: 'p1', name: 'N', notes: [] })
  })

  it('S98 S129 narrows related records by the same rules: no note of another tenant, none that is restricted', () => {
    const { record, withheld } = rules.view(as('therapist'))
    expect(record).toEqual({ id: 'p1', tenant: 'a', name: 'N', notes: [note('n1')], lastNote: null })
    expect(withheld).toBe(3)
  })

  it('withholds related records whose obligations are open, and shows them once they are discharged', () => {
    const asked = { ...as('therapist'), purpose: 'ETREAT' } as const
    expect(rules.view(asked).record?.notes).toEqual([note('n1')])
    expect(rules.view(asked, { refrain: ['NOREUSE'] }).record?.notes).toEqual([note('n1'), note('n2', true)])
  })

  it('is nothing while the answer is not yes', () => {
    const asked = { ...as('therapist'), resource: { type: 'Note', record: note('n2', true) } } as const
    expect(rules.view(asked)).toMatchObject({ record: undefined, decision: { outcome: 'deny' } })
    expect(rules.view({ ...asked, purpose: 'BTG' })).toMatchObject({ record: undefined, decision: { outcome: 'allow-if' } })
  })

  it('S7 holds no more than the fields that are asked for', () => {
    expect(rules.view({ ...as('therapist'), fields: ['name', 'notes'] }).record).toEqual({ name: 'N', notes: [note('n1')] })
    expect(rules.view({ ...as('therapist'), fields: ['name', 'ssn'] }).record).toBeUndefined()
  })

  it('does not share what is nested with the record', () => {
    const original = note('n1')
    const { record } = rules.view({ ...as('therapist'), resource: { type: 'Note', record: original } })
    expect(record?.author).toEqual({ id: 'u' })
    expect(record?.author).not.toBe(original.author)
  })

  it('keeps related records narrow when another action is asked for', () => {
    const { record } = rules.view({ ...as('therapist'), action: 'export' })
    expect(record?.notes).toEqual([note('n1')])
  })

  it.each([
    [
      'a record in a record',
      () => {
        const meta: Record<string, unknown> = {}
        meta.self = meta
        return meta
      },
    ],
    [
      'an array in itself',
      () => {
        const meta: unknown[] = []
        meta.push(meta)
        return meta
      },
    ],
    [
      'a getter that throws',
      () =>
        Object.defineProperty({}, 'x', {
          enumerable: true,
          get: () => {
            throw new Error('PHI')
          },
        }),
    ],
  ])('refuses %s, without a word of what it holds', async (_, make) => {
    const record = { ...note('n1'), meta: make() }
    const error = await refusal(() => rules.view({ ...as('therapist'), resource: { type: 'Note', record } }))
    expect(error.code).toBe('PHI_RBAC_RECORD')
    expect(error.message).not.toContain('PHI')
    expect(error.cause).toBeUndefined()
  })

  it('refuses related records in a circle', async () => {
    const circle = { ...patient, notes: [] as unknown[] }
    const inside = {
      id: 'p',
      version: '1',
      resources: { Patient: { schema: Patient, relations: { notes: 'Patient' } } },
      actions: ['read'],
      roles: { t: {} },
    } as const
    const own = compile(definePolicy(inside, ({ permit }) => [permit('t').to('read').on('Patient').as('all')]))
    circle.notes.push(circle)
    const error = await refusal(() => own.view({ ...as('t'), resource: { type: 'Patient', record: circle as never } }))
    expect(error.code).toBe('PHI_RBAC_RECORD')
  })

  it('takes a key called __proto__ for a key', () => {
    const meta = JSON.parse('{"__proto__": {"admin": true}}')
    const { record } = rules.view({ ...as('therapist'), resource: { type: 'Note', record: { ...note('n1'), meta } } })
    expect(Object.keys(record?.meta as object)).toEqual(['__proto__'])
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
    expect((record as { meta: { admin?: boolean } }).meta.admin).toBeUndefined()
  })
})
