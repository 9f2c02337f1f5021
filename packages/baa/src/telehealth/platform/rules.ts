import { cited } from '../../citation.ts'
import { freeze } from '../../freeze.ts'
import type { CheckRule } from '../row.ts'
import { audioOnlyCitation } from './audio-only.ts'

export type PlatformCode =
  | 'agreement'
  | 'https-link'
  | 'waiting-room'
  | 'audio-and-video'
  | 'not-a-consumer-app'
  | 'media-encryption'
  | 'meeting-lock'
  | 'no-automatic-recording'
  | 'escalation-path'
  | 'transport'

/**
 * The rows of a check. The Security Rule names none of these means: where a citation is an interpretation, it is to the standard that the
 * row serves.
 */
// biome-ignore format: a table
export const platformRules: { readonly [Code in PlatformCode]: CheckRule } = freeze({
  agreement: { requirements: ['S67', 'S35', 'S64'], says: 'An agreement is in force and covers the service of telehealth.', citation: cited('45 CFR 164.502(e)(1)', 'text-seen'), remedy: 'Sign an agreement that covers it, or use a dedicated platform with an agreement of its own: `alternatives` names those of the registry.' },
  'https-link': { requirements: ['S68'], says: 'Clients join by an address that begins with https and holds no secret.', citation: cited('45 CFR 164.312(e)(1)', 'interpretation'), remedy: 'Use the https address for guests.' },
  'waiting-room': { requirements: ['S69', 'S46'], says: 'A waiting room or private room is on by default, so that clients never overlap.', citation: cited('45 CFR 164.312(a)(1)', 'interpretation'), remedy: 'Switch the waiting room on for all meetings, and look that it is: `platformInstructions` tells where for some platforms.' },
  'audio-and-video': { requirements: ['S70'], says: 'Sessions have sound and pictures; audio alone only where Medicare lets it be.', citation: audioOnlyCitation, remedy: 'Use a platform with both, or record for whom, and why, a session is held without video.' },
  'not-a-consumer-app': { requirements: ['S71'], says: 'It is no app for everybody and no video call of a telephone.', citation: cited('45 CFR 164.502(e)(1)', 'interpretation'), remedy: 'Use a platform whose vendor signs an agreement for it. The discretion that let such apps be ended on 2023-05-11, and its transition on 2023-08-09.' },
  'media-encryption': { requirements: ['S17'], says: 'Sound and pictures go by SRTP with keys from DTLS, or protected as well.', citation: cited('45 CFR 164.312(e)(2)(ii)', 'interpretation'), remedy: 'Ask the vendor for its documentation of the media path, and keep the page with its date.' },
  'meeting-lock': { requirements: ['S46'], says: 'The host can lock a meeting.', citation: cited('45 CFR 164.312(a)(1)', 'interpretation'), remedy: 'Switch the lock on, or use a platform that has one.' },
  'no-automatic-recording': { requirements: ['S47'], says: 'Nothing is recorded by default, unless it is clinically required and disclosed.', citation: cited('45 CFR 164.502(b)', 'interpretation'), remedy: 'Switch automatic recording off, or record why it is clinically required and how it is disclosed.' },
  'escalation-path': { requirements: ['S49'], says: 'There is a written way to act on a concern for safety in a session.', citation: cited('45 CFR 164.512(j)', 'interpretation'), remedy: 'Write down whom to call for the place where the client is, and have the staff read it.' },
  transport: { requirements: ['S14', 'S15', 'S16', 'S87', 'S88', 'S146'], says: 'The transport of the platform was measured lately.', citation: cited('45 CFR 164.312(e)(1)', 'interpretation'), remedy: 'Run `probe` against its address, and keep the report.' },
})
