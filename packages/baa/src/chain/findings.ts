import { type Citation, type Confirmation, formatCitation } from '@phi/core'
import { cited } from '../citation.ts'

interface ChainRow {
  readonly says: string
  readonly remedy: string
  readonly citation: Citation
}

const row = (citation: string, says: string, remedy: string, confirmation: Confirmation = 'text-seen'): ChainRow => ({
  says,
  remedy,
  citation: cited(citation, confirmation),
})

const SAME = '45 CFR 164.504(e)(5)'
const ONWARD = '45 CFR 164.502(e)(1)(ii)'
const OWN_DISCOVERY = '45 CFR 164.410(a)(2)'

/** Everything that the analysis of a chain finds, with the text that it rests on. A code is part of the public contract. */
// biome-ignore format: a table
export const chainCodes = {
  'not-covered': row(ONWARD, 'No agreement in force covers what this vendor does for the one above it.', 'Have the two sign before any data goes there, or switch the feature off that reaches it.'),

  'class-wider': row(SAME, 'The agreement below permits classes of data that the one above does not.', 'Have the permits of the agreement below narrowed, or the same prohibitions put in.'),
  'label-wider': row(SAME, 'The agreement above prohibits records under a label, and the one below does not.', 'Have the prohibition put into the agreement below.'),
  'use-wider': row(SAME, 'The agreement below permits uses that the one above does not.', 'Have the uses of the agreement below narrowed.'),
  'term-missing': row(SAME, 'The agreement above holds a promise that the one below does not.', 'Have the promise put into the agreement below.'),
  'term-weaker': row(SAME, 'The agreement below promises less than the one above.', 'Have the promise of the agreement below brought to that of the one above.'),
  'security-term-missing': row('45 CFR 164.314(a)(2)(iii)', 'The agreement above holds a promise of security that the one below does not.', 'Have the promise put into the agreement below.'),
  'security-term-weaker': row('45 CFR 164.314(a)(2)(iii)', 'The agreement below promises less security than the one above.', 'Have the promise of the agreement below brought to that of the one above.'),
  'ai-weaker': row(SAME, 'The agreement below leaves models more than the one above.', 'Have the terms on models brought to those of the agreement above.', 'interpretation'),
  'host-not-named': row(SAME, 'The agreement above lists who hosts the models, and this vendor is not on the list.', 'Have the vendor added to the list, or move to one that is on it.', 'interpretation'),
  'service-excluded': row(ONWARD, 'The agreement above takes out what this vendor does.', 'Leave the vendor out of the service, or have the exclusion lifted.', 'interpretation'),

  'edge-open': row(ONWARD, 'Whether the agreement covers what this vendor does is not known.', 'Answer what the reasons of the link ask.'),
  'subprocessors-not-declared': row(ONWARD, 'This vendor has not said whom it gives data on to.', 'Ask for its list of subprocessors, and name it in `complete` when there are no others.'),
  'host-not-declared': row(ONWARD, 'The agreement names a host of models that is not among the subprocessors of the vendor.', 'Add the host to the subprocessors, with what it does.'),
  'other-tier': row(SAME, 'The agreement below is not of a kind that can be compared with the one above.', 'Compare the two by hand, or have a subcontractor agreement signed.', 'interpretation'),
  'cycle': row(ONWARD, 'The chain of vendors comes back to one that is already in it.', 'Correct the subprocessors of the registry.'),
  'too-many-links': row(ONWARD, 'The chain has more links than were followed.', 'Ask for one party or one service at a time, or raise the limit.', 'interpretation'),

  'impossible-promise': row(OWN_DISCOVERY, 'The promise to report cannot be kept: what the vendor below knows counts as known above, and it may tell later than the promise ends.', 'Have the window below shortened to less than the hours that are needed, or promise from the day of being told and show that the vendor below is no agent.'),
  'nothing-left': row(OWN_DISCOVERY, 'When the report arrives at the latest, no time is left of the window of the one that receives it.', 'Have a window below shortened.'),
  'learns-late': row(OWN_DISCOVERY, 'The promise above is counted from being told, and the window below is not shorter: the one above learns later than the promise suggests.', 'Have the window below made shorter than the promise above.'),
  'open-trigger': row(OWN_DISCOVERY, 'The contract starts the clock at an event that may come long after discovery, or does not say at which: only the outer limit of the law bounds it.', 'Have the clock start at discovery.'),
} as const satisfies Readonly<Record<string, ChainRow>>

export type ChainCode = keyof typeof chainCodes

/** What every finding of a chain holds. */
export interface ChainFinding<Code extends ChainCode = ChainCode> {
  readonly code: Code
  /** What is so, in a sentence that holds nothing of the caller's. */
  readonly says: string
  /** The text that it rests on, as written. `chainCodes` has it as data, with how well it is confirmed. */
  readonly citation: string
  readonly remedy: string
}

export function chainFinding<Code extends ChainCode>(code: Code): ChainFinding<Code> {
  const { says, remedy, citation } = chainCodes[code]
  return { code, says, citation: formatCitation(citation), remedy }
}
