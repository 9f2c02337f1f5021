import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'

/** A folder for one test file, with files in it. It is there while tests run, and gone afterwards. */
export function scratch(files: Readonly<Record<string, string | Uint8Array>> = {}): { readonly path: string } {
  const folder = { path: '' }
  beforeAll(async () => {
    folder.path = await mkdtemp(join(tmpdir(), 'phi-cli-'))
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder.path, name), content)
  })
  afterAll(() => rm(folder.path, { recursive: true, force: true }))
  return folder
}
