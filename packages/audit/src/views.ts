/**
 * The first n bytes of a buffer that is written over and over. Views of the usual lengths, those below `most`, are made once: a
 * view takes longer to make than the few bytes in it to write.
 */
export function viewsOf(bytes: Uint8Array, most: number): (length: number) => Uint8Array {
  const views = new Array<Uint8Array | undefined>(most).fill(undefined)
  return (length) => {
    if (length >= most) return bytes.subarray(0, length)
    let view = views[length]
    if (view === undefined) {
      view = bytes.subarray(0, length)
      views[length] = view
    }
    return view
  }
}
