import { version } from '../version.ts'
import { quoted } from './bash.ts'
import { type OfferedOption, type Place, pathsOf, places, type Values } from './tree.ts'

/** `name:what it is`, as _describe reads it. */
const described = (name: string, about: string): string =>
  quoted(`${name.replaceAll('\\', '\\\\').replaceAll(':', '\\:')}:${about}`)

function offering(values: Values): string {
  if (values === undefined) return "_message 'a value'"
  if ('words' in values) return `compadd -- ${values.words.map(quoted).join(' ')}`
  return values.paths === 'file' ? '_files' : '_files -/'
}

const flagsOf = ({ long, short }: OfferedOption): readonly string[] => (short === undefined ? [long] : [long, short])

function valueCases(place: Place): readonly string[] {
  return place.options
    .filter(({ takesValue }) => takesValue)
    .map((option) => {
      const patterns = flagsOf(option).map((flag) => quoted(`${place.path} ${flag}`))
      return `    (${patterns.join('|')}) ${offering(option.values)}; return ;;`
    })
}

function placeCase({ path, below, options, operand }: Place): readonly string[] {
  const flags = options.flatMap((option) => flagsOf(option).map((flag) => described(flag, option.about)))
  return [
    `    (${quoted(path)})`,
    `      offers=(${flags.join(' ')})`,
    '      if [[ $cur == -* ]]; then _describe -o option offers; return; fi',
    ...(below.length === 0
      ? [`      ${offering(operand)} ;;`]
      : [
          `      offers=(${below.map(([word, about]) => described(word, about)).join(' ')})`,
          '      _describe command offers ;;',
        ]),
  ]
}

/** The script for zsh: a function that is autoloaded from a folder of fpath, or sourced after compinit. */
export function zshCompletion(all: readonly Place[] = places()): string {
  return `#compdef phi
# Completion of phi ${version} for zsh. Made by "phi completion zsh".

_phi() {
  local cur=\${words[CURRENT]} previous=\${words[CURRENT-1]} place='' i
  local -a offers
  for ((i = 2; i < CURRENT; i++)); do
    case $place/\${words[i]} in
      (${pathsOf(all).map(quoted).join('|')}) place=$place/\${words[i]} ;;
    esac
  done
  if [[ $cur == --*=* ]]; then
    previous=\${cur%%=*}
    compset -P '*='
  fi
  case "$place $previous" in
${all.flatMap(valueCases).join('\n')}
  esac
  case $place in
${all.flatMap(placeCase).join('\n')}
  esac
}

if [[ \${funcstack[1]} == _phi ]]; then _phi "$@"; else compdef _phi phi; fi
`
}
