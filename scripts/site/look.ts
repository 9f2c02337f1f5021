import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { chromiumPath } from '../../packages/core/test/chromium.ts'
import { serve } from './serve.ts'

/** One page of each kind: the home, short text, programs, wide tables, a package, long tables, the reference. */
const sample = ['/', '/quick-start', '/verify-a-log', '/packages/audit', '/overview']
const reference = '/reference/'
const widths = [1280, 390] as const

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

/** What axe finds against WCAG 2.2 AA in the page as it stands. */
async function violations(page: Page, axe: string): Promise<string[]> {
  await page.evaluate(axe)
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<{ violations: Violation[] }> } }
    return axe.run({ runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] } })
  })
  return found.violations.flatMap(({ id, nodes }) =>
    nodes
      .slice(0, 3)
      .map(({ html, failureSummary = '' }) => `${id}: ${html.slice(0, 160)} ${failureSummary.replaceAll(/\s+/g, ' ')}`),
  )
}

async function lookAt(browser: Browser, address: string, shots: string | undefined, axe: string): Promise<string[]> {
  const problems: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({ colorScheme, reducedMotion: 'reduce' })
    const page = await context.newPage()
    for (const path of [...sample, reference]) {
      const say = (problem: string) => problems.push(`${path}, ${colorScheme}: ${problem}`)
      const onConsole = (message: { type(): string; text(): string }) => {
        if (message.type() === 'error') say(`console: ${message.text()}`)
      }
      const onError = (error: Error) => say(`error: ${error.message}`)
      const onResponse = (response: { status(): number; url(): string }) => {
        if (response.status() >= 400) say(`${response.status()} for ${response.url()}`)
      }
      const onRequest = (request: { url(): string }) => {
        if (!request.url().startsWith(address) && !request.url().startsWith('data:')) say(`asks ${request.url()}`)
      }
      page.on('console', onConsole).on('pageerror', onError).on('response', onResponse).on('request', onRequest)
      await page.setViewportSize({ width: widths[0], height: 900 })
      await page.goto(`${address}${path}`, { waitUntil: 'load' })
      for (const width of widths) {
        await page.setViewportSize({ width, height: width < 600 ? 844 : 900 })
        const wide = await page.evaluate(() => document.documentElement.scrollWidth)
        if (wide > width) say(`${wide} pixels wide on a screen of ${width}`)
        if (shots !== undefined)
          await page.screenshot({ path: join(shots, `${path.replaceAll('/', '_')}-${width}-${colorScheme}.png`) })
      }
      // The reference is typedoc's own; its colours are not ours to mend.
      if (path !== reference) for (const violation of await violations(page, axe)) say(violation)
      page.off('console', onConsole).off('pageerror', onError).off('response', onResponse).off('request', onRequest)
    }
    await context.close()
  }
  return problems
}

/** Types into the search of a built site, as a reader does, and counts what it offers. */
async function search(browser: Browser, address: string, shots: string | undefined): Promise<string[]> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  try {
    await page.goto(address, { waitUntil: 'load' })
    await page.locator('.DocSearch-Button').first().click()
    await page.locator('.search-input').fill('witness')
    const hit = page.locator('.results .result').first()
    await hit.waitFor({ timeout: 20_000 })
    if (shots !== undefined) await page.screenshot({ path: join(shots, 'search.png') })
    return []
  } catch (error) {
    return [`search: ${(error as Error).message.split('\n')[0]}`]
  } finally {
    await page.close()
  }
}

/**
 * Opens pages of the built site in Chromium, at the width of a desk and of a phone, light and dark: nothing fails to load, nothing is asked of
 * another server, no page scrolls sideways, and axe finds nothing. Undefined where no Chromium is installed.
 * @param shots a folder for pictures of what was seen
 */
export async function look(folder: string, shots = process.env.PHI_SHOTS): Promise<readonly string[] | undefined> {
  const executablePath = chromiumPath()
  if (executablePath === undefined) return undefined
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  await using site = await serve(folder)
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--no-first-run'],
  })
  try {
    return [...(await lookAt(browser, site.address, shots, axe)), ...(await search(browser, site.address, shots))]
  } finally {
    await browser.close()
  }
}
