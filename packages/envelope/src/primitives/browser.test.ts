import { fileURLToPath } from 'node:url'
import { fromHex, toHex } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { chromiumPath, inChromium } from '../../../core/test/chromium.ts'
import { referenceCmac, referenceKcXaesSeal, referenceXaesSeal } from '../../test/reference-xaes.ts'
import { aesCmac } from './aes-cmac.ts'
import { aesKw } from './aes-kw.ts'
import { aesKwp } from './aes-kwp.ts'
import { aesSiv } from './aes-siv.ts'
import { kcXaes256Gcm, xaes256Gcm } from './xaes.ts'

const chromium = chromiumPath()
const here = fileURLToPath(new URL('.', import.meta.url))

/** Bytes that look random and are the same each time. */
function bytes(length: number, seed: number): Uint8Array {
  let state = (seed * 2_654_435_761 + length) >>> 0
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 24
  })
}

interface Case {
  readonly what: 'cmac' | 'siv' | 'kw' | 'kwp' | 'xaes' | 'kcXaes'
  readonly key: string
  readonly nonce: string
  readonly text: string
  readonly aad: string
  /** What the published vector says, where the case is one. */
  readonly published?: string
}

const none = { nonce: '', aad: '' }
/** One known answer of each primitive: SP 800-38B, RFC 5297 A.1, RFC 3394 §4.6, RFC 5649 §6, C2SP, and AWS-LC for the last. */
const knownAnswers: readonly Case[] = [
  {
    ...none,
    what: 'cmac',
    key: '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4',
    text: '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411',
    published: 'aaf3d8f1de5640c232f5b169b9c911e6',
  },
  {
    ...none,
    what: 'siv',
    key: 'fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff',
    text: '112233445566778899aabbccddee',
    aad: '101112131415161718191a1b1c1d1e1f2021222324252627',
    published: '85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c',
  },
  {
    ...none,
    what: 'kw',
    key: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
    text: '00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f',
    published: '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21',
  },
  {
    ...none,
    what: 'kwp',
    key: '5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8',
    text: 'c37b7e6492584340bed12207808941155068f738',
    published: '138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a',
  },
  {
    what: 'xaes',
    key: '03'.repeat(32),
    nonce: '4142434445464748494a4b4c4d4e4f505152535455565758',
    text: '584145532d3235362d47434d',
    aad: '633273702e6f72672f584145532d3235362d47434d',
    published: '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d',
  },
  {
    what: 'kcXaes',
    key: '03'.repeat(32),
    nonce: '4142434445464748494a4b4c4d4e4f505152535455565758',
    text: '584145532d3235362d47434d',
    aad: '633273702e6f72672f584145532d3235362d47434d',
    published:
      '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d5553cd21d1592b422e3129632a3187eee8a658cdca5c5b32ce86308dcc18e9d1',
  },
]

const lengths = [0, 1, 15, 16, 17, 31, 32, 33, 64, 100, 1000, 5000]
const randomCases: readonly Case[] = lengths.flatMap((length, i) => {
  const [nonce, aad, text] = [toHex(bytes(24, i)), toHex(bytes(length % 50, i + 100)), toHex(bytes(length, i + 200))]
  const key = (size: number) => toHex(bytes(size, i + size))
  const semiblocks = toHex(bytes(16 + 8 * (length % 40), i))
  return [
    { what: 'cmac', key: key(32), nonce, aad, text },
    { what: 'siv', key: key(64), nonce, aad, text },
    { what: 'kw', key: key(32), nonce, aad, text: semiblocks },
    { what: 'kwp', key: key(32), nonce, aad, text: toHex(bytes(1 + (length % 60), i)) },
    { what: 'xaes', key: key(32), nonce, aad, text },
    { what: 'kcXaes', key: key(32), nonce, aad, text },
  ] as const
})
const cases = [...knownAnswers, ...randomCases]

/** What sealing, tagging or wrapping gives in Node. */
function inNode({ what, key, nonce, text, aad }: Case): Uint8Array {
  const [k, n, t, a] = [fromHex(key), fromHex(nonce), fromHex(text), fromHex(aad)]
  if (what === 'cmac') return aesCmac(k)(t)
  if (what === 'siv') return aesSiv(k).seal(t, a)
  if (what === 'kw') return aesKw(k).wrap(t)
  if (what === 'kwp') return aesKwp(k).wrap(t)
  return (what === 'xaes' ? xaes256Gcm(k) : kcXaes256Gcm(k)).seal(n, t, a)
}

/** The page's program: the same from the sources as a browser's bundler takes them, and whether each opens and is refused. */
const page = `
  import { fromHex, isPhiError, toHex } from '@phi/core'
  import { aesCmac } from './aes-cmac.ts'
  import { aesKw } from './aes-kw.ts'
  import { aesKwp } from './aes-kwp.ts'
  import { aesSiv } from './aes-siv.ts'
  import { kcXaes256Gcm, xaes256Gcm } from './xaes.ts'

  const codeOf = (work) => {
    try { work() } catch (error) { return isPhiError(error) ? error.code : String(error) }
    return 'not refused'
  }
  const run = ({ what, key, nonce, text, aad }) => {
    const [k, n, t, a] = [fromHex(key), fromHex(nonce), fromHex(text), fromHex(aad)]
    if (what === 'cmac') return { bytes: toHex(aesCmac(k)(t)), opened: text, refused: 'PHI_ENVELOPE_OPEN' }
    const made = {
      siv: () => { const c = aesSiv(k); return [c.seal(t, a), (s) => c.open(s, a)] },
      kw: () => { const c = aesKw(k); return [c.wrap(t), (s) => c.unwrap(s)] },
      kwp: () => { const c = aesKwp(k); return [c.wrap(t), (s) => c.unwrap(s)] },
      xaes: () => { const c = xaes256Gcm(k); return [c.seal(n, t, a), (s) => c.open(n, s, a)] },
      kcXaes: () => { const c = kcXaes256Gcm(k); return [c.seal(n, t, a), (s) => c.open(n, s, a)] },
    }
    const [sealed, open] = made[what]()
    const altered = sealed.slice()
    altered[altered.length - 1] ^= 1
    return { bytes: toHex(sealed), opened: toHex(open(sealed)), refused: codeOf(() => open(altered)) }
  }
  globalThis.result = {
    hasProcess: 'process' in globalThis,
    results: CASES.map(run),
    shortKeys: [aesCmac, aesSiv, aesKw, aesKwp, xaes256Gcm, kcXaes256Gcm].map((make) => codeOf(() => make(new Uint8Array(15)))),
  }`

describe.skipIf(chromium === undefined)(`in Chromium${chromium === undefined ? ' (not found: skipped)' : ''}`, () => {
  it('S18 S89 every primitive gives the published bytes, and the bytes that Node gives', async () => {
    type Seen = {
      hasProcess: boolean
      results: { bytes: string; opened: string; refused: string }[]
      shortKeys: string[]
    }
    const seen = await inChromium<Seen>(page.replace('CASES', JSON.stringify(cases)), here)
    expect(seen.hasProcess).toBe(false)
    expect(seen.results.length).toBe(cases.length)
    cases.forEach((one, i) => {
      const label = `${one.what}, ${one.text.length / 2} bytes`
      expect(seen.results[i], label).toEqual({ bytes: toHex(inNode(one)), opened: one.text, refused: 'PHI_ENVELOPE_OPEN' })
      if (one.published !== undefined) expect(seen.results[i]?.bytes, label).toBe(one.published)
    })
    expect(seen.shortKeys).toEqual(Array(6).fill('PHI_ENVELOPE_KEY_SIZE'))
  })
})

it('the same cases in Node are what the plain twin says', () => {
  for (const one of cases) {
    const [k, n, t, a] = [fromHex(one.key), fromHex(one.nonce), fromHex(one.text), fromHex(one.aad)]
    if (one.what === 'cmac') expect(toHex(inNode(one))).toBe(referenceCmac(k, t).toString('hex'))
    if (one.what === 'xaes') expect(toHex(inNode(one))).toBe(referenceXaesSeal(k, n, t, a).toString('hex'))
    if (one.what === 'kcXaes') expect(toHex(inNode(one))).toBe(referenceKcXaesSeal(k, n, t, a).toString('hex'))
    if (one.published !== undefined) expect(toHex(inNode(one))).toBe(one.published)
  }
})
