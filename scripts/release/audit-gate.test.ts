import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Runnable, runnable } from '../../packages/core/test/run-program.ts'
import { runBeside } from '../run.ts'
import { advisoriesOf, type Exception, judge, LONGEST_EXCEPTION_DAYS } from './audit-gate.ts'

const today = '2026-11-22'
const clean = { auditReportVersion: 2, vulnerabilities: {}, metadata: {} }

const advisory = (severity: string, id = 'GHSA-aaaa-bbbb-cccc', name = 'qs') => ({
  source: 1096470,
  name,
  dependency: name,
  title: 'Unbounded recursion',
  url: `https://github.com/advisories/${id}`,
  severity,
  cwe: ['CWE-674'],
  cvss: { score: 7.5, vectorString: null },
  range: '<6.2.4',
})
/** `qs` has the fault, `body-parser` only uses it: the shape of a report of npm 7 and later. */
const report = (severity: string) => ({
  ...clean,
  vulnerabilities: {
    qs: {
      name: 'qs',
      severity,
      isDirect: false,
      via: [advisory(severity)],
      effects: ['body-parser'],
      range: '<6.2.4',
      nodes: [],
    },
    'body-parser': { name: 'body-parser', severity, isDirect: true, via: ['qs'], effects: [], range: '*', nodes: [] },
  },
})
const exception: Exception = {
  advisory: 'GHSA-aaaa-bbbb-cccc',
  package: 'qs',
  reason: 'Only the demo parses a query, and it listens on loopback.',
  expires: '2026-12-31',
}

describe('the audit gate', () => {
  it('passes reports without advisories', () => {
    expect(judge({ production: clean, everything: clean }, [], today)).toEqual({ problems: [], notes: [] })
  })

  it.each([
    ['low', false],
    ['moderate', false],
    ['high', true],
    ['critical', true],
  ])('in what users install, %s stops: %s', (severity, stops) => {
    const { problems, notes } = judge({ production: report(severity), everything: report(severity) }, [], today)
    expect(problems.length > 0).toBe(stops)
    expect(problems.length + notes.length).toBeGreaterThan(0)
    if (stops)
      expect(problems).toEqual([`${severity} GHSA-aaaa-bbbb-cccc in qs <6.2.4: Unbounded recursion (users install it)`])
  })

  it.each([
    ['moderate', false],
    ['high', false],
    ['critical', true],
  ])('in tools of the repository, %s stops: %s', (severity, stops) => {
    const { problems } = judge({ production: clean, everything: report(severity) }, [], today)
    expect(problems.length > 0).toBe(stops)
  })

  it('passes an advisory that is excepted, and says why', () => {
    const { problems, notes } = judge({ production: report('high'), everything: report('high') }, [exception], today)
    expect(problems).toEqual([])
    expect(notes.join()).toContain('excepted until 2026-12-31: Only the demo')
  })

  it('holds an exception on its last day, and not on the next', () => {
    const at = (day: string) => judge({ production: report('high'), everything: clean }, [exception], day).problems
    expect(at('2026-12-31')).toEqual([])
    expect(at('2027-01-01')).toEqual([expect.stringContaining('expired on 2026-12-31')])
  })

  it.each([
    ['of another package', { package: 'body-parser' }, /high GHSA-aaaa-bbbb-cccc in qs/],
    ['of another advisory', { advisory: 'GHSA-dddd-eeee-ffff' }, /high GHSA-aaaa-bbbb-cccc in qs/],
    ['that meets nothing', { advisory: 'GHSA-dddd-eeee-ffff' }, /meets nothing: remove it/],
    ['without a reason', { reason: ' fine ' }, /gives no reason/],
    ['for ever', { expires: '2099-01-01' }, new RegExp(`longer than ${LONGEST_EXCEPTION_DAYS} days`)],
    ['without a date', { expires: 'soon' }, /must be YYYY-MM-DD/],
    ['on no day', { expires: '2026-13-01' }, /must be YYYY-MM-DD/],
  ])('refuses an exception %s', (_what, change, problem) => {
    const { problems } = judge({ production: report('high'), everything: clean }, [{ ...exception, ...change }], today)
    expect(problems.join('\n')).toMatch(problem)
  })

  it.each([
    [
      'what npm writes where the endpoint refuses',
      { message: '405 Method Not Allowed - POST', statusCode: 405, error: { summary: '' } },
    ],
    ['a report of version 1', { actions: [], advisories: {}, metadata: {} }],
    ['no report', undefined],
    ['a list', []],
    ['a cause that is not explained', { ...clean, vulnerabilities: { a: { severity: 'high', via: ['b'] } } }],
    ['a package without a cause', { ...clean, vulnerabilities: { a: { severity: 'high', via: [] } } }],
    ['an unknown severity', { ...clean, vulnerabilities: { qs: { severity: 'high', via: [advisory('severe')] } } }],
  ])('never takes for a pass: %s', (_what, broken) => {
    expect(() => judge({ production: clean, everything: broken }, [], today)).toThrow(/^npm audit/)
    expect(() => judge({ production: broken, everything: clean }, [], today)).toThrow(/^npm audit/)
  })

  it('names an advisory by npm’s number where the address names none', () => {
    const bare = {
      ...clean,
      vulnerabilities: { qs: { severity: 'high', via: [{ ...advisory('high'), url: 'https://example.org' }] } },
    }
    expect(advisoriesOf(bare).map(({ id }) => id)).toEqual(['npm:1096470'])
  })

  it('has exceptions that are in order today, or none', () => {
    const path = fileURLToPath(new URL('audit-exceptions.json', import.meta.url))
    const exceptions = JSON.parse(readFileSync(path, 'utf8')) as Exception[]
    for (const each of exceptions) {
      expect(Object.keys(each).toSorted()).toEqual(['advisory', 'expires', 'package', 'reason'])
      expect(each.reason.length).toBeGreaterThan(20)
    }
  })
})

describe('against a registry on loopback', () => {
  const folder = mkdtempSync(join(tmpdir(), 'phi-audit-gate-'))
  let server: Server
  let registry: string
  let program: Runnable
  let answer: { readonly status: number; readonly body: unknown }

  beforeAll(async () => {
    const locked = { name: 'x', version: '1.0.0', dependencies: { qs: '6.2.3' } }
    const packages = { '': locked, 'node_modules/qs': { version: '6.2.3', integrity: `sha512-${'A'.repeat(86)}==` } }
    writeFileSync(join(folder, 'package.json'), JSON.stringify(locked))
    writeFileSync(
      join(folder, 'package-lock.json'),
      JSON.stringify({ ...locked, lockfileVersion: 3, requires: true, packages }),
    )
    server = createServer((request, response) => {
      request.resume()
      const { status, body } =
        request.method === 'POST'
          ? answer
          : {
              status: 200,
              body: { name: 'qs', 'dist-tags': { latest: '6.2.3' }, versions: { '6.2.3': { name: 'qs', version: '6.2.3' } } },
            }
      request.on('end', () => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)))
    })
    const source = fileURLToPath(new URL('audit-gate.ts', import.meta.url))
    const text = `import { auditReport, judge } from ${JSON.stringify(source)}
      const report = auditReport([], { cwd: ${JSON.stringify(folder)} })
      console.log(JSON.stringify(judge({ production: report, everything: report }, [], '${today}')))`
    writeFileSync(join(folder, 'gate.mts'), text)
    program = await runnable(join(folder, 'gate.mts'))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  })
  afterAll(async () => {
    server.close()
    await program?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  // A process of its own: npm is waited for without giving the server here a turn.
  const gate = (at = registry) => {
    const env = { npm_config_registry: at, npm_config_cache: join(folder, 'cache'), npm_config_fetch_retries: '0' }
    return runBeside(process.execPath, program.argv, { env })
  }

  it('stops for what the registry reports', async () => {
    const { url, title, severity } = advisory('critical')
    answer = {
      status: 200,
      body: { qs: [{ id: 1096470, url, title, severity, vulnerable_versions: '<6.2.4', cwe: [], cvss: {} }] },
    }
    const { ok, stdout, output } = await gate()
    expect(ok, output).toBe(true)
    expect(JSON.parse(stdout).problems).toEqual([expect.stringContaining('critical GHSA-aaaa-bbbb-cccc in qs')])
  })

  it('passes where the registry reports nothing', async () => {
    answer = { status: 200, body: {} }
    const { stdout, output } = await gate()
    expect(JSON.parse(stdout || `"${output}"`)).toEqual({ problems: [], notes: [] })
  })

  it.each([405, 500])('fails where the endpoint answers %i', async (status) => {
    answer = { status, body: {} }
    const { ok, output } = await gate()
    expect(ok).toBe(false)
    expect(output).toMatch(new RegExp(`gave no report: .*${status}.*this is no pass`))
  })

  it('fails where no registry is to be reached', async () => {
    const closed = createServer()
    await new Promise<void>((done) => closed.listen(0, '127.0.0.1', done))
    const { port } = closed.address() as AddressInfo
    await new Promise((done) => closed.close(done))
    const { ok, output } = await gate(`http://127.0.0.1:${port}/`)
    expect(ok).toBe(false)
    expect(output).toMatch(/gave no report.*this is no pass/s)
  })
})
