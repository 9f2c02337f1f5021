import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readTarball, type TarEntry } from './tar.ts'

const same = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0

/** Where two texts part, with what stands there on both sides. */
const whereContentParts = (one: Uint8Array, other: Uint8Array): string => {
  let at = 0
  while (at < one.length && at < other.length && one[at] === other[at]) at += 1
  const shown = (bytes: Uint8Array) =>
    JSON.stringify(Buffer.from(bytes.subarray(Math.max(0, at - 20), at + 40)).toString('utf8'))
  return `from byte ${at} on: ${shown(one)} and ${shown(other)}`
}

const compareEntries = (one: readonly TarEntry[], other: readonly TarEntry[]): string[] => {
  const [left, right] = [new Map(one.map((each) => [each.path, each])), new Map(other.map((each) => [each.path, each]))]
  const found = [
    ...one.filter(({ path }) => !right.has(path)).map(({ path }) => `${path} is in the first only`),
    ...other.filter(({ path }) => !left.has(path)).map(({ path }) => `${path} is in the second only`),
  ]
  for (const [path, entry] of left) {
    const twin = right.get(path)
    if (twin === undefined) continue
    if (!same(entry.content, twin.content)) found.push(`${path} differs ${whereContentParts(entry.content, twin.content)}`)
    else if (entry.header !== twin.header) found.push(`${path} has another header: ${entry.header} and ${twin.header}`)
  }
  if (found.length > 0) return found
  return one.every(({ path }, at) => other[at]?.path === path)
    ? ['the files are equal, but not how they were compressed']
    : ['the files are equal, but stand in another order']
}

/** How two tarballs differ, one line a difference; empty when they are equal byte for byte. */
export const compareTarballs = (one: Uint8Array, other: Uint8Array): string[] =>
  same(one, other) ? [] : compareEntries(readTarball(one), readTarball(other))

const tarballsOf = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.tgz'))
    .sort()

/** As `compareTarballs`, for every tarball of two folders. */
export function comparePacked(one: string, other: string): string[] {
  const [left, right] = [tarballsOf(one), tarballsOf(other)]
  return [...new Set([...left, ...right])].sort().flatMap((name) => {
    if (!left.includes(name)) return [`${name}: is in the second folder only`]
    if (!right.includes(name)) return [`${name}: is in the first folder only`]
    const found = compareTarballs(readFileSync(join(one, name)), readFileSync(join(other, name)))
    return found.map((difference) => `${name}: ${difference}`)
  })
}
