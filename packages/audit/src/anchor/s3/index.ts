/**
 * Checkpoints under S3 Object Lock, with the client of `@aws-sdk/client-s3` that you pass. Node only.
 *
 * @module @phi/audit/anchor/s3
 */
export { type S3AnchorOptions, s3Anchor } from './s3-anchor.ts'
