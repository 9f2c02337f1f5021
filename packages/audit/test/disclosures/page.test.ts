import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, inChromium } from '../../../core/test/chromium.ts'
import {
  type AccountingRequest,
  accountingOfDisclosures,
  accountOfDisclosures,
  type DisclosureAccounting,
  englishTexts,
  renderAccountingHtml,
  verifyAccounting,
} from '../../src/disclosures/index.ts'
import { basis, by, disclosure, record, request, toHealthDepartment, world } from './world.ts'

const executablePath = chromiumPath()

/** poppler's pdftotext, which reads a PDF independently of the browser that wrote it. */
const hasPdfToText = (() => {
  try {
    execFileSync('pdftotext', ['-v'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

const contact = { name: 'State University', address: '2 College Road, Springfield', telephone: '+1 217 555 0199' }
const everything: Partial<AccountingRequest> = {
  summarize: true,
  contributions: [
    { from: 'Billing Co', answer: 'not-received' },
    {
      from: 'Imaging Co',
      answer: 'disclosures',
      disclosures: [
        { date: '2024-02-02', recipient: 'Tumor registry', description: 'Diagnosis and stage', purpose: 'Registry law' },
      ],
    },
  ],
  research: [
    {
      id: 'st-7',
      name: 'Sleep and recovery after surgery',
      description:
        'We compare the records of adults to learn how sleep helps recovery. Records of adults with surgery in 2024 were chosen.',
      dataTypes: 'Diagnoses and dates of surgery',
      from: '2025-01-01',
      last: '2025-06-30',
      sponsor: contact,
      researcher: { ...contact, name: 'Dr. Robin Ray' },
      individuals: 412,
      likely: true,
    },
  ],
}

/** A page with everything that a page can have, and texts that would break a careless one. */
async function accounting(singles: number): Promise<DisclosureAccounting> {
  const recipients = [
    'County Coroner',
    '<b>Board</b> & "Sons"',
    'بلدية المدينة 12',
    '\u202eesreveR',
    'W'.repeat(90),
    'Line one\nLine two',
  ]
  const events = Array.from({ length: singles }, (_, i) =>
    disclosure(
      { occurredAt: new Date(Date.parse('2021-01-05T18:00:00.000Z') + i * 5_000_000_000).toISOString() },
      {
        disclosure: {
          recipient: `${recipients[i % recipients.length]} ${i}`,
          address: '12 Long Street\nSpringfield',
          description: i === 1 ? `The whole chart. ${'Notes, results and letters of many years. '.repeat(45)}` : `Report ${i}`,
          purpose: `Purpose number ${i}`,
        },
        ...basis('judicial-proceeding'),
      },
    ),
  )
  const repeated = [1, 2, 3].map((i) =>
    disclosure({ occurredAt: `2023-0${i}-10T12:00:00.000Z` }, { disclosure: toHealthDepartment, ...basis('public-health') }),
  )
  const others = disclosure({ subject: { patients: ['p-88', 'p-1'] } }, basis('law-enforcement'))
  const records = [...events, ...repeated, others].map((event, i) => record(i, event))
  const own = record(records.length, disclosure())
  const { context: _, ...event } = own.event
  const paper = await accountOfDisclosures([...records, { ...own, event, sealed: ['context'] }], { ...request, ...everything })
  if (paper.status !== 'ready') throw new Error('needs review')
  return paper.accounting
}

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string }[]
}

async function violations(page: Page): Promise<string[]> {
  // Not as a script of the page: its own policy forbids those.
  await page.evaluate(axeSource)
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: Violation[]; incomplete: Violation[] }> }
    }
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    return axe.run({ runOnly: { type: 'tag', values: tags } })
  })
  return [...found.violations, ...found.incomplete].map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
}

const missing = executablePath === undefined ? ' (no Chromium: skipped)' : ''

describe.skipIf(executablePath === undefined)(`the page in Chromium${missing}`, () => {
  let browser: Browser
  let html: string
  beforeAll(async () => {
    browser = await chromium.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--no-first-run',
      ],
    })
    html = renderAccountingHtml(await accounting(30))
  })
  afterAll(async () => {
    await browser?.close()
  })

  async function open(content: string, viewport: { width: number; height: number }): Promise<Page> {
    const page = await browser.newPage({ viewport })
    const asked: string[] = []
    page.on('request', (each) => asked.push(each.url()))
    page.on('pageerror', (error) => asked.push(String(error)))
    await page.setContent(content)
    expect(asked).toEqual([])
    return page
  }

  it('WCAG 2.2 AA: axe finds nothing, on a phone, on a desk, empty, and right to left', async () => {
    const empty = renderAccountingHtml({
      ...(await accounting(0)),
      lines: [],
      research: [],
      incomplete: { unreadable: [], contributors: [] },
    })
    const arabic = renderAccountingHtml(await accounting(3), { ...englishTexts, language: 'ar', direction: 'rtl' })
    const few = renderAccountingHtml(await accounting(4))
    const phone = { width: 360, height: 780 }
    const desk = { width: 1280, height: 900 }
    const short = [
      [few, phone],
      [arabic, desk],
      [empty, desk],
    ] as const
    const long = [
      [few, desk],
      [arabic, phone],
      [html, phone],
      [html, desk],
    ] as const
    const cases = process.env.PHI_LONG === '1' || process.env.PHI_SHOTS !== undefined ? [...short, ...long] : short
    for (const [i, [content, viewport]] of cases.entries()) {
      const page = await open(content, viewport)
      expect(await violations(page), `case ${i}`).toEqual([])
      // WCAG 1.4.10: at 320 CSS pixels, which is 400 % of 1280, nothing has to be scrolled sideways.
      await page.setViewportSize({ width: 320, height: 700 })
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `case ${i}`).toBeLessThanOrEqual(320)
      if (process.env.PHI_SHOTS !== undefined) {
        await page.setViewportSize(viewport)
        await page.screenshot({ path: join(process.env.PHI_SHOTS, `accounting-${i}.png`), fullPage: viewport === phone })
      }
      await page.close()
    }
  })

  it('is a table with a caption and heads to a screen reader, also where it is shown as blocks', async () => {
    for (const width of [360, 1280]) {
      const page = await open(html, { width, height: 800 })
      const table = page.getByRole('table', { name: /^Disclosures of your health information/ })
      expect(await table.count()).toBe(1)
      expect(await table.getByRole('columnheader').allInnerTexts()).toEqual([
        'Date',
        'Who received it',
        'What was disclosed',
        'Why',
        'How you can check it',
      ])
      expect(await table.getByRole('rowheader').count()).toBe(33)
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
      expect(await page.locator('script').count()).toBe(0)
      // A name in another direction does not turn what stands around it.
      expect(
        await page
          .locator('bdi', { hasText: 'esreveR' })
          .first()
          .evaluate((node) => getComputedStyle(node).unicodeBidi),
      ).toBe('isolate')
      await page.close()
    }
  })

  it('S128 a package verifies in a page as it does here', async () => {
    const { log, vkey } = await world([disclosure(), disclosure({ subject: { patients: ['p-88', 'p-1'] } })])
    const given = await accountingOfDisclosures(log, { request, by })
    if (given.status !== 'ready') throw new Error('needs review')
    const text = JSON.stringify(given.package)
    const seen = await inChromium<unknown>(`
      import { verifyAccounting } from '@phi/audit/disclosures'
      const [text, vkey] = ${JSON.stringify([text, vkey])}
      globalThis.result = [text, text.replace('pertussis', 'Pertussis')].map((each) => verifyAccounting(each, { keys: [vkey] }))`)
    expect(seen).toMatchObject([{ verdict: 'intact' }, { verdict: 'broken' }])
    expect((seen as unknown[])[0]).toEqual(verifyAccounting(text, { keys: [vkey] }))
  })

  it('holds no markup of others: what was text is text', async () => {
    const page = await open(html, { width: 1280, height: 800 })
    expect(await page.locator('b').count()).toBe(0)
    expect(await page.getByText('<b>Board</b> & "Sons" 1', { exact: true }).count()).toBe(1)
    await page.close()
  })

  it.skipIf(!hasPdfToText)(
    `prints on Letter and A4 with page numbers and repeated heads${hasPdfToText ? '' : ' (no pdftotext: skipped)'}`,
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'phi-accounting-'))
      const page = await open(html, { width: 1280, height: 800 })
      try {
        for (const format of ['Letter', 'A4'] as const) {
          const path = join(folder, `${format}.pdf`)
          await writeFile(path, await page.pdf({ format }))
          if (process.env.PHI_SHOTS !== undefined) {
            await mkdir(process.env.PHI_SHOTS, { recursive: true })
            await writeFile(join(process.env.PHI_SHOTS, `accounting-${format}.pdf`), await readFile(path))
          }
          const text = execFileSync('pdftotext', ['-layout', path, '-'], { encoding: 'utf8', maxBuffer: 1 << 26 })
          const pages = text.split('\f').slice(0, -1)
          expect(pages.length, format).toBeGreaterThan(3)
          for (const [i, each] of pages.entries()) expect(each, `${format} ${i}`).toContain(`Page ${i + 1} of ${pages.length}`)
          // The head of the table stands on every page that has a part of it.
          const heads = pages.filter((each) => /Who received it\s+What was disclosed\s+Why/.test(each))
          const rows = pages.filter((each) => /Purpose number \d+/.test(each))
          expect(heads.length, format).toBeGreaterThanOrEqual(rows.length)
          const words = execFileSync('pdftotext', ['-raw', path, '-'], { encoding: 'utf8', maxBuffer: 1 << 26 }).replace(
            /\s+/g,
            ' ',
          )
          for (let i = 0; i < 30; i++) expect(words, `${format} ${i}`).toContain(`Purpose number ${i}`)
          for (const part of [
            'Ada Example',
            'April 10, 2020 through April 10, 2026',
            'Tumor registry',
            'This list may be incomplete',
            'Dr. Robin Ray',
            'This happened 3 times',
          ])
            expect(words, `${format} ${part}`).toContain(part)
        }
      } finally {
        await page.close()
        await rm(folder, { recursive: true })
      }
    },
  )
})
