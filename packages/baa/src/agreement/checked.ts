import type { ClassSelector, DataClass, Service, Use } from '@phi/core'
import type { AgreementWords } from './agreement.ts'
import type { AgreementInput } from './input.ts'

/** What does not compile, as a sentence: compilers show the type that a wrong word is compared with. */
export interface Problem<Sentence extends string> {
  readonly problem: Sentence
}

/** The word of an item of a list, bare or under its key. */
type WordOf<Each, Key extends string> = Each extends string
  ? Each
  : Each extends { readonly [K in Key]: infer Word }
    ? Word
    : never
type Words<List, Key extends string> = List extends readonly (infer Each)[] ? Extract<WordOf<Each, Key>, string> : never

/** The key, or one below it. */
type AtOrBelow<Above extends string> = Above | `${Above}.${string}`

/** `string` and other wide types say nothing that could be compared: what they hold is checked when the program runs. */
type IsWide<Word> = string extends Word ? true : false

/** The sentence, at the word that it is about. */
type At<Each, Key extends string, Sentence extends string> = Each extends string
  ? Problem<Sentence>
  : { readonly [K in Key]: Problem<Sentence> }

/** A list whose words are in a vocabulary, and not among others that stand against them. */
type CheckList<
  List,
  Key extends string,
  Known extends string,
  What extends string,
  Against extends string = never,
  Clash extends string = '',
> = {
  readonly [Index in keyof List]: WordOf<List[Index], Key> extends infer Word extends string
    ? IsWide<Word> extends true
      ? unknown
      : Word extends Known
        ? Word extends AtOrBelow<Against>
          ? At<List[Index], Key, `'${Word}' is ${Clash}`>
          : unknown
        : At<List[Index], Key, `'${Word}' is not a ${What} of the taxonomy`>
    : unknown
}

type PartiesOf<Input> = Input extends { readonly from: { readonly id: infer From }; readonly to: { readonly id: infer To } }
  ? Extract<From | To, string>
  : string

type CheckSignatures<List, Parties extends string> = {
  readonly [Index in keyof List]: List[Index] extends { readonly party: infer Who extends string }
    ? IsWide<Who> extends true
      ? unknown
      : IsWide<Parties> extends true
        ? unknown
        : Who extends Parties
          ? unknown
          : { readonly party: Problem<`'${Who}' is not a party of this agreement`> }
    : unknown
}

type ListOf<Input, Key extends string> = Input extends { readonly [K in Key]: infer List } ? List : readonly []

/** Services that are excluded whatever the product, region or edition: bare words. */
type Outright<List> = List extends readonly (infer Each)[] ? Extract<Each, string> : never

/** What of an agreement does not compile. `unknown` where nothing is wrong. */
export type CheckedAgreement<Input> = {
  readonly [Key in keyof Input]: Key extends 'services'
    ? CheckList<
        Input[Key],
        'service',
        Service,
        'service',
        Outright<ListOf<Input, 'excludes'>>,
        'both in the scope and excluded'
      >
    : Key extends 'excludes'
      ? CheckList<Input[Key], 'service', Service, 'service'>
      : Key extends 'permits'
        ? CheckList<
            Input[Key],
            'class',
            DataClass,
            'data class',
            Words<ListOf<Input, 'prohibits'>, 'selector'>,
            'both permitted and prohibited'
          >
        : Key extends 'prohibits'
          ? CheckList<Input[Key], 'selector', ClassSelector, 'data class or label'>
          : Key extends 'uses'
            ? CheckList<
                Input[Key],
                'use',
                Use,
                'use',
                Words<ListOf<Input, 'prohibitsUses'>, 'use'>,
                'both permitted and prohibited'
              >
            : Key extends 'prohibitsUses'
              ? CheckList<Input[Key], 'use', Use, 'use'>
              : Key extends 'signatures'
                ? CheckSignatures<Input[Key], PartiesOf<Input>>
                : unknown
}

/** The services that an agreement names, for `decide`. Written as data of wide types, it may name any. */
export type ServicesOf<Input extends AgreementInput> = Input extends { readonly services: infer List }
  ? IsWide<Words<List, 'service'>> extends true
    ? Service
    : Extract<Words<List, 'service'>, Service>
  : Service

export interface WordsOf<Input extends AgreementInput> extends AgreementWords {
  readonly service: ServicesOf<Input>
}
