import type { Row } from './measure.ts'
import {
  canAccessControl,
  canByHand,
  canCasbin,
  canCasl,
  canCedar,
  compileEverything,
  compileThousand,
  decideByHand,
} from './rows/access.ts'
import { appendMemory } from './rows/append-memory.ts'
import { baaDecide, baaDiff } from './rows/baa.ts'
import { breachByDate, breachByTemporal } from './rows/deadlines.ts'
import { detectors } from './rows/detectors.ts'
import {
  appendAgainstLightChain,
  appendAgainstLocking,
  appendManyCallers,
  appendOneCaller,
  appendOneCallerSlowFlush,
} from './rows/durable-append.ts'
import {
  field1k,
  field32,
  fieldAwsSdk,
  fieldAwsSdkCached,
  fieldCloak,
  fieldNoble,
  fieldWebCrypto,
} from './rows/envelope-field.ts'
import { fileAgainstAge, fileAgainstOneShot, fileRange } from './rows/envelope-file.ts'
import { httpRead } from './rows/http.ts'
import { proveAgainstPeer, verifyAgainstPeer } from './rows/hypercore.ts'
import { appendManyTenants } from './rows/many-tenants.ts'
import { retentionPlan } from './rows/retention.ts'
import { retentionPlanSql } from './rows/retention-sql.ts'
import { verifyEvidence } from './rows/verify-evidence.ts'
import { verifyPostgres } from './rows/verify-postgres.ts'
import { witnessCosigns } from './rows/witness.ts'

/** Every row, in the order in which it runs. */
export const rows: readonly Row[] = [
  appendMemory,
  appendManyCallers,
  appendOneCaller,
  appendOneCallerSlowFlush,
  appendAgainstLocking,
  appendAgainstLightChain,
  appendManyTenants,
  verifyPostgres,
  verifyAgainstPeer,
  proveAgainstPeer,
  verifyEvidence,
  witnessCosigns,
  detectors,
  field32,
  field1k,
  fieldAwsSdk,
  fieldAwsSdkCached,
  fieldCloak,
  fieldWebCrypto,
  fieldNoble,
  fileAgainstOneShot,
  fileAgainstAge,
  fileRange,
  canByHand,
  decideByHand,
  canCasl,
  canCedar,
  canCasbin,
  canAccessControl,
  compileThousand,
  compileEverything,
  breachByDate,
  breachByTemporal,
  retentionPlan,
  retentionPlanSql,
  baaDecide,
  baaDiff,
  httpRead,
]
