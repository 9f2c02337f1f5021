import { equalBytes, fromHex, isPhiError, toHex } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { describeVectors, readVector } from '../../../core/test/vectors.ts'
import { twins } from '../../test/twins.ts'

/** A group of a Wycheproof file, with the fields that the files read here have. All byte strings are hexadecimal. */
interface Group {
  readonly keySize: number
  readonly ivSize?: number
  readonly tagSize?: number
  readonly tests: readonly Test[]
}
interface Test {
  readonly tcId: number
  readonly result: 'valid' | 'invalid' | 'acceptable'
  readonly key: string
  readonly msg: string
  readonly ct: string
  readonly tag: string
  readonly iv: string
  readonly aad: string
}

type Outcome = 'taken' | 'refused' | 'out of scope' | 'WRONG'

/** Runs every test of a file. Counts `result → outcome`, and lists the ids of those that came out wrong. */
function runFile(file: string, outcomeOf: (test: Test, group: Group) => Outcome) {
  const { numberOfTests, testGroups } = JSON.parse(readVector(file)) as { numberOfTests: number; testGroups: Group[] }
  const counts: Record<string, number> = {}
  const wrong: number[] = []
  let total = 0
  for (const group of testGroups) {
    for (const test of group.tests) {
      const outcome = outcomeOf(test, group)
      const line = `${test.result}: ${outcome}`
      counts[line] = (counts[line] ?? 0) + 1
      if (outcome === 'WRONG') wrong.push(test.tcId)
      total++
    }
  }
  expect(total).toBe(numberOfTests)
  expect(wrong).toEqual([])
  return counts
}

/** Bytes, or the code of the refusal. Any other error fails the test. */
function bytesOrCode(work: () => Uint8Array): Uint8Array | string {
  try {
    return work()
  } catch (error) {
    if (isPhiError(error)) return error.code
    throw error
  }
}

const isHex = (got: Uint8Array | string | undefined, hex: string): boolean => got instanceof Uint8Array && toHex(got) === hex

/** A valid test must come out right both ways; any other must not open, and must not be what sealing makes. */
function judge(test: Test, sealed: Uint8Array | string, opened: Uint8Array | string | undefined, sealedHex: string): Outcome {
  if (test.result === 'valid') return isHex(sealed, sealedHex) && isHex(opened, test.msg) ? 'taken' : 'WRONG'
  const refused = (opened === undefined || opened === 'PHI_ENVELOPE_OPEN') && !isHex(sealed, sealedHex)
  return refused ? 'refused' : 'WRONG'
}

const directory = 'aead'

describe.each(twins)('Wycheproof over the $name twin', (twin) => {
  const file = (name: string, title: string, outcomeOf: (test: Test, group: Group) => Outcome, expected: object) =>
    describeVectors(name, `${directory}/${name}.json`, () => {
      it(title, () => {
        expect(runFile(`${directory}/${name}.json`, outcomeOf)).toEqual(expected)
      })
    })

  file(
    'aes_cmac_test',
    'AES-CMAC: all of the file',
    (test, group) => {
      const tag = bytesOrCode(() => twin.cmac(fromHex(test.key))(fromHex(test.msg)))
      if (![128, 192, 256].includes(group.keySize)) return tag === 'PHI_ENVELOPE_KEY_SIZE' ? 'refused' : 'WRONG'
      return isHex(tag, test.tag) === (test.result === 'valid') ? (test.result === 'valid' ? 'taken' : 'refused') : 'WRONG'
    },
    { 'valid: taken': 63, 'invalid: refused': 248 },
  )

  file(
    'aes_siv_cmac_test',
    'S18 AES-SIV: all of the file',
    (test) => {
      const siv = twin.siv(fromHex(test.key))
      const [text, aad, sealed] = [test.msg, test.aad, test.ct].map(fromHex) as [Uint8Array, Uint8Array, Uint8Array]
      const opened = bytesOrCode(() => siv.open(sealed, aad))
      return judge(test, siv.seal(text, aad), opened, test.ct)
    },
    { 'valid: taken': 118, 'invalid: refused': 324 },
  )

  file(
    'aes_kwp_test',
    'S19 AES Key Wrap with Padding: all of the file',
    (test) => {
      const kwp = twin.kwp(fromHex(test.key))
      const wrapped = bytesOrCode(() => kwp.wrap(fromHex(test.msg)))
      return judge(
        test,
        wrapped,
        bytesOrCode(() => kwp.unwrap(fromHex(test.ct))),
        test.ct,
      )
    },
    { 'valid: taken': 77, 'invalid: refused': 177 },
  )

  file(
    'aes_wrap_test',
    'S19 AES Key Wrap: all of the file; key data of 8 bytes, which RFC 3394 leaves out, is refused',
    (test) => {
      const kw = twin.kw(fromHex(test.key))
      const wrapped = bytesOrCode(() => kw.wrap(fromHex(test.msg)))
      return judge(
        test,
        wrapped,
        bytesOrCode(() => kw.unwrap(fromHex(test.ct))),
        test.ct,
      )
    },
    { 'valid: taken': 36, 'acceptable: refused': 3, 'invalid: refused': 126 },
  )

  file(
    'aes_gcm_test',
    'S18 AES-256-GCM with 96-bit nonces; the other key and nonce sizes, which this package does not use, are out of scope',
    (test, group) => {
      if (group.keySize !== 256 || group.ivSize !== 96) return 'out of scope'
      const [key, iv, text, aad] = [test.key, test.iv, test.msg, test.aad].map(fromHex) as Uint8Array[] as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array,
      ]
      const sealed = test.ct + test.tag
      return judge(test, twin.gcmSeal(key, iv, text, aad), twin.gcmOpen(key, iv, fromHex(sealed), aad), sealed)
    },
    { 'valid: taken': 39, 'invalid: refused': 27, 'valid: out of scope': 190, 'invalid: out of scope': 60 },
  )

  file(
    'hmac_sha256_test',
    'HMAC-SHA-256: all of the file; tags of 128 bits are the first half',
    (test, group) => {
      const tag = twin.hmac256(fromHex(test.key), fromHex(test.msg)).subarray(0, (group.tagSize as number) / 8)
      return equalBytes(tag, fromHex(test.tag)) === (test.result === 'valid')
        ? test.result === 'valid'
          ? 'taken'
          : 'refused'
        : 'WRONG'
    },
    { 'valid: taken': 66, 'invalid: refused': 108 },
  )
})
