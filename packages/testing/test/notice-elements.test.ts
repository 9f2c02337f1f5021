import { noticeElements } from '@phi/baa'
import { noticeElements as ofClocks } from '@phi/deadlines/contract'
import { expect, it } from 'vitest'

it('S31 S118 agreements and contract clocks name the same elements of a notice: neither package imports the other', () => {
  expect(noticeElements).toEqual(ofClocks)
})
