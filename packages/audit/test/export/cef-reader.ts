/** CEF as its description says, character by character. It shares nothing with the writer. Throws on what is not CEF. */
export function readCef(line: string): { readonly header: readonly string[]; readonly extension: ReadonlyMap<string, string> } {
  if (/[\n\r]/.test(line)) throw new Error('more than one line')
  const header: string[] = []
  let field = ''
  let at = 0
  while (header.length < 7) {
    if (at >= line.length) throw new Error('the header ends early')
    if (line[at] === '\\') {
      if (line[at + 1] !== '\\' && line[at + 1] !== '|') throw new Error('an escape that the header does not know')
      field += line[at + 1]
      at += 2
    } else if (line[at] === '|') {
      header.push(field)
      field = ''
      at++
    } else field += line[at++]
  }
  // An equals sign that is not escaped follows a key; the key starts behind the last space before it.
  const text = line.slice(at)
  const equals: number[] = []
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '=') equals.push(i)
  }
  const extension = new Map<string, string>()
  equals.forEach((end, i) => {
    const start = text.lastIndexOf(' ', end) + 1
    const key = text.slice(start, end)
    if (!/^[A-Za-z0-9]+$/.test(key)) throw new Error('not a key')
    if (extension.has(key)) throw new Error('a key twice')
    const next = equals[i + 1]
    const value = text.slice(end + 1, next === undefined ? undefined : text.lastIndexOf(' ', next))
    extension.set(
      key,
      value.replace(/\\(.?)/gs, (_, escaped: string) => {
        const found = { '\\': '\\', '=': '=', n: '\n', r: '\r' }[escaped]
        if (found === undefined) throw new Error('an escape that the extension does not know')
        return found
      }),
    )
  })
  return { header, extension }
}
