import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const home = fileURLToPath(new URL('../..', import.meta.url))

/** The published vectors, as they were frozen. A new version gets new files: none of these lines is ever changed or taken away. */
const frozen = {
  'packages/audit/vectors/v1.json': '68d20b0c3d9e01d991932a8dcc9f04cddf02974171056b737cfee22701660e8a',
  'packages/envelope/vectors/fields-v1.json': 'e0b18e734a0d66832762417375b682e92557d1bef4df31c5af577aa062bbf9f2',
  'packages/envelope/vectors/search-v1.json': '4cabdeb75420e26f62a1fd4f6a199743db8ea8224c2919e6b6241736af053b67',
}

describe('published vectors', () => {
  it.each(Object.entries(frozen))('%s is as it was frozen', async (path, pinned) => {
    const found = createHash('sha256')
      .update(await readFile(`${home}/${path}`))
      .digest('hex')
    const frozenText = `${path} was changed. Version 1 of the format is frozen: put a new version beside it (docs/how-formats-evolve.md).`
    expect(found, frozenText).toBe(pinned)
  })

  it('are all pinned', async () => {
    const packages = await readdir(`${home}/packages`)
    const folders = await Promise.all(
      packages.map(async (name) =>
        (await readdir(`${home}/packages/${name}/vectors`).catch(() => [])).map((file) => `packages/${name}/vectors/${file}`),
      ),
    )
    expect(folders.flat().toSorted()).toEqual(Object.keys(frozen).toSorted())
  })
})
