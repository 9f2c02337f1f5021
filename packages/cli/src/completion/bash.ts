import { version } from '../version.ts'
import { type OfferedOption, type Place, pathsOf, places, type Values } from './tree.ts'

/** One word for bash, whatever stands in it. */
export const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`
const list = (words: readonly string[]): string => words.map(quoted).join(' ')

function offering(values: Values): string {
  if (values === undefined) return '_phi_nothing'
  return 'words' in values ? `_phi_offer ${list(values.words)}` : values.paths === 'file' ? '_phi_files' : '_phi_folders'
}

const flagsOf = (options: readonly OfferedOption[]): readonly string[] =>
  options.flatMap(({ long, short }) => (short === undefined ? [long] : [long, short]))

function valueCases(place: Place): readonly string[] {
  return place.options
    .filter(({ takesValue }) => takesValue)
    .map((option) => {
      const patterns = flagsOf([option]).map((flag) => quoted(`${place.path} ${flag}`))
      return `    ${patterns.join('|')}) ${offering(option.values)}; return ;;`
    })
}

const placeCase = ({ path, below, options, operand }: Place): readonly string[] => [
  `    ${quoted(path)})`,
  `      if [[ $cur == -* ]]; then _phi_offer ${list(flagsOf(options))}`,
  `      else ${below.length > 0 ? `_phi_offer ${list(below.map(([word]) => word))}` : offering(operand)}`,
  '      fi ;;',
]

/** The script for bash, 3.2 and later. Files are left to bash itself, which knows how to quote them. */
export function bashCompletion(all: readonly Place[] = places()): string {
  return `# Completion of phi ${version} for bash. Made by "phi completion bash".

_phi_offer() {
  local word written
  for word in "$@"; do
    printf -v written '%q' "$word"
    if [[ $word == "$cur"* || $written == "$cur"* ]]; then COMPREPLY+=("$front$written"); fi
  done
  _phi_nothing
}
_phi_nothing() { type compopt > /dev/null 2>&1 && compopt +o default +o bashdefault 2> /dev/null; return 0; }
_phi_files() { return 0; }
_phi_folders() { type compopt > /dev/null 2>&1 && compopt +o default +o bashdefault -o dirnames 2> /dev/null; return 0; }

_phi() {
  local cur=\${COMP_WORDS[COMP_CWORD]-} previous='' place='' front='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case $place/\${COMP_WORDS[i]} in
      ${pathsOf(all).map(quoted).join('|')}) place=$place/\${COMP_WORDS[i]} ;;
    esac
  done
  if ((COMP_CWORD > 0)); then previous=\${COMP_WORDS[COMP_CWORD - 1]}; fi
  # --format=json: three words where bash breaks at the sign, one where it does not.
  if [[ $cur == '=' ]]; then cur=''
  elif [[ $previous == '=' ]]; then previous=\${COMP_WORDS[COMP_CWORD - 2]-}
  elif [[ $cur == --*=* ]]; then previous=\${cur%%=*} front=\${cur%%=*}= cur=\${cur#*=}
  fi
  case "$place $previous" in
${all.flatMap(valueCases).join('\n')}
  esac
  case $place in
${all.flatMap(placeCase).join('\n')}
  esac
}
complete -o bashdefault -o default -F _phi phi
`
}
