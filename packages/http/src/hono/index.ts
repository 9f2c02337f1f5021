/**
 * The pipeline on Hono 4.
 *
 * @module @phi/http/hono
 */
export { type HonoContext, type HonoOptions, honoHandler } from './hono.ts'
