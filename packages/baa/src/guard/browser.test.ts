import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { bundleForBrowser, chromiumPath } from '../../../core/test/chromium.ts'
import { type Loopback, loopback } from '../../test/servers.ts'

const executablePath = chromiumPath()

/** Runs a module in a page that a server of this machine serves, with its network. */
async function inPage<T>(source: string): Promise<T> {
  const script = await bundleForBrowser(source, fileURLToPath(new URL('.', import.meta.url)))
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><meta charset="utf-8"><title>test</title>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox', '--disable-gpu'] })
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await page.addScriptTag({ content: script })
    return (await page.evaluate(async () => await (globalThis as { result?: unknown }).result)) as T
  } finally {
    await browser.close()
    server.close()
  }
}

const program = (covered: Loopback) => `
  import { registry } from '../registry/registry.ts'
  import { parseAgreement } from '../agreement/define.ts'
  import { complete } from '../../test/complete.ts'
  import { guardFetch } from './guard-fetch.ts'
  import { tagged } from './tag.ts'
  const records = []
  const guarded = guardFetch(fetch, registry([parseAgreement(complete)], { complete: ['platform'] }), {
    from: 'practice',
    hosts: { '${covered.host}': { party: 'platform', service: 'records.notes' } },
    clock: () => Date.parse('2026-11-21T10:00:00.000Z'),
    record: (each) => { records.push(each) },
    loopbackHttp: true,
  })
  const phi = () => tagged('a note', { data: [{ class: 'phi.clinical.note.session', labels: [] }], use: 'treatment' })
  const run = async () => {
    const answer = await guarded('${covered.url('/plain')}', { method: 'POST', phi: phi() })
    const text = await answer.text()
    const code = await guarded('${covered.url('/redirect')}', { method: 'POST', phi: phi() }).catch((error) => error.code + ' ' + error.info.sent)
    const denied = await guarded('${covered.url('/plain')}', { method: 'POST', phi: tagged('x', { data: ['phi.code.icd10'], use: 'treatment' }) }).catch((error) => error.code)
    return { text, code, denied, records: records.map(({ phase, result, bytes }) => [phase, result ?? null, bytes ?? null]) }
  }
  globalThis.result = run()`

describe.skipIf(executablePath === undefined)('in Chromium', () => {
  it('S50 S66 judges and records as in Node, and follows no redirect, for a page cannot see where it leads', async () => {
    const [covered, other] = [await loopback(), await loopback()]
    covered.answer = ({ path }, response) => {
      response.setHeader('access-control-allow-origin', '*')
      if (path === '/redirect') response.writeHead(307, { location: other.url() })
      response.end('ok')
    }
    try {
      expect(await inPage(program(covered))).toEqual({
        text: 'ok',
        code: 'PHI_BAA_REDIRECT true',
        denied: 'PHI_BAA_FLOW_DENIED',
        records: [
          ['attempt', null, 6],
          ['outcome', 'answered', 6],
          ['attempt', null, 6],
          ['outcome', 'redirected', 6],
          ['refused', null, 1],
        ],
      })
      expect(covered.asked.map(({ path, body, headers }) => [path, body, headers.referer])).toEqual([
        ['/plain', 'a note', undefined],
        ['/redirect', 'a note', undefined],
      ])
      expect(other.connections()).toBe(0)
    } finally {
      await Promise.all([covered.close(), other.close()])
    }
  })
})
