/** What most cases rest on. */
export const confirmedBy = {
  text: 'The text was read.',
  textAndCount:
    'The text was read. Day 0 is the trigger day, as OCR counted in a settlement of 2017; the end of the local day and no roll are readings, the text is silent.',
} as const
