import type { CommandSpec } from '../../command.ts'
import { discloseCommand } from './disclose.ts'
import { exportCommand } from './export.ts'
import { pageCommand } from './page.ts'
import { proveCommand } from './prove.ts'
import { statsCommand } from './stats.ts'
import { tailCommand } from './tail.ts'
import { verifyCommand } from './verify.ts'
import { viewCommand } from './view.ts'
import { witnessCommands } from './witness.ts'

export const auditCommands: readonly CommandSpec[] = [
  verifyCommand,
  proveCommand,
  exportCommand,
  discloseCommand,
  tailCommand,
  statsCommand,
  viewCommand,
  pageCommand,
  ...witnessCommands,
]
