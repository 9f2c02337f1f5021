import { audit } from './0001-audit.ts'
import { auditDepth } from './0002-audit-depth.ts'
import { keys } from './0003-keys.ts'
import { access } from './0004-access.ts'
import { agreements } from './0005-agreements.ts'
import { cases } from './0006-cases.ts'
import { retention } from './0007-retention.ts'
import { groupCommit } from './0008-group-commit.ts'
import { forwarding } from './0009-forwarding.ts'
import { loneAppend } from './0010-lone-append.ts'
import type { Migration } from './migration.ts'

/** All migrations, in order. */
export const migrations: readonly Migration[] = [
  audit,
  auditDepth,
  keys,
  access,
  agreements,
  cases,
  retention,
  groupCommit,
  forwarding,
  loneAppend,
]
