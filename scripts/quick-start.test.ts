import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const text = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const installs = (markdown: string) =>
  [...markdown.matchAll(/^ {4}npm install ((?:--save-dev )?@phi\/.*)$/gm)].map(([, line]) => line)

it('docs/quick-start.md installs of each package what its README says', () => {
  const shown = installs(text('docs/quick-start.md')) as string[]
  expect(shown.length).toBeGreaterThanOrEqual(9)
  for (const line of shown) {
    const name = /@phi\/([a-z]+)/.exec(line)?.[1]
    const [, section = ''] = text(`packages/${name}/README.md`).split('\n## Install\n')
    expect(installs(section.split('\n## ')[0] as string), name).toContain(line)
  }
})
