import { fixedClock, isPhiError, type PhiError } from '@phi/core'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { complete } from '../../test/complete.ts'
import { type Loopback, loopback } from '../../test/servers.ts'
import { parseAgreement } from '../agreement/define.ts'
import { registry } from '../registry/registry.ts'
import type { GuardedInit } from './call.ts'
import type { DisclosureRecord } from './disclosure.ts'
import { guardErrors, isFlowDenied } from './errors.ts'
import { type FetchLike, type GuardOptions, guardFetch } from './guard-fetch.ts'
import { type GuardedBody, notPhi, type Tag, type TagFacts, tagged } from './tag.ts'

const SECRET = 'John Q. Patient'

const model = registry(
  [
    parseAgreement(complete),
    parseAgreement({
      ...complete,
      id: 'practice-files',
      to: { id: 'files', kind: 'business-associate', name: 'Files, Inc.' },
      services: ['storage.object'],
      signatures: [complete.signatures[0], { party: 'files', at: '2026-01-03T00:00:00.000Z' }],
      ai: undefined,
    }),
  ],
  { parties: [{ id: 'tracker', kind: 'other' }], complete: ['platform', 'files'] },
)

const clock = fixedClock('2026-11-21T10:00:00.000Z')
const note: TagFacts = {
  data: [{ class: 'phi.clinical.note.session', labels: [] }],
  use: 'treatment',
  service: 'records.notes',
  reference: 'req-1',
}

let platform: Loopback
let files: Loopback
let tracker: Loopback
let servers: readonly Loopback[]
let records: DisclosureRecord[]
beforeAll(async () => {
  servers = await Promise.all([loopback(), loopback(), loopback()])
  ;[platform, files, tracker] = servers as [Loopback, Loopback, Loopback]
})
afterEach(() => {
  for (const each of servers) each.reset()
  records = []
  clock.set('2026-11-21T10:00:00.000Z')
})
afterAll(() => Promise.all(servers.map((each) => each.close())))
records = []

const options = (): GuardOptions => ({
  from: 'practice',
  hosts: {
    [platform.host]: { party: 'platform', service: ['records', 'scheduling'] },
    [files.host]: { party: 'files', service: 'storage.object' },
    [tracker.host]: { party: 'tracker', service: 'analytics' },
  },
  clock,
  record: (each) => {
    records.push(each)
  },
  loopbackHttp: true,
})
const guarded = (more: Partial<GuardOptions> = {}, send: FetchLike = fetch) =>
  guardFetch(send, model, { ...options(), ...more })
const post = (body: Parameters<typeof tagged>[0], more: Partial<TagFacts> = {}): GuardedInit => ({
  method: 'POST',
  phi: tagged(body, { ...note, ...more }),
})
const connections = () => servers.map((each) => each.connections())
const phases = () => records.map(({ phase, result, problem }) => [phase, result ?? problem ?? ''].join(' ').trim())
const redirectTo = (server: Loopback, status: number, location: string) => {
  server.answer = (_, response) => {
    response.writeHead(status, { location }).end(SECRET)
  }
}

describe('a call that is allowed', () => {
  it('S50 S66 is sent, and recorded before and after: who, what, to whom, under which agreement, and no content', async () => {
    const response = await guarded()(platform.url(`/notes/${encodeURIComponent(SECRET)}?q=1`), post(SECRET))
    expect([response.status, await response.text()]).toEqual([200, 'ok'])
    expect(platform.asked[0]).toMatchObject({ method: 'POST', body: SECRET, path: '/notes/John%20Q.%20Patient?q=1' })
    const shared = {
      format: 'phi.disclosure/v1',
      call: 1,
      hop: 0,
      at: '2026-11-21T10:00:00.000Z',
      from: 'practice',
      to: 'platform',
      recipient: 'platform',
      host: platform.host,
      method: 'POST',
      phi: true,
      service: 'records.notes',
      use: 'treatment',
      classes: ['phi.clinical.note.session'],
      labels: [],
      decision: 'allow',
      agreement: 'practice-platform-2026',
      duties: ['minimum-necessary'],
      reference: 'req-1',
      bytes: SECRET.length,
    }
    expect(records).toEqual([
      { ...shared, phase: 'attempt' },
      { ...shared, phase: 'outcome', result: 'answered', status: 200 },
    ])
    expect(JSON.stringify(records)).not.toMatch(/John|Patient/)
    expect(records.every((each) => Object.isFrozen(each))).toBe(true)
  })

  it('S50 the attempt is kept before the socket opens', async () => {
    const opened: number[] = []
    const record = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      opened.push(platform.connections())
    }
    await guarded({ record })(platform.url(), post('x'))
    expect(opened).toEqual([0, 1])
  })

  it('says nothing of protected health information where the caller says that there is none, and is recorded all the same', async () => {
    const init = { method: 'PUT', body: 'ping', phi: notPhi('a health check') }
    await guarded()(tracker.url('/ping'), init)
    expect(tracker.asked[0]).toMatchObject({ method: 'PUT', body: 'ping' })
    expect(phases()).toEqual(['attempt', 'outcome answered'])
    expect(records[0]).toMatchObject({ to: 'tracker', phi: false, notPhi: 'a health check', bytes: 4 })
    expect(records[0]).not.toHaveProperty('decision')
  })

  const bodies: readonly (readonly [string, () => GuardedBody | null, number | undefined, string])[] = [
    ['text', () => 'é', 2, 'é'],
    ['bytes', () => new TextEncoder().encode('abc'), 3, 'abc'],
    ['a buffer', () => new TextEncoder().encode('abc').buffer as ArrayBuffer, 3, 'abc'],
    ['a blob', () => new Blob(['abcd']), 4, 'abcd'],
    ['parameters', () => new URLSearchParams({ a: 'b c' }), 5, 'a=b+c'],
    ['a stream', () => new Blob(['abc']).stream() as ReadableStream<Uint8Array<ArrayBuffer>>, undefined, 'abc'],
    ['nothing', () => null, undefined, ''],
  ]
  it.each(bodies)('carries %s', async (_, body, bytes, received) => {
    await guarded()(platform.url(), post(body()))
    expect(platform.asked[0]?.body).toBe(received)
    expect(records[0]?.bytes).toBe(bytes)
  })

  it('carries a form', async () => {
    const form = new FormData()
    form.set('a', 'b')
    await guarded()(platform.url(), post(form))
    expect(platform.asked[0]?.headers['content-type']).toMatch(/^multipart\/form-data/)
  })

  it('takes what was tagged, whatever happens to the facts afterwards', async () => {
    const facts = { ...note, data: [{ class: 'phi.clinical.note.session' as const, labels: [] as 'hiv'[] }] }
    const phi = tagged('x', facts)
    facts.data[0]?.labels.push('hiv')
    await guarded()(platform.url(), { method: 'POST', phi })
    expect(records[0]?.labels).toEqual([])
  })
})

/** The error of a call that is refused: nothing was sent, nothing of it can be read in the error or the records. */
async function refused(
  init: GuardedInit,
  address: unknown = platform.url(),
  more: Partial<GuardOptions> = {},
): Promise<PhiError> {
  const error = await refusal(guarded(more)(address as string, init))
  expect(connections()).toEqual([0, 0, 0])
  expect(Object.keys(guardErrors)).toContain(error.code)
  expect(phases()).toEqual([`refused ${error.code}`])
  expect(`${error.stack}${JSON.stringify(error)}${JSON.stringify(records)}${String(error.cause)}`).not.toMatch(/John|Patient/)
  return error
}

describe('data that may not go there', () => {
  it('S66 is refused before a socket opens, with every reason', async () => {
    const error = await refused(post(SECRET, { data: [{ class: 'phi.code.icd10', labels: [] }] }))
    if (!isFlowDenied(error)) throw error
    expect(error.decision.outcome).toBe('deny')
    expect(error.decision.reasons.map(({ code }) => code)).toContain('class-prohibited')
    expect(error.info).toEqual({ hop: 0, sent: false })
    expect(records[0]).toMatchObject({ phase: 'refused', to: 'platform', decision: 'deny', classes: ['phi.code.icd10'] })
    expect(records[0]?.reasons).toContain('class-prohibited')
  })

  it('S66 goes to nobody without an agreement', async () => {
    const error = await refused(post(SECRET, { service: 'analytics' }), tracker.url())
    expect(isFlowDenied(error) && error.decision.reasons.map(({ code }) => code)).toEqual(['no-agreement'])
  })

  it.each([
    ['a use that no clause permits', { use: 'marketing' }],
    ['a label that is prohibited', { data: [{ class: 'phi.clinical.note.session', labels: ['hiv'] }] }],
    [
      'a prompt made of what may not go',
      { data: [{ class: 'phi.ai.prompt', labels: [], madeOf: [{ class: 'phi.code.cpt', labels: [] }] }] },
    ],
    ['a prompt of unknown origin', { data: [{ class: 'phi.ai.prompt', labels: [] }] }],
    ['a class that does not exist', { data: [{ class: SECRET, labels: [] }] }],
    ['a hole', { data: [undefined] }],
  ])('%s', async (_, more) => {
    expect((await refused(post(SECRET, more as Partial<TagFacts>))).code).toBe('PHI_BAA_FLOW_DENIED')
  })

  it('S66 labels have to be stated where one of them would forbid it', async () => {
    const error = await refused(post(SECRET, { data: ['phi.clinical.note.session'] }))
    expect(isFlowDenied(error) && error.decision.outcome).toBe('allow')
    expect(isFlowDenied(error) && error.decision.provided).toContain('hiv')
    expect(error.message).toContain('labels of the data are not stated')
  })

  it('S151 is judged at the time of the call: not before the signature, and not after the end', async () => {
    const call = guarded()
    for (const at of ['2026-01-03T09:29:59.999Z', '2028-01-01T12:00:00.000Z']) {
      clock.set(at)
      expect((await refusal(call(platform.url(), post('x')))).code).toBe('PHI_BAA_FLOW_DENIED')
    }
    expect(connections()).toEqual([0, 0, 0])
    clock.set('2026-01-03T09:30:00.000Z')
    expect((await call(platform.url(), post('x'))).status).toBe(200)
  })

  it('an accounting that is owed is described, or nothing goes', async () => {
    const legal = registry([parseAgreement({ ...complete, uses: [...complete.uses, 'required-by-law'] })], {
      complete: ['platform'],
    })
    const make = () =>
      guardFetch(fetch, legal, { ...options(), hosts: { [platform.host]: { party: 'platform', service: 'records' } } })
    const error = await refusal(make()(platform.url(), post('x', { use: 'required-by-law' })))
    expect([error.code, connections()[0]]).toEqual(['PHI_BAA_FLOW_DENIED', 0])
    expect(error.message).toContain('accounting')
    const described = { use: 'required-by-law', description: 'Treatment notes', purpose: 'Court order' } as const
    await make()(platform.url(), post('x', described))
    expect(records.at(-1)).toMatchObject({ description: 'Treatment notes', purpose: 'Court order', duties: ['accounting'] })
  })

  it('a host in another region than the contract names is another matter', async () => {
    const services = [{ service: 'records.notes', region: 'us-east' }]
    const regional = registry([parseAgreement({ ...complete, services })], { complete: ['platform'] })
    const at = (where?: { readonly region: string }) =>
      guardFetch(fetch, regional, {
        ...options(),
        hosts: { [platform.host]: { party: 'platform', service: 'records', where } },
      })
    expect((await at({ region: 'us-east' })(platform.url(), post('x'))).status).toBe(200)
    for (const where of [undefined, { region: 'eu-west' }]) {
      expect((await refusal(at(where)(platform.url(), post('x')))).code).toBe('PHI_BAA_FLOW_DENIED')
    }
    expect(platform.asked.length).toBe(1)
  })

  it('the service is one of the host', async () => {
    expect((await refused(post(SECRET, { service: 'billing' }))).path).toBe('tag.service')
    for (const [address, service] of [
      [platform.url(), undefined],
      [files.url(), 'records.notes'],
      [files.url(), 'storage'],
    ] as const) {
      const error = await refusal(guarded()(address, post(SECRET, { service })))
      expect([error.code, error.path, connections()]).toEqual(['PHI_BAA_CALL', 'tag.service', [0, 0, 0]])
    }
    await guarded()(files.url(), post('x', { service: undefined }))
    expect(records.at(-1)).toMatchObject({ service: 'storage.object', recipient: 'Files, Inc.' })
  })
})

describe('a call without a tag', () => {
  it.each([
    ['none', { method: 'POST', body: SECRET }],
    // @ts-expect-error: the compiler asks for a tag too
    ['none and nothing', {} satisfies GuardedInit],
    ['undefined', { phi: undefined }],
    ['a look-alike', { phi: { phi: false } }],
    ['its JSON', { phi: JSON.parse(JSON.stringify(notPhi('x'))) }],
    ['a copy', { phi: { ...notPhi('x') } }],
    ['one on the prototype', Object.create({ phi: notPhi('x') })],
    ['no options', undefined],
    ['a text', SECRET],
  ])('is refused, whatever is in the address: %s', async (_, init) => {
    expect((await refused(init as GuardedInit, platform.url(`/?q=${SECRET}`))).code).toBe('PHI_BAA_UNTAGGED')
  })

  it.each([
    ['no facts', undefined],
    ['no data', { ...note, data: [] }],
    ['no use', { ...note, use: undefined }],
    ['an unknown use', { ...note, use: SECRET }],
    ['an unknown service', { ...note, service: SECRET }],
    ['a function in it', { ...note, conditions: () => SECRET }],
    ['a member that is not documented', { ...note, [SECRET]: 1 }],
  ])('cannot be tagged with %s', async (_, facts) => {
    const error = await refusal(() => tagged('x', facts as TagFacts))
    expect([error.code, error.message.includes('Patient')]).toEqual(['PHI_BAA_CALL', false])
  })

  it('a reason is a short phrase', async () => {
    for (const reason of ['', ' ', 'x'.repeat(201), 'a\nb', undefined]) {
      expect((await refusal(() => notPhi(reason as string))).code).toBe('PHI_BAA_CALL')
    }
  })
})

describe('a call that cannot be judged', () => {
  const phi = (): Tag => notPhi('test')
  it.each([
    ['a body beside a tag that has one', () => ({ ...post('x'), body: SECRET }), 'init.body'],
    ['an object as its body', () => ({ method: 'POST', phi: phi(), body: { name: SECRET } }), 'init.body'],
    ['an iterable as its body', () => ({ method: 'POST', phi: phi(), body: [SECRET] }), 'init.body'],
    ['GET with a body', () => ({ phi: phi(), body: SECRET }), 'init.body'],
    ['a method of its own', () => ({ phi: phi(), method: SECRET }), 'init.method'],
    ['CONNECT', () => ({ phi: phi(), method: 'CONNECT' }), 'init.method'],
    ['a header that HTTP cannot carry', () => ({ phi: phi(), headers: { 'x-name': `${SECRET}\né\u0000` } }), 'init.headers'],
    ['another host in its headers', () => ({ phi: phi(), headers: { Host: 'other.example' } }), 'init.headers'],
    ['a length of its own', () => ({ phi: phi(), headers: [['Content-Length', '1']] }), 'init.headers'],
    ['a dispatcher', () => ({ phi: phi(), dispatcher: {} }), 'init'],
    ['a mode', () => ({ phi: phi(), mode: 'no-cors' }), 'init'],
    [
      'a member that throws',
      () =>
        Object.defineProperty({ phi: phi() }, 'body', {
          enumerable: true,
          get: () => {
            throw new Error(SECRET)
          },
        }),
      'init',
    ],
    ['a signal that is none', () => ({ phi: phi(), signal: {} }), 'init.signal'],
    ['a redirect mode of its own', () => ({ phi: phi(), redirect: 'always' }), 'init.redirect'],
  ])('%s', async (_, init, path) => {
    const error = await refused(init() as GuardedInit)
    expect([error.code, error.path]).toEqual(['PHI_BAA_CALL', path])
  })
})

describe('an address that no party stands behind', () => {
  it.each([
    ['another port', 'http://127.0.0.1:1/'],
    ['another name for the same machine', 'http://localhost:1/'],
    ['http to elsewhere', 'http://api.vendor.example/'],
    ['an unknown host', `https://${'john-q-patient'}.example/`],
    ['an address by number', 'https://203.0.113.9/'],
    ['an address by one number', 'https://3405803785/'],
    ['IPv6', 'https://[2001:db8::1]/'],
    ['a user', 'https://user@api.vendor.example/'],
    ['a password', 'https://api.vendor.example:x@other.example/'],
    ['the trailing dot', 'https://api.vendor.example./'],
    ['a letter that looks alike', 'https://аpi.vendor.example/'],
    ['a suffix', 'https://api.vendor.example.evil.example/'],
    ['a prefix', 'https://evilapi.vendor.example/'],
    ['a parent', 'https://vendor.example/'],
    ['a child', 'https://x.api.vendor.example/'],
    ['another port of the host', 'https://api.vendor.example:8443/'],
    ['data', `data:text/plain,${SECRET}`],
    ['a file', 'file:///etc/passwd'],
    ['a blob', 'blob:https://api.vendor.example/x'],
    ['no scheme', '//api.vendor.example/'],
    ['a path', '/notes'],
    ['no text', 7],
    ['nothing', undefined],
    ['an object with a text', { toString: () => 'https://api.vendor.example/' }],
    ['the domain of a wildcard', 'https://wide.example/'],
    ['a bare dot before a wildcard', 'https://.wide.example/'],
  ])('%s', async (_, address) => {
    const hosts = {
      'api.vendor.example': { party: 'platform', service: 'records' },
      '*.wide.example': { party: 'platform', service: 'records' },
    } as const
    expect((await refused(post(SECRET), address, { hosts })).code).toBe('PHI_BAA_HOST')
    expect(records[0]).not.toHaveProperty('host')
  })

  it('a Request is refused: its body could only be read once', async () => {
    const request = new Request(platform.url(), { method: 'POST', body: SECRET })
    expect((await refused(post(null), request)).code).toBe('PHI_BAA_HOST')
  })

  const sent: string[] = []
  const recording: FetchLike = async (url) => {
    sent.push(url)
    return new Response('ok')
  }
  const hosts = {
    'api.vendor.example': { party: 'platform', service: 'records' },
    'api.vendor.example:8443': { party: 'platform', service: 'scheduling' },
    '*.wide.example': { party: 'platform', service: 'records' },
    '*.deep.wide.example': { party: 'platform', service: 'scheduling' },
  } as const

  it('what is sent is the address as it was judged: one reader, and not two that differ', async () => {
    const call = guarded({ hosts }, recording)
    sent.length = 0
    for (const address of [
      'HTTPS://API.Vendor.Example:443/a/../b#part',
      'https://api.vendor.example\\@evil.example/',
      'https:api.vendor.example',
      ' https://ap\ti.vendor.example/ ',
      new URL('https://ａpi.vendor.example/'),
    ]) {
      await call(address, post('x'))
    }
    expect(sent).toEqual([
      'https://api.vendor.example/b',
      'https://api.vendor.example/@evil.example/',
      'https://api.vendor.example/',
      'https://api.vendor.example/',
      'https://api.vendor.example/',
    ])
  })

  it('a wildcard stands for the hosts below it, the longest first, and is recorded as it is written', async () => {
    const call = guarded({ hosts }, recording)
    await call('https://john.wide.example/', post('x'))
    await call('https://a.b.wide.example/', post('x'))
    await call(
      'https://a.deep.wide.example/',
      post('x', { service: 'scheduling', data: [{ class: 'phi.schedule', labels: [] }] }),
    )
    expect(records.filter(({ phase }) => phase === 'attempt').map(({ host }) => host)).toEqual([
      '*.wide.example',
      '*.wide.example',
      '*.deep.wide.example',
    ])
  })

  it('whatever the address, nothing goes to a host that is not named', async () => {
    const call = guarded({ hosts, record: () => undefined }, recording)
    sent.length = 0
    const around = fc.oneof(
      fc.constant(''),
      fc.string({ maxLength: 4 }),
      fc.constantFrom('@', '/', '\\', '.', ':8443', '?', '#'),
    )
    const near = fc.tuple(fc.constantFrom('https://', 'http://', '//'), around, fc.constant('api.vendor.example'), around)
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.webUrl({ withQueryParameters: true }),
          near.map((each) => each.join('')),
        ),
        async (address) => {
          await call(address, post('x')).catch((error: unknown) => {
            if (!isPhiError(error)) throw error
          })
        },
      ),
      { numRuns: process.env.PHI_LONG === '1' ? 10_000 : 200 },
    )
    expect(sent.length).toBeGreaterThan(0)
    for (const each of sent) expect(each).toMatch(/^https:\/\/api\.vendor\.example(:8443)?\//)
  })
})

describe('redirects', () => {
  it('S66 from a covered host to one that is not: refused before the second socket opens', async () => {
    redirectTo(platform, 307, tracker.url(`/collect?name=${SECRET}`))
    const error = await refusal(guarded()(platform.url(), post(SECRET)))
    expect(isFlowDenied(error) && error.decision.reasons.map(({ code }) => code)).toEqual(['no-agreement'])
    expect(error.info).toEqual({ hop: 1, sent: true })
    expect(connections()).toEqual([1, 0, 0])
    expect(phases()).toEqual(['attempt', 'outcome redirected', 'refused PHI_BAA_FLOW_DENIED'])
    expect(records[2]).toMatchObject({ hop: 1, to: 'tracker' })
    expect(JSON.stringify([error, records])).not.toMatch(/John|Patient/)
  })

  it('to a host that nobody named', async () => {
    redirectTo(platform, 302, 'https://elsewhere.example/')
    const error = await refusal(guarded()(platform.url(), post(SECRET)))
    expect([error.code, phases().at(-1)]).toEqual(['PHI_BAA_HOST', 'refused PHI_BAA_HOST'])
  })

  it('S50 S66 to another covered host: judged anew under its own agreement and service, and recorded', async () => {
    redirectTo(platform, 307, files.url('/blob'))
    const init = {
      ...post(SECRET),
      headers: {
        authorization: 'Bearer x',
        cookie: 'a=b',
        'x-api-key': 'k',
        'content-type': 'text/x-note',
        accept: 'text/plain',
      },
    }
    const response = await guarded()(platform.url(), init)
    expect(await response.text()).toBe('ok')
    expect(files.asked[0]).toMatchObject({ method: 'POST', path: '/blob', body: SECRET })
    expect(files.asked[0]?.headers).toMatchObject({ 'content-type': 'text/x-note', accept: 'text/plain' })
    for (const name of ['authorization', 'cookie', 'x-api-key']) expect(files.asked[0]?.headers).not.toHaveProperty(name)
    expect(records.map(({ hop, to, agreement, service }) => [hop, to, agreement, service])).toEqual([
      [0, 'platform', 'practice-platform-2026', 'records.notes'],
      [0, 'platform', 'practice-platform-2026', 'records.notes'],
      [1, 'files', 'practice-files', 'storage.object'],
      [1, 'files', 'practice-files', 'storage.object'],
    ])
  })

  it('credentials go on to the same origin', async () => {
    platform.answer = ({ path }, response) => {
      if (path === '/') response.writeHead(308, { location: '/next' })
      response.end('ok')
    }
    await guarded()(platform.url(), { ...post('x'), headers: { authorization: 'Bearer x' } })
    expect(platform.asked.map(({ path, headers, body }) => [path, headers.authorization, body])).toEqual([
      ['/', 'Bearer x', 'x'],
      ['/next', 'Bearer x', 'x'],
    ])
  })

  // The Fetch Standard, HTTP-redirect fetch: the runtime’s own fetch says what is right.
  it.each(
    [301, 302, 303, 307, 308].flatMap((status) =>
      ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'].map((method) => [status, method] as const),
    ),
  )('%i of a %s asks next as fetch itself does', async (status, method) => {
    platform.answer = ({ path }, response) => {
      if (path === '/') response.writeHead(status, { location: '/next' })
      response.end()
    }
    const body = method === 'POST' || method === 'PUT' ? 'abc' : null
    const headers = { 'content-type': 'text/x-note', 'x-more': '1' }
    await fetch(platform.url(), { method, body, headers })
    await guarded()(platform.url(), { method, headers, phi: tagged(body, note) })
    const shown = ({ method, path, body, headers }: (typeof platform.asked)[number]) => [
      method,
      path,
      body,
      headers['content-type'],
      headers['content-length'],
      headers['x-more'],
    ]
    const [, theirs, , ours] = platform.asked
    if (theirs === undefined || ours === undefined) throw new Error('not redirected')
    expect(shown(ours)).toEqual(shown(theirs))
  })

  it('five by default, as many as the options say, and no loop', async () => {
    let count = 0
    platform.answer = ({ path }, response) => {
      count += 1
      response.writeHead(302, { location: `${path}x` }).end()
    }
    expect((await refusal(guarded()(platform.url(), post(null)))).code).toBe('PHI_BAA_REDIRECT')
    expect(count).toBe(6)
    await refusal(guarded({ maxRedirects: 0 })(platform.url(), post(null)))
    expect(count).toBe(7)
  })

  it.each([
    ['a stream would go twice', 307, '/next', () => post(new Blob(['x']).stream() as ReadableStream<Uint8Array<ArrayBuffer>>)],
    ['it is no address', 302, 'http://', () => post(null)],
    ['it holds a password', 302, 'http://u:p@127.0.0.1/', () => post(null)],
    ['it is no http', 302, 'ftp://127.0.0.1/', () => post(null)],
    ['the call follows none', 302, '/next', () => ({ ...post(null), redirect: 'error' as const })],
  ])('is not followed where %s', async (_, status, location, init) => {
    redirectTo(platform, status, location)
    const error = await refusal(guarded()(platform.url(), init()))
    expect([error.code, error.info, platform.asked.length]).toEqual(['PHI_BAA_REDIRECT', { hop: 1, sent: true }, 1])
    expect(phases().at(-1)).toBe('refused PHI_BAA_REDIRECT')
  })

  it('a stream is dropped where the next request is a GET', async () => {
    platform.answer = ({ path }, response) => {
      if (path === '/') response.writeHead(303, { location: '/next' })
      response.end('ok')
    }
    await guarded()(platform.url(), post(new Blob(['abc']).stream() as ReadableStream<Uint8Array<ArrayBuffer>>))
    expect(platform.asked.map(({ method, body }) => [method, body])).toEqual([
      ['POST', 'abc'],
      ['GET', ''],
    ])
  })

  const answers = (first: Response): FetchLike => {
    let calls = 0
    return async () => (calls++ === 0 ? first : new Response('leaked'))
  }
  const https = {
    'api.vendor.example': { party: 'platform', service: 'records' },
    'localhost:9': { party: 'platform', service: 'records' },
  } as const
  it.each([
    ['from https to http', 'http://localhost:9/'],
    ['from elsewhere to this machine', 'https://localhost:9/'],
  ])('never %s', async (_, location) => {
    const send = answers(new Response(null, { status: 302, headers: { location } }))
    const error = await refusal(guarded({ hosts: https }, send)('https://api.vendor.example/', post('x')))
    expect(error.code).toBe('PHI_BAA_REDIRECT')
  })

  it('handed back where the caller asks for it, and where the answer names no address', async () => {
    redirectTo(platform, 302, tracker.url())
    expect((await guarded()(platform.url(), { ...post(null), redirect: 'manual' })).status).toBe(302)
    platform.answer = (_, response) => {
      response.writeHead(302).end()
    }
    expect((await guarded()(platform.url(), post(null))).status).toBe(302)
    platform.answer = (_, response) => {
      response.writeHead(300, { location: tracker.url() }).end()
    }
    expect((await guarded()(platform.url(), post(null))).status).toBe(300)
    expect(tracker.connections()).toBe(0)
  })

  it('a fetch that follows by itself is found out', async () => {
    redirectTo(platform, 302, tracker.url())
    const itself: FetchLike = (url, init) => fetch(url, { ...init, redirect: 'follow' })
    const error = await refusal(guarded({}, itself)(platform.url(), post(null)))
    expect([error.code, error.info]).toEqual(['PHI_BAA_REDIRECT', { hop: 0, sent: true }])
    expect(error.message).toContain('by itself')
    expect(phases()).toEqual(['attempt', 'outcome redirected'])
  })
})

describe('faults', () => {
  it('S50 what cannot be recorded is not sent', async () => {
    const failing = () => {
      throw new Error(SECRET)
    }
    for (const record of [failing, async () => failing()]) {
      const error = await refusal(guarded({ record })(platform.url(), post(SECRET)))
      expect([error.code, error.info, error.cause]).toEqual(['PHI_BAA_RECORD', { hop: 0, sent: false }, undefined])
    }
    expect(connections()).toEqual([0, 0, 0])
  })

  it('S50 an outcome that cannot be recorded is an error that says that it was sent', async () => {
    let calls = 0
    const record = () => {
      if (calls++ === 1) throw new Error(SECRET)
    }
    const error = await refusal(guarded({ record })(platform.url(), post(SECRET)))
    expect([error.code, error.info, platform.asked.length]).toEqual(['PHI_BAA_RECORD', { hop: 0, sent: true }, 1])
  })

  it('a refusal stands though it cannot be recorded', async () => {
    const record = () => Promise.reject(new Error(SECRET))
    const error = await refusal(guarded({ record })(tracker.url(), post(SECRET, { service: 'analytics' })))
    expect(error.code).toBe('PHI_BAA_FLOW_DENIED')
  })

  it('no answer: recorded as not known, with the code of the runtime and without its words', async () => {
    const gone = await loopback()
    await gone.close()
    const hosts = { [gone.host]: { party: 'platform', service: 'records' } } as const
    const error = await refusal(guarded({ hosts })(gone.url(`/?q=${SECRET}`), post(SECRET)))
    expect([error.code, error.info, error.cause]).toEqual([
      'PHI_BAA_SEND',
      { hop: 0, sent: true, reason: 'ECONNREFUSED' },
      undefined,
    ])
    expect(phases()).toEqual(['attempt', 'outcome no-answer'])
    platform.answer = (_, response) => response.destroy()
    expect((await refusal(guarded()(platform.url(), post('x')))).code).toBe('PHI_BAA_SEND')
  })

  it('an aborted call rejects with the reason of its signal', async () => {
    const reason = new Error('the page was left')
    await expect(guarded()(platform.url(), { ...post('x'), signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(records).toEqual([])
    platform.answer = () => undefined
    const controller = new AbortController()
    const waiting = guarded()(platform.url(), { ...post('x'), signal: controller.signal })
    setTimeout(() => controller.abort(reason), 50)
    await expect(waiting).rejects.toBe(reason)
    expect(phases()).toEqual(['attempt', 'outcome no-answer'])
  })

  it('calls are told apart, and each by its hops', async () => {
    const call = guarded()
    await Promise.all([call(platform.url(), post('a')), call(platform.url(), post('b'))])
    expect(records.map(({ call, phase }) => `${call} ${phase}`).sort()).toEqual([
      '1 attempt',
      '1 outcome',
      '2 attempt',
      '2 outcome',
    ])
  })
})

describe('options', () => {
  const host = { party: 'platform', service: 'records' } as const
  it.each([
    ['no party', { from: 'stranger' }],
    ['no clock', { clock: undefined }],
    ['no record', { record: undefined }],
    ['too many redirects', { maxRedirects: 21 }],
    ['a number that is none', { maxRedirects: Number.NaN }],
    ['a member that is not documented', { also: 1 }],
    ['no hosts', { hosts: undefined }],
    ['a list of hosts', { hosts: [host] }],
    ['an unknown party of a host', { hosts: { 'a.example': { ...host, party: 'stranger' } } }],
    ['an unknown service', { hosts: { 'a.example': { ...host, service: 'x' } } }],
    ['no service', { hosts: { 'a.example': { ...host, service: [] } } }],
    ['a scheme', { hosts: { 'https://a.example': host } }],
    ['a path', { hosts: { 'a.example/b': host } }],
    ['upper case', { hosts: { 'A.example': host } }],
    ['a trailing dot', { hosts: { 'a.example.': host } }],
    ['a user', { hosts: { 'u@a.example': host } }],
    ['the port 443', { hosts: { 'a.example:443': host } }],
    ['no port', { hosts: { 'a.example:': host } }],
    ['a port too large', { hosts: { 'a.example:65536': host } }],
    ['letters outside ASCII', { hosts: { 'bücher.example': host } }],
    ['a number', { hosts: { '203.0.113.9': host } }],
    ['a number in disguise', { hosts: { '0xcb.113.9': host } }],
    ['IPv6', { hosts: { '[2001:db8::1]': host } }],
    ['everything', { hosts: { '*': host } }],
    ['an ending', { hosts: { '*.com': host } }],
    ['a wildcard inside', { hosts: { 'a.*.example': host } }],
    ['part of a label', { hosts: { '*a.vendor.example': host } }],
    ['two parties below one wildcard', { hosts: { '*.v.example': host, 'a.v.example': { ...host, party: 'files' } } }],
    ['two parties in nested wildcards', { hosts: { '*.b.v.example': { ...host, party: 'files' }, '*.v.example': host } }],
  ])('%s', async (_, more) => {
    const error = await refusal(() => guarded(more as Partial<GuardOptions>))
    expect(error.code).toBe('PHI_BAA_GUARD')
  })

  it('hosts in punycode, of this machine, and with ports are taken', () => {
    guarded({
      hosts: {
        'xn--bcher-kva.example': host,
        localhost: host,
        'localhost:3000': host,
        '[::1]:3000': host,
        'a.example:8443': host,
      },
    })
    guarded({ hosts: { '*.v.example': host, 'a.v.example': host, 'b.example': { ...host, party: 'files' } } })
  })

  it('http needs a word, and never reaches further than this machine', async () => {
    expect((await refused(post('x'), platform.url(), { loopbackHttp: false })).code).toBe('PHI_BAA_HOST')
  })

  it('a registry that nobody checked, and a fetch that is none', async () => {
    expect((await refusal(() => guardFetch(fetch, {} as typeof model, options()))).code).toBe('PHI_BAA_REGISTRY')
    expect((await refusal(() => guardFetch({} as FetchLike, model, options()))).code).toBe('PHI_BAA_GUARD')
  })
})
