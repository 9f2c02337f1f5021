import { type Block, blocksOf } from '../../packages/core/test/shown-blocks.ts'

/** What a fence may say that is not code: pictures, and text such as output. */
const TEXT = new Set(['', 'text', 'mermaid'])

/** The blocks of a document that claim to be code. A fence without a language is output, so code must not stand in one. */
export function codeOf(markdown: string): Block[] {
  return blocksOf(markdown).filter(({ language, code }) => !TEXT.has(language) || looksLikeCode(code))
}

const looksLikeCode = (text: string): boolean => /^(import .* from|const \w+ =|export |await |\$ phi )/m.test(text)
