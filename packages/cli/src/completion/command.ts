import type { CommandSpec, Report } from '../command.ts'
import { cliError } from '../errors.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** `phi completion`: what a shell reads once, at its start. */
export const completionCommand: CommandSpec = {
  path: ['completion'],
  summary: 'Print the completion script of a shell',
  about: `Prints a script that teaches a shell the commands, their options and the values of these. The script stands alone: the
shell does not start phi to complete a word. Print it anew after an update.`,
  operands: [{ name: 'shell', about: 'Whose script.', choices: shells }],
  examples: [
    { run: 'phi completion bash > ~/.local/share/bash-completion/completions/phi', about: 'For bash.' },
    { run: 'phi completion zsh > ~/.zfunc/_phi', about: 'For zsh: into a folder that stands in fpath before compinit runs.' },
    { run: 'phi completion fish > ~/.config/fish/completions/phi.fish', about: 'For fish.' },
  ],
  exits: ['ok'],
  async run(input, _io, { completion }): Promise<Report> {
    const shell = shells.find((each) => each === input.operands[0])
    if (shell === undefined) throw cliError('PHI_CLI_USAGE', { detail: `the shell is one of ${shells.join(', ')}` })
    const script = await completion(shell)
    return { exit: 'ok', json: { shell, script }, text: () => script.trimEnd() }
  },
}
