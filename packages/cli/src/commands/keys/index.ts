import type { CommandSpec } from '../../command.ts'
import { keysDestroy } from './destroy.ts'
import { keysReencrypt } from './reencrypt.ts'
import { keysRewrap } from './rewrap.ts'
import { keysRotate } from './rotate.ts'
import { keysStatus } from './status.ts'

export const keysCommands: readonly CommandSpec[] = [keysStatus, keysRotate, keysRewrap, keysReencrypt, keysDestroy]
