import type { ExitName } from './exit-codes.ts'
import type { Input } from './input.ts'
import type { Io } from './io.ts'
import type { Paint } from './paint.ts'
import type { SarifRun } from './sarif.ts'

/** What a command answers with. It is rendered once, by the format that was asked for. */
export interface Report {
  readonly exit: ExitName
  /** The whole answer as data: `--json` prints it. Sizes and indices are numbers, bytes hexadecimal, times UTC text. */
  readonly json: unknown
  /** The answer for people, without the final line break. */
  readonly text: (paint: Paint, columns: number) => string
  /** Findings for CI: `--format sarif`. */
  readonly sarif?: SarifRun
  /** The command has written its answer itself, piece by piece: nothing more is printed. */
  readonly isWritten?: true
}

export interface OperandSpec {
  readonly name: string
  readonly about: string
  readonly optional?: boolean
  readonly many?: boolean
  /** What completion offers. */
  readonly kind?: 'file' | 'directory'
  /** The only values it takes. */
  readonly choices?: readonly string[]
}

export interface OptionSpec {
  /** `--bundle <file>`, `-n, --limit <count>`, `--force`. `--key <vkey...>` is the same as `--key <vkey>` with `many`. */
  readonly flags: string
  readonly about: string
  readonly choices?: readonly string[]
  readonly default?: string
  readonly kind?: 'file' | 'directory'
  readonly required?: boolean
  /** May stand several times, a value each: `--key a --key b`. `Input.all` gives them. */
  readonly many?: boolean
}

export interface ExampleSpec {
  /** Without the `$`. */
  readonly run: string
  readonly about: string
}

/** Texts about the command itself. They are made of all commands, so a command gets them handed in. */
export interface SelfTexts {
  /** @returns undefined where the words name no command */
  manualPage(words: readonly string[]): Promise<string | undefined>
  completion(shell: 'bash' | 'zsh' | 'fish'): Promise<string>
}

/** One command. The command line, the help, the manual page and the completions are all made of it. */
export interface CommandSpec {
  /** `['audit', 'verify']` */
  readonly path: readonly string[]
  /** One line, in the imperative. */
  readonly summary: string
  /** A few short paragraphs: what it answers, what it needs, what it does not say. */
  readonly about: string
  readonly operands?: readonly OperandSpec[]
  readonly options?: readonly OptionSpec[]
  readonly examples: readonly ExampleSpec[]
  /** The exit codes it can end with, beside `usage` and `failed`. */
  readonly exits: readonly ExitName[]
  /** Whether it can answer as SARIF 2.1.0. */
  readonly sarif?: boolean
  readonly run: (input: Input, io: Io, texts: SelfTexts) => Promise<Report>
}

/** A group of commands: `phi audit`. */
export interface GroupSpec {
  readonly name: string
  readonly summary: string
}
