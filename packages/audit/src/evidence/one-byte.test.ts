import { describe, expect, it } from 'vitest'
import { makeLog, testSigner } from '../../test/make-log.ts'
import { makeBundle, verifyBundle } from './bundle.ts'

const { store, log, notes } = await makeLog(3, [3])
const keys = [testSigner.vkey]

/** A bundle as a file: two of three entries, with a group withheld of each. */
const file = new TextEncoder().encode(
  JSON.stringify(
    await makeBundle({
      store,
      log,
      checkpointNote: notes[0] as string,
      indices: [0, 2],
      open: (index) => (index === 0 ? ['event', 'subject', 'context'] : ['event', 'actor', 'source', 'context']),
    }),
  ),
)

/** What becomes of the file as somebody reads it: a text in which bytes that are not UTF-8 are replaced. */
function verdictOf(bytes: Uint8Array): string {
  try {
    return verifyBundle(new TextDecoder().decode(bytes), { keys }).verdict
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

const LONG = process.env.PHI_LONG === '1'
/** In the short form every third place. An odd step, so that all places in the four letters of a group of base64 have their turn. */
const STEP = LONG ? 1 : 3

/** Its neighbour, its other case, and what is not ASCII any more: each byte in turn becomes one of them. */
const BITS = [0x01, 0x20, 0x80] as const

/** What a byte becomes. In the long form all 255 others. */
const changesOf = (byte: number, at: number): number[] =>
  LONG
    ? Array.from({ length: 256 }, (_, other) => other).filter((other) => other !== byte)
    : [byte ^ (BITS[Math.floor(at / STEP) % BITS.length] as number)]

describe('a bundle with one byte changed', () => {
  it('is intact as it was made', () => {
    expect(verdictOf(file)).toBe('intact')
  })

  it('S113 S145 is never intact, whichever byte it is', { timeout: LONG ? 1_800_000 : 120_000 }, () => {
    const intact: string[] = []
    const answers = new Map<string, number>()
    for (let at = 0; at < file.length; at += STEP) {
      const byte = file[at] as number
      for (const other of changesOf(byte, at)) {
        file[at] = other
        const verdict = verdictOf(file)
        answers.set(verdict, (answers.get(verdict) ?? 0) + 1)
        if (verdict === 'intact') intact.push(`${at}: ${byte} to ${other}`)
      }
      file[at] = byte
    }
    expect(intact).toEqual([])
    // Refused as no bundle, found to be altered, or signed by nobody who is known: nothing else, and each of them happens.
    expect([...answers.keys()].sort()).toEqual(['PHI_AUDIT_FORMAT', 'broken', 'unverifiable'])
    expect(verdictOf(file)).toBe('intact')
  })

  it('is never intact with a byte taken out, put in, or two neighbours swapped', () => {
    const changed: Uint8Array[] = []
    for (let at = 0; at < file.length; at += STEP) {
      changed.push(Uint8Array.from([...file.subarray(0, at), ...file.subarray(at + 1)]))
      if (file[at] !== file[at + 1] && at + 1 < file.length) {
        const swapped = file.slice()
        swapped[at] = file[at + 1] as number
        swapped[at + 1] = file[at] as number
        changed.push(swapped)
      }
    }
    expect(changed.filter((bytes) => verdictOf(bytes) === 'intact').length).toBe(0)
  })
})
