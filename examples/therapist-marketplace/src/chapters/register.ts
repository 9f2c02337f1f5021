import assert from 'node:assert/strict'
import type { Browser, Chapter } from '@phi/example-platform'
import { expected, holds, send, type World } from '../world.ts'

const seen = { evidence: [{ id: 'folder-12', asOf: '2026-12-01' }], asOf: '2026-12-02', reviewBy: '2027-06-01' }
const entry = (olga: Browser, control: string, more: object = {}) =>
  send(
    olga,
    `/safeguards/entries/${control}`,
    { control, responsible: 'customer', status: 'in-place', owner: 'olga', ...seen, ...more },
    'HSYSADMIN',
    'PUT',
  )
interface Findings {
  readonly open: readonly { readonly code: string; readonly control: string }[]
}
const open = async (olga: Browser): Promise<string[]> =>
  expected<Findings>(await olga.ask('/safeguards/findings')).open.map(({ control, code }) => `${control}: ${code}`)

/** Enters a control, and sees that it was open before and is not after. */
async function closes(olga: Browser, control: string, more: object = {}): Promise<string> {
  holds((await open(olga)).includes(`${control}: no-entry`), `${control} is open before`)
  expected(await entry(olga, control, more))
  holds(
    !(await open(olga)).some((each) => each.startsWith(`${control}:`)),
    `${control} is closed after: ${(await open(olga)).filter((each) => each.startsWith(control))}`,
  )
  return `${control}: open before, shown by evidence after`
}
const simple = (shows: readonly string[], what: string, ...controls: readonly (readonly [string, object?])[]) => ({
  shows,
  what,
  async act({ olga }: World) {
    const said: string[] = []
    for (const [control, more] of controls) said.push(await closes(olga, control, more))
    return said.join('; ')
  },
})
const analysis = (more: object) => ({
  ...{ performedOn: '2026-12-01', performedBy: 'olga', scope: ['records', 'telehealth', 'ai'], usesAi: true },
  ...{ evidence: [{ id: 'analysis-1', asOf: '2026-12-01' }], reviewedByLeadership: '2026-12-05', risks: [], ...more },
})
const risk = (id: string, topic: string) => ({
  ...{ id, title: `risk ${id}`, topics: [topic], likelihood: 'low', impact: 'moderate', owner: 'olga', found: '2026-12-01' },
  remediation: [{ id: `${id}-1`, action: 'look at samples', owner: 'ann', due: '2027-02-01' }],
})
const points = async (olga: Browser) =>
  Object.fromEntries(
    expected<readonly { readonly id: string; readonly answer: string }[]>(await olga.ask('/readiness')).map(
      ({ id, answer }) => [id, answer],
    ),
  )

export const register: Chapter<World> = {
  title: 'The same month: what people keep',
  steps: [
    {
      shows: ['S58'],
      what: 'Six points before the platform is used: with an empty register one is answered, and five are not known',
      async act({ olga }) {
        const answers = await points(olga)
        assert.deepEqual(answers, {
          agreement: 'yes',
          access: 'unknown',
          encryption: 'unknown',
          logs: 'unknown',
          telehealth: 'unknown',
          ai: 'unknown',
        })
        return 'agreement yes; the others unknown'
      },
    },
    simple(['S5'], 'Olga enters the protections of devices', ['device-protections']),
    {
      shows: ['S10', 'S56'],
      what: 'Training in privacy alone is not enough: messages and reporting of incidents belong to it',
      async act({ olga }) {
        expected(await entry(olga, 'workforce-training', { parameter: { topics: ['privacy'] } }))
        holds((await open(olga)).includes('workforce-training: parameter-weaker'))
        const topics = ['privacy', 'secure-messaging', 'incident-reporting']
        expected(await entry(olga, 'workforce-training', { parameter: { topics }, every: 'yearly', lastDone: '2026-12-01' }))
        holds(!(await open(olga)).some((each) => each.startsWith('workforce-training')))
        return 'weaker than promised, then closed'
      },
    },
    simple(['S11'], 'A sanction policy', ['sanction-policy']),
    simple(
      ['S12', 'S27'],
      'A plan for emergencies, and a restoration that was tried',
      ['contingency-plan', { parameter: { recoveryTime: { hours: 8 }, recoveryPoint: { hours: 24 } } }],
      [
        'restore-test',
        { parameter: { recoveryTime: { hours: 8 }, recoveryPoint: { hours: 24 } }, every: 'yearly', lastDone: '2026-12-01' },
      ],
    ),
    {
      shows: ['S24', 'S26', 'C10'],
      what: 'Programmes of security are records with an owner, a day and evidence: a bare claim stays open',
      async act({ olga }) {
        expected(await entry(olga, 'secure-development', { evidence: [] }))
        holds((await open(olga)).some((each) => each.startsWith('secure-development:')))
        const flag = await send(
          olga,
          '/safeguards/entries/x',
          { control: 'secure-development', compliant: true },
          'HSYSADMIN',
          'PUT',
        )
        assert.equal(flag.status, 422)
        expected(await entry(olga, 'secure-development'))
        await closes(olga, 'dependency-scanning')
        await closes(olga, 'penetration-test', { every: 'yearly', lastDone: '2026-12-01' })
        expected(await entry(olga, 'patch-times', { parameter: { critical: { days: 60 }, high: { days: 90 } } }))
        holds((await open(olga)).includes('patch-times: parameter-weaker'))
        expected(await entry(olga, 'patch-times', { parameter: { critical: { days: 7 }, high: { days: 30 } } }))
        holds(!(await open(olga)).some((each) => each.startsWith('patch-times') || each.startsWith('secure-development')))
        return 'without evidence open, with “compliant: true” refused, with evidence closed'
      },
    },
    simple(['S25'], 'Logs are reviewed', ['log-review', { every: 'monthly', lastDone: '2026-12-01' }]),
    simple(['S52'], 'Attestations of the vendors were asked for', [
      'vendor-attestations',
      { parameter: { names: ['SOC 2 Type II'] } },
    ]),
    {
      shows: ['S13', 'S57'],
      what: 'A risk analysis: a risk without a remedy is a finding, one with an owner and a day is tracked, and a day that passes is overdue',
      async act({ olga }) {
        const put = (id: string, more: object) => send(olga, `/safeguards/analyses/${id}`, analysis(more), 'HSYSADMIN', 'PUT')
        const found = async (id: string) =>
          expected<Findings>(await olga.ask(`/safeguards/risks/${id}`)).open.map(({ code }) => code)
        const topics = ['ai.prompt-leakage', 'ai.model-errors', 'ai.downstream-sharing']
        const risks = topics.map((topic, index) => risk(`r${index}`, topic))
        expected(await put('bare', { risks: risks.map(({ remediation: _, ...rest }) => rest) }))
        holds((await found('bare')).includes('no-remediation'))
        expected(await put('full', { risks }))
        assert.deepEqual([...new Set(await found('full'))], ['remediation-open'])
        expected(
          await put('late', {
            risks: risks.map((each) => ({
              ...each,
              remediation: [{ id: `${each.id}-2`, action: 'look', owner: 'ann', due: '2026-12-10' }],
            })),
          }),
        )
        holds((await found('late')).includes('remediation-overdue'))
        expected(await entry(olga, 'risk-analysis', { every: 'yearly', lastDone: '2026-12-01' }))
        return 'no-remediation; remediation-open, with owner and day; remediation-overdue'
      },
    },
    {
      shows: ['S43'],
      what: 'AI is in use, and the analysis says nothing of leaks, errors and vendors further down: each is asked for',
      async act({ olga }) {
        expected(await send(olga, '/safeguards/analyses/silent', analysis({}), 'HSYSADMIN', 'PUT'))
        const codes = expected<Findings>(await olga.ask('/safeguards/risks/silent')).open.map(({ code }) => code)
        assert.equal(codes.filter((each) => each === 'ai-topic-missing').length, 3)
        return 'three topics missing'
      },
    },
    {
      shows: ['S58'],
      what: 'Once the controls are entered with evidence, six points are answered; AES-128 makes one of them a no',
      async act({ olga }) {
        for (const each of ['mfa', 'role-based-access', 'export-restriction', 'telehealth-configuration', 'ai-phi-review'])
          expected(await entry(olga, each))
        expected(await entry(olga, 'ai-retention', { parameter: { atMost: { days: 30 } } }))
        expected(await entry(olga, 'encryption-in-transit', { parameter: { minimumVersion: '1.2' } }))
        expected(await entry(olga, 'encryption-at-rest', { parameter: { algorithm: 'AES-128' } }))
        assert.equal((await points(olga)).encryption, 'no')
        expected(await entry(olga, 'encryption-at-rest', { parameter: { algorithm: 'AES-256' } }))
        assert.deepEqual([...new Set(Object.values(await points(olga)))], ['yes'])
        return 'six times yes'
      },
    },
    {
      shows: ['S34', 'S55'],
      what: 'The notice of privacy practices does not speak of operations, which the agreement permits; the next version does',
      async act({ olga }) {
        const version = (uses: readonly string[]) => ({
          versions: [{ id: '1', effective: '2026-12-01', created: '2026-11-25', elements: ['header', 'effective-date'], uses }],
        })
        const found = async (uses: readonly string[]) => {
          expected(await send(olga, '/notice', version(uses), 'HSYSADMIN', 'PUT'))
          return expected<{ readonly beyond: readonly string[]; readonly content: readonly string[] }>(
            await olga.ask('/notice/findings'),
          )
        }
        const first = await found(['treatment', 'payment'])
        assert.deepEqual(first.beyond, ['operations'])
        holds(first.content.length > 0)
        assert.deepEqual((await found(['treatment', 'payment', 'operations'])).beyond, [])
        return `beyond the notice: operations, then nothing; ${first.content.length} findings about what a notice must hold`
      },
    },
  ],
}
