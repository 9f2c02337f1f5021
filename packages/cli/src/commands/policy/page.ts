import { wrapLines } from '../../layout.ts'

/** An entry of a list: a first line that may be long, then lines below it, all broken between words. */
export function entry(first: string, below: readonly string[], columns: number): readonly string[] {
  return [
    ...wrapLines(first, columns, '  ', '    '),
    ...below.filter((each) => each !== '').flatMap((each) => wrapLines(each, columns, '    ', '      ')),
  ]
}

/** A heading with its entries; nothing where there are none. */
export function part(heading: string, entries: readonly (readonly string[])[]): readonly string[] {
  return entries.length === 0 ? [] : ['', heading, ...entries.flat()]
}

/** `line 12`, where one is known. */
export const lineText = (line: number | undefined): string => (line === undefined ? '' : `line ${line}`)

/** SARIF's place: a path as it was given, and nothing for standard input. */
export function placeOf(file: string, line?: number): { readonly file?: string; readonly line?: number } {
  if (file === '-') return {}
  return line === undefined ? { file } : { file, line }
}
