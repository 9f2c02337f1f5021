import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { type Agreement, lint, parseAgreement, signAgreement } from '@phi/baa'
import type { Browser, Chapter } from '@phi/example-platform'
import { code, fresh, got, LAKE, NORTH, sent, type World } from '../world.ts'

const applicant = {
  name: 'Olga Stein',
  practiceName: 'Northside Physical Therapy',
  npi: '1234567893',
  licence: { state: 'OH', profession: 'PT', number: '12345', expires: '2027-06-30' },
}

const errorsOf = (agreement: Agreement): readonly string[] => [
  ...new Set(lint(agreement).flatMap(({ severity, code: found }) => (severity === 'error' ? [found] : []))),
]

const termsOf = async (browser: Browser): Promise<Agreement> =>
  (await got<{ readonly terms: Agreement }>(browser, '/agreement')).terms

/** Without the terms that answer a requirement, the agreement lacks these elements of the law. */
async function withoutTerms({ people, profile }: World, requirement: string, elements: readonly string[]): Promise<string> {
  const agreement = await termsOf(people.olga)
  assert.deepEqual(errorsOf(agreement), [])
  const names = (profile.terms ?? []).filter(({ answers }) => answers.includes(requirement)).map(({ term }) => term)
  assert.ok(names.length > 0)
  const rest = Object.fromEntries(Object.entries(agreement.terms).filter(([name]) => !names.includes(name)))
  assert.deepEqual(errorsOf(parseAgreement({ ...agreement, terms: rest } as never)), elements)
  return `there; taken out, the lint finds ${elements.join(', ')}`
}

const clause = (requirement: string, what: string, elements: readonly string[]) => ({
  shows: [requirement],
  what,
  act: (world: World) => withoutTerms(world, requirement, elements),
})

export const agreementChapter: Chapter<World> = {
  title: 'Monday, 6 April 2026: the agreement',
  steps: [
    {
      shows: ['S86'],
      what: 'Before there is an agreement, a practice cannot store anything about a patient',
      async act({ people: { ann, olga } }) {
        await fresh(ann, olga)
        const note = { patient: 'p-1', body: 'Knee bends to 110 degrees.', sessionDate: '2026-04-06' }
        const answer = await ann.ask('/notes', { method: 'POST', json: note, headers: { 'purpose-of-use': 'TREAT' } })
        assert.deepEqual([answer.status, code(answer)], [403, 'agreement-not-signed'])
        return 'refused: agreement-not-signed'
      },
    },
    {
      shows: ['S115'],
      what: 'Olga on the growth plan gets the agreement with her plan; Lou on the starter plan gets one because he asks',
      async act({ desk, people: { olga, lou } }) {
        await fresh(lou)
        for (const [browser, plan, tenant] of [
          [olga, 'growth', NORTH],
          [lou, 'starter', LAKE],
        ] as const) {
          await sent(browser, '/agreement/request', { ...applicant, plan }, { status: 201 })
          assert.equal(desk.send(tenant), 'sent')
        }
        const agreement = await termsOf(olga)
        assert.deepEqual(agreement.eligibility, { starter: 'on-request', growth: 'always', enterprise: 'always' })
        return `sent to both; eligibility ${JSON.stringify(agreement.eligibility)}`
      },
    },
    {
      shows: ['S116'],
      what: 'It says what the platform may do with the data, and that it may do nothing else',
      async act(world) {
        const agreement = await termsOf(world.people.olga)
        assert.deepEqual(
          errorsOf(parseAgreement({ ...agreement, uses: [] } as never)).filter((each) => each === 'B01'),
          ['B01'],
        )
        return withoutTerms(world, 'S116', ['B02', 'B03'])
      },
    },
    clause('S117', 'It promises safeguards', ['B04']),
    clause('S118', 'It promises to report breaches, other uses and incidents', ['B05', 'B06']),
    clause('S119', 'It binds subcontractors', ['B07']),
    clause('S120', 'It serves access, amendment and accounting', ['B08', 'B09', 'B10']),
    clause('S121', 'It returns or destroys the data at the end', ['B13']),
    clause('S122', 'It opens books and records to the Secretary', ['B12']),
    {
      shows: ['S86', 'S113'],
      what: 'Both sign the agreement; a signature of another text, or with another key, does not count',
      async act({ platform, desk, people: { olga, lou } }) {
        for (const [browser, tenant] of [
          [olga, NORTH],
          [lou, LAKE],
        ] as const) {
          const terms = await termsOf(browser)
          const [own, other] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')]
          const at = new Date(platform.clock()).toISOString()
          const key = { kid: `${tenant}-1`, ...own.publicKey.export({ format: 'jwk' }) }
          const sign = (text: Agreement, { privateKey }: typeof own) =>
            signAgreement(text, { party: tenant, at, signer: { alg: 'EdDSA', kid: `${tenant}-1`, key: privateKey } })
          const changed = parseAgreement({ ...terms, uses: ['treatment'] } as never)
          for (const bad of [await sign(terms, other), await sign(changed, own)])
            await sent(browser, '/agreement/signature', { signature: bad, key }, { status: 422 })
          await sent(browser, '/agreement/signature', { signature: await sign(terms, own), key })
          assert.equal(await desk.countersign(tenant), 'countersigned')
        }
        return 'two forgeries refused for each practice; both agreements are countersigned'
      },
    },
  ],
}
