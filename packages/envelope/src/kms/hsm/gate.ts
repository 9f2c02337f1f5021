import { envelopeError } from '../../errors.ts'

/** The refusal of a call whose signal was aborted. @internal */
export const abandoned = () => envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE', { detail: 'the caller stopped waiting' })

/** Lets a number of callers in at a time, in the order in which they came. */
export class Gate {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(places: number) {
    this.#free = places
  }

  /** @throws PhiError PHI_ENVELOPE_KMS_UNAVAILABLE when the signal aborts before there is a place */
  async enter(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) throw abandoned()
    if (this.#free > 0) {
      this.#free--
      return
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(abandoned())
      }
      this.#waiting.push(enter)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  /** Gives the place to whoever waits longest. */
  leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
