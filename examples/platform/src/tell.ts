import { type Day, play } from './day.ts'

const WIDTH = 96

function wrapped(text: string, indent: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${indent}`)
}

/**
 * Plays a day and tells it, a line or two a step.
 * @returns whether every step was as promised
 */
export async function tell<World>(
  day: Day<World>,
  write: (text: string) => void = (text) => process.stdout.write(text),
): Promise<boolean> {
  write(
    `${day.title}\n${'─'.repeat(day.title.length)}\nA real service on this machine, over TLS, with an embedded database. Nothing leaves the machine.\n`,
  )
  let chapter = ''
  const shown = new Set<string>()
  const failed: string[] = []
  let steps = 0
  for await (const { chapter: title, shows, what, outcome } of play(day)) {
    if (title !== chapter) write(`\n${title}\n`)
    chapter = title
    steps++
    write(` ${outcome.ok ? '✓' : '✗'} ${wrapped(what, '   ')}\n`)
    if (outcome.ok) {
      for (const id of shows) shown.add(id)
      write(`   → ${wrapped(outcome.seen, '     ')}  [${shows.join(' ')}]\n`)
    } else {
      failed.push(what)
      write(`   → ${outcome.error instanceof Error ? outcome.error.message : 'failed'}  [${shows.join(' ')}]\n`)
    }
  }
  const conflicts = [...shown].filter((id) => id.startsWith('C'))
  const places = `${conflicts.length} ${conflicts.length === 1 ? 'place' : 'places'} where the documents conflict with the law or with themselves`
  const named = conflicts.sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))).join(', ') || 'none'
  const counts = `${steps} steps, ${failed.length} of them not as promised. ${shown.size - conflicts.length} requirements were shown, and ${places}: ${named}.`
  write(
    `\n${wrapped(counts, '')}\nIt shows that the code does what these sentences say. It is no statement that anybody meets the law.\n`,
  )
  return failed.length === 0
}
