import type { Vocabulary } from './parse.ts'

export type TypeOf<Words extends Vocabulary> = keyof Words['resources'] & string
export type FieldOf<Words extends Vocabulary, Type extends TypeOf<Words>> = {
  [Each in Type]: keyof Words['resources'][Each] & string
}[Type]

type Scalar = string | number | boolean | Date
/** What conditions can speak about: single values, and arrays of texts or numbers. */
type Usable<Value> = [NonNullable<Value>] extends [Scalar]
  ? true
  : NonNullable<Value> extends readonly (string | number)[]
    ? true
    : false

/** The paths of a record that conditions can name, and what they hold. Nested objects by dots, three deep. */
export type Paths<Shape, Depth extends 0[] = []> = Depth['length'] extends 3
  ? never
  : {
      [Key in keyof Shape & string]: Usable<Shape[Key]> extends true
        ? Key
        : NonNullable<Shape[Key]> extends readonly unknown[]
          ? never
          : NonNullable<Shape[Key]> extends object
            ? `${Key}.${Paths<NonNullable<Shape[Key]>, [...Depth, 0]>}`
            : never
    }[keyof Shape & string]

/** What stands at a path. */
export type ValueAt<Shape, Path extends string> = Path extends keyof Shape
  ? NonNullable<Shape[Path]>
  : Path extends `${infer Key}.${infer Rest}`
    ? Key extends keyof Shape
      ? ValueAt<NonNullable<Shape[Key]>, Rest>
      : never
    : never

/** Every attribute a type declares, for paths that only ask whether something is there. */
export type AnyPath<Shape> = (keyof Shape & string) | Paths<Shape>

/** The types that an actor has beside those of its policy. */
export type ActorWords<Extra> = { readonly id: string; readonly tenant: string } & Extra
