import { createReadStream } from 'node:fs'
import { open as openFile, stat, truncate } from 'node:fs/promises'
import type { Exporter, LinesState } from '@phi/audit'
import type { Report } from '../../command.ts'
import { cliError } from '../../errors.ts'
import { fileError, pathOf } from '../../files.ts'
import type { Input } from '../../input.ts'
import type { Io } from '../../io.ts'
import { amount, bytes, counted } from '../../layout.ts'
import { progress } from '../../progress.ts'
import { assertFree, batched, isThere, putInPlace, writeOut } from '../../write-out.ts'
import type { OpenLog } from './log.ts'
import { stopped, until } from './stop.ts'

/** What is there of an export that is not finished lies beside its target, under this name. */
const partOf = (path: string): string => `${path}.part`

const guarded = <Result>(work: Promise<Result>): Promise<Result> =>
  work.catch((error: unknown) => {
    throw fileError(error, '--out')
  })

/** The whole log in lines. A file that is cut off stays as `<out>.part`, and `--continue` goes on with it. */
export async function exportLinesTo(io: Io, input: Input, { log }: OpenLog, by: Exporter): Promise<Report> {
  const out = input.text('out')
  const isContinued = input.flag('continue')
  if (out === undefined) {
    if (isContinued) throw cliError('PHI_CLI_USAGE', { detail: '--continue goes on with a file: give --out' })
    const size = await writeOut(io.stdout, until(io.signal, log.exportLines({ by }))).catch(async (error: unknown) => {
      // What is there of it stands on standard output: a sentence must not stand behind it.
      if (io.signal.aborted) await io.stderr.write('phi: stopped before the end; verifying what was written will say so.\n')
      throw error
    })
    return { exit: 'ok', json: { written: 'lines', bytes: size }, text: () => '', isWritten: true }
  }
  const path = pathOf(io, out)
  await assertFree(io, out, '--out', input.flag('replace'))
  const part = partOf(path)
  const resume = isContinued ? await resumed(part) : undefined
  if (!isContinued && (await isThere(part)))
    throw cliError('PHI_CLI_EXISTS', {
      path: '--out',
      detail: 'an export that was cut off lies beside it: --continue goes on with it',
    })
  const bar = progress(io, 'entries written')
  let lines = resume?.next ?? 0
  async function* counted_() {
    for await (const line of until(io.signal, log.exportLines({ by, ...(resume === undefined ? {} : { resume }) }))) {
      bar.at(lines++)
      yield line
    }
  }
  try {
    const file = await guarded(openFile(part, 'a', 0o600))
    try {
      for await (const piece of batched(counted_())) await guarded(file.appendFile(piece))
      await guarded(file.sync())
    } finally {
      await file.close()
    }
  } catch (error) {
    await bar.end()
    return stopped(
      io,
      error,
      { lines },
      `Stopped after ${counted(lines)} lines, which are kept. The same with --continue goes on with them.`,
    )
  }
  await bar.end()
  await putInPlace(part, path, '--out', input.flag('replace'))
  const { size } = await guarded(stat(path))
  return {
    exit: 'ok',
    json: { written: 'lines', origin: log.origin, bytes: size, vkey: log.vkey },
    text: (paint) =>
      `${paint.good('Written:')} the whole log, ${bytes(size)}. The log records who asked for it.\n\nCheck it with phi audit verify and this key, which goes another way:\n  ${log.vkey}`,
  }
}

/** What is there, cut where its last whole line ends. */
async function resumed(part: string): Promise<LinesState | undefined> {
  if (!(await isThere(part)))
    throw cliError('PHI_CLI_FILE', { path: '--continue', detail: 'there is no export that was cut off beside --out' })
  const { resumeLines } = await import('@phi/audit')
  const state = await resumeLines(createReadStream(part))
  await guarded(truncate(part, state.header === undefined ? 0 : state.keep))
  return state.header === undefined ? undefined : state
}

/** The log as static tiles. Cut off, it is whole: run again, it goes on. */
export async function exportTilesTo(io: Io, input: Input, { log }: OpenLog, by: Exporter): Promise<Report> {
  const { directorySink } = await import('@phi/audit/tiles/node')
  const bar = progress(io, 'entries exported')
  let done = 0
  try {
    const report = await log.exportTiles({
      to: directorySink(pathOf(io, input.needed('out'))),
      by,
      signal: io.signal,
      onProgress: ({ exported, total }) => {
        done = exported
        bar.at(exported, total)
      },
    })
    await bar.end()
    const { size, previousSize, published, written, bytes: length } = report
    return {
      exit: 'ok',
      json: {
        written: 'tiles',
        origin: log.origin,
        size,
        previousSize: previousSize ?? null,
        published,
        files: written,
        bytes: length,
      },
      text: (paint) =>
        published
          ? `${paint.good('Published:')} tiles of ${amount(size, 'entry', 'entries')}; ${amount(written, 'file')} written, ${bytes(length)}. No text of an event is in them.`
          : `${paint.good('Nothing to do:')} tiles of ${amount(size, 'entry', 'entries')} are published already.`,
    }
  } catch (error) {
    await bar.end()
    return stopped(io, error, { entries: done }, 'Stopped. The tiles that are published are whole; run it again to go on.')
  }
}
