import { type Browser, chromium } from 'playwright-core'

/**
 * Runs built programs in one headless Chromium, each in a page of its own that has the built files and no network, and gives back
 * what each wrote with `console.log`.
 * @throws the first error of a page
 */
export async function inPages(
  executablePath: string,
  files: Readonly<Record<string, string>>,
  apps: readonly string[],
): Promise<Record<string, readonly string[]>> {
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    args: ['--headless', '--no-sandbox', '--disable-gpu'],
  })
  try {
    const said: Record<string, readonly string[]> = {}
    for (const app of apps) said[app] = await inPage(browser, files, app)
    return said
  } finally {
    await browser.close()
  }
}

async function inPage(browser: Browser, files: Readonly<Record<string, string>>, app: string): Promise<string[]> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    const lines: string[] = []
    page.on('console', (message) => lines.push(message.text()))
    await page.route('**/*', (route) => {
      const path = new URL(route.request().url()).pathname.slice(1)
      if (path === '') return route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>stranger</title>' })
      const body = files[path]
      return body === undefined ? route.abort() : route.fulfill({ contentType: 'text/javascript', body })
    })
    await page.goto('http://localhost/')
    // An import ends when the program has ended, top-level await included. As text, since Vitest rewrites imports in code.
    await page.evaluate(`import('/${app}.js').then(() => undefined)`)
    return lines
  } finally {
    await context.close()
  }
}
