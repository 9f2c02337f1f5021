import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type Browser, chromium } from 'playwright-core'

const here = fileURLToPath(new URL('.', import.meta.url))

/** The Chromium to test in: `PHI_CHROMIUM`, or the system's own. Undefined when there is none. */
export function chromiumPath(): string | undefined {
  const path = process.env.PHI_CHROMIUM ?? '/usr/bin/chromium'
  return existsSync(path) ? path : undefined
}

/** Bundles an ES module for the browser: sources of the workspaces, under the conditions a browser's bundler uses. */
export async function bundleForBrowser(entrySource: string, resolveDir: string = here): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: entrySource, resolveDir, loader: 'ts', sourcefile: 'chromium-entry.ts' },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2023',
    conditions: ['@phi/source', 'browser', 'default'],
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

const launch = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })

let running: Promise<Browser | undefined> = Promise.resolve(undefined)

/**
 * One Chromium for all tests of a process: to start one takes more than a second of CPU, and a context keeps pages apart as well as
 * two browsers would. It ends with the process, which holds the pipe that it listens to; one that has died is replaced.
 */
function browserAt(executablePath: string): Promise<Browser> {
  const browser = running
    .catch(() => undefined)
    .then((former) => (former?.isConnected() === true ? former : launch(executablePath)))
  running = browser
  return browser
}

/**
 * Runs an ES module in headless Chromium and hands back what it assigned to `globalThis.result` (a value or a promise of one,
 * of plain data). The page is a secure context without a network. Errors in the page reject.
 * @param entrySource TypeScript; its imports resolve from `resolveDir`, by default the folder of this file
 */
export async function inChromium<T>(entrySource: string, resolveDir?: string): Promise<T> {
  const executablePath = chromiumPath()
  if (executablePath === undefined) throw new Error('No Chromium found; set PHI_CHROMIUM to its path')
  const script = await bundleForBrowser(entrySource, resolveDir)
  const context = await (await browserAt(executablePath)).newContext()
  try {
    const page = await context.newPage()
    const failures: Error[] = []
    page.on('pageerror', (error) => failures.push(error))
    await page.route('**/*', (route) =>
      route.request().isNavigationRequest()
        ? route.fulfill({ contentType: 'text/html', body: '<!doctype html><meta charset="utf-8"><title>test</title>' })
        : route.abort(),
    )
    await page.goto('http://localhost/')
    await page.addScriptTag({ content: script })
    const result = await page.evaluate(async () => {
      const held = globalThis as { result?: unknown }
      return { assigned: 'result' in held, value: await held.result }
    })
    if (failures[0]) throw failures[0]
    if (!result.assigned) throw new Error('The entry did not assign globalThis.result')
    return result.value as T
  } finally {
    await context.close()
  }
}
