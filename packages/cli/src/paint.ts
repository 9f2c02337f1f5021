import picocolors from 'picocolors'

/** Colours and weights, which carry nothing that the words do not say as well. */
export interface Paint {
  good(text: string): string
  bad(text: string): string
  warn(text: string): string
  dim(text: string): string
  strong(text: string): string
}

/** @param isColoured see `wantsColour` */
export function paint(isColoured: boolean): Paint {
  const { green, red, yellow, dim, bold } = picocolors.createColors(isColoured)
  return { good: green, bad: red, warn: yellow, dim, strong: bold }
}

/** https://no-color.org: any value that is not empty means none. FORCE_COLOR is for who pipes into a pager that understands it. */
export function wantsColour(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  if ((env.NO_COLOR ?? '') !== '') return false
  if ((env.FORCE_COLOR ?? '') !== '') return env.FORCE_COLOR !== '0'
  return isTerminal && env.TERM !== 'dumb'
}
