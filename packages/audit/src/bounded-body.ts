/**
 * The whole body of an HTTP request or answer, or undefined when it is longer than `atMost` bytes: the other side must not fill our
 * memory. The rest of a body that is too long is not read.
 */
export async function boundedBody(message: Request | Response, atMost: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let length = 0
  const reader = message.body?.getReader()
  for (;;) {
    const part = await reader?.read()
    if (part === undefined || part.done) break
    length += part.value.length
    if (length > atMost) {
      // What the other side says to that changes nothing.
      await reader?.cancel().catch(() => {})
      return undefined
    }
    parts.push(part.value)
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
