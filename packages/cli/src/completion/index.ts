import { bashCompletion } from './bash.ts'
import type { Shell } from './command.ts'
import { fishCompletion } from './fish.ts'
import { zshCompletion } from './zsh.ts'

export { type Shell, shells } from './command.ts'

/** The script that a shell reads once. */
export function completionFor(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return bashCompletion()
    case 'zsh':
      return zshCompletion()
    case 'fish':
      return fishCompletion()
  }
}
