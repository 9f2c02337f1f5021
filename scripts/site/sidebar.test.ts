import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { documents, home, pageOf } from './pages.ts'
import { listed } from './sidebar.ts'

describe('the sidebar', () => {
  it('names only documents that are there', () => {
    expect(listed.filter((path) => !existsSync(join(home, path)))).toEqual([])
  })

  it('names every page of the site', () => {
    expect(documents().length).toBeGreaterThan(60)
    expect(documents().filter((path) => !listed.includes(path))).toEqual([])
  })

  it('names none twice, and no two documents become one page', () => {
    expect(listed.filter((path, index) => listed.indexOf(path) !== index)).toEqual([])
    expect(new Set(documents().map(pageOf)).size).toBe(documents().length)
  })
})
