import { auditEventSchema } from '@phi/audit'
import { errorsOf } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { ask, note, problemIn, type Service, service, testError } from './support.ts'

/** Notes that ann may not read, one she may, and none. The names of fields come from the query, as in an API that lets clients choose. */
async function made(
  notes = [note('n-1', { careTeam: ['bob'] })],
  facts?: (record: unknown) => { id: string },
): Promise<Service> {
  const clinic = await service({ notes, ...(facts === undefined ? {} : { pipeline: { facts: { Note: facts } } }) })
  // As a log of @phi/audit refuses what is no event.
  clinic.does.append = async (event) => {
    if (!auditEventSchema.safeParse(event).success) throw noEvent('PHI_AUDIT_EVENT')
  }
  return clinic
}
const noEvent = errorsOf({ PHI_AUDIT_EVENT: { problem: 'It is no event', remedy: 'Correct it.' } })

const choosing = ({ pipeline, notes }: Service) =>
  pipeline.route({
    action: 'read',
    on: 'Note',
    purpose: 'TREAT',
    fields: ({ query }) => query.fields?.split(',') ?? ['id'],
    load: ({ params }) => notes.get(params.id ?? ''),
  })

const withoutId = async (response: Response) => {
  const { instance, ...rest } = await problemIn(response)
  return [response.status, rest]
}

describe('a record that is denied answers as one that is absent', () => {
  it.each(['fields=body,body', `fields=${Array(300).fill('body').join()}`, 'fields=', 'fields=nothing,body'])(
    'S123 whatever the client asks for by name: %s',
    async (query) => {
      const clinic = await made()
      const token = await clinic.token()
      const asked = (id: string) => ask(choosing(clinic), { token, path: `/notes/${id}?${query}`, params: { id } })
      const denied = await withoutId(await asked('n-1'))
      const absent = await withoutId(await asked('n-2'))
      expect(denied).toEqual(absent)
      expect(denied[0]).toBe(404)
      // And both are recorded: the denied one with whose record it was.
      expect(clinic.entries.map(({ event }) => [event.outcome, event.subject?.patients])).toEqual([
        ['denied', ['p-n-1']],
        ['failure', undefined],
      ])
    },
  )

  it('S123 also where an entry cannot hold its id', async () => {
    const id = 'x'.repeat(300)
    const clinic = await made([note(id, { careTeam: ['bob'] })])
    const token = await clinic.token()
    const asked = (of: string) => ask(choosing(clinic), { token, params: { id: of } })
    expect(await withoutId(await asked(id))).toEqual(await withoutId(await asked('n-2')))
    expect(clinic.entries.map(({ event }) => [event.outcome, event.context?.details?.reason])).toEqual([
      ['denied', 'denied'],
      ['failure', 'absent'],
    ])
    // Somebody is told that an entry says less than it should.
    expect(clinic.faults.map(({ step }) => step)).toEqual(['audit'])
  })

  it('also where `facts` fails on it', async () => {
    const clinic = await made(undefined, () => {
      throw testError('PHI_TEST_BROKEN')
    })
    const token = await clinic.token()
    const asked = (id: string) => ask(choosing(clinic), { token, params: { id } })
    expect(await withoutId(await asked('n-1'))).toEqual(await withoutId(await asked('n-2')))
    expect(clinic.entries.map(({ event }) => event.outcome)).toEqual(['denied', 'failure'])
    expect(clinic.faults.map(({ code }) => code)).toEqual(['PHI_TEST_BROKEN'])
  })

  it('S50 S123 while one that may be read, and whose entry cannot be written, is not sent', async () => {
    const id = 'x'.repeat(300)
    const clinic = await made([note(id)])
    const response = await ask(choosing(clinic), { token: await clinic.token(), params: { id } })
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('body of')
    expect(clinic.entries.map(({ event }) => event.outcome)).toEqual(['failure'])
  })
})

describe("a record of another tenant's", () => {
  it('S98 is handed to nobody who is asked about grants, and cannot be told by their failing', async () => {
    const asked: unknown[] = []
    const clinic = await service({
      notes: [note('n-1', { tenant: 'clinic-b' }), note('n-2')],
      pipeline: {
        grants: (_caller, records) => {
          asked.push(...records)
          throw testError('PHI_TEST_AWAY')
        },
      },
    })
    const token = await clinic.token()
    const foreign = await withoutId(await ask(choosing(clinic), { token, params: { id: 'n-1' } }))
    expect(foreign).toEqual(await withoutId(await ask(choosing(clinic), { token, params: { id: 'n-3' } })))
    expect(asked).toEqual([])
    const list = clinic.pipeline.route({ action: 'read', on: 'Note', purpose: 'TREAT', load: () => [...clinic.notes.values()] })
    expect((await ask(list, { token })).status).toBe(503)
    expect(asked).toEqual([clinic.notes.get('n-2')])
  })
})
