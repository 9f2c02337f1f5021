import type { Report } from '../../command.ts'
import type { Io } from '../../io.ts'

/** Resolves when the signal is aborted. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** Items until Ctrl-C. @throws the signal's reason */
export async function* until<Item>(signal: AbortSignal, items: AsyncIterable<Item>): AsyncGenerator<Item, void, undefined> {
  for await (const item of items) {
    signal.throwIfAborted()
    yield item
  }
  signal.throwIfAborted()
}

/**
 * What a command answers that was stopped: how far it was, and how to go on. Everything else is thrown on.
 * @param sentence in words, with how to go on
 */
export function stopped(io: Io, error: unknown, figures: Readonly<Record<string, unknown>>, sentence: string): Report {
  if (!io.signal.aborted || error !== io.signal.reason) throw error
  return {
    exit: 'interrupted',
    json: { interrupted: true, ...figures },
    text: () => sentence,
    // A list without findings would read as a good answer.
    sarif: {
      rules: [{ id: 'interrupted', meaning: 'The command was stopped before it had an answer.' }],
      results: [{ rule: 'interrupted', level: 'error', message: sentence.replaceAll('\n', ' ') }],
    },
  }
}
