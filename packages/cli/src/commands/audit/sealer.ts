import type { Sealer } from '@phi/audit'
import type { LogKey } from '@phi/audit/store'
import type { Configured } from '../../config.ts'
import { withDatabase } from '../../database.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { openConfiguredKeyring } from '../../keyring.ts'

/**
 * Opens and seals groups with the keys of the configuration, for one piece of work. Undefined where it names none: sealed groups then stay
 * sealed.
 */
export async function withSealer<Result>(
  io: Io,
  input: Input,
  configured: Configured,
  { tenant }: LogKey,
  work: (sealer: Sealer | undefined) => Promise<Result>,
): Promise<Result> {
  if (configured.config.envelope === undefined) return work(undefined)
  return withDatabase(io, input, configured, async (db) => {
    const keys = await openConfiguredKeyring(io, configured, db, { only: tenant })
    if (keys === undefined) return work(undefined)
    try {
      const { auditSealer } = await import('@phi/envelope')
      return await work(auditSealer(keys))
    } finally {
      await keys.close()
    }
  })
}
