import type { Reason } from '@phi/baa'
import { wrapLines } from '../../layout.ts'
import type { Paint } from '../../paint.ts'

/** A place in a contract, as people look it up: `section 4.2, page 3`. */
export function clauseWords(clause: Reason['clause']): string | undefined {
  if (clause === undefined) return undefined
  const parts = [
    ...(clause.section === undefined ? [] : [`section ${clause.section}`]),
    ...(clause.page === undefined ? [] : [`page ${clause.page}`]),
  ]
  return parts.length === 0 ? undefined : parts.join(', ')
}

/** A reason in lines: what is so, about what, by which clause and text of the law, and what would have to change. */
export function reasonLines(reason: Reason, paint: Paint, columns: number, indent = '  '): readonly string[] {
  const { says, citation, remedy, about, name, clause, agreement, because, code } = reason
  const what = [about, name].filter((each) => each !== undefined).join(', ')
  const where = [code, agreement, clauseWords(clause), citation].filter((each) => each !== undefined).join('; ')
  const below = `${indent}    `
  return [
    ...wrapLines(`${says}${what === '' ? '' : ` [${what}]`}`, columns, `${indent}- `, `${indent}  `),
    ...wrapLines(where, columns, below).map(paint.dim),
    ...(clause?.text === undefined ? [] : wrapLines(`"${clause.text}"`, columns, below)),
    ...(remedy === '' ? [] : wrapLines(`To do: ${remedy}`, columns, below)),
    ...(because ?? []).filter((each) => each.effect !== 'allow').flatMap((each) => reasonLines(each, paint, columns, below)),
  ]
}
