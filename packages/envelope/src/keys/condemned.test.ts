import { expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { NOTE, request, setting } from '../../test/lifecycle/setting.ts'

it('S121 a destroyed tenant gets no key for another purpose, nor for a new patient', async () => {
  const { keyring, store } = await setting()
  await keyring.tenant('clinic-a')
  await keyring.destroy(request())
  const handle = await keyring.tenant('clinic-a', { purposes: ['deterministic', 'field'] })
  const patient = await handle.subject('p-new')
  expect(await refusal(() => patient.field(NOTE).seal('x', { row: '1' }))).toMatchObject({ code: 'PHI_ENVELOPE_NO_KEY' })
  expect((await store.records()).every(({ state }) => state === 'destroyed')).toBe(true)
})
