import type { AccountingTexts } from './texts.ts'

/** A text as a CSS string (CSS Syntax §4.3.5): nothing in it can end the string or the style element. */
const cssString = (text: string): string =>
  `"${text.replace(/[^ 0-9A-Za-z.,:/()-]/gu, (character) => `\\${(character.codePointAt(0) as number).toString(16)} `)}"`

/**
 * The style sheet of the page: one column on a phone, a table on a desk, and for paper Letter or A4, whichever the printer has. Sizes are
 * relative, so that text can be enlarged; nothing is told by colour alone. Contrast of text is 7:1 or better.
 */
export const styleOf = (texts: AccountingTexts): string => `
:root { color-scheme: light; }
* { box-sizing: border-box; }
html { font-size: 100%; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 70rem; padding: 1rem 1.5rem 3rem; background: #ffffff; color: #1a1a1a;
  font: 1rem/1.5 "Atkinson Hyperlegible", "Noto Sans", "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 1rem 0; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 2rem 0 0.5rem; }
h3 { font-size: 1.1rem; margin: 1.5rem 0 0.5rem; }
p { margin: 0 0 0.5rem; max-width: 45rem; }
bdi { overflow-wrap: anywhere; white-space: pre-line; }
dl { display: grid; grid-template-columns: minmax(9rem, max-content) 1fr; gap: 0.25rem 1rem; margin: 0 0 1.5rem; }
dt { font-weight: 600; }
dd { margin: 0; min-width: 0; }
dd p:last-child, td p:last-child, th p:last-child { margin-bottom: 0; }
.skip { position: absolute; inset-inline-start: -100rem; }
.skip:focus { position: static; display: inline-block; padding: 0.5rem; outline: 0.2rem solid #003a70; }
.notice { border: 0.125rem solid #1a1a1a; border-inline-start-width: 0.75rem; padding: 0.5rem 1rem; margin: 1.5rem 0; }
.notice h2 { margin-top: 0.25rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; table-layout: fixed; }
caption { text-align: start; font-weight: 600; padding: 0 0 0.5rem; }
th, td { border: 1px solid #595959; padding: 0.5rem; text-align: start; vertical-align: top; }
thead th { background: #e8edf2; }
tbody th { font-weight: 600; }
tbody th p { font-weight: 400; margin-top: 0.5rem; }
.date { width: 13%; } .who { width: 21%; } .what { width: 29%; } .why { width: 20%; } .proof { width: 17%; }
.second { color: #404040; }
.label { display: none; }
@media screen and (max-width: 48rem) {
  body { padding: 0.5rem 1rem 2rem; }
  dl { display: block; }
  dd { margin: 0 0 0.75rem; }
  thead { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  table, tbody, tr, th, td, caption { display: block; width: auto; }
  tbody tr { border: 1px solid #595959; margin: 0 0 1rem; }
  th, td { border: 0; border-block-end: 1px solid #8c8c8c; }
  tr > :last-child { border-block-end: 0; }
  tbody th { background: #e8edf2; }
  .label { display: block; font-weight: 600; }
}
@page { margin: 18mm 15mm 20mm;
  @bottom-right { content: ${cssString(texts.page)} counter(page) ${cssString(texts.pageOf)} counter(pages); font: 9pt Arial, sans-serif; } }
@media print {
  body { max-width: none; padding: 0 1pt; font-size: 10pt; }
  .skip { display: none; }
  h1, h2, h3, caption { break-after: avoid; }
  thead { display: table-header-group; break-after: avoid; }
  tbody tr:first-child { break-before: avoid; }
  tr, .research, .notice li { break-inside: avoid; }
  p { orphans: 3; widows: 3; }
  thead th { background: #ffffff; border-block-end: 2pt solid #1a1a1a; }
}
`
