/**
 * A program that says, for each module, what it offers: every name with its kind, and a digest of what is plain data. It prints one
 * line a module. Two runtimes that print the same lines offer the same names and hold the same tables.
 */
export const surfaceProgram = (modules: readonly string[]): string => `
${modules.map((module, at) => `import * as m${at} from '${module}'`).join('\n')}

const digest = (text) => {
  let state = 0x811c9dc5
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193)
  return (state >>> 0).toString(16)
}
const plain = (value) => {
  const seen = new Set()
  const walk = (each) => {
    if (each === null || typeof each !== 'object') return typeof each === 'bigint' ? each + 'n' : typeof each === 'function' ? 'fn' : each
    if (seen.has(each)) return 'again'
    seen.add(each)
    if (Array.isArray(each)) return each.map(walk)
    const made = Object.getPrototypeOf(each)
    if (made !== Object.prototype && made !== null) return 'an object of a class'
    return Object.fromEntries(Object.keys(each).sort().map((key) => [key, walk(each[key])]))
  }
  return JSON.stringify(walk(value)) ?? 'undefined'
}
const surface = (module) => Object.keys(module).sort()
  .map((name) => name + ' ' + typeof module[name] + (typeof module[name] === 'function' ? '' : ' ' + digest(plain(module[name]))))
for (const [name, module] of [${modules.map((module, at) => `['${module}', m${at}]`).join(', ')}]) {
  console.log(name + ': ' + surface(module).join(', '))
}
`
