import type { CommandSpec } from '../../command.ts'
import { chainCommand } from './chain.ts'
import { decideCommand } from './decide.ts'
import { diffCommand } from './diff.ts'
import { flowsCommand } from './flows.ts'
import { lintCommand } from './lint.ts'

export const baaCommands: readonly CommandSpec[] = [decideCommand, lintCommand, chainCommand, flowsCommand, diffCommand]
