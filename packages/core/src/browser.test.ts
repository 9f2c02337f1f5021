import { describe, expect, it } from 'vitest'
import { bundleForBrowser, chromiumPath, inChromium } from '../test/chromium.ts'
import * as core from './index.ts'

/** What both sides compute: plain data in, plain data out. Its source text runs in the browser, so it may use `core` only. */
function compute(core: typeof import('./index.ts')) {
  const codeOf = (act: () => unknown) => {
    try {
      return act()
    } catch (error) {
      return core.isPhiError(error) ? [error.code, error.message] : String(error)
    }
  }
  const sample = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7 + length * 13) & 255)
  const lengths = Array.from({ length: 140 }, (_, i) => i)
  const classes = Object.keys(core.dataClasses) as (keyof typeof core.dataClasses)[]
  const purposes = Object.keys(core.purposesOfUse) as (keyof typeof core.purposesOfUse)[]
  return {
    canonical: [
      { z: [1e21, 1e-7, -0, 0.1, 5e-324], 'é\u0000"': '\u{1f600}\u2028', '\ufb33': null, a: { c: true, b: [[], {}] } },
      '\ud800',
      [undefined],
      new Date(0),
      Number.NaN,
    ].map((value) => codeOf(() => core.canonicalJson(value))),
    sha256: lengths.map((length) => core.toHex(core.sha256(sample(length)))),
    sha256Base64: lengths.map((length) => core.sha256Base64(sample(length))),
    hmac: lengths.map((length) => core.toHex(core.hmacSha256(sample(139 - length), sample(length)))),
    base64: lengths.map((length) => core.toBase64(sample(length))),
    base64Read: ['', 'Zg==', 'Zm9v', 'Zg', 'Zh==', 'Zm 9v', 'Zm9v\n', '====', 'Zm-_', 'é'].map((text) =>
      codeOf(() => core.toHex(core.fromBase64(text))),
    ),
    utf8: [
      codeOf(() => core.toHex(core.utf8('é\u{1f600}\ufeff'))),
      codeOf(() => core.utf8('\udc00')),
      codeOf(() => core.fromUtf8(core.fromHex('c080'))),
    ],
    covers: classes.map((a) => classes.filter((b) => core.covers(a, b)).join()),
    overlaps: classes.map((a) => classes.filter((b) => core.overlaps(a, b)).join()),
    verdict: core.scopeVerdict(
      { permits: ['phi.clinical.note', 'phi.ai'], prohibits: ['label:hiv'] },
      core.carriedBy({ class: 'phi.ai.prompt', madeOf: [{ class: 'phi.clinical.note.session', labels: ['hiv'] }] }),
    ),
    purposes: purposes.map((a) => [a, core.useOfPurpose(a) ?? 'none', purposes.filter((b) => core.purposeIsA(a, b)).join()]),
    actors: [
      { id: 'u-17', type: 'workforce' },
      { id: ' ', type: 'workforce' },
      { id: 'x', type: 'robot' },
      { id: 'x', type: 'system', ssn: '1' },
    ].map((value) => codeOf(() => core.parseActor(value))),
    instants: ['2024-02-29T23:59:59.999Z', '2026-02-29T00:00:00.000Z', '2026-01-01T24:00:00.000Z'].map((text) =>
      codeOf(() => core.parseInstant(text)),
    ),
    citation: core.formatCitation(core.cite('45 CFR § 164.312(b)')),
    random: [0, 1, 65_537].map((length) => core.randomBytes(length).length),
  }
}

const entry = `import * as core from '../src/index.ts'\nglobalThis.result = (${compute.toString()})(core)`

describe('the bundle for a browser', () => {
  it('holds the noble twin and nothing of Node', async () => {
    const bundle = await bundleForBrowser(entry)
    // The bundler heads each module with its path.
    expect(bundle).toContain('src/crypto/noble.ts')
    expect(bundle).not.toMatch(/src\/crypto\/node\.ts|node:crypto/)
  })

  it('of canonical JSON alone leaves out the taxonomy and the parser', async () => {
    const bundle = await bundleForBrowser(
      `import { canonicalJson } from '../src/index.ts'; globalThis.result = canonicalJson({})`,
    )
    expect(bundle).not.toMatch(/phi\.clinical|ZodString|HOPERAT/)
    expect(bundle.length).toBeLessThan(12_000)
  })
})

const found = chromiumPath() !== undefined
describe.skipIf(!found)(`in Chromium${found ? '' : ' (no Chromium found: set PHI_CHROMIUM)'}`, () => {
  it('everything computes as in Node', async () => {
    const here = compute(core)
    expect(here.sha256[0]).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(await inChromium(entry)).toEqual(JSON.parse(JSON.stringify(here)))
  })

  it('an error in the page is an error here, and so is an entry without a result', async () => {
    await expect(inChromium(`throw new Error('in the page')`)).rejects.toThrow('in the page')
    await expect(inChromium(`globalThis.result = Promise.reject(new Error('later'))`)).rejects.toThrow('later')
    await expect(inChromium('globalThis.other = 1')).rejects.toThrow('globalThis.result')
  })
})
