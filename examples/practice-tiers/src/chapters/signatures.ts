import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import type { AuditRecord } from '@phi/audit'
import { type Agreement, namesPhi, signAgreement, signedBeforePhi } from '@phi/baa'
import { type Browser, type Chapter, hashOfCopy } from '@phi/example-platform'
import { code, note, notStored, PRACTICE, purpose, type World, write } from '../world.ts'

/** Whether an entry is of something stored or read about a patient. What was refused was not stored; an agreement is about no patient. */
const holdsPhi = (record: AuditRecord): boolean | 'unknown' => {
  const type = record.event.subject?.resource?.type
  if (
    record.event.outcome !== 'success' ||
    type === undefined ||
    ['Agreement', 'Safeguard', 'Incident', 'AuditEntry'].includes(type)
  )
    return false
  return namesPhi(record)
}

async function stored(dana: Browser, path: string, record: unknown): Promise<void> {
  const { status, text } = await write(dana, path, record)
  assert.equal(status, 201, text)
}

export const signatures: Chapter<World> = {
  title: 'Monday: signed by both',
  steps: [
    {
      shows: ['S150', 'S161'],
      what: 'The tool sends the agreement on the next business day; its terms carry version and date',
      async act({ platform, desk, dana }) {
        platform.clock.set('2026-11-23T15:00:00.000Z')
        assert.equal((await dana.signIn()).status, 201)
        assert.equal(desk.send(PRACTICE), 'sent')
        const { terms } = (await dana.ask('/agreement')).json as { readonly terms: Agreement }
        assert.deepEqual([terms.version, terms.dated, terms.plan], ['1.3', '2025-01-01', 'pro'])
        return `version ${terms.version}, dated ${terms.dated}`
      },
    },
    {
      shows: ['S150'],
      what: 'Dana signs electronically; a signature by another key than the one she gave is refused',
      async act({ platform, dana }) {
        const { terms } = (await dana.ask('/agreement')).json as { readonly terms: Agreement }
        const keys = [0, 1].map(() => generateKeyPairSync('ed25519'))
        const at = new Date(platform.clock()).toISOString()
        const [own, other] = await Promise.all(
          keys.map(({ privateKey }) =>
            signAgreement(terms, { party: PRACTICE, at, signer: { alg: 'EdDSA', kid: 'dana-1', key: privateKey } }),
          ),
        )
        const key = { kid: 'dana-1', ...keys[0]?.publicKey.export({ format: 'jwk' }) }
        const forged = await dana.ask('/agreement/signature', { method: 'POST', json: { signature: other, key } })
        assert.deepEqual([forged.status, code(forged)], [422, 'signature-not-valid'])
        const signed = await dana.ask('/agreement/signature', { method: 'POST', json: { signature: own, key } })
        assert.deepEqual(signed.json, { state: 'signed' })
        return 'signed by the practice, with a key of its own'
      },
    },
    {
      shows: ['S151'],
      what: 'With one signature of two, a note is still refused',
      act: ({ dana }) => notStored(dana, '/notes', note, 'agreement-not-signed'),
    },
    {
      shows: ['S150'],
      what: 'The tool countersigns, and Dana keeps the countersigned copy with both signatures in it',
      async act({ desk, dana }) {
        assert.equal(await desk.countersign(PRACTICE), 'countersigned')
        const { signatures } = (await dana.ask('/agreement')).json as { readonly signatures: readonly string[] }
        assert.equal(signatures.length, 2)
        const keep = (copy: readonly string[]) =>
          dana.ask('/agreement/copy', { method: 'POST', json: { documentHash: hashOfCopy(copy) } })
        assert.equal(code(await keep(signatures.slice(0, 1))), 'another-document')
        assert.deepEqual((await keep(signatures)).json, { state: 'copy-kept' })
        return 'two signatures, and the copy is kept'
      },
    },
    {
      shows: ['S140', 'S152'],
      what: 'Now a note and a plan are stored, and read back',
      async act({ dana, platform }) {
        platform.clock.advance(1_000)
        await stored(dana, '/notes', note)
        await stored(dana, '/plans', { patient: 'p-1', goals: 'sleep', summary: 'Six sessions.' })
        const listed = await dana.ask('/notes?patient=p-1', { headers: purpose })
        assert.equal((listed.json as unknown[]).length, 1)
        return 'a note and a plan stored, and the note read back'
      },
    },
    {
      shows: ['S152'],
      what: 'Names, contact data and appointments are taken as well',
      async act({ dana }) {
        const admin = (path: string, json: unknown) =>
          dana.ask(path, { method: 'POST', json, headers: { 'purpose-of-use': 'PATADMIN' } })
        const answers = [
          await admin('/patients', { patient: 'p-1', name: 'Pat Example', email: 'pat@example.org', phone: '555-0100' }),
          await admin('/appointments', {
            patient: 'p-1',
            start: '2026-11-24T15:00:00.000Z',
            end: '2026-11-24T15:50:00.000Z',
          }),
        ]
        assert.deepEqual(
          answers.map(({ status }) => status),
          [201, 201],
          answers.map(({ text }) => text).join(),
        )
        return 'both stored'
      },
    },
    {
      shows: ['S151'],
      what: 'The log itself shows that the signatures came before the first record',
      async act({ platform, desk }) {
        const log = await platform.log(PRACTICE)
        await log.checkpoint()
        const { verdict } = await log.verify()
        const { draft, model } = desk.standing(PRACTICE) ?? {}
        assert.ok(draft && model)
        const [agreement] = model.agreements
        assert.ok(agreement)
        const { size } = await log.head()
        const records = []
        for await (const record of log.records()) records.push(record)
        const found = await signedBeforePhi(agreement, records, {
          isPhi: holdsPhi,
          verified: verdict === 'intact',
          size,
        })
        assert.equal(found.outcome, 'signed-before', JSON.stringify(found))
        return `signed before; the log is ${verdict}`
      },
    },
  ],
}
