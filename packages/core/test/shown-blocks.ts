import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Which blocks of the documents a run of the tests held to be true: a file named by the hash of its text, made anew each time. What
// runs a program notes it itself, so that `npm run blocks -- --check` can say which block of which document nobody ran.

const folder = fileURLToPath(new URL('../../../node_modules/.cache/phi-tests/shown', import.meta.url))
const placeOf = (code: string) => join(folder, createHash('sha256').update(code.trim()).digest('hex'))

/** Notes that a block of a document was run as printed and came out right, or, of what cannot run, that a test holds its text. */
export function shown(...blocks: readonly string[]): void {
  mkdirSync(folder, { recursive: true })
  for (const code of blocks) writeFileSync(placeOf(code), '')
}

/** When a block was last shown, in milliseconds since 1970; undefined where no test did. */
export const shownAt = (code: string): number | undefined =>
  existsSync(placeOf(code)) ? statSync(placeOf(code)).mtimeMs : undefined

/** A fenced block of a document. */
export interface Block {
  /** The line of its opening fence, from 1. */
  readonly line: number
  /** What the fence says first: `ts`; '' where it says nothing. */
  readonly language: string
  readonly code: string
}

/** The fenced blocks of a document, those in lists without their indent. */
export function blocksOf(markdown: string): Block[] {
  const fence = /^( *)```([a-z]*)[^\n`]*\n((?:.*\n)*?)\1```$/gm
  return [...markdown.matchAll(fence)].map(({ index, 1: indent = '', 2: language = '', 3: code = '' }) => ({
    line: markdown.slice(0, index).split('\n').length,
    language,
    code: indent === '' ? code : code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }))
}
