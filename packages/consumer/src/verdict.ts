export interface Weighed {
  readonly budget: number
  readonly measured: number
  /** Where the weight comes from, most first. */
  readonly by: readonly (readonly [name: string, weight: number])[]
}

const grouped = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')

/** Small budgets are rounded up by more than a share of them. */
const ROUNDING = 2000

/**
 * 'within', or what is wrong with a budget and what to do about it. A budget far above what is measured is wrong, too: it would let
 * something large come in unseen.
 */
export function verdictOn({ budget, measured, by }: Weighed): string {
  if (!(measured > 0)) return 'nothing was measured'
  if (measured > budget) {
    const from = by.slice(0, 5).map(([name, weight]) => `${name} ${grouped(weight)}`)
    const percent = budget === 0 ? '' : ` (${(((measured - budget) / budget) * 100).toFixed(1)} %)`
    const most = from.length > 0 ? `. Most comes from: ${from.join(', ')}` : ''
    return `${grouped(measured - budget)} over its budget of ${grouped(budget)}${percent}${most}. Take out what came in, or run "npm run budgets" and give the reason`
  }
  if (measured * 1.15 + ROUNDING < budget)
    return `${grouped(budget - measured)} under its budget of ${grouped(budget)}: run "npm run budgets", so that the gain is kept`
  return 'within'
}
