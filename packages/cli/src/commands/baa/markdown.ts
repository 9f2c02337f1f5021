import type { OptionSpec } from '../../command.ts'

/** For comments on pull requests: the library's own rendering. */
export const markdownOption: OptionSpec = {
  flags: '--markdown',
  about: 'Print Markdown, for a comment on a pull request, in place of text.',
}
