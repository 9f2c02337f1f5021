import { cliError } from './errors.ts'

const usage = (detail: string) => cliError('PHI_CLI_USAGE', { detail })

/** What stood on the command line, by names, and checked where it is taken out. */
export class Input {
  readonly operands: readonly string[]
  /** What the answer is to be printed as: for commands that print it piece by piece. */
  readonly format: 'text' | 'json' | 'sarif'
  readonly #options: Readonly<Record<string, unknown>>

  constructor(
    operands: readonly string[],
    options: Readonly<Record<string, unknown>>,
    format: 'text' | 'json' | 'sarif' = 'text',
  ) {
    this.format = format
    this.operands = operands
    this.#options = options
  }

  has(name: string): boolean {
    return this.#options[name] !== undefined
  }

  flag(name: string): boolean {
    return this.#options[name] === true
  }

  /** An option's text, by its camel-case name (`trustedNote` for `--trusted-note`). */
  text(name: string): string | undefined {
    const value = this.#options[name]
    return typeof value === 'string' ? value : undefined
  }

  /** @throws PhiError PHI_CLI_USAGE */
  needed(name: string): string {
    const value = this.text(name)
    if (value === undefined || value === '') throw usage(`the option ${flagOf(name)} is missing`)
    return value
  }

  /** An option that may stand several times. */
  all(name: string): readonly string[] {
    const value = this.#options[name]
    if (Array.isArray(value)) return value as string[]
    return typeof value === 'string' ? [value] : []
  }

  /** A whole number in a range. @throws PhiError PHI_CLI_USAGE */
  whole(
    name: string,
    { least = 0, most = Number.MAX_SAFE_INTEGER }: { least?: number; most?: number } = {},
  ): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN
    if (!Number.isSafeInteger(number) || number < least || number > most) {
      throw usage(`the option ${flagOf(name)} takes a whole number from ${least} to ${most}`)
    }
    return number
  }
}

/** `trustedNote` → `--trusted-note` */
export const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
