import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { AuditLog, AuditStore } from '@phi/audit'
import type { fixedClock } from '@phi/core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { by, folder, joined, origin as logOrigin, memoryLog, signer } from '../audit/world.ts'
import { phi } from '../io.ts'
import { enter, type Viewing, viewing } from './viewing.ts'

let dir: Awaited<ReturnType<typeof folder>>
let store: AuditStore
let log: AuditLog
let clock: ReturnType<typeof fixedClock>
const BY = ['--by', 'u-2', '--origin', logOrigin, '--key', signer.vkey]

beforeAll(async () => {
  dir = await folder()
  ;({ store, log, clock } = await memoryLog())
  await log.checkpoint()
  await dir.write('log.phi-audit.jsonl', await joined(log.exportLines({ by })))
  await dir.write(
    'evidence.phi-audit.json',
    JSON.stringify(await log.evidence({ indices: [1, 2, 3], disclose: ['event', 'actor'], by })),
  )
})
afterAll(() => dir.remove())

const open = (words: readonly string[] = BY) => viewing(words, { cwd: dir.path, auditStore: store as never, clock })

/** A request as nothing but a program would send it. */
const raw = (
  target: Viewing,
  path: string,
  { method = 'GET', headers = {}, body = '' }: { method?: string; headers?: Record<string, string>; body?: string } = {},
) =>
  new Promise<{ status: number; body: string; headers: Record<string, unknown> }>((resolve, reject) => {
    const asked = request(`${target.origin}${path}`, { method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }))
      response.on('error', reject)
    })
    asked.on('error', reject)
    asked.end(body)
  })

const reviews = async () => (await log.query({ action: 'review', limit: 100 })).records

describe('phi audit view', () => {
  it('S97 S6 lets in who has the address, once, and records that they read', async () => {
    const view = await open()
    const before = (await reviews()).length
    const first = await fetch(view.url)
    expect([first.status, await first.text()]).toEqual([200, expect.stringContaining('in the name of <bdi>u-2</bdi>')])
    // To look at the way in is not to go in.
    expect((await reviews()).length).toBe(before)
    const { home, cookie, header } = await enter(view)
    expect(header).toMatch(/^phi-view=[\w-]{43}; Path=\/[\w-]{16}\/; HttpOnly; SameSite=Strict$/)
    expect(await reviews()).toMatchObject([
      {
        event: {
          actor: { id: 'u-2', type: 'workforce' },
          outcome: 'success',
          source: { userAgent: expect.stringMatching(/^phi\//) },
        },
      },
    ])
    const page = await fetch(home, { headers: { cookie } })
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Newest entries')])
    // The address is used up, and without the cookie there is nothing.
    expect(
      (await fetch(view.url, { method: 'POST', headers: { origin: view.origin }, body: new URLSearchParams() })).status,
    ).toBe(410)
    expect((await fetch(home)).status).toBe(401)
    expect((await fetch(home, { headers: { cookie: 'phi-view=AAAA' } })).status).toBe(401)
    expect((await fetch(`${view.origin}/`)).status).toBe(404)
    expect((await fetch(`${view.url.slice(0, -1)}x`)).status).toBe(404)
    expect((await view.stop()).code).toBe(0)
    await expect(fetch(view.url)).rejects.toThrow()
  })

  it('of two that come with the address together, one gets in', async () => {
    const view = await open()
    const posts = await Promise.all(
      Array.from({ length: 5 }, () =>
        fetch(view.url, { method: 'POST', redirect: 'manual', headers: { origin: view.origin }, body: new URLSearchParams() }),
      ),
    )
    expect(posts.map(({ status }) => status).sort()).toEqual([303, 410, 410, 410, 410])
    await view.stop()
  })

  it('shows nothing where the reading cannot be recorded, and lets the person try again', async () => {
    let isDown = true
    const failing: AuditStore = {
      ...store,
      extend: (...given) => {
        if (isDown) throw new Error('disk full at /secret/place')
        return store.extend(...given)
      },
    }
    const view = await viewing(BY, { cwd: dir.path, auditStore: failing as never, clock })
    const refused = await fetch(view.url, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: view.origin },
      body: new URLSearchParams(),
    })
    const text = await refused.text()
    expect([refused.status, refused.headers.get('set-cookie')]).toEqual([503, null])
    expect(text).toContain('could not be recorded, so it was not opened')
    expect(text).not.toContain('secret')
    isDown = false
    expect((await enter(view)).cookie).not.toBe('')
    await view.stop()
  })

  it('refuses other hosts, other pages, other methods, and forms that are none', async () => {
    const view = await open()
    const { home, cookie } = await enter(view)
    const path = new URL(home).pathname
    const port = new URL(view.origin).port
    for (const host of ['evil.example', `evil.example:${port}`, `localhost:${port}`, '127.0.0.1', `127.0.0.1:${port}.`])
      expect((await raw(view, path, { headers: { host, cookie } })).status).toBe(421)
    const other = { origin: 'http://evil.example' }
    expect((await raw(view, path, { headers: { cookie, ...other } })).status).toBe(403)
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const posts: Record<string, string>[] = [
      {},
      other,
      { origin: 'null' },
      { origin: `http://127.0.0.1:${Number(port) + 1}` },
      { origin: view.origin, 'sec-fetch-site': 'cross-site' },
      { origin: view.origin, 'sec-fetch-site': 'same-site' },
    ]
    for (const headers of posts)
      expect(
        (await raw(view, `${path}export`, { method: 'POST', headers: { cookie, ...type, ...headers }, body: 'as=csv' })).status,
      ).toBe(403)
    expect(
      (
        await raw(view, `${path}export`, {
          method: 'POST',
          headers: { cookie, origin: view.origin, 'content-type': 'text/plain' },
          body: 'as=csv',
        })
      ).status,
    ).toBe(400)
    const long = `as=csv&actor=${'a'.repeat(70_000)}`
    expect(
      (await raw(view, `${path}export`, { method: 'POST', headers: { cookie, origin: view.origin, ...type }, body: long }))
        .status,
    ).toBe(400)
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])
      expect((await raw(view, path, { method, headers: { cookie } })).status).toBe(405)
    expect((await raw(view, `${path}export`, { headers: { cookie } })).status).toBe(404)
    expect((await raw(view, `${path}constructor`, { headers: { cookie } })).status).toBe(404)
    expect((await raw(view, path, { method: 'HEAD', headers: { cookie } })).body).toBe('')
    expect((await raw(view, `//evil.example${path}`, { headers: { cookie } })).status).toBe(400)
    await view.stop()
  })

  it('listens on the loopback address only, and sends the headers of a page that loads nothing', async () => {
    const view = await open()
    const { home, cookie } = await enter(view)
    for (const path of [new URL(home).pathname, '/style.css', '/nothing', `${new URL(home).pathname}verify.json`]) {
      const { headers } = await raw(view, path, { headers: { cookie } })
      expect(headers).toMatchObject({
        'cache-control': path === '/style.css' ? 'private, max-age=3600' : 'no-store',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cross-origin-resource-policy': 'same-origin',
      })
      const policy = String(headers['content-security-policy'])
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toMatch(/unsafe|http|\*/)
    }
    // Everything of 127.0.0.0/8 is this machine, and only one of its addresses is listened on.
    const elsewhere = await new Promise((resolve) => {
      const socket = connect(Number(new URL(view.origin).port), '127.0.0.2')
      socket.on('connect', () => resolve('connected')).on('error', () => resolve('refused'))
      socket.on('connect', () => socket.destroy())
    })
    expect(elsewhere).toBe('refused')
    await view.stop()
  })

  it('S97 closes after fifteen minutes without a request, and with a word', async () => {
    const view = await open()
    const { home, cookie } = await enter(view)
    const status = async (path = '') => (await fetch(`${home}${path}`, { headers: { cookie } })).status
    clock.advance(14 * 60_000)
    expect(await status()).toBe(200)
    clock.advance(14 * 60_000)
    // What a page asks by itself is not a person.
    expect(await status('verify.json')).toBe(200)
    clock.advance(2 * 60_000)
    expect(await status('verify.json')).toBe(401)
    expect(await status()).toBe(401)
    await view.stop()
    const second = await open()
    const session = await enter(second)
    const ended = await fetch(`${session.home}end`, {
      method: 'POST',
      headers: { cookie: session.cookie, origin: second.origin },
      body: new URLSearchParams(),
    })
    expect(await ended.text()).toContain('The session has ended.')
    expect((await second.ran).code).toBe(0)
  })

  it('S94 finds what the library finds, and says of what it cannot read that nothing was searched', async () => {
    const view = await open()
    const { home, cookie } = await enter(view)
    const get = async (query: string) => {
      const response = await fetch(`${home}${query}`, { headers: { cookie } })
      return { status: response.status, text: await response.text() }
    }
    const indices = (text: string) =>
      [...text.matchAll(/entry\?index=(\d+)"><span class="unseen">Entry /g)].map(([, index]) => Number(index))
    for (const [query, asked] of [
      ['?patient=p-3', { patient: 'p-3' }],
      ['?actor=u-11&outcome=denied', { actor: 'u-11', outcome: 'denied' }],
      ['?type=ProgressNote&id=n-7', { resource: { type: 'ProgressNote', id: 'n-7' } }],
      ['?action=disclose', { action: 'disclose' }],
      [
        '?from=2026-11-21T12:05&until=2026-11-21T12:10:00.000Z',
        { from: '2026-11-21T12:05:00.000Z', until: '2026-11-21T12:10:00.000Z' },
      ],
      ['?patient=nobody', { patient: 'nobody' }],
    ] as const) {
      const { records } = await log.query(asked)
      expect([query, indices((await get(query)).text)]).toEqual([query, records.map(({ index }) => index)])
    }
    for (const query of [
      '?from=yesterday',
      '?action=steal',
      '?id=n-1',
      '?outcome=',
      '?actor=a&actor=b',
      '?until=2026-13-40',
      `?patient=${'p'.repeat(300)}`,
      '?from=2026-11-22&until=2026-11-21',
      '?cursor=DROP',
      '?cursor=oldest:1',
    ]) {
      const { status, text } = await get(query)
      if (query === '?outcome=') expect(status).toBe(200)
      else expect([query, status, indices(text).length]).toEqual([query, 400, 0])
    }
    for (const query of [
      'follow',
      'follow?actor=',
      'follow?actor=a&patient=b',
      'follow?actor=u-10&since=never',
      'entry?index=-1',
      'entry?index=1e3',
      'entry',
    ])
      expect([query, (await get(query)).status]).toEqual([query, 400])
    expect((await get('entry?index=99999')).status).toBe(404)
    expect((await get('entry?index=36')).text).toContain('Notifiable disease')
    await view.stop()
  })

  it('S97 S6 exports what a search answers, and records that first', async () => {
    const view = await open()
    const { home, cookie } = await enter(view)
    const post = async (fields: Record<string, string>) => {
      const response = await fetch(`${home}export`, {
        method: 'POST',
        headers: { cookie, origin: view.origin },
        body: new URLSearchParams(fields),
      })
      return {
        status: response.status,
        type: response.headers.get('content-type'),
        as: response.headers.get('content-disposition'),
        text: await response.text(),
      }
    }
    const csv = await post({ as: 'csv', patient: 'p-3' })
    expect(csv).toMatchObject({
      status: 200,
      type: 'text/csv; charset=utf-8',
      as: expect.stringMatching(/^attachment; filename="audit-2026-11-\d\d\.csv"$/),
    })
    const json = JSON.parse((await post({ as: 'json', action: 'disclose' })).text) as unknown[]
    expect(json).toHaveLength((await log.query({ action: 'disclose' })).records.length)
    const { records } = await log.query({ action: 'export', limit: 2 })
    expect(records).toMatchObject([
      { event: { actor: { id: 'u-2' } } },
      { event: { actor: { id: 'u-2' }, subject: { patients: ['p-3'] } } },
    ])
    expect(csv.text.trimEnd().split('\r\n').length).toBeGreaterThan(7)
    expect((await post({ as: 'xml' })).status).toBe(400)
    expect((await post({ as: 'csv', from: 'never' })).status).toBe(400)
    await view.stop()
  })
})

describe('phi audit view of a file', () => {
  const pageOf = async (file: string, query: string) => {
    const view = await viewing([file, '--key', signer.vkey], { cwd: dir.path, clock })
    const { home, cookie } = await enter(view)
    const text = await (await fetch(`${home}${query}`, { headers: { cookie } })).text()
    await view.stop()
    return text
  }

  it('S97 reads a log in lines, and says that nothing is recorded', async () => {
    const text = await pageOf('log.phi-audit.jsonl', '?patient=p-3')
    expect(text).toContain('recorded nowhere')
    const { records } = await log.query({ patient: 'p-3', until: '2026-11-21T12:37:00.000Z' })
    const indices = [...text.matchAll(/entry\?index=(\d+)"><span class="unseen">Entry /g)].map(([, index]) => Number(index))
    expect(indices).toEqual(records.map(({ index }) => index))
  })

  it('does not say of withheld parts that nobody is there', async () => {
    const text = await pageOf('evidence.phi-audit.json', '?patient=p-3')
    expect(text).toContain('3 entries could not be searched')
    expect(text).not.toContain('<table')
  })

  it('goes through a long copy page by page, in both directions', async () => {
    const view = await viewing(['log.phi-audit.jsonl'], { cwd: dir.path, clock })
    const { home, cookie } = await enter(view)
    const seen: number[] = []
    for (let at: string | undefined = home; at !== undefined; ) {
      const text: string = await (await fetch(at, { headers: { cookie } })).text()
      seen.push(...[...text.matchAll(/entry\?index=(\d+)"><span class="unseen">Entry /g)].map(([, index]) => Number(index)))
      const next: string | undefined = /href="([^"]*cursor=[^"#]*)[^"]*">Older/.exec(text)?.[1]?.replaceAll('&amp;', '&')
      at = next === undefined ? undefined : `${view.origin}${next}`
    }
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, at) => seen.length - 1 - at))
    expect(seen.length).toBeGreaterThan(30)
    await view.stop()
  })

  it('ends in an error, and in no shorter list, where a line is damaged', async () => {
    const lines = (await readFile(join(dir.path, 'log.phi-audit.jsonl'), 'utf8')).split('\n')
    const broken: Readonly<Record<string, string>> = {
      cut: lines[20]?.slice(0, 40) ?? '',
      other: '{"index":19,"leaf":"x","open":{},"more":1}',
      list: '[]',
      leaf: '{"index":19,"leaf":"x","open":{}}',
      moved: lines[21] as string,
    }
    for (const [name, line] of Object.entries(broken)) {
      await dir.write(`${name}.jsonl`, [...lines.slice(0, 20), line, ...lines.slice(21)].join('\n'))
      const text = await pageOf(`${name}.jsonl`, '')
      // An entry at the place of another can be read: that it is moved, verification says.
      const isShown = name === 'moved'
      expect([name, text.includes('could not be answered'), text.includes('<table')]).toEqual([name, !isShown, isShown])
    }
  })
})

describe('the command line of phi audit view', () => {
  const fails = async (words: readonly string[]) => {
    const { code, stderr } = await phi(['audit', 'view', ...words], { cwd: dir.path, auditStore: store as never })
    return [code, stderr.trimEnd().split('\n').at(-1)]
  }

  it('needs a name for what is recorded, and takes none where nothing is', async () => {
    expect(await fails(['--origin', logOrigin])).toEqual([2, 'PHI_CLI_USAGE'])
    expect(await fails(['log.phi-audit.jsonl', '--by', 'u-2'])).toEqual([2, 'PHI_CLI_USAGE'])
    expect(await fails(['-'])).toEqual([2, 'PHI_CLI_USAGE'])
    expect(await fails(['evidence.phi-audit.json', '--trusted', 'log.phi-audit.jsonl'])).toEqual([2, 'PHI_CLI_USAGE'])
  })

  it('says what is wrong with a file, a key or a port before anything is served', async () => {
    await writeFile(join(dir.path, 'noise'), Buffer.from(Array.from({ length: 5_000 }, (_, at) => (at * 7919) % 256)))
    await writeFile(join(dir.path, 'proof'), 'c2sp.org/tlog-proof@v1\n')
    await mkdir(join(dir.path, 'empty'))
    expect(await fails(['nothing.jsonl'])).toEqual([4, 'PHI_CLI_FILE'])
    expect(await fails(['noise/under'])).toEqual([4, 'PHI_CLI_FILE'])
    for (const file of ['noise', 'proof', 'empty']) expect(await fails([file])).toEqual([4, 'PHI_CLI_FILE_CONTENT'])
    expect(await fails(['log.phi-audit.jsonl', '--key', 'noise'])).toEqual([4, 'PHI_CLI_FILE_CONTENT'])
    expect(await fails(['log.phi-audit.jsonl', '--port', '70000'])).toEqual([2, 'PHI_CLI_USAGE'])
    const first = await viewing(['log.phi-audit.jsonl'], { cwd: dir.path })
    expect(await fails(['log.phi-audit.jsonl', '--port', new URL(first.origin).port])).toEqual([4, 'PHI_CLI_CONNECT'])
    await first.stop()
  })

  it('says where the pages are, for people and for programs', async () => {
    const text = await viewing(BY, { cwd: dir.path, auditStore: store as never })
    expect(text.said.replace(text.url, '<address>')).toMatchInlineSnapshot(`
      "The audit log can be opened in a browser on this machine:
        <address>
      The address works once. Opening it is recorded in the log.
      Ctrl-C ends it, and so does "End session" on the page.
      "
    `)
    await text.stop()
    const json = await viewing(['evidence.phi-audit.json', '--json'], { cwd: dir.path })
    expect(JSON.parse(json.said)).toEqual({ url: json.url, kind: 'bundle', origin: logOrigin })
    await json.stop()
  })

  it.skipIf(process.platform !== 'linux')(
    'opens the browser without telling the address to the list of processes',
    async () => {
      await mkdir(join(dir.path, 'bin'))
      const told = join(dir.path, 'told')
      await writeFile(
        join(dir.path, 'bin', 'xdg-open'),
        `#!/bin/sh\nprintf '%s' "$1" > '${told}.new'\n/bin/mv '${told}.new' '${told}'\n`,
      )
      await chmod(join(dir.path, 'bin', 'xdg-open'), 0o755)
      const path = process.env.PATH
      process.env.PATH = join(dir.path, 'bin')
      const view = await viewing(['log.phi-audit.jsonl', '--open'], {
        cwd: dir.path,
        env: { PATH: join(dir.path, 'bin') },
      }).finally(() => {
        process.env.PATH = path
      })
      const page = await vi.waitFor(() => readFile(told, 'utf8'), { timeout: 20_000 })
      expect(page).toMatch(/^file:\/\/.*open\.html$/)
      expect(page).not.toContain(new URL(view.url).pathname)
      expect(await readFile(new URL(page), 'utf8')).toContain(view.url)
      await view.stop()
      await expect(readFile(new URL(page))).rejects.toThrow()
    },
  )
})
