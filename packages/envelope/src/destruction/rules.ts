import { type Citation, cite } from '@phi/core'

/** Why something is destroyed: the rule in words, and where it stands. */
export interface DestructionRule {
  /** 1 to 2,000 characters. Stands in the certificate as given, so it names no patient. */
  readonly text: string
  /** At least one. */
  readonly citations: readonly [Citation, ...Citation[]]
}

const read = { confirmation: 'text-seen' } as const

/**
 * The rules that most destructions of PHI rest on. Which one applies is for you and your counsel to say: this helps you meet
 * it, and is not legal advice.
 */
export const destructionRules = Object.freeze({
  /**
   * S121: what a business associate does at the end of an agreement, where it is feasible. Otherwise the protections are
   * extended.
   */
  baaTermination: {
    text: 'At termination of the agreement, protected health information is returned or destroyed, if feasible, and no copies are kept.',
    citations: [cite('45 CFR 164.504(e)(2)(ii)(J)', read)],
  },
  /** Final disposition of ePHI, and of the media it is on. */
  disposal: {
    text: 'Electronic protected health information, and the media it is stored on, are disposed of under a policy of final disposition.',
    citations: [cite('45 CFR 164.310(d)(2)(i)', read)],
  },
} as const satisfies Record<string, DestructionRule>)

/** How: the keys go, and what they sealed stays as noise. Revision 2 of September 2025 is the present one. */
export const cryptographicErase: Citation = cite('NIST SP 800-88r2', {
  title: 'Guidelines for Media Sanitization',
  confirmation: 'secondary',
})
