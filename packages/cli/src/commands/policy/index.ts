import type { CommandSpec } from '../../command.ts'
import { policyCheck } from './check.ts'
import { policyDiff } from './diff.ts'
import { policyExplain } from './explain.ts'
import { policyTest } from './run-tests.ts'
import { policyWhoCan } from './who-can.ts'

export const policyCommands: readonly CommandSpec[] = [policyCheck, policyTest, policyDiff, policyWhoCan, policyExplain]
