/** Freezes plain data in depth, and hands it back. What is frozen already is taken to be so in depth. */
export function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const each of Object.values(value)) freeze(each)
    Object.freeze(value)
  }
  return value
}
