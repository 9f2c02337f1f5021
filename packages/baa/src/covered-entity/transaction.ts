import { type Citation, cite } from '@phi/core'

const row = (label: string, section: string): { readonly label: string; readonly citation: Citation } => ({
  label,
  citation: cite(`45 CFR ${section}`, { confirmation: 'memory' }),
})

/**
 * The transactions for which Part 162 has a standard. A provider who sends one electronically, or has somebody send it, is a covered
 * entity, 45 CFR 160.103. Paper, a telephone call and a paper fax are not electronic form.
 */
export const standardTransactions = {
  claim: row('a claim, or equivalent encounter information', '162.1101'),
  eligibility: row('an inquiry whether a patient is eligible, and the answer', '162.1201'),
  referral: row('a request for a referral or a prior authorization', '162.1301'),
  'claim-status': row('an inquiry about the status of a claim', '162.1401'),
  enrollment: row('enrollment in a health plan', '162.1501'),
  'payment-and-remittance': row('a payment of a plan, or its remittance advice', '162.1601'),
  premium: row('a payment of premiums', '162.1701'),
  'coordination-of-benefits': row('coordination of benefits', '162.1801'),
  subrogation: row('subrogation of Medicaid for pharmacy claims', '162.1901'),
} as const
export type StandardTransaction = keyof typeof standardTransactions
export const standardTransactionKeys = Object.keys(standardTransactions) as StandardTransaction[]
