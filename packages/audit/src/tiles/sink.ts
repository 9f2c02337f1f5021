/**
 * Where tiles go: a directory (`directorySink` of `@phi/audit/tiles/node`), a bucket, anything that keeps bytes under paths.
 *
 * The exporter writes tiles first and publishes the checkpoint last. It never writes a path whose bytes the published checkpoint
 * calls for with other bytes, so a reader of the published checkpoint sees whole tiles at every moment.
 */
export interface TileSink {
  /** The bytes at a path; undefined when nothing is there. Whoever cannot tell throws. */
  read(path: string): Promise<Uint8Array | undefined>
  /** Puts the bytes at a path, whole or not at all, in place of what an export that was cut off left there. */
  write(path: string, bytes: Uint8Array): Promise<void>
  /** First makes everything durable that was written; then replaces `checkpoint`, whole or not at all, durably. */
  publish(checkpoint: Uint8Array): Promise<void>
  /**
   * Removes the partial tiles of a tile that is there in full and published (`<path>.p/…`). Absent: they stay, which readers do not
   * mind (C2SP tlog-tiles, "Partial Tiles").
   */
  removePartials?(path: string): Promise<void>
  /**
   * Keeps other exporters away until the returned function is called. Absent: the caller sees to it that there is one exporter at
   * a time, since of two the slower one could put an older checkpoint in place of a newer one.
   * @throws PhiError PHI_AUDIT_TILES_BUSY
   */
  acquire?(): Promise<() => Promise<void>>
}
