import { readFile } from 'node:fs/promises'
import { type AuditLog, type AuditStore, verifyLog } from '@phi/audit'
import { readCsv } from '@phi/audit/export'
import type { fixedClock } from '@phi/core'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Checked } from '../../src/commands/audit/verify-source.ts'
import { serveView } from '../../src/view/http.ts'
import { viewSession } from '../../src/view/session.ts'
import { failedReply, viewSite } from '../../src/view/site.ts'
import type { Viewed } from '../../src/view/viewed.ts'
import { origin as logOrigin, memoryLog, signer } from '../audit/world.ts'
import { executablePath, isAccessible, isLong, launch, missing, tabTo } from './browser.ts'
import { type Viewing, viewing } from './viewing.ts'

const key = { tenant: 'default', origin: logOrigin }
const checkedOf: Checked = {
  kind: 'lines',
  origin: logOrigin,
  verdict: 'unverifiable',
  coverage: { from: 0, to: 0, checked: 0, anchoredTo: 0, unanchoredTail: 0, withheld: 0 },
  findings: [],
  findingsDropped: 0,
}
const hostile = {
  actor: '"><img src=x onerror=globalThis.hacked=1>',
  userAgent: `<script>globalThis.hacked=1</script> ${'W'.repeat(900)}`,
  reason: 'gnp.\u202eexe\u2066 </dd><svg onload=hacked=1>\nsecond line',
  resource: 'n'.repeat(256),
}

/** The store as somebody edited it who owns the database. */
const edited = (store: AuditStore): AuditStore => ({
  ...store,
  async *read(log, range) {
    for await (const batch of store.read(log, range))
      yield batch.map((entry) =>
        entry.index === 4 && entry.open.actor !== undefined
          ? {
              ...entry,
              open: { ...entry.open, actor: { ...entry.open.actor, json: entry.open.actor.json.replace('u-11', 'u-99') } },
            }
          : entry,
      )
  },
})

describe.skipIf(executablePath === undefined)(`phi audit view in Chromium${missing}`, () => {
  let browser: Browser
  let context: BrowserContext
  let view: Viewing
  let store: AuditStore
  let log: AuditLog
  let clock: ReturnType<typeof fixedClock>
  const asked: string[] = []

  beforeAll(async () => {
    browser = await launch()
    ;({ store, log, clock } = await memoryLog())
    clock.advance(5 * 3_600_000)
    await log.append({
      id: 'hostile',
      action: 'read',
      outcome: 'failure',
      actor: { id: hostile.actor, type: 'vendor', roles: ['\u202etsiparht'] },
      source: { ip: '2001:db8::1', userAgent: hostile.userAgent },
      subject: { patients: ['p-1'], resource: { type: 'ProgressNote', id: hostile.resource } },
      context: { reason: hostile.reason, breakGlass: true, purpose: 'ETREAT', details: { note: '<b>x</b>' } },
    })
    await log.checkpoint()
  })
  afterAll(() => browser?.close())
  afterEach(async () => {
    await context.close()
    await view.stop()
    // Every request went to this server, and no script of the log ran.
    expect(asked.filter((url) => !url.startsWith(view.origin))).toEqual([])
  })

  async function newPage(): Promise<Page> {
    asked.length = 0
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true })
    const page = await context.newPage()
    page.on('request', (each) => asked.push(each.url()))
    page.on('pageerror', (error) => asked.push(String(error)))
    page.on('console', (each) => {
      if (each.type() === 'error') asked.push(each.text())
    })
    return page
  }
  async function start(given: AuditStore = store): Promise<Page> {
    view = await viewing(['--by', 'u-2', '--origin', logOrigin, '--key', signer.vkey], { auditStore: given as never, clock })
    const page = await newPage()
    await page.goto(view.url)
    return page
  }
  async function entered(given?: AuditStore): Promise<Page> {
    const page = await start(given)
    await page.getByRole('button', { name: 'Open the log' }).click()
    return page
  }

  it('S97 with the keyboard alone: in, search, follow, an entry, verify, export, out', async () => {
    const page = await start()
    await tabTo(page, page.getByRole('button', { name: 'Open the log' }))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Search' }).waitFor()
    // The first stop leads past the header.
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    await tabTo(page, page.getByLabel('Patient'))
    await page.keyboard.type('p-1')
    await tabTo(page, page.getByLabel('Action'))
    await page.keyboard.type('disc')
    await tabTo(page, page.getByRole('button', { name: 'Search' }))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Found' }).waitFor()
    const rows = page.getByRole('table').getByRole('row')
    expect(await rows.count()).toBe(2)
    await tabTo(page, page.getByRole('link', { name: 'Follow patient p-1' }))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Everything about patient p-1' }).waitFor()
    const { records } = await log.query({ patient: 'p-1', order: 'oldest' })
    const heads = await page.getByRole('rowheader').allInnerTexts()
    expect(heads.map((text) => Number(text.replace(/\D/g, '')))).toEqual(records.map(({ index }) => index))
    expect(await page.getByRole('cell', { name: '5 hours without an entry' }).count()).toBe(1)
    await tabTo(page, page.getByRole('rowheader').last().getByRole('link'))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Entry 37' }).waitFor()
    await tabTo(page, page.getByRole('link', { name: 'Verify', exact: true }))
    await Promise.all([page.waitForURL(/verify$/), page.keyboard.press('Enter')])
    await tabTo(page, page.getByRole('button', { name: 'Verify now' }))
    await page.keyboard.press('Enter')
    await page.locator('[data-verdict]').waitFor()
    expect(await page.locator('[data-verdict]').getAttribute('data-verdict')).toBe('intact')
    await tabTo(page, page.getByRole('link', { name: 'Search' }))
    await Promise.all([page.waitForURL(/\/$/), page.keyboard.press('Enter')])
    await tabTo(page, page.getByLabel('Actor'))
    await page.keyboard.type('u-12')
    await Promise.all([page.waitForURL(/actor=u-12/), page.keyboard.press('Enter')])
    await tabTo(page, page.getByRole('button', { name: 'Export as CSV' }))
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')])
    expect(download.suggestedFilename()).toMatch(/^audit-\d{4}-\d\d-\d\d\.csv$/)
    const exported: unknown[] = []
    for await (const record of readCsv([await readFile(await download.path(), 'utf8')])) exported.push(record)
    expect(exported).toEqual((await log.query({ actor: 'u-12', order: 'oldest' })).records)
    await tabTo(page, page.getByRole('button', { name: 'End session' }))
    await page.keyboard.press('Enter')
    await page.getByText('The session has ended.').waitFor()
    expect((await view.ran).code).toBe(0)
  })

  it('S97 WCAG 2.2 AA: axe finds nothing on any page, light or dark, and nothing scrolls sideways', async () => {
    const page = await start()
    await isAccessible(page, 'enter')
    await page.getByRole('button', { name: 'Open the log' }).click()
    const home = page.url()
    if (isLong) await isAccessible(page, 'search')
    const pages = [
      ['wrong', '?from=yesterday&id=n-1'],
      ['none', '?patient=nobody'],
      ['follow', 'follow?patient=p-1'],
      ['entry', 'entry?index=37'],
      ['verify', 'verify'],
      ['nothing', 'nothing'],
    ] as const
    for (const [name, path] of pages.filter(([name]) => isLong || name === 'wrong' || name === 'follow' || name === 'entry')) {
      await page.goto(`${home}${path}`)
      await isAccessible(page, name, { dark: name === 'follow' })
    }
    // The console hears of the pages that were asked for and are not there.
    asked.splice(0, asked.length, ...asked.filter((each) => !each.startsWith('Failed to load resource')))
  })

  it('S97 shows what is hostile in a log as what it is, and runs none of it', async () => {
    const page = await entered()
    const home = page.url()
    expect(await page.getByText(hostile.actor, { exact: false }).count()).toBeGreaterThan(0)
    await page.goto(`${home}entry?index=37`)
    const text = await page.getByRole('main').innerText()
    for (const part of [
      hostile.actor,
      hostile.userAgent,
      '</dd><svg onload=hacked=1>',
      'gnp.[U+202E]exe[U+2066]',
      '[U+202E]tsiparht',
      '<b>x</b>',
      hostile.resource,
    ])
      expect(text).toContain(part)
    await page.getByRole('link', { name: `Everything done by ${hostile.actor}` }).click()
    expect(await page.getByRole('rowheader').count()).toBe(1)
    expect(await page.title()).toBe(`Everything done by ${hostile.actor} · Audit log`)
    expect(await page.locator('main img, main svg, main b, main script').count()).toBe(0)
    expect(await page.evaluate(() => 'hacked' in globalThis)).toBe(false)
    // Neither does a search, in which anybody may write.
    await page.goto(`${home}?patient=${encodeURIComponent('"><script>globalThis.hacked=1</script>')}`)
    expect(await page.evaluate(() => 'hacked' in globalThis)).toBe(false)
    expect(await page.getByLabel('Patient').inputValue()).toBe('"><script>globalThis.hacked=1</script>')
  })

  it('S6 S145 finds what the owner of the database changed, with what it means', async () => {
    const tampered = edited(store)
    const page = await entered(tampered)
    await page.getByRole('link', { name: 'Verify', exact: true }).click()
    await page.getByRole('button', { name: 'Verify now' }).click()
    await page.locator('[data-verdict]').waitFor()
    const report = await verifyLog(tampered, key, { keys: [signer.vkey] })
    expect(await page.locator('[data-verdict]').getAttribute('data-verdict')).toBe(report.verdict)
    expect(report.verdict).toBe('broken')
    const items = await page.locator('.findings li').allInnerTexts()
    expect(items).toHaveLength(report.findings.length)
    for (const [at, { code, meaning }] of report.findings.entries()) {
      expect(items[at]).toContain(code)
      expect(items[at]).toContain(meaning)
    }
    await isAccessible(page, 'broken', { dark: true })
    await page.getByRole('link', { name: 'Search' }).click()
    expect(await page.getByRole('navigation').innerText()).toContain('broken at')
    await page.goto(`${page.url()}entry?index=4`)
    expect(await page.getByText('Altered: the text that is there is not the one that was recorded').count()).toBe(1)
  })

  it('follows a verification in words, stops it, and goes on without scripts', async () => {
    let report: ((checked: number, total: number) => void) | undefined
    let finish: (() => void) | undefined
    const viewed: Viewed = {
      kind: 'lines',
      origin: logOrigin,
      query: async () => ({ records: [], next: undefined, unknown: 0 }),
      entry: async () => undefined,
      export: async function* () {},
      verify: (watch) =>
        new Promise((resolve, reject) => {
          report = (checked, total) => watch.onProgress({ checked, total })
          watch.signal.addEventListener('abort', () => reject(watch.signal.reason as Error))
          finish = () => resolve(checkedOf)
        }),
    }
    const session = viewSession(clock)
    const site = viewSite({ viewed, session, clock, signal: new AbortController().signal, ended: () => {} })
    const server = await serveView(0, (each) => site.answer(each), failedReply)
    try {
      const page = await newPage()
      await page.goto(`${server.origin}/enter/${session.ticket}`)
      await page.getByRole('button', { name: 'Open the log' }).click()
      await page.getByRole('link', { name: 'Verify', exact: true }).click()
      await page.getByRole('button', { name: 'Verify now' }).click()
      await page.getByText('It begins.').waitFor()
      report?.(1_000, 4_000)
      await page.getByText('1,000 of 4,000 entries').waitFor()
      expect(await page.getByRole('progressbar', { name: 'Entries verified' }).getAttribute('value')).toBe('1000')
      expect(await page.getByRole('status').textContent()).toBe('25 percent of the entries are verified.')
      if (isLong) await isAccessible(page, 'running')
      await page.getByRole('button', { name: 'Stop' }).click()
      await page.getByText('Nothing is said about the entries').waitFor()
      await page.getByRole('button', { name: 'Verify again' }).click()
      await page.getByText('It begins.').waitFor()
      finish?.()
      await page.locator('[data-verdict="unverifiable"]').waitFor()
      // The answer is read aloud, since the focus stands on it.
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('verdict')
      // The same pages, in a browser that runs no script: they load themselves anew.
      const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() })
      try {
        const quiet = await plain.newPage()
        await quiet.goto(`${server.origin}${session.path}verify`)
        await quiet.getByRole('button', { name: 'Verify again' }).click()
        await quiet.getByText('It begins.').waitFor()
        finish?.()
        await quiet.locator('[data-verdict="unverifiable"]').waitFor()
      } finally {
        await plain.close()
      }
      expect(asked.filter((url) => !url.startsWith(server.origin))).toEqual([])
      asked.length = 0
    } finally {
      await context.close()
      await server.close()
      await site.close()
    }
  })
})
