import { version } from '../version.ts'
import { type OfferedOption, type Place, pathsOf, places } from './tree.ts'

/** One word for fish, whatever stands in it. */
const quoted = (word: string): string => `'${word.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

function optionLine(path: string, { long, short, about, takesValue, values }: OfferedOption): string {
  const names = [
    `-l ${quoted(long.replace(/^--/, ''))}`,
    ...(short === undefined ? [] : [`-s ${quoted(short.replace(/^-/, ''))}`]),
  ]
  const taking = () => {
    if (!takesValue) return ''
    if (values === undefined) return ' -x'
    if ('words' in values) return ` -x -a ${quoted(values.words.map(quoted).join(' '))}`
    return values.paths === 'file' ? ' -r -F' : " -x -a '(__fish_complete_directories)'"
  }
  return `complete -c phi -n ${quoted(`__phi_at ${quoted(path)}`)} ${names.join(' ')}${taking()} -d ${quoted(about)}`
}

function placeLines({ path, below, options, operand }: Place): readonly string[] {
  const at = `complete -c phi -n ${quoted(`__phi_at ${quoted(path)}`)}`
  const operands = () => {
    if (operand === undefined) return []
    if ('words' in operand) return [`${at} -a ${quoted(operand.words.map(quoted).join(' '))}`]
    return [operand.paths === 'file' ? `${at} -F` : `${at} -a '(__fish_complete_directories)'`]
  }
  return [
    ...below.map(([word, about]) => `${at} -a ${quoted(quoted(word))} -d ${quoted(about)}`),
    ...operands(),
    ...options.map((option) => optionLine(path, option)),
  ]
}

/** The script for fish, 3.1 and later. */
export function fishCompletion(all: readonly Place[] = places()): string {
  return `# Completion of phi ${version} for fish. Made by "phi completion fish".

function __phi_at
    set -l place ''
    set -l typed (commandline -opc)
    for word in $typed[2..-1]
        if contains -- "$place/$word" ${pathsOf(all).map(quoted).join(' ')}
            set place "$place/$word"
        end
    end
    test "$place" = "$argv[1]"
end

complete -c phi -f
${all.flatMap(placeLines).join('\n')}
`
}
