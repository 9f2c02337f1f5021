/**
 * Copies of checkpoints kept where the log's owner cannot change them: files elsewhere, an HTTPS endpoint. S3 Object Lock is
 * `@phi/audit/anchor/s3`. Node only.
 *
 * @module @phi/audit/anchor
 */
export type { Anchor, AnchorCall, AnchorListing, AnchorOptions, AnchorReceipt } from './anchor.ts'
export { anchorErrors } from './errors.ts'
export { type FileAnchorOptions, fileAnchor } from './file-anchor.ts'
export { type AnchorFetch, type HttpsAnchorOptions, httpsAnchor } from './https-anchor.ts'
export { type AnchorHmacKey, type AnchorRequest, type AnchorRequestVerdict, verifyAnchorRequest } from './signature.ts'
