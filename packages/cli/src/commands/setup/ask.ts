import type { Io } from '../../io.ts'

/** Lines of standard input, one at a time. */
export async function* linesOf(io: Io): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const part of io.stdin) {
    rest += decoder.decode(part, { stream: true })
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
      yield rest.slice(0, end).replace(/\r$/, '')
      rest = rest.slice(end + 1)
    }
  }
  if (rest !== '') yield rest
}

/**
 * Asks a person a question on standard error, so that the answer of the command stands alone on standard output.
 * @returns the answer; `fallback` for an empty line; undefined where there is neither
 */
export async function ask(
  io: Io,
  lines: AsyncIterator<string>,
  question: string,
  fallback?: string,
): Promise<string | undefined> {
  await io.stderr.write(fallback === undefined ? `${question}: ` : `${question} [${fallback}]: `)
  io.signal.throwIfAborted()
  const { value, done } = await lines.next()
  const answer = done === true ? '' : value.trim()
  return answer === '' ? fallback : answer
}
