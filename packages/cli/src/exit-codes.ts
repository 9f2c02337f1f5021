/** What a command's exit code says. Scripts and CI may rely on it. */
export const exitCodes = {
  ok: { code: 0, meaning: 'Done, and the answer is good: intact, allowed, nothing due, no finding.' },
  finding: { code: 1, meaning: 'Done, and the answer is not good: broken, denied, overdue, or at least one finding.' },
  usage: { code: 2, meaning: 'The command line is wrong; nothing was done.' },
  unknown: { code: 3, meaning: 'Done, and the answer is not known: unverifiable, undetermined. Never read it as good.' },
  failed: { code: 4, meaning: 'Could not be done: a file, a database, a key or a service is missing or refused.' },
  interrupted: { code: 130, meaning: 'Stopped by Ctrl-C or because nobody read the output any more.' },
} as const

export type ExitName = keyof typeof exitCodes
