import assert from 'node:assert/strict'
import type { Chapter } from '@phi/example-platform'
import { code, note, notStored, type World } from '../world.ts'

/** Asks for an agreement. */
const applicant = {
  name: 'Dana Reyes',
  practiceName: 'Harbor Practice',
  npi: '1234567893',
  licence: { state: 'OH', profession: 'LCSW', number: '12345', expires: '2027-06-30' },
  plan: 'pro',
}

export const agreement: Chapter<World> = {
  title: 'Friday: who needs an agreement, and who gets one',
  steps: [
    {
      shows: ['S143'],
      what: 'Dana and Kim sign in, each under an id of their own',
      async act({ dana, kim }) {
        for (const each of [dana, kim]) assert.equal((await each.signIn()).status, 201)
        const ids = await Promise.all(
          [dana, kim].map(async (each) => ((await each.ask('/session')).json as { readonly subject: string }).subject),
        )
        assert.deepEqual(ids, ['dana', 'kim'])
        return `two sessions, for ${ids.join(' and ')}`
      },
    },
    {
      shows: ['S138', 'S141', 'C9'],
      what: 'A clinical social worker who sends claims is a covered entity; before she says whether she does, nobody knows',
      async act({ dana }) {
        const facts = { planOrClearinghouse: false, professions: ['clinical-social-worker'], billsInNormalCourse: true }
        const ask = async (more: object) =>
          (await dana.ask('/agreement/need', { method: 'POST', json: { ...facts, ...more } })).json as {
            readonly outcome: string
          }
        assert.equal((await ask({})).outcome, 'unknown')
        assert.equal((await ask({ standardTransactions: ['claim'] })).outcome, 'covered')
        assert.equal((await ask({ standardTransactions: false })).outcome, 'not-covered')
        return 'unknown without an answer, covered with claims, not covered when paid in cash alone'
      },
    },
    {
      shows: ['S142'],
      what: 'A life coach is not covered, unless the coach gives mental health treatment and bills for it',
      async act({ kim }) {
        const ask = async (more: object) =>
          (
            (
              await kim.ask('/agreement/need', {
                method: 'POST',
                json: { planOrClearinghouse: false, professions: ['life-coach'], ...more },
              })
            ).json as { readonly outcome: string }
          ).outcome
        assert.equal(await ask({ mentalHealthTreatment: false }), 'not-covered')
        const treats = {
          mentalHealthTreatment: true,
          licensed: true,
          billsInNormalCourse: true,
          standardTransactions: ['claim'],
        }
        assert.equal(await ask(treats), 'covered')
        return 'not covered; covered with treatment that is billed in standard transactions'
      },
    },
    {
      shows: ['S139'],
      what: 'Kim, on the free plan, gets no agreement and can store nothing about a client',
      async act({ kim }) {
        const asked = await kim.ask('/agreement/request', { method: 'POST', json: { ...applicant, plan: 'free' } })
        assert.deepEqual([asked.status, code(asked)], [422, 'plan-not-eligible'])
        return notStored(kim, '/notes', note, 'agreement-not-signed')
      },
    },
    {
      shows: ['S149'],
      what: 'A request without an NPI, with a mistyped one, or without a licence is sent back',
      async act({ dana }) {
        const problems: unknown[] = []
        for (const part of [
          { npi: undefined },
          { npi: '1234567890' },
          { licence: undefined },
          { name: '' },
          { practiceName: undefined },
        ]) {
          problems.push(code(await dana.ask('/agreement/request', { method: 'POST', json: { ...applicant, ...part } })))
        }
        assert.deepEqual(problems, ['npi-missing', 'npi-invalid', 'licence-missing', 'name-missing', 'practice-name-missing'])
        return problems.join(', ')
      },
    },
    {
      shows: ['S149', 'S150'],
      what: 'Dana asks for the agreement of the Pro plan, and an answer is due within two business days',
      async act({ dana }) {
        const asked = await dana.ask('/agreement/request', { method: 'POST', json: applicant })
        assert.equal(asked.status, 201)
        const { state, answerDue } = asked.json as {
          readonly state: string
          readonly answerDue: { readonly perhaps: string; readonly certainly: string }
        }
        assert.equal(state, 'requested')
        // The guide names no calendar of business days: from the first moment it is perhaps overdue, from the second in any calendar.
        assert.ok(answerDue.perhaps < '2026-11-24' && answerDue.certainly > '2026-11-24')
        return `perhaps overdue from ${answerDue.perhaps.slice(0, 10)}, certainly from ${answerDue.certainly.slice(0, 10)}`
      },
    },
    {
      shows: ['S151'],
      what: 'Before anybody has signed, a note is refused',
      act: ({ dana }) => notStored(dana, '/notes', note, 'agreement-not-signed'),
    },
  ],
}
