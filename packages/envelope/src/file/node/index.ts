/**
 * Sealed files and streams of Node: `node:stream` and `node:fs` beside the `files` of `@phi/envelope`.
 *
 * @module @phi/envelope/node
 */
export type { ByteTransformer } from '../byte-transformer.ts'
export type { BoundFile, FileStreamOptions, Files, UnboundFile } from '../files.ts'
export type { FileProgress } from '../options.ts'
export type { FileSource } from '../source.ts'
export { fileSource, type OpenFileSource } from './file-source.ts'
export { openTransform, sealTransform } from './transforms.ts'
export { openFile, sealFile, type WholeFile } from './whole-file.ts'
