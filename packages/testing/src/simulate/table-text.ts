import { HOUR, MINUTE } from './calendar.ts'
import type { Run } from './measure.ts'
import { type IncidentScore, median } from './score.ts'

const figure = (value: number): string => (value >= 10 || value === 0 ? String(Math.round(value)) : value.toFixed(1))
const share = (part: number, of: number): string => (of === 0 ? 'none' : `${part} of ${of}`)
const percent = (value: number | undefined): string => (value === undefined ? 'none' : `${Math.round(value * 100)} %`)

function duration(ms: number | undefined): string {
  if (ms === undefined) return 'none'
  if (ms < MINUTE) return 'at once'
  if (ms < 2 * HOUR) return `${Math.round(ms / MINUTE)} min`
  return ms < 48 * HOUR ? `${Math.round(ms / HOUR)} h` : `${Math.round(ms / HOUR / 24)} d`
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/**
 * What was measured, as Markdown. One row a detector: false alerts a week for 300 people over the runs without incidents (all, and those
 * above `low`); incidents found of those that it is meant to find, blatant and subtle apart; the share of its alerts that were about an
 * incident, where each kind happened once in the simulated time; the median time from an incident's first event to the alert.
 */
export function renderMeasured(runs: readonly Run[]): string {
  const clean = runs.filter(({ incidents }) => incidents === 'none')
  const planted = runs.filter(({ incidents }) => incidents === 'all')
  const weeks = clean.reduce((sum, { score }) => sum + (score.people / 300) * (score.days / 7), 0)
  const names = [...new Set(runs.flatMap(({ score }) => score.detectors.map(({ detector }) => detector)))].sort()
  const scored = planted.flatMap(({ score }) => score.incidents)
  const lines = names.map((name) => {
    const of = (from: readonly Run[]) =>
      from.flatMap(({ score }) => score.detectors.filter(({ detector }) => detector === name))
    const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0)
    const wrong = of(clean)
    const meant = scored.filter(({ expected }) => expected.includes(name))
    const found = (variant: IncidentScore['variant']): string => {
      const all = meant.filter((incident) => incident.variant === variant)
      return share(all.filter(({ by }) => by.some(({ detector }) => detector === name)).length, all.length)
    }
    const times = meant.flatMap(({ by }) => by.filter(({ detector }) => detector === name).map(({ afterMs }) => afterMs))
    const right = sum(of(planted).map(({ truePositives }) => truePositives))
    const told = sum(of(planted).map(({ alerts }) => alerts))
    return row([
      `\`${name}\``,
      weeks === 0 ? 'none' : figure(sum(wrong.map(({ falsePositives }) => falsePositives)) / weeks),
      weeks === 0 ? 'none' : figure(sum(wrong.map(({ falseAboveLow }) => falseAboveLow)) / weeks),
      found('blatant'),
      found('subtle'),
      percent(told === 0 ? undefined : right / told),
      duration(median(times)),
    ])
  })
  const total = (key: 'falsePositives' | 'falseAboveLow'): string =>
    weeks === 0 ? 'none' : figure(clean.reduce((sum, { score }) => sum + score.all[key], 0) / weeks)
  const any = (variant: IncidentScore['variant']): string => {
    const all = scored.filter((incident) => incident.variant === variant)
    return share(all.filter(({ by }) => by.length > 0).length, all.length)
  }
  return [
    row(['detector', 'false a week', 'above `low`', 'blatant found', 'subtle found', 'precision', 'after']),
    '|---|---|---|---|---|---|---|',
    ...lines,
    row(['all', total('falsePositives'), total('falseAboveLow'), any('blatant'), any('subtle'), '', '']),
  ].join('\n')
}

/** Which incidents were noticed, and by whom first, as Markdown. */
export function renderIncidents(runs: readonly Run[]): string {
  const scored = runs.filter(({ incidents }) => incidents === 'all').flatMap(({ score }) => score.incidents)
  const names = [...new Set(scored.map(({ incident }) => incident))]
  const lines = names.map((name) => {
    const all = scored.filter(({ incident }) => incident === name)
    const noticed = all.filter(({ by }) => by.length > 0)
    const by = [...new Set(noticed.flatMap(({ by: each }) => each.map(({ detector }) => detector)))].sort()
    const times = noticed.map(({ by: each }) => Math.min(...each.map(({ afterMs }) => afterMs)))
    return row([
      name,
      share(noticed.length, all.length),
      by.map((each) => `\`${each}\``).join(', ') || 'none',
      duration(median(times)),
    ])
  })
  return [row(['incident', 'noticed', 'by', 'after']), '|---|---|---|---|', ...lines].join('\n')
}
