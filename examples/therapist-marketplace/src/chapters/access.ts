import assert from 'node:assert/strict'
import { judgeTransport } from '@phi/baa/telehealth'
import { probe } from '@phi/baa/telehealth/probe'
import { type Chapter, oneFactor } from '@phi/example-platform'
import { expected, PRACTICE, refused, type World } from '../world.ts'

export const access: Chapter<World> = {
  title: 'Monday morning: who gets in, and how',
  steps: [
    {
      shows: ['S14', 'S15', 'S16'],
      what: 'The transport of the running service is measured: versions of TLS, suites, HSTS',
      async act({ platform }) {
        const report = await probe(platform.url.replace('127.0.0.1', 'localhost'), {
          ...{ clock: Date.now, ca: platform.ca, address: '127.0.0.1', httpPort: false },
        })
        const rows = judgeTransport(report, 'tls12')
        const failing = rows.filter(({ holds }) => holds === false).map(({ code }) => code)
        assert.deepEqual(failing, [])
        for (const each of ['transport.versions', 'transport.cipher', 'transport.weak-ciphers', 'transport.hsts'])
          assert.equal(rows.find((row) => row.code === each)?.holds, true, each)
        return 'TLS 1.2 and 1.3 with strong suites, nothing older, and HSTS of a year'
      },
    },
    {
      shows: ['C8'],
      what: 'Another platform of the same people promises TLS 1.3 alone: the same service is held against that promise, and does not keep it',
      async act({ platform }) {
        const report = await probe(platform.url.replace('127.0.0.1', 'localhost'), {
          ...{ clock: Date.now, ca: platform.ca, address: '127.0.0.1', httpPort: false },
        })
        const versions = judgeTransport(report, 'tls13').find(({ code }) => code === 'transport.versions')
        assert.equal(versions?.holds, false)
        return 'TLS 1.2 or later holds, 1.3 alone does not: the version is a parameter of the configuration'
      },
    },
    {
      shows: ['S22'],
      what: 'Somebody with the right factors comes from an address that is denied',
      async act({ ann }) {
        const answer = await ann.signIn(undefined, '127.0.0.66')
        assert.equal(answer.status, 403)
        assert.equal(ann.token, undefined)
        expected(await ann.signIn(undefined, '127.0.0.2'), 201)
        return 'no session from there; one from an address that is allowed'
      },
    },
    {
      shows: ['S3'],
      what: 'Ann signs in with a password alone, and then with two factors',
      async act({ ann, rex, olga, bill, fay, pat }) {
        const alone = await ann.signIn(oneFactor)
        const held =
          alone.status === 201 ? await ann.ask('/notes?patient=p-1', { headers: { 'purpose-of-use': 'TREAT' } }) : alone
        assert.equal(held.status, 401)
        for (const each of [ann, rex, olga, bill, fay]) expected(await each.signIn(), 201)
        expected(await pat.signIn(oneFactor), 201)
        return 'one factor opens nothing; two do'
      },
    },
    {
      shows: ['S4'],
      what: 'Fay leaves her desk for a quarter of an hour and is logged off',
      async act({ platform, fay, ann, rex, olga, bill, pat }) {
        platform.clock.advance(15 * 60_000 + 1)
        assert.equal((await fay.ask('/session')).status, 401)
        for (const each of [ann, rex, olga, bill, fay, pat]) expected(await each.signIn(), 201)
        return 'her session is over after 15 minutes'
      },
    },
    {
      shows: ['S2'],
      what: 'Another practice is named in a header, and the answer stays in this one',
      async act({ ann }) {
        const { tenant } = expected<{ readonly tenant: string }>(
          await ann.ask('/session', { headers: { 'x-tenant': 'other' } }),
        )
        assert.equal(tenant, PRACTICE)
        return 'the tenant comes from the session alone'
      },
    },
    {
      shows: ['S3'],
      what: 'An identity token that another key signed is refused',
      async act({ rex }) {
        return refused(await rex.signIn({ amr: ['pwd', 'otp'], isForged: true }), 401, 'sign-in-refused')
      },
    },
  ],
}
