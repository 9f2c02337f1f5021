/** What starts a formula once a spreadsheet has passed over white space and quotes. An apostrophe in front makes it a text. */
export const FORMULA = /^[\s"`]*[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]/

/**
 * The cells as a spreadsheet sees them that takes `delimiter` for the separator, whatever the file was meant to be: a cell that starts with
 * a quote goes on to the closing one, what follows up to the separator is added, and everything else is taken as it stands.
 */
export function spreadsheetCells(text: string, delimiter: string): string[] {
  const cells: string[] = []
  let at = 0
  while (at < text.length) {
    let cell = ''
    if (text[at] === '"') {
      at++
      while (at < text.length) {
        if (text[at] === '"') {
          at++
          if (text[at] !== '"') break
        }
        cell += text[at++] ?? ''
      }
    }
    while (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') cell += text[at++]
    cells.push(cell)
    if (text[at] === '\r' && text[at + 1] === '\n') at++
    at++
  }
  return cells
}
