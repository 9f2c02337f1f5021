import { plainText } from '@phi/core'
import * as z from 'zod'
import { identity, inOrder, instant, ORDER, recording } from './fields.ts'

/** Ways to reach a patient. */
export const channels = ['portal', 'email', 'sms', 'phone', 'post'] as const
export type Channel = (typeof channels)[number]
export const channelSchema = z.enum(channels)

const step = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('added'), at: instant, ...recording }).readonly(),
  /** For an address: it was shown to be the patient's. For the portal: the identity behind the account was verified. */
  z.strictObject({ step: z.literal('verified'), at: instant, method: plainText(200), ...recording }).readonly(),
  z.strictObject({ step: z.literal('retired'), at: instant, ...recording }).readonly(),
])

/**
 * An address or an account of a patient. `address` is best a reference into the application's own contact table: then no directive
 * holds contact data.
 */
export const contactPointSchema = z
  .strictObject({
    kind: z.literal('contact-point'),
    ...identity,
    channel: channelSchema,
    address: plainText(512),
    history: z.array(step).min(1).max(1_000).readonly(),
  })
  .refine(({ history }) => history[0]?.step === 'added' && history.slice(1).every((each) => each.step !== 'added'), {
    path: ['history'],
    message: 'must begin with the adding, and add once',
  })
  .refine(({ history }) => history.slice(0, -1).every((each) => each.step !== 'retired'), {
    path: ['history'],
    message: 'must not go on after the contact was retired: add a new one',
  })
  .refine((each) => inOrder(each.history), { path: ['history'], message: ORDER })
  .readonly()
export type ContactPoint = z.output<typeof contactPointSchema>

/** Whether an address may be used at an instant: verified by then, and not retired, whenever the retiring was dated. */
export function isUsable(contact: ContactPoint, now: number): boolean {
  if (contact.history.some((each) => each.step === 'retired')) return false
  return contact.history.some((each) => each.step === 'verified' && Date.parse(each.at) <= now)
}
