/** What the caller of append learns. */
export interface Receipt {
  readonly index: number
  readonly eventId: string
  /** Entry hash, base64. */
  readonly hash: string
  readonly recordedAt: string
  /** The entry was in the log already: this call was a retry, and nothing new was written. */
  readonly duplicate: boolean
}
