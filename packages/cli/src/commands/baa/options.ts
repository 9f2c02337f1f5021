import type { OptionSpec } from '../../command.ts'

/** For comments on pull requests: the library's own rendering. */
export const markdownOption: OptionSpec = {
  flags: '--markdown',
  about: 'Print Markdown, for a comment on a pull request, in place of text.',
}

/** For `lint` and `flows`, whose findings are errors and warnings. */
export const failOnOption: OptionSpec = {
  flags: '--fail-on <what>',
  about: 'What is a finding for the exit code.',
  choices: ['error', 'warning'],
  default: 'warning',
}
