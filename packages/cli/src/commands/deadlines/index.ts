import type { CommandSpec } from '../../command.ts'
import { calendar } from './calendar.ts'
import { due } from './due.ts'

export const deadlinesCommands: readonly CommandSpec[] = [due, calendar]
