import { type Tree, type TreeFacts, treeOf } from './tree.ts'

/** The letters of 45 CFR 164.514(b)(2)(i). */
export type SafeHarborLetter =
  | 'A'
  | 'B'
  | 'C'
  | 'D'
  | 'E'
  | 'F'
  | 'G'
  | 'H'
  | 'I'
  | 'J'
  | 'K'
  | 'L'
  | 'M'
  | 'N'
  | 'O'
  | 'P'
  | 'Q'
  | 'R'

/** What a limited data set does with an identifier. */
export interface LimitedDataSetRule {
  /** The paragraph of 164.514(e)(2) that takes the identifier out; undefined for the two that may stay. */
  readonly limitedDataSetDrops:
    | 'i'
    | 'ii'
    | 'iii'
    | 'iv'
    | 'v'
    | 'vi'
    | 'vii'
    | 'viii'
    | 'ix'
    | 'x'
    | 'xi'
    | 'xii'
    | 'xiii'
    | 'xiv'
    | 'xv'
    | 'xvi'
    | undefined
}

const identifier = (
  letter: SafeHarborLetter,
  label: string,
  limitedDataSetDrops: LimitedDataSetRule['limitedDataSetDrops'],
): TreeFacts & LimitedDataSetRule => ({ label, citation: `45 CFR 164.514(b)(2)(i)(${letter})`, limitedDataSetDrops })

/**
 * The eighteen identifiers whose removal is the Safe Harbor method, 45 CFR 164.514(b)(2)(i), and which of them 164.514(e)(2)
 * takes out of a limited data set. B is taken out in part: town or city, State and ZIP code may stay.
 */
export const safeHarborIdentifiers: Tree<SafeHarborLetter, LimitedDataSetRule> = /* @__PURE__ */ treeOf({
  A: /* @__PURE__ */ identifier('A', 'names', 'i'),
  B: /* @__PURE__ */ identifier('B', 'geographic subdivisions smaller than a State', 'ii'),
  C: /* @__PURE__ */ identifier('C', 'dates other than the year, and ages over 89', undefined),
  D: /* @__PURE__ */ identifier('D', 'telephone numbers', 'iii'),
  E: /* @__PURE__ */ identifier('E', 'fax numbers', 'iv'),
  F: /* @__PURE__ */ identifier('F', 'e-mail addresses', 'v'),
  G: /* @__PURE__ */ identifier('G', 'social security numbers', 'vi'),
  H: /* @__PURE__ */ identifier('H', 'medical record numbers', 'vii'),
  I: /* @__PURE__ */ identifier('I', 'health plan beneficiary numbers', 'viii'),
  J: /* @__PURE__ */ identifier('J', 'account numbers', 'ix'),
  K: /* @__PURE__ */ identifier('K', 'certificate and license numbers', 'x'),
  L: /* @__PURE__ */ identifier('L', 'vehicle identifiers and license plates', 'xi'),
  M: /* @__PURE__ */ identifier('M', 'device identifiers and serial numbers', 'xii'),
  N: /* @__PURE__ */ identifier('N', 'web addresses (URLs)', 'xiii'),
  O: /* @__PURE__ */ identifier('O', 'Internet Protocol addresses', 'xiv'),
  P: /* @__PURE__ */ identifier('P', 'biometric identifiers, finger and voice prints among them', 'xv'),
  Q: /* @__PURE__ */ identifier('Q', 'full-face photographs and comparable images', 'xvi'),
  R: /* @__PURE__ */ identifier('R', 'any other unique number, characteristic or code', undefined),
})
