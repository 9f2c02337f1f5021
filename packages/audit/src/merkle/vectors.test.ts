import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fromHex, isPhiError, toHex } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { hashLeaf, hashNode, rootOf, verifyConsistency, verifyInclusion } from './index.ts'

const folder = process.env.PHI_VECTORS ?? fileURLToPath(new URL('../../../../../shared/vectors', import.meta.url))
const fileOf = (name: string) => `${folder}/merkle/${name}.json`

/** Some indices exceed 2^53, so the numbers are taken from the text as they stand. */
function load<T>(name: string): T {
  const text = readFileSync(fileOf(name), 'utf8')
  return JSON.parse(text.replace(/"(leafIdx|treeSize|size1|size2)":\s*(\d+)/g, '"$1": "$2"'))
}

const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
const hashes = (proof: string[] | null): Uint8Array[] => (proof ?? []).map(bytes)

/** What the vectors call an error is false here, or the refusal of malformed input. Anything else thrown fails the test. */
function accepts(verify: () => boolean): boolean {
  try {
    return verify()
  } catch (error) {
    if (isPhiError(error, 'PHI_AUDIT_MERKLE_INPUT')) return false
    throw error
  }
}

type Roots = { leafInputsHex: string[]; rootHashesHexBySize: string[]; nodeHashesHex: string[][] }
type Inclusion = {
  file: string
  leafIdx: string
  treeSize: string
  root: string
  leafHash: string
  proof: string[] | null
  wantErr: boolean
}
type Consistency = {
  file: string
  size1: string
  size2: string
  root1: string
  root2: string
  proof: string[] | null
  wantErr: boolean
}

describe.skipIf(!existsSync(fileOf('roots')))('published vectors of RFC 6962 trees', () => {
  it('S113 computes the published root of every size', () => {
    const { leafInputsHex, rootHashesHexBySize } = load<Roots>('roots')
    const leafHashes = leafInputsHex.map((hex) => hashLeaf(fromHex(hex)))
    expect(rootHashesHexBySize).toHaveLength(9)
    expect(rootHashesHexBySize.map((_, size) => toHex(rootOf(leafHashes.slice(0, size))))).toEqual(rootHashesHexBySize)
  })

  it('computes the published hash of every node', () => {
    const { leafInputsHex, nodeHashesHex } = load<Roots>('roots')
    let row = leafInputsHex.map((hex) => hashLeaf(fromHex(hex)))
    for (const published of nodeHashesHex) {
      expect(row.map(toHex)).toEqual(published)
      row = Array.from({ length: row.length / 2 }, (_, i) => hashNode(row[2 * i] as Uint8Array, row[2 * i + 1] as Uint8Array))
    }
  })

  it('S95 takes the valid inclusion proofs and none of the others', () => {
    const vectors = load<Inclusion[]>('inclusion')
    expect(vectors.length).toBeGreaterThan(80)
    expect(vectors.some(({ leafIdx }) => BigInt(leafIdx) > 2n ** 53n)).toBe(true)
    const taken = vectors.filter((v) =>
      accepts(() =>
        verifyInclusion({
          index: BigInt(v.leafIdx),
          size: BigInt(v.treeSize),
          leafHash: bytes(v.leafHash),
          proof: hashes(v.proof),
          root: bytes(v.root),
        }),
      ),
    )
    expect(taken.map((v) => v.file)).toEqual(vectors.filter((v) => !v.wantErr).map((v) => v.file))
  })

  it('S95 takes the valid consistency proofs and none of the others', () => {
    const vectors = load<Consistency[]>('consistency')
    expect(vectors.length).toBeGreaterThan(80)
    const taken = vectors.filter((v) =>
      accepts(() =>
        verifyConsistency({
          size1: BigInt(v.size1),
          size2: BigInt(v.size2),
          root1: bytes(v.root1),
          root2: bytes(v.root2),
          proof: hashes(v.proof),
        }),
      ),
    )
    expect(taken.map((v) => v.file)).toEqual(vectors.filter((v) => !v.wantErr).map((v) => v.file))
  })
})
