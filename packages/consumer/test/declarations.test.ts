import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type typescript from 'typescript'
import { describe, expect, inject, it } from 'vitest'
import { firstProgram, short } from '../src/first-program.ts'

// The compiler of this repository, or another one to try: `npm run consumer:matrix` sets it.
const ts = createRequire(import.meta.url)(process.env.PHI_TYPESCRIPT ?? 'typescript') as typeof typescript

const folder = inject('stranger')
const packages = inject('packages')
const modules = packages.flatMap((each) => each.modules)
const programs = packages.map(({ name, readme }) => ({
  name,
  program: readme === undefined ? undefined : firstProgram(readme),
}))

describe(`the packed declarations, to TypeScript ${ts.version}`, () => {
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
        // What a strict reader switches on besides: declarations that lean on the laxer setting show here.
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noImplicitOverride: true,
        skipLibCheck: false,
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
