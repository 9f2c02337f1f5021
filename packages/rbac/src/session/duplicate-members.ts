/**
 * Whether an object in the JSON text names a member twice. RFC 7519 §4 lets readers refuse such claims or take the last; two readers
 * that choose differently read two identities from one token, so they are refused here.
 * @param json a text that JSON.parse accepts
 */
export function hasDuplicateMember(json: string): boolean {
  // The names of each object that is open; undefined for an array.
  const open: (Set<string> | undefined)[] = []
  let nameNext = false
  for (let i = 0; i < json.length; i++) {
    const character = json[i]
    if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : undefined)
      nameNext = character === '{'
    } else if (character === '}' || character === ']') {
      open.pop()
      nameNext = false
    } else if (character === ',') {
      nameNext = open.at(-1) !== undefined
    } else if (character === '"') {
      const start = i
      for (i++; i < json.length && json[i] !== '"'; i++) if (json[i] === '\\') i++
      if (!nameNext) continue
      nameNext = false
      const names = open.at(-1) as Set<string>
      // Two spellings of one name, such as "sub" and "s\u0075b", are one name.
      const name = JSON.parse(json.slice(start, i + 1)) as string
      if (names.has(name)) return true
      names.add(name)
    }
  }
  return false
}
