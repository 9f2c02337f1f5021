import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Browser, chromium, type Locator, type Page } from 'playwright-core'
import { expect } from 'vitest'
import { chromiumPath } from '../../../core/test/chromium.ts'

export const executablePath = chromiumPath()
export const missing = executablePath === undefined ? ' (no Chromium: skipped)' : ''

export const launch = (): Promise<Browser> =>
  chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--no-first-run'],
  })

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string }[]
}

const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds, with what it cannot tell. */
async function violations(page: Page): Promise<string[]> {
  // Not as a script of the page: its own policy forbids those.
  await page.evaluate(await axeSource)
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: Violation[]; incomplete: Violation[] }> }
    }
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    return axe.run({ runOnly: { type: 'tag', values: tags } })
  })
  return [...found.violations, ...found.incomplete].map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
}

const SHOTS = process.env.PHI_SHOTS
export const isLong = process.env.PHI_LONG === '1' || SHOTS !== undefined

/**
 * WCAG 2.2 AA as far as axe can tell, light and dark; nothing to be scrolled sideways at 320 CSS pixels, which is more than 200 % of 1280
 * (WCAG 1.4.10) and narrower than a phone. Dark is another set of colours for the same elements: the short form looks at it where all of
 * them stand. With PHI_SHOTS, pictures.
 */
export async function isAccessible(page: Page, name: string, { dark = false }: { dark?: boolean } = {}): Promise<void> {
  for (const colorScheme of isLong ? (['light', 'dark'] as const) : [dark ? ('dark' as const) : ('light' as const)]) {
    await page.emulateMedia({ colorScheme })
    expect(await violations(page), `${name}, ${colorScheme}`).toEqual([])
    if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}-${colorScheme}.png`), fullPage: true })
  }
  await page.emulateMedia({ colorScheme: 'light' })
  const before = page.viewportSize() ?? { width: 1280, height: 900 }
  await page.setViewportSize({ width: 320, height: 780 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(320)
  if (SHOTS !== undefined) {
    await page.setViewportSize({ width: 360, height: 780 })
    await page.screenshot({ path: join(SHOTS, `${name}-phone.png`), fullPage: true })
  }
  await page.setViewportSize(before)
}

/** Goes to an element with Tab alone. Wherever the focus stands on the way, it can be seen. */
export async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  for (let presses = 0; presses < 300; presses++) {
    await page.keyboard.press(key)
    const seen = await target.evaluate((node) => {
      const focused = document.activeElement ?? document.body
      const { outlineStyle, outlineWidth } = getComputedStyle(focused)
      const isVisible = focused === document.body || (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2)
      return { isThere: node === focused, hidden: isVisible ? '' : focused.outerHTML.slice(0, 200) }
    })
    expect(seen.hidden).toBe('')
    if (seen.isThere) return
  }
  throw new Error('The keyboard does not get there')
}
