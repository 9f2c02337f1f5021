/** What the demo writes to: colour where there is a terminal, plain lines where there is none. */

const { NO_COLOR, FORCE_COLOR } = process.env
const out = process.stdout
const isTerminal = out.isTTY === true

/** https://no-color.org and https://force-color.org: both count when set and not empty; NO_COLOR wins. */
const hasColour = !NO_COLOR && (FORCE_COLOR ? FORCE_COLOR !== '0' : isTerminal)

const sgr = (open: number, close: number) => (text: string) => (hasColour ? `\x1b[${open}m${text}\x1b[${close}m` : text)
export const bold = sgr(1, 22)
export const dim = sgr(2, 22)
export const red = sgr(31, 39)
export const green = sgr(32, 39)
export const yellow = sgr(33, 39)
const cyan = sgr(36, 39)

const INDENT = '   '
const CLEAR_LINE = '\r\x1b[2K'

export function line(text = ''): void {
  out.write(text === '' ? '\n' : `${INDENT}${text}\n`)
}

/** Prose, broken into lines of at most 96 characters. */
export function paragraph(text: string, indent = ''): void {
  let current = ''
  for (const word of text.split(' ')) {
    if (current !== '' && indent.length + current.length + 1 + word.length > 93) {
      line(indent + current)
      current = word
    } else current = current === '' ? word : `${current} ${word}`
  }
  line(indent + current)
}

export function heading(number: number, text: string): void {
  out.write(`\n${bold(cyan(String(number)))}  ${bold(text)}\n`)
}

export function title(text: string, below: string): void {
  out.write(`\n${bold(text)}\n${dim(below)}\n`)
}

/** A statement that the program has checked. */
export function checked(holds: boolean, text: string): void {
  out.write(`${holds ? green(' ✓ ') : red(' ✗ ')}${holds ? text : red(text)}\n`)
}

/** `12,345`. */
export const count = (value: number): string => Math.round(value).toLocaleString('en-US')

export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`

export function bytes(length: number): string {
  return length < 1e6 ? `${(length / 1000).toFixed(1)} kB` : `${(length / 1e6).toFixed(1)} MB`
}

const isNumber = (cell: string) => /^[\d,]+$/.test(cell)

/** Rows of cells, the columns aligned, numbers to the right. Cells are plain text; a row may be coloured as a whole. */
export function table(rows: readonly (readonly string[])[], colours: readonly ((row: string) => string)[] = []): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  rows.forEach((row, i) => {
    const cells = row.map((cell, column) =>
      isNumber(cell) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
    )
    line((colours[i] ?? String)(cells.join('  ').trimEnd()))
  })
}

const WIDTH = 28

/** Says in a terminal what is going on, until it is done. */
export async function during<T>(text: string, work: Promise<T>): Promise<T> {
  if (isTerminal) out.write(`${INDENT}${dim(text)}`)
  try {
    return await work
  } finally {
    if (isTerminal) out.write(CLEAR_LINE)
  }
}

/** A bar that redraws itself in a terminal. Elsewhere, where the step takes long, a line at each quarter. */
export function progress(): { to(share: number, text: string): void; end(): void } {
  const started = performance.now()
  let lastQuarter = 0
  let lastDrawn = -1
  return {
    to(share, text) {
      if (!isTerminal) {
        const quarter = Math.floor(share * 4)
        if (quarter > lastQuarter && quarter < 4 && performance.now() - started > 500) line(dim(`${quarter * 25} %  ${text}`))
        lastQuarter = quarter
        return
      }
      const now = performance.now()
      if (now - lastDrawn < 40 && share < 1) return
      lastDrawn = now
      const full = Math.round(share * WIDTH)
      out.write(`${CLEAR_LINE}${INDENT}${cyan('█'.repeat(full))}${dim('░'.repeat(WIDTH - full))}  ${text}`)
    },
    end() {
      if (isTerminal) out.write(CLEAR_LINE)
    },
  }
}
