import { Duplex } from 'node:stream'
import type { ByteTransformer } from '../byte-transformer.ts'
import type { BoundFile, FileStreamOptions, Files, UnboundFile } from '../files.ts'

/** Seals what is piped through it, in pieces of any size. For `pipeline`, which ends both sides when either fails. */
export function sealTransform<File extends BoundFile | UnboundFile>(
  files: Files<File>,
  options: File & FileStreamOptions,
): Duplex {
  return duplexOver(files.sealer(fileOf(options)), options)
}

/**
 * Opens what is piped through it. Every byte that comes out was verified, in its place; that the file is whole is known when it ends.
 * It is destroyed with PHI_ENVELOPE_FILE when anything was altered, cut or added: then discard what came before, as `openFile`
 * does.
 */
export function openTransform<File extends BoundFile | UnboundFile>(
  files: Files<File>,
  options: File & FileStreamOptions,
): Duplex {
  return duplexOver(files.opener(fileOf(options)), options)
}

/** The part of the options that says which file it is. `files` refuses whatever else is left. */
export const fileOf = <File extends BoundFile | UnboundFile>({ onProgress, signal, ...file }: File & FileStreamOptions): File =>
  file as unknown as File

/** No `Transform`: that takes a written piece whole, however slow its reader is. */
function duplexOver(transformer: ByteTransformer, { onProgress, signal }: FileStreamOptions): Duplex {
  let resume: (() => void) | undefined
  /** Hands over one piece after the other, and waits in between while the reader has enough. */
  const pass = (pieces: Iterator<Uint8Array>, done: (error?: Error | null) => void) => {
    const step = () => {
      try {
        for (let next = pieces.next(); !next.done; next = pieces.next()) {
          const wantsMore = duplex.push(next.value)
          onProgress?.({ bytes: transformer.plaintextBytes() })
          if (!wantsMore) {
            resume = step
            return
          }
        }
      } catch (error) {
        transformer.forget()
        return done(error as Error)
      }
      done()
    }
    step()
  }
  const duplex = new Duplex({
    ...(signal === undefined ? {} : { signal }),
    write(bytes: Buffer, _encoding, done) {
      pass(transformer.push(bytes)[Symbol.iterator](), done)
    },
    final(done) {
      pass(transformer.end()[Symbol.iterator](), (error) => {
        if (!error) duplex.push(null)
        done(error)
      })
    },
    read() {
      const step = resume
      resume = undefined
      step?.()
    },
    destroy(error, done) {
      transformer.forget()
      done(error)
    },
  })
  const head = transformer.begin()
  if (head.length > 0) duplex.push(head)
  return duplex
}
