import type { CommandSpec } from '../../command.ts'
import { explainCommand } from './explain.ts'
import { planCommand } from './plan.ts'
import { runCommand } from './run.ts'

export const retentionCommands: readonly CommandSpec[] = [planCommand, runCommand, explainCommand]
