import { fileURLToPath } from 'node:url'
import { fromHex, toHex } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { bundleForBrowser, chromiumPath, inChromium } from '../../../core/test/chromium.ts'
import { fileKey, fileKeys } from '../../test/file/file-keys.ts'
import { pattern, sameBytes } from '../../test/file/streams.ts'
import { files } from './files.ts'

const found = chromiumPath() !== undefined
const here = fileURLToPath(new URL('.', import.meta.url))

const file = 'dictation-1'
const collection = 'dictation'
const CHUNK = 16_384
const secret = pattern(32)
const id = Uint8Array.of(1, 2, 3, 4)

interface Seen {
  readonly opened: string
  readonly ranges: string
  readonly size: number
  readonly sealed: string
  readonly refused: readonly string[]
  readonly cancelled: string
  readonly progress: readonly number[]
}

describe.skipIf(!found)(`in Chromium${found ? '' : ' (no Chromium found: set PHI_CHROMIUM)'}`, () => {
  it('S20 a page opens what Node sealed and seals what Node opens, as streams, by ranges and at once', async () => {
    const dictations = files({ keys: fileKeys({ keys: [fileKey(1, { id, key: secret })] }), collection })
    const plaintext = pattern(5 * CHUNK + 33)
    const sealed = dictations.seal(plaintext, { file })
    const seen = await inChromium<Seen>(
      `
      import { fromHex, toHex, isPhiError } from '@phi/core'
      import { files } from './files.ts'
      import { fileKey, fileKeys } from '../../test/file/file-keys.ts'
      const [file, collection] = ${JSON.stringify([file, collection])}
      const sealed = fromHex('${toHex(sealed)}')
      const keys = fileKeys({ keys: [fileKey(1, { id: fromHex('${toHex(id)}'), key: fromHex('${toHex(secret)}') })] })
      const dictations = files({ keys, collection })
      const collect = async (stream) => {
        const out = []
        const reader = stream.getReader()
        for (let next = await reader.read(); !next.done; next = await reader.read()) out.push(next.value)
        return new Uint8Array(await new Blob(out).arrayBuffer())
      }
      const pieces = (bytes, length) => new Blob([bytes]).stream().pipeThrough(new TransformStream({
        transform(piece, controller) {
          for (let at = 0; at < piece.length; at += length) controller.enqueue(piece.slice(at, at + length))
        },
      }))
      const codeOf = async (work) => {
        try {
          await work()
          return 'accepted'
        } catch (error) {
          return isPhiError(error) ? error.code : String(error)
        }
      }
      const run = async () => {
        const progress = []
        const onProgress = ({ bytes }) => progress.push(bytes)
        const opened = await collect(pieces(sealed, 5_000).pipeThrough(dictations.openStream({ file, onProgress })))
        const again = await collect(pieces(opened, 7_001).pipeThrough(dictations.sealStream({ file })))
        const blob = new Blob([sealed])
        const source = { size: blob.size, read: async (at, length) => new Uint8Array(await blob.slice(at, at + length).arrayBuffer()) }
        const reader = dictations.reader(source, { file })
        const ranges = [await reader.read(16_380, 16_390), await collect(reader.stream({ start: 40_000 }))]
        const altered = sealed.slice()
        altered[40_000] ^= 1
        const wrong = [altered, sealed.subarray(0, 66 + 2 * 16_400), sealed.subarray(0, 20), new Uint8Array([...sealed, 0])]
        const refused = []
        for (const bytes of wrong) {
          refused.push(await codeOf(() => dictations.open(bytes, { file })))
          refused.push(await codeOf(() => collect(pieces(bytes, 9_000).pipeThrough(dictations.openStream({ file })))))
        }
        const { readable, writable } = dictations.openStream({ file })
        const writer = writable.getWriter()
        const writing = writer.write(sealed)
        const stopped = readable.getReader()
        await stopped.read()
        await writing
        await stopped.cancel('enough')
        return {
          opened: toHex(opened),
          ranges: ranges.map(toHex).join(),
          size: await reader.size(),
          sealed: toHex(again),
          refused,
          cancelled: await writer.write(sealed).then(() => 'written', (reason) => reason),
          progress,
        }
      }
      globalThis.result = run()`,
      here,
    )
    expect(seen.opened === toHex(plaintext)).toBe(true)
    expect(seen.ranges === [plaintext.subarray(16_380, 16_390), plaintext.subarray(40_000)].map(toHex).join()).toBe(true)
    expect(seen.size).toBe(plaintext.length)
    expect(sameBytes(dictations.open(fromHex(seen.sealed), { file }), plaintext)).toBe(true)
    expect(seen.refused).toEqual(Array(8).fill('PHI_ENVELOPE_FILE'))
    expect(seen.cancelled).toBe('enough')
    expect(seen.progress.at(-1)).toBe(plaintext.length)
  })

  it('the bundle holds nothing of Node', async () => {
    const bundle = await bundleForBrowser(`import { files } from './files.ts'; globalThis.result = files`, here)
    expect(bundle).toContain('src/crypto/noble.ts')
    expect(bundle).not.toMatch(/src\/crypto\/node\.ts|node:crypto|node:stream|node:fs/)
  })
})
