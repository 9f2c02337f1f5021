/** One thing that happens on a scripted day, and the requirements that it shows. */
export interface Step<World> {
  /** Ids of requirements, in their order: `['S110', 'S143']`. */
  readonly shows: readonly string[]
  /** What happens, in words that a newcomer understands: "Ann leaves her desk for half an hour and is logged off". */
  readonly what: string
  /**
   * Does it over the service's sockets, and says what was seen. Throws where it is not as promised: every step is a test.
   * @returns one line of what was seen, without a patient's data
   */
  readonly act: (world: World) => Promise<string>
}

/** A part of the day: `Monday morning: the practice signs up`. */
export interface Chapter<World> {
  readonly title: string
  readonly steps: readonly Step<World>[]
}

/** A day: its chapters happen in order, each on what the ones before left. */
export interface Day<World> {
  readonly title: string
  readonly chapters: readonly Chapter<World>[]
  /** Starts the service and everybody who talks to it. */
  readonly begin: () => Promise<World>
  readonly end: (world: World) => Promise<void>
}

export interface StepResult {
  readonly chapter: string
  readonly shows: readonly string[]
  readonly what: string
  readonly outcome: { readonly ok: true; readonly seen: string } | { readonly ok: false; readonly error: unknown }
}

/** `S110, S143 Ann leaves her desk …`: the title of the test that a step is. */
export const titleOf = ({ shows, what }: Pick<Step<never>, 'shows' | 'what'>): string => `${shows.join(', ')} ${what}`

/** Plays a day from its beginning to its end. What follows on a step that failed is played all the same. */
export async function* play<World>(day: Day<World>): AsyncGenerator<StepResult, void, undefined> {
  const world = await day.begin()
  try {
    for (const { title, steps } of day.chapters) {
      for (const { shows, what, act } of steps) {
        try {
          yield { chapter: title, shows, what, outcome: { ok: true, seen: await act(world) } }
        } catch (error) {
          yield { chapter: title, shows, what, outcome: { ok: false, error } }
        }
      }
    }
  } finally {
    await day.end(world)
  }
}
