import * as z from 'zod'

export const isFunction = (value: unknown): boolean => typeof value === 'function'

/** An option that is a function. What it takes and answers with only the compiler can tell. */
export const callable = <Type>() => z.custom<Type>(isFunction, 'must be a function')
