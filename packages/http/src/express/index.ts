/**
 * The pipeline on Express 5.
 *
 * @module @phi/http/express
 */
export { type ExpressRequest, expressErrors, expressHandler } from './express.ts'
