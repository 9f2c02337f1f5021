import * as z from 'zod'
import { machineSchema } from './machine.ts'
import type { Measured } from './measure.ts'

const pair = z.tuple([z.number(), z.number()])

const runSchema = z.object({
  format: z.literal('phi.bench/v1'),
  /** When the run began, UTC. */
  at: z.iso.datetime(),
  seconds: z.number(),
  quick: z.boolean(),
  commit: z.string(),
  machine: machineSchema,
  versions: z.record(z.string(), z.string()),
})

const measuredSchema = z.object({
  id: z.string(),
  against: z.string(),
  ratio: z.number(),
  atLeast: z.number(),
  unit: z.string(),
  oursPerSecond: z.number(),
  baselinePerSecond: z.number(),
  spread: pair,
  middleHalf: pair,
  callMs: z.number(),
  rounds: z.array(pair).min(1),
})

export type Run = z.output<typeof runSchema>

/** A run and what it measured. */
export interface Report {
  readonly run: Run
  readonly rows: readonly Measured[]
}

/** Writes a report as JSON Lines: the run, then a row a line, so that two reports can be compared line by line. */
export const formatReport = ({ run, rows }: Report): string =>
  [run, ...rows].map((each) => `${JSON.stringify(each)}\n`).join('')

/**
 * Reads what `formatReport` wrote.
 * @throws Error where it is something else
 */
export function parseReport(text: string): Report {
  const [first, ...rest] = text.trimEnd().split('\n')
  return {
    run: runSchema.parse(JSON.parse(first ?? '')),
    rows: rest.map((line) => measuredSchema.parse(JSON.parse(line))),
  }
}
