import { type LeakageReport, recommendations } from './leakage-report.ts'

const share = (part: number): string => `${(part * 100).toFixed(part > 0 && part < 0.01 ? 2 : 1)}%`
const number = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(1))

/** The report as lines of text, for a terminal or a ticket. Like the report it holds counts only. */
export function renderLeakageReport(report: LeakageReport): string {
  const { rows, bits, column, index, frequencyAnalysis, linked, verdict, reasons, recommendation } = report
  const lines = [
    `Leakage: ${verdict}`,
    ...reasons.map(({ severity, meaning }) => `  ${severity.padEnd(6)} ${meaning}`),
    `  ${recommendations[recommendation]}`,
    '',
    `${rows} rows, ${column.classes} values, ${column.unique} of them in one row only`,
    bits === null
      ? 'As the values are, without truncation'
      : `With ${bits} bits: ${number(index.classes)} terms, ${number(index.unique)} of them in one row only`,
    `Entropy ${column.entropy.toFixed(1)} bits, min-entropy ${column.minEntropy.toFixed(1)} bits; of the index ${index.entropy.toFixed(1)} and ${index.minEntropy.toFixed(1)}`,
    `Largest terms: ${index.largest.map((size) => `${number(size)} (${share(size / rows)})`).join(', ')}`,
    `Named rightly by frequency: ${share(frequencyAnalysis.matched)} of the rows; by guessing the commonest value: ${share(frequencyAnalysis.guessed)}`,
    `Seen to be equal to another row: ${share(linked)}`,
    'Rows by the size of their term:',
    ...index.bySize
      .filter(({ classes }) => classes > 0)
      .map(({ from, to, classes, rows: within }) => {
        const size = to === null ? `${from} and more` : from === to ? String(from) : `${from} to ${to}`
        return `  ${size.padEnd(14)} ${number(classes)} terms, ${number(within)} rows`
      }),
  ]
  return `${lines.join('\n')}\n`
}
