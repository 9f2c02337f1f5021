import type { CommandSpec, GroupSpec } from '../command.ts'
import { auditCommands } from './audit/index.ts'
import { baaCommands } from './baa/index.ts'
import { deadlinesCommands } from './deadlines/index.ts'
import { keysCommands } from './keys/index.ts'
import { policyCommands } from './policy/index.ts'
import { retentionCommands } from './retention/index.ts'
import { setupCommands } from './setup/index.ts'

/** In the order in which the help names them. */
export const groups: readonly GroupSpec[] = [
  { name: 'audit', summary: 'Verify, search and hand over an audit log' },
  { name: 'witness', summary: 'Cosign checkpoints for others, and look after those who cosign yours' },
  { name: 'keys', summary: 'Look after the keys of tenants' },
  { name: 'policy', summary: 'Check, test and compare an access policy' },
  { name: 'deadlines', summary: 'Say what is due, and when' },
  { name: 'retention', summary: 'Plan and carry out disposal' },
  { name: 'baa', summary: 'Decide what an agreement covers' },
]

/** Every command there is. */
export const commands: readonly CommandSpec[] = [
  ...setupCommands,
  ...auditCommands,
  ...keysCommands,
  ...policyCommands,
  ...deadlinesCommands,
  ...retentionCommands,
  ...baaCommands,
]
