import assert from 'node:assert/strict'
import type { Chapter } from '@phi/example-platform'
import { contract, expected, holds, PRACTICE, read, refused, send, type World } from '../world.ts'

const words = 'Jane Roe slept better. Call (202) 555-0123 on Friday.'
const draft = (id: string, more: object = {}) => ({ id, patient: 'p-1', target: 'record', words, names: ['Jane Roe'], ...more })
const scribe = (training: 'prohibited' | undefined) => ({
  id: 'scribe',
  agreement: contract('scribe', {
    ...{
      services: ['ai.note-draft', 'ai.claims-narrative'],
      permits: ['phi.clinical.note', 'phi.ai.prompt', 'phi.ai.output'],
      uses: ['ai.inference'],
    },
    ai: { ...(training && { training }), retention: { days: 30 }, deletion: true, subprocessors: ['models'] },
  }),
  subprocessors: [{ of: 'scribe', to: 'models', for: ['ai'], does: 'hosting' }],
  party: { id: 'models', kind: 'business-associate' },
  complete: true,
})
const models = {
  id: 'models',
  agreement: {
    ...contract('models', {
      ...{
        id: 'scribe-models',
        services: ['hosting'],
        permits: ['phi.clinical.note', 'phi.ai.prompt', 'phi.ai.output'],
        uses: ['ai.inference'],
      },
      ai: { training: 'prohibited', retention: { days: 30 }, deletion: true, subprocessors: [] },
    }),
    ...{ tier: 'ba-sub', from: { id: 'scribe', kind: 'business-associate' } },
    signatures: [
      { party: 'scribe', at: '2026-01-02T15:00:00.000Z' },
      { party: 'models', at: '2026-01-03T09:30:00.000Z' },
    ],
  },
  complete: true,
}
let kept = ''

export const ai: Chapter<World> = {
  title: 'Monday, noon: a model writes drafts',
  steps: [
    {
      shows: ['S36', 'S37'],
      what: 'A prompt with clinical words is stopped while the host of the models has no agreement',
      async act({ ann, prompts }) {
        const answer = await send(ann, '/ai/drafts', draft('d-0'))
        assert.equal(answer.status, 403)
        assert.deepEqual(prompts, [])
        return `stopped: ${String((answer.json as { readonly code: string }).code)}; nothing was sent`
      },
    },
    {
      shows: ['S37', 'S38'],
      what: 'The host signs. An agreement that is silent about training is still not enough',
      async act({ olga, ann, prompts }) {
        expected(await send(olga, '/vendors', scribe(undefined)), 201)
        expected(await send(olga, '/vendors', models), 201)
        const silent = await send(ann, '/ai/drafts', draft('d-0'))
        assert.equal(silent.status, 403)
        assert.match(String((silent.json as { readonly code: string }).code), /training/)
        assert.deepEqual(prompts, [])
        expected(await send(olga, '/vendors', scribe('prohibited')), 201)
        const { verdict } = expected<{ readonly verdict: string }>(
          await send(olga, '/vendors/chain', { service: 'ai.note-draft', party: PRACTICE }),
        )
        assert.equal(verdict, 'covered')
        return 'silence stops it; with the sentence the chain is covered to its end'
      },
    },
    {
      shows: ['S42', 'S36'],
      what: 'The prompt goes, without the name and the telephone number that the model does not need',
      async act({ ann, prompts }) {
        const { removed } = expected<{ readonly removed: object }>(await send(ann, '/ai/drafts', draft('d-1')), 201)
        assert.equal(prompts.length, 1)
        assert.doesNotMatch(prompts[0] ?? '', /Jane|Roe|555/)
        assert.match(prompts[0] ?? '', /slept better/)
        return `taken out: ${Object.keys(removed).join(', ')}`
      },
    },
    {
      shows: ['S40', 'S50'],
      what: 'The log takes no entry: then nothing leaves for the vendor, and nothing is kept of the draft',
      async act({ platform: { db }, ann, prompts }) {
        const before = prompts.length
        await db.exec(`create function refuse_entry() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
          create trigger refuse_entry before insert on phi.audit_entry for each statement execute function refuse_entry()`)
        const answer = await send(ann, '/ai/drafts', draft('d-9'))
        await db.exec('drop trigger refuse_entry on phi.audit_entry; drop function refuse_entry()')
        holds(answer.status >= 500, String(answer.status))
        assert.equal(prompts.length, before)
        assert.equal((await send(ann, '/ai/drafts/d-9/events', { type: 'reject' })).status, 404)
        return `${answer.status}; the vendor was not called`
      },
    },
    {
      shows: ['S40', 'S50'],
      what: 'The entry of the sending stands before the vendor is called, and stays when the vendor fails',
      async act({ platform, olga, ann, vendor }) {
        const about = async () => {
          const { records } = await (await platform.log(PRACTICE)).query({ order: 'newest', limit: 50 })
          return records.filter(({ event }) => event.subject?.resource?.id === 'd-8')
        }
        let sent = -1
        vendor.before = async () => {
          sent = (await about()).filter(({ event }) => event.action === 'send' && event.context?.ai?.promptHash).length
          throw new Error('The vendor does not answer.')
        }
        const answer = await send(ann, '/ai/drafts', draft('d-8'))
        vendor.before = undefined
        holds(answer.status >= 500, String(answer.status))
        assert.equal(sent, 1)
        const held = expected<readonly object[]>(await olga.ask('/ai/deletions'))
        assert.equal(held.length, 3)
        return `${answer.status}; its prompt is recorded as sent, and is on the list of what is asked back`
      },
    },
    {
      shows: ['S41'],
      what: 'Nothing is filed that nobody has read: not unreviewed, and not reviewed but not accepted',
      async act({ ann }) {
        const event = (json: object) => send(ann, '/ai/drafts/d-1/events', json)
        await refused(await event({ type: 'file', into: 'record' }), 409, 'draft-not-accepted')
        expected(await event({ type: 'review', text: 'Client sleeps better. Plan: weekly sessions.', edits: 1 }))
        await refused(await event({ type: 'file', into: 'record' }), 409, 'draft-not-accepted')
        assert.equal((await read(ann, '/notes/d-1')).status, 404)
        return 'refused twice; the record has no such note'
      },
    },
    {
      shows: ['S41'],
      what: 'Ann stands by the text, and it enters the record with her name',
      async act({ ann }) {
        const event = (json: object) => send(ann, '/ai/drafts/d-1/events', json)
        expected(await event({ type: 'accept' }))
        assert.deepEqual(expected(await event({ type: 'file', into: 'record' })), { state: 'record' })
        const note = expected<{ readonly origin: string; readonly reviewedBy: string; readonly body: string }>(
          await read(ann, '/notes/d-1'),
        )
        assert.deepEqual(
          [note.origin, note.reviewedBy, note.body],
          ['ai', 'ann', 'Client sleeps better. Plan: weekly sessions.'],
        )
        return 'filed, as written by a model and reviewed by Ann'
      },
    },
    {
      shows: ['S41'],
      what: 'A draft for a claim does not enter a claim unread, and nothing of it enters the record',
      async act({ ann }) {
        expected(await send(ann, '/ai/drafts', draft('d-2', { target: 'claim', basis: 'n-1' })), 201)
        await refused(await send(ann, '/ai/drafts/d-2/events', { type: 'file', into: 'claim' }), 409, 'draft-not-accepted')
        expected(await send(ann, '/ai/drafts/d-2/events', { type: 'reject' }))
        return 'refused, then rejected'
      },
    },
    {
      shows: ['S40'],
      what: 'The log tells of prompts, outputs and edits by their hashes, and of who asked; somebody else’s draft does not open',
      async act({ platform, rex }) {
        const { records } = await (await platform.log(PRACTICE)).query({ actor: 'ann', order: 'newest', limit: 200 })
        const about = records.filter(({ event }) => event.context?.ai !== undefined)
        holds(about.some(({ event }) => event.context?.ai?.promptHash !== undefined))
        holds(about.some(({ event }) => event.context?.ai?.outputHash !== undefined))
        assert.doesNotMatch(JSON.stringify(records), /slept better|Jane/)
        assert.equal((await read(rex, '/drafts/d-1')).status, 404)
        return `${about.length} entries with hashes, none with a text`
      },
    },
    {
      shows: ['S39'],
      what: 'After thirty days the vendor is asked to delete; a confirmation of fewer than was asked for is no receipt',
      async act({ platform, olga, ann, rex, bill, fay, pat }) {
        const states = async () =>
          expected<readonly { readonly state: string }[]>(await olga.ask('/ai/deletions')).map(({ state }) => state)
        assert.deepEqual(await states(), Array(5).fill('kept'))
        platform.clock.advance(30 * 86_400_000)
        for (const each of [olga, ann, rex, bill, fay, pat]) expected(await each.signIn(), 201)
        assert.deepEqual(await states(), Array(5).fill('due'))
        const { request } = expected<{ readonly request: string }>(await olga.ask('/ai/deletions', { method: 'POST' }), 201)
        kept = request
        const confirm = (count: number) =>
          send(olga, '/ai/deletions/confirmation', { request, keeper: 'scribe', count, evidence: 'ticket 81' })
        await refused(await confirm(4), 409, 'deletion-other-count')
        const receipt = expected<{ readonly count: number; readonly state: string }>(await confirm(5))
        assert.deepEqual([receipt.count, receipt.state], [5, 'confirmed'])
        return 'a receipt for five texts: two drafts, and a prompt that was never answered'
      },
    },
    {
      shows: ['S39'],
      what: 'Olga looks at the vendor, and the texts are gone',
      async act({ olga }) {
        const receipt = expected<{ readonly state: string }>(
          await send(olga, '/ai/deletions/look', { request: kept, gone: true, evidence: 'export of the vendor is empty' }),
        )
        assert.equal(receipt.state, 'verified')
        return 'verified'
      },
    },
  ],
}
