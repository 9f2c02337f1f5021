import * as z from 'zod'
import { callable } from '../callable.ts'
import type { Exchange } from '../exchange.ts'
import type { SignInOptions } from '../options.ts'
import { bodyOf } from '../receive/body.ts'
import { isRefused, type Refused, refused } from '../refused.ts'
import { INVALID_TOKEN } from './credentials.ts'

/** What verifyIdentity takes at most, and the JSON around it. */
const MAX_BYTES = 20_480
const schema = z.strictObject({ idToken: z.string().min(1).max(16_384) })

const verifying = { verify: callable<SignInOptions['verify']>() }
export const signInSchema = z.strictObject({ ...verifying, membership: callable<SignInOptions['membership']>() })
export const stepUpSchema = z.strictObject(verifying)

/** Faults of the service or of the provider, and no fault of the token. */
const outages: ReadonlySet<string> = new Set(['keys-unavailable', 'clock'])
const WORD = /^[a-z][a-z0-9-]{0,63}$/

export type Verified =
  | { readonly outcome: 'verified'; readonly identity: Parameters<SignInOptions['membership']>[0] }
  | { readonly outcome: 'refused'; readonly reason: string; readonly answer: Refused }

/** Reads the identity token and has it verified. A refusal comes as a word that can stand in an entry. */
export async function identityOf(x: Exchange, verify: SignInOptions['verify']): Promise<Verified | Refused> {
  const body = await bodyOf(x, schema, Math.min(MAX_BYTES, x.settings.maxBodyBytes))
  if (isRefused(body)) return body
  const verdict = await verify(body.value.idToken)
  if (verdict.outcome === 'verified') return { outcome: 'verified', identity: verdict.identity }
  const reason = WORD.test(verdict.reason) ? verdict.reason : 'refused'
  const answer = outages.has(reason)
    ? refused('unavailable', { reason })
    : refused('sign-in-refused', { challenge: INVALID_TOKEN, reason })
  return { outcome: 'refused', reason, answer }
}
