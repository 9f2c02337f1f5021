/** One message of RFC 5424, read by its grammar (§6), character by character. It shares nothing with the writer. */
export interface SyslogMessage {
  readonly facility: number
  readonly severity: number
  readonly timestamp: string
  readonly hostname: string
  readonly appName: string
  readonly procId: string
  readonly msgId: string
  readonly data: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly bom: boolean
  readonly message: string
}

export function readSyslog(text: string): SyslogMessage {
  const header =
    /^<(0|[1-9]\d{0,2})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)|-) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) /.exec(
      text,
    )
  if (header === null) throw new Error('not a header')
  const [all, pri, timestamp, hostname, appName, procId, msgId] = header as unknown as readonly [string, ...string[]]
  if (Number(pri) > 191) throw new Error('not a priority')
  let at = all.length
  const data: Record<string, Record<string, string>> = {}
  if (text[at] === '-') at++
  else if (text[at] !== '[') throw new Error('no structured data')
  while (text[at] === '[') {
    const id = /^[!#-<>-Z\\^-~]{1,32}/.exec(text.slice(at + 1))?.[0]
    if (id === undefined || id in data) throw new Error('not an SD-ID')
    at += 1 + id.length
    const params: Record<string, string> = {}
    while (text[at] === ' ') {
      const name = /^[!#-<>-Z\\^-~]{1,32}(?==")/.exec(text.slice(at + 1))?.[0]
      if (name === undefined || name in params) throw new Error('not a PARAM-NAME')
      at += 1 + name.length + 2
      let value = ''
      while (text[at] !== '"') {
        if (at >= text.length || text[at] === ']') throw new Error('not a PARAM-VALUE')
        if (text[at] === '\\' && '"\\]'.includes(text[at + 1] ?? ' ')) at++
        value += text[at++]
      }
      at++
      params[name] = value
    }
    if (text[at] !== ']') throw new Error('an element without an end')
    at++
    data[id] = params
  }
  const rest = text.slice(at)
  if (rest !== '' && rest[0] !== ' ') throw new Error('no space before MSG')
  const bom = rest[1] === '\ufeff'
  return {
    ...({
      facility: Math.floor(Number(pri) / 8),
      severity: Number(pri) % 8,
      timestamp,
      hostname,
      appName,
      procId,
      msgId,
    } as SyslogMessage),
    data,
    bom,
    message: rest.slice(bom ? 2 : 1),
  }
}
