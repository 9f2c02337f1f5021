import type { CommandSpec } from '../../command.ts'
import { witnessAddCommand } from './witness-add.ts'
import { witnessInitCommand } from './witness-init.ts'
import { witnessServeCommand } from './witness-serve.ts'
import { witnessStatusCommand } from './witness-status.ts'

/** `phi witness …`: a small witness of one's own, and the policy that says who must have cosigned. */
export const witnessCommands: readonly CommandSpec[] = [
  witnessInitCommand,
  witnessServeCommand,
  witnessStatusCommand,
  witnessAddCommand,
]
