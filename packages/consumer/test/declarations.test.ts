import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'
import { firstProgram, short } from '../src/first-program.ts'
import { installPacked } from '../src/install.ts'

const tarballs = process.env.PHI_PACKED
if (tarballs === undefined) throw new Error('there are no packed packages: start this with npm run check:packages')

const { folder, packages } = installPacked(tarballs)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const modules = packages.flatMap((each) => each.modules)
const programs = packages.map(({ name, readme }) => ({
  name,
  program: readme === undefined ? undefined : firstProgram(readme),
}))

describe('the packed declarations', () => {
  const { Node16, NodeNext, Bundler } = ts.ModuleResolutionKind

  it.each([
    ['node16', ts.ModuleKind.Node16, Node16, ['mts', 'cts']],
    ['nodenext', ts.ModuleKind.NodeNext, NodeNext, ['mts', 'cts']],
    ['bundler', ts.ModuleKind.ESNext, Bundler, ['ts']],
  ] as const)('hold under %s resolution', (resolution, module, moduleResolution, extensions) => {
    const everything = modules.map((name, index) => `import * as entry${index} from '${name}'\nvoid entry${index}`).join('\n')
    const files = extensions.map((extension) => [`${resolution}.${extension}`, everything] as const)
    // Top-level await has no CommonJS form, so the first programs are checked as modules.
    const first = programs.map(({ name, program }) => [`${resolution}-${short(name)}.${extensions[0]}`, program ?? ''] as const)
    for (const [file, text] of [...files, ...first]) writeFileSync(join(folder, file), `${text}\nexport {}\n`)

    const program = ts.createProgram(
      [...files, ...first].map(([file]) => join(folder, file)),
      {
        module,
        moduleResolution,
        target: ts.ScriptTarget.ES2022,
        lib: ['lib.es2023.d.ts'],
        types: ['node'],
        strict: true,
        noEmit: true,
      },
    )
    // Library checks are on, for our own libraries: what lies in this folder and is no link to somewhere else.
    const ours = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(folder))
    expect(ours.length).toBeGreaterThan(files.length + first.length)
    const problems = [
      ...program.getOptionsDiagnostics(),
      ...program.getGlobalDiagnostics(),
      ...ours.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
    ].map(({ file, messageText }) => {
      return `${file?.fileName.slice(folder.length)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    })
    expect(problems).toEqual([])
  })
})
