import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { comparePacked, compareTarballs } from './compare.ts'
import { readTarball } from './tar.ts'

const folder = mkdtempSync(join(tmpdir(), 'phi-compare-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let made = 0
/** A tarball by the system's tar, of files in the order in which they are given. */
const tarball = (files: Readonly<Record<string, string>>, { time = 1_000_000_000, format = 'ustar' } = {}): Buffer => {
  made += 1
  const home = join(folder, String(made))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), text)
    utimesSync(join(home, path), time, time)
  }
  const out = join(folder, `${made}.tgz`)
  execFileSync('tar', [`--format=${format}`, '-czf', out, '-C', home, ...Object.keys(files)])
  return readFileSync(out)
}

const files = { 'package/package.json': '{ "name": "a" }', 'package/dist/index.js': 'export const a = 1\n' }

describe('a tarball', () => {
  it.each(['ustar', 'pax'])('is read as tar wrote it, in the format %s', (format) => {
    const long = { [`package/${'long/'.repeat(20)}x.js`]: 'x'.repeat(1500) }
    const entries = readTarball(tarball({ ...files, ...long }, { format }))
    expect(entries.map(({ path, content }) => [path, content.length])).toEqual([
      ['package/package.json', 15],
      ['package/dist/index.js', 19],
      [`package/${'long/'.repeat(20)}x.js`, 1500],
    ])
  })

  it('that is damaged is refused', () => {
    const bytes = gunzipSync(tarball(files))
    const short = gzipSync(bytes.subarray(0, 520))
    bytes[0] = 0x21
    expect(() => readTarball(gzipSync(bytes))).toThrow('wrong checksum')
    expect(() => readTarball(short)).toThrow('the archive ends inside package/package.json')
  })
})

describe('two tarballs', () => {
  it('that are equal differ in nothing', () => {
    const one = tarball(files)
    expect(compareTarballs(one, Buffer.from(one))).toEqual([])
  })

  it.each([
    [
      'in a file, which is named with the place',
      tarball({ ...files, 'package/dist/index.js': 'export const a = "/home/a"\n' }),
      ['package/dist/index.js differs from byte 17 on: "export const a = 1\\n" and "export const a = \\"/home/a\\"\\n"'],
    ],
    [
      'in the time of a file',
      tarball(files, { time: 1_000_000_001 }),
      [expect.stringMatching(/^package\/package\.json has another header: .*time/), expect.stringMatching(/^package\/dist/)],
    ],
    [
      'in which files they hold',
      tarball({ 'package/package.json': files['package/package.json'], 'package/new.js': '' }),
      ['package/dist/index.js is in the first only', 'package/new.js is in the second only'],
    ],
    [
      'in the order of files',
      tarball(Object.fromEntries(Object.entries(files).reverse())),
      ['the files are equal, but stand in another order'],
    ],
    [
      'in how they were compressed',
      gzipSync(gunzipSync(tarball(files)), { level: 1 }),
      ['the files are equal, but not how they were compressed'],
    ],
  ])('that differ %s', (_, other, differences) => {
    expect(compareTarballs(tarball(files), other)).toEqual(differences)
  })
})

it('of two folders are compared by name, and one that is missing is told', () => {
  const [one, other] = [join(folder, 'one'), join(folder, 'other')]
  for (const each of [one, other]) mkdirSync(each)
  writeFileSync(join(one, 'a.tgz'), tarball(files))
  writeFileSync(join(other, 'a.tgz'), tarball({ ...files, 'package/dist/index.js': 'export const a = 2\n' }))
  writeFileSync(join(other, 'b.tgz'), tarball(files))
  expect(comparePacked(one, other)).toEqual([
    'a.tgz: package/dist/index.js differs from byte 17 on: "export const a = 1\\n" and "export const a = 2\\n"',
    'b.tgz: is in the second folder only',
  ])
})
