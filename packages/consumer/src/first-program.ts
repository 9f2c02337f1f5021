import ts from 'typescript'

const sectionOf = (readme: string): string => readme.split('\n## First program\n')[1]?.split('\n## ')[0] ?? readme

/** The first TypeScript or JavaScript block of a README, under its heading "First program", that imports one of our packages. */
export const firstProgram = (readme: string): string | undefined =>
  [...sectionOf(readme).matchAll(/^```(?:ts|js|typescript|javascript|mjs|mts)\b.*\n([\s\S]*?)^```$/gm)]
    .map(([, code]) => code ?? '')
    .find((code) => code.includes(`from '@phi/`))

/** The values that a program's comments promise, `console.log(x)  // 'intact'`: quoted text, numbers, true and false. */
export const promisedOutput = (program: string): string[] =>
  [...program.matchAll(/console\.log\(.*\)\s*\/\/\s*(?:→|=>)?\s*('[^']*'|"[^"]*"|-?[\d_.]+|true|false)\s*$/gm)].map(
    ([, value]) => (value ?? '').replace(/^['"]|['"]$/g, ''),
  )

const compile = (program: string, module: ts.ModuleKind) =>
  ts.transpileModule(program, { compilerOptions: { module, target: ts.ScriptTarget.ES2022 } }).outputText

export const asModule = (program: string): string => compile(program, ts.ModuleKind.ESNext)

/** The same program for `require`: the imports stay on top, the rest moves into an async function, as CommonJS users write it. */
export const asCommonJs = (program: string): string => {
  const imports = [...program.matchAll(/^import\b[\s\S]*?from '[^']+';?$/gm)].map(([text]) => text)
  const body = imports.reduce((rest, text) => rest.replace(text, ''), program)
  return compile(`${imports.join('\n')}\nvoid (async () => {\n${body}\n})()\n`, ts.ModuleKind.CommonJS)
}

/** A package's name as a part of a file's name. */
export const short = (name: string): string => name.replace(/[^a-z0-9]+/g, '-').replace(/^-/, '')
