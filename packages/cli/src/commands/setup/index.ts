import type { CommandSpec } from '../../command.ts'
import { benchCommand } from './bench.ts'
import { doctorCommand } from './doctor.ts'
import { initCommand } from './init.ts'
import { migrateCommand } from './migrate.ts'

export const setupCommands: readonly CommandSpec[] = [initCommand, migrateCommand, doctorCommand, benchCommand]
