import type { Measured } from '../measure.ts'
import type { Report } from '../report.ts'
import { inDigits, verdictOf } from './numbers.ts'

const LINE = 20
const TOP = 64
const LEFT = 318
const WIDTH = 960
const RIGHT = 76
const LEAST = 0.01
const GREATEST = 10_000

/** From 0.01 to 10,000 on a logarithmic scale; what lies beyond stands at the edge. */
const x = (ratio: number): number => {
  const part = Math.log(Math.min(Math.max(ratio, LEAST), GREATEST) / LEAST) / Math.log(GREATEST / LEAST)
  return Number((LEFT + part * (WIDTH - LEFT - RIGHT)).toFixed(1))
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

const STYLE = `
    text { font: 12px system-ui, sans-serif; fill: #24292f }
    .id { font-family: ui-monospace, monospace; font-size: 11px }
    .quiet { fill: #57606a }
    .grid { stroke: #d0d7de }
    .one { stroke: #57606a }
    .over { fill: #2f6fb3 }
    .under { fill: #8c9aa8 }
    .short { fill: #c2562d }
    .floor { stroke: #24292f; stroke-width: 2.5 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .quiet { fill: #9da7b1 }
      .grid { stroke: #30363d }
      .one { stroke: #9da7b1 }
      .over { fill: #5b9be0 }
      .under { fill: #76828e }
      .short { fill: #e07b52 }
      .floor { stroke: #e6edf3 }
    }`

function bar(row: Measured, i: number): string {
  const y = TOP + i * LINE
  const [from, to] = [Math.min(x(1), x(row.ratio)), Math.max(x(1), x(row.ratio))]
  const verdict = verdictOf(row)
  const kind = verdict === 'short' ? 'short' : row.ratio >= 1 ? 'over' : 'under'
  const floor =
    row.atLeast === 0
      ? ''
      : `\n  <line class="floor" x1="${x(row.atLeast)}" x2="${x(row.atLeast)}" y1="${y + 1}" y2="${y + LINE - 3}"/>`
  // Numbers stand at the far end of a bar; beside a bar to the left of 1, at 1.
  const numberAt = Math.max(to, row.atLeast === 0 ? 0 : x(row.atLeast)) + 6
  const said = `${row.id}: ${inDigits(row.ratio)} times, ${row.atLeast === 0 ? 'no floor' : `floor ${inDigits(row.atLeast)}, ${verdict}`}`
  return `<g><title>${escaped(said)}</title>
  <text class="id" x="${LEFT - 10}" y="${y + 13}" text-anchor="end">${escaped(row.id)}</text>
  <rect class="${kind}" x="${from}" y="${y + 4}" width="${Number(Math.max(to - from, 1).toFixed(1))}" height="${LINE - 9}" rx="1"/>${floor}
  <text class="quiet" x="${numberAt.toFixed(1)}" y="${y + 13}">${inDigits(row.ratio)}${verdict === 'short' ? ' short' : ''}</text></g>`
}

/** Ratios as bars from 1, on a logarithmic scale, with a mark at each floor. */
export function chart({ run, rows }: Report): string {
  const height = TOP + rows.length * LINE + 30
  const bottom = height - 28
  const ticks = [0.01, 0.1, 1, 10, 100, 1_000, 10_000]
  const short = rows.filter((row) => verdictOf(row) === 'short')
  const described = `${rows.length} rows. Short of their floor: ${short.length === 0 ? 'none' : short.map(({ id }) => id).join(', ')}.`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title desc">
<title id="title">Ratios of ours to each baseline, ${run.at.slice(0, 10)}</title>
<desc id="desc">${escaped(described)} The tables in benchmarks.md have the same numbers.</desc>
<style>${STYLE}
</style>
<text x="${x(1) - 8}" y="20" text-anchor="end" class="quiet">ours slower</text>
<text x="${x(1) + 8}" y="20" class="quiet">ours faster; a vertical mark is the floor</text>
${ticks
  .map(
    (tick) => `<line class="${tick === 1 ? 'one' : 'grid'}" x1="${x(tick)}" x2="${x(tick)}" y1="${TOP - 16}" y2="${bottom}"/>
<text class="quiet" x="${x(tick)}" y="${TOP - 22}" text-anchor="middle">${inDigits(tick)}×</text>`,
  )
  .join('\n')}
${rows.map(bar).join('\n')}
</svg>
`
}
