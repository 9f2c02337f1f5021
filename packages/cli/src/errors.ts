import { type ErrorCatalogue, errorsOf } from '@phi/core'

/** Errors of the command itself. Those of the packages below are shown as they are, with their codes. */
export const cliErrors = {
  PHI_CLI_USAGE: {
    problem: 'The command line is not valid',
    remedy: 'Run the command with --help; nothing was done.',
  },
  PHI_CLI_CONFIG: {
    problem: 'The configuration file is not valid',
    remedy: 'Correct the place that is named, or write a new one with phi init.',
  },
  PHI_CLI_NOT_CONFIGURED: {
    problem: 'The command needs a setting that is not there',
    remedy: 'Give the option that is named, or set it in phi.config.json.',
  },
  PHI_CLI_FILE: {
    problem: 'A file cannot be read or written',
    remedy: 'Look at the path and its permissions. What was there before is untouched.',
  },
  PHI_CLI_FILE_CONTENT: {
    problem: 'A file does not hold what the command needs',
    remedy: 'Give a file of the kind that the help of the command names.',
  },
  PHI_CLI_EXISTS: {
    problem: 'The target exists already',
    remedy: 'Give another path; nothing was overwritten.',
  },
  PHI_CLI_CONNECT: {
    problem: 'The database or the service cannot be reached',
    remedy: 'Look at the address and the credentials; nothing was done.',
  },
  PHI_CLI_TABLE: {
    problem: 'The table cannot be read or written as the command line says',
    remedy:
      'Look at the names of the table and its columns, at their types, and at the rights of the login. The SQLSTATE, where there is one, is in info.',
  },
  PHI_CLI_CONFIRM: {
    problem: 'The command cannot be undone and was not confirmed',
    remedy: 'Give the confirmation that the help of the command names.',
  },
  PHI_CLI_OUTPUT_CLOSED: {
    problem: 'Nobody reads the output any more',
    remedy: 'Run the command again without closing its output; what it had begun is left in order.',
  },
  PHI_CLI_DEFECT: {
    problem: 'Something happened that the command did not expect',
    remedy: 'Nothing more is shown, because it could hold data; set PHI_DEBUG=1 to see it, and report it as a defect.',
  },
} as const satisfies ErrorCatalogue

export const cliError = errorsOf(cliErrors)
