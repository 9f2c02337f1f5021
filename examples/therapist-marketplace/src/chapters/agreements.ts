import assert from 'node:assert/strict'
import type { Agreement, LintFinding } from '@phi/baa'
import { lint } from '@phi/baa'
import type { Chapter } from '@phi/example-platform'
import { contract, expected, holds, PRACTICE, refused, send, signFor, type World } from '../world.ts'

const applicant = {
  ...{ name: 'Olga Maple', practiceName: 'Maple Practice', npi: '1234567893', plan: 'member' },
  licence: { state: 'OH', profession: 'LCSW', number: '12345', expires: '2027-06-30' },
}
const note = { id: 'n-1', patient: 'p-1', body: 'Slept better.', sessionDate: '2026-11-23' }
const scribeData = {
  services: ['ai.note-draft'],
  permits: ['phi.clinical.note', 'phi.ai.prompt', 'phi.ai.output'],
  uses: ['ai.inference'],
}
const limits = { training: 'prohibited', retention: { days: 30 }, deletion: true, subprocessors: ['models'] } as const

const errors = (found: readonly LintFinding[]) => found.filter(({ severity }) => severity === 'error').map(({ code }) => code)

export const agreements: Chapter<World> = {
  title: 'Monday, nine: agreements before anything is stored',
  steps: [
    {
      shows: ['S28'],
      what: 'Before the agreement is signed, a note is refused',
      act: async ({ ann }) => refused(await send(ann, '/notes', note), 403, 'agreement-not-signed'),
    },
    {
      shows: ['S1', 'S29', 'S30', 'S31', 'S32', 'S33', 'S51'],
      what: 'The platform sends its agreement, and Olga has it read against the elements of the law',
      async act({ desk, olga }) {
        expected(await send(olga, '/agreement/request', applicant), 201)
        assert.equal(desk.send(PRACTICE), 'sent')
        const { terms } = expected<{ readonly terms: Agreement }>(await olga.ask('/agreement'))
        assert.deepEqual(errors(lint(terms)), [])
        // Each feature of the scope, one by one: in it or not.
        const covers = (feature: string) => terms.services.some(({ service }) => service.split('.')[0] === feature)
        const scope = ['scheduling', 'billing', 'messaging', 'telehealth', 'ai'].map((each) => [each, covers(each)])
        assert.deepEqual(Object.fromEntries(scope), {
          ...{ scheduling: true, billing: true, messaging: true },
          // For these two an agreement of its own is needed, below.
          ...{ telehealth: false, ai: false },
        })
        // Each promise is looked for: without it, exactly that element is missing.
        const without: string[] = []
        for (const each of ['safeguards', 'reportBreaches', 'subcontractors', 'returnOrDestroy'] as const) {
          const { [each]: _, ...rest } = terms.terms
          const found = errors(lint({ ...terms, terms: rest } as Agreement))
          holds(found.length >= 1, each)
          without.push(`${each}: ${found.join('+')}`)
        }
        return `covers scheduling, billing, messages; neither telehealth nor AI; nothing is missing; taken out one by one: ${without.join(', ')}`
      },
    },
    {
      shows: ['S28'],
      what: 'Both sign, and the first note is stored',
      async act(world) {
        expected(await signFor(world))
        assert.equal(await world.desk.countersign(PRACTICE), 'countersigned')
        expected(await send(world.ann, '/notes', note), 201)
        return 'countersigned, then stored'
      },
    },
    {
      shows: ['S35', 'S64', 'S1'],
      what: 'The agreement of the platform has no video in it, so Olga signs with a vendor of video sessions',
      async act({ desk, olga }) {
        const scope = desk.standing(PRACTICE)?.model?.agreements[0]?.services.map(({ service }) => service) ?? []
        holds(!scope.some((each) => each.startsWith('telehealth')))
        const agreement = contract('video', {
          ...{ services: ['telehealth'], permits: ['phi.comm', 'phi.schedule', 'phi.identity.name'] },
        })
        expected(await send(olga, '/vendors', { id: 'video', agreement, complete: true }), 201)
        assert.deepEqual(errors(expected(await olga.ask('/vendors/video/lint'))), [])
        return 'an agreement of its own, with every element'
      },
    },
    {
      shows: ['S9', 'S32', 'S37'],
      what: 'The AI vendor gives prompts to a host of models, and nobody has seen an agreement between the two',
      async act({ olga }) {
        const agreement = contract('scribe', { ...scribeData, services: ['ai.note-draft', 'ai.claims-narrative'], ai: limits })
        const subprocessors = [{ of: 'scribe', to: 'models', for: ['ai'], does: 'hosting' }]
        const party = { id: 'models', kind: 'business-associate' }
        expected(await send(olga, '/vendors', { id: 'scribe', agreement, subprocessors, party, complete: true }), 201)
        const ask = () => send(olga, '/vendors/chain', { service: 'ai.note-draft', party: PRACTICE })
        const open = expected<{ readonly verdict: string; readonly uncovered: readonly unknown[] }>(await ask())
        assert.equal(open.verdict, 'not-covered')
        return `not covered, ${open.uncovered.length} link open`
      },
    },
    {
      shows: ['S1', 'S51'],
      what: 'What is no agreement is not kept',
      act: async ({ olga }) =>
        refused(await send(olga, '/vendors', { id: 'bad', agreement: { id: 'bad' } }), 422, 'agreement-not-valid'),
    },
  ],
}
