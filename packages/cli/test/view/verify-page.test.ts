import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type GroupName, groupNames, verifyBundle } from '@phi/audit'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildVerifyPage } from '../../../../scripts/verify-page.ts'
import { check } from '../../src/verify-page/check.ts'
import { by, origin as logOrigin, memoryLog, signer, stranger } from '../audit/world.ts'
import { phi } from '../io.ts'
import { executablePath, isAccessible, isLong, launch, missing, tabTo } from './browser.ts'

const hostile = '<img src=x onerror=globalThis.hacked=1> \u202egpj.exe </script><script>globalThis.hacked=1</script>'
let html: string
let evidence: string
let dir: string
let altered: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'phi-page-'))
  html = await buildVerifyPage()
  await writeFile(join(dir, 'verify.html'), html)
  const { log } = await memoryLog()
  await log.append({
    action: 'read',
    outcome: 'success',
    actor: { id: 'u-10', type: 'workforce' },
    subject: { patients: ['p-1'] },
    context: { reason: hostile },
  })
  const disclose = (index: number): readonly GroupName[] =>
    index === 37 ? groupNames : index === 1 ? ['event', 'actor', 'subject'] : ['event', 'actor']
  evidence = JSON.stringify(await log.evidence({ indices: [1, 2, 37], disclose, by }))
  altered = evidence.replace('u-12', 'u-13')
})
afterAll(() => rm(dir, { recursive: true, force: true }))

describe('phi audit page', () => {
  it('S113 writes the page that the build made, and its checksum', async () => {
    const shipped = { cwd: dir, shipped: dir }
    const { code, stdout } = await phi('audit page out.html', shipped)
    const sum = createHash('sha256').update(html).digest('hex')
    expect(code).toBe(0)
    expect(stdout.replace(/\d+\.\d kB/, '<size>').replace(sum, '<sum>')).toMatchInlineSnapshot(`
      "Written: a page of <size> that verifies evidence, without a network.
        sha256  <sum>
      Whoever gets it opens it in a browser, drops the evidence on it, and pastes the
      public key of the log, which they should have from another hand.
      "
    `)
    expect(await readFile(join(dir, 'out.html'), 'utf8')).toBe(html)
    expect((await phi('audit page -', shipped)).stdout).toBe(html)
    expect(JSON.parse((await phi('audit page out.html --replace --json', shipped)).stdout)).toEqual({
      bytes: Buffer.byteLength(html),
      sha256: sum,
    })
    const fails = async (line: string, options = shipped) => {
      const ran = await phi(line, options)
      return [ran.code, ran.stderr.trimEnd().split('\n').at(-1)]
    }
    expect(await fails('audit page out.html')).toEqual([4, 'PHI_CLI_EXISTS'])
    expect(await fails('audit page out.html/below')).toEqual([4, 'PHI_CLI_FILE'])
    expect(await fails('audit page other.html', { cwd: dir, shipped: join(dir, 'nothing') })).toEqual([4, 'PHI_CLI_FILE'])
  })

  it('is one file whose policy lets nothing be loaded, sent or added', async () => {
    expect(await buildVerifyPage(), 'the same sources make the same bytes').toBe(html)
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? ''
    const inner = (element: string) => new RegExp(`<${element}[^>]*>([^]*?)</${element}>`).exec(html)?.[1] ?? ''
    const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
    expect(policy).toBe(
      `default-src 'none'; script-src ${hash(inner('script'))}; style-src ${hash(inner('style'))}; base-uri 'none'; form-action 'none'`,
    )
  })
})

describe('check', () => {
  it('S145 answers as verifyBundle does, and refuses in words what it cannot read', () => {
    const keys = [signer.vkey]
    const now = Date.parse('2026-11-22T12:00:00.000Z')
    for (const text of [evidence, altered, evidence.replace(/"proof":\["./, '"proof":["A')]) {
      const outcome = check(text, `# of the clinic\r\n${signer.vkey}\n`, now)
      const { verdict, findings, coverage } = verifyBundle(text, { keys, now })
      expect(outcome).toMatchObject({ is: 'checked', checked: { verdict, findings, coverage } })
    }
    expect(check(evidence, stranger.vkey, now)).toMatchObject({ is: 'checked', checked: { verdict: 'unverifiable' } })
    const refusals: readonly (readonly [string, string, string])[] = [
      ['', signer.vkey, 'evidence'],
      [evidence.slice(0, -100), signer.vkey, 'evidence'],
      ['{}', signer.vkey, 'evidence'],
      [`{"format":"phi.audit/log@v1","origin":"x","size":1}\n`, signer.vkey, 'evidence'],
      ['{"format":"phi.audit/accounting-package@v1"}', signer.vkey, 'evidence'],
      ['c2sp.org/tlog-proof@v1\n', signer.vkey, 'evidence'],
      [signer.vkey, signer.vkey, 'evidence'],
      [evidence, '', 'key'],
      [evidence, '# only a word', 'key'],
      [evidence, 'not a key', 'key'],
      [evidence, `${signer.vkey.slice(0, -4)}AAA=`, 'key'],
      [evidence, `${signer.vkey}\nnonsense`, 'key'],
    ]
    for (const [text, key, what] of refusals) expect([key, check(text, key, now)]).toMatchObject([key, { is: 'refused', what }])
  })
})

describe.skipIf(executablePath === undefined)(`the page in Chromium${missing}`, () => {
  let browser: Browser
  let context: BrowserContext
  const asked: string[] = []

  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())
  afterEach(async () => {
    await context.close()
    // Its own file, and nothing else, ever.
    expect(asked).toEqual([pathToFileURL(join(dir, 'verify.html')).href])
  })

  async function open(): Promise<Page> {
    asked.length = 0
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
    const page = await context.newPage()
    page.on('request', (each) => asked.push(each.url()))
    page.on('pageerror', (error) => asked.push(String(error)))
    page.on('console', (each) => {
      if (each.type() === 'error') asked.push(each.text())
    })
    await page.goto(pathToFileURL(join(dir, 'verify.html')).href)
    return page
  }
  const drop = (page: Page, files: readonly (readonly [string, string])[]) =>
    page.evaluate((given) => {
      const dataTransfer = new DataTransfer()
      for (const [name, text] of given) dataTransfer.items.add(new File([text], name))
      for (const type of ['dragenter', 'dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
    }, files)
  const verdict = async (page: Page) => {
    await page.locator('[data-verdict]').waitFor()
    return page.locator('[data-verdict]').getAttribute('data-verdict')
  }
  const verify = async (page: Page) => {
    await page.getByRole('button', { name: 'Verify', exact: true }).click()
    return verdict(page)
  }

  it('S113 S145 verifies what is dropped on it, with nothing but a public key', async () => {
    const page = await open()
    if (isLong) await isAccessible(page, 'page-empty')
    await drop(page, [
      ['log.vkey', signer.vkey],
      ['evidence.phi-audit.json', evidence],
    ])
    await page.getByText('Evidence: evidence.phi-audit.json').waitFor()
    expect(await page.getByLabel('Public key', { exact: false }).first().inputValue()).toBe(signer.vkey)
    expect(await verify(page)).toBe('intact')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('verdict')
    const text = await page.getByRole('region', { name: 'Result' }).innerText()
    for (const part of [
      '3 entries, from 1 up to 37',
      'withheld: source, context',
      'patient',
      'p-1',
      logOrigin,
      signer.vkey,
      'those below',
    ])
      expect(text).toContain(part)
    // What is hostile in an entry is shown, and does nothing.
    expect(text).toContain(hostile.replace('\u202e', '[U+202E]'))
    expect(await page.evaluate(() => 'hacked' in globalThis)).toBe(false)
    expect(await page.locator('#result img, #result script').count()).toBe(0)
    await isAccessible(page, 'page-intact')
    if (process.env.PHI_SHOTS !== undefined) await page.pdf({ path: join(process.env.PHI_SHOTS, 'page-intact.pdf') })
    // Other evidence takes the answer away before anything is checked.
    await drop(page, [['other.json', altered]])
    await page.getByText('Evidence: other.json').waitFor()
    expect(await page.locator('[data-verdict]').count()).toBe(0)
    expect(await verify(page)).toBe('broken')
    expect(await page.locator('.findings').innerText()).toContain('entry 2, actor')
    await page.locator('#key').fill(stranger.vkey)
    expect(await page.locator('[data-verdict]').count()).toBe(0)
    expect(await verify(page)).toBe('broken')
    await drop(page, [['evidence.json', evidence]])
    await page.getByText('Evidence: evidence.json').waitFor()
    expect(await verify(page)).toBe('unverifiable')
  })

  it('with the keyboard alone: paste, verify, clear; and says what is wrong', async () => {
    const page = await open()
    await tabTo(page, page.locator('summary'))
    await page.keyboard.press('Enter')
    await tabTo(page, page.getByLabel('Text of the evidence'))
    await page.keyboard.insertText(evidence)
    await tabTo(page, page.locator('#key'))
    await page.keyboard.insertText('no key')
    await tabTo(page, page.getByRole('button', { name: 'Verify', exact: true }))
    await page.keyboard.press('Enter')
    expect(await verdict(page)).toBe('refused')
    expect(await page.locator('#key').getAttribute('aria-invalid')).toBe('true')
    await tabTo(page, page.locator('#key'), 'Shift+Tab')
    await page.keyboard.press('Control+A')
    await page.keyboard.insertText(signer.vkey)
    await tabTo(page, page.getByRole('button', { name: 'Verify', exact: true }))
    await page.keyboard.press('Enter')
    await page.locator('[data-verdict="intact"]').waitFor()
    expect(await page.getByRole('status').innerText()).toBe('Checked.')
    await tabTo(page, page.getByRole('button', { name: 'Clear' }), 'Shift+Tab')
    await page.keyboard.press('Enter')
    expect([await page.locator('#key').inputValue(), await page.locator('[data-verdict]').count()]).toEqual(['', 0])
  })

  it('shows a huge bundle piece by piece, and refuses what is no text', async () => {
    const page = await open()
    await page.locator('#key').fill(signer.vkey)
    await page.evaluate((text) => {
      const bundle = JSON.parse(text) as { entries: { index: number }[] }
      const [entry] = bundle.entries
      bundle.entries = Array.from({ length: 2_000 }, () => ({ ...(entry as { index: number }) }))
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([JSON.stringify(bundle)], 'huge.json'))
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }))
    }, evidence)
    await page.getByText('Evidence: huge.json').waitFor()
    expect(await verify(page)).toBe('broken')
    expect(await page.getByRole('article').count()).toBe(200)
    expect(await page.locator('.findings li').count()).toBe(200)
    await page.getByRole('button', { name: 'Show more entries' }).click()
    expect(await page.getByRole('article').count()).toBe(400)
    await page.evaluate(() => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([new Uint8Array([0x7b, 0xff, 0xfe])], 'noise.json'))
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }))
    })
    await page.getByText('Evidence: noise.json').waitFor()
    expect(await verify(page)).toBe('refused')
  })
})
