import assert from 'node:assert/strict'
import type { Chapter } from '@phi/example-platform'
import { code, note, notStored, type World, write } from '../world.ts'

export const exclusions: Chapter<World> = {
  title: 'Monday: what does not belong here',
  steps: [
    {
      shows: ['S153'],
      what: 'A note with a diagnosis code is refused',
      act: ({ dana }) => notStored(dana, '/notes', { ...note, diagnosisCodes: ['F41.1'] }, 'agreement-class-prohibited'),
    },
    {
      shows: ['S153'],
      what: 'A note with a procedure code is refused',
      act: ({ dana }) => notStored(dana, '/notes', { ...note, procedureCodes: ['90834'] }, 'agreement-class-prohibited'),
    },
    {
      shows: ['S154'],
      what: 'A patient record with the insurer and the member number is refused',
      async act({ dana }) {
        const record = { patient: 'p-2', name: 'Sam Example', payer: 'Example Health', memberId: 'M-1' }
        const answer = await dana.ask('/patients', {
          method: 'POST',
          json: record,
          headers: { 'purpose-of-use': 'PATADMIN' },
        })
        assert.deepEqual([answer.status, code(answer)], [403, 'agreement-class-prohibited'])
        return 'refused: insurance billing'
      },
    },
    {
      shows: ['S155'],
      what: 'A note that tells of HIV is refused',
      act: ({ dana }) => notStored(dana, '/notes', { ...note, labels: ['hiv'] }, 'agreement-label-prohibited'),
    },
    {
      shows: ['S156'],
      what: 'A record of a Part 2 program is refused',
      async act({ dana }) {
        const answer = await write(dana, '/notes', { ...note, labels: ['part2'], part2Program: 'program-1' })
        // The policy refuses whoever is not of that program, and the agreement would refuse the rest.
        assert.ok([403, 404].includes(answer.status), String(answer.status))
        assert.notEqual(answer.status, 201)
        return `refused with ${answer.status}`
      },
    },
  ],
}
