import type { CommandSpec, Report } from '../command.ts'
import { cliError } from '../errors.ts'

/** `phi man`: the manual, for packagers and for those who read with man. */
export const manCommand: CommandSpec = {
  path: ['man'],
  summary: 'Print a manual page in roff',
  about: `Prints the manual page of the program, of a group or of a command, as man reads it. Packagers keep the output as phi.1,
phi-audit-verify.1 and so on.

The pages are made of the same text as the help.`,
  operands: [{ name: 'command', about: 'What the page is about. Without: the program.', optional: true, many: true }],
  examples: [
    { run: 'phi man | man -l -', about: 'Read about the program.' },
    { run: 'phi man audit verify > phi-audit-verify.1', about: 'Keep a page.' },
  ],
  exits: ['ok'],
  async run(input, _io, { manualPage }): Promise<Report> {
    const page = await manualPage(input.operands)
    if (page === undefined) throw cliError('PHI_CLI_USAGE', { detail: 'there is no command of that name' })
    return { exit: 'ok', json: { page }, text: () => page.trimEnd() }
  },
}
