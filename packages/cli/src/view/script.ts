/**
 * The one script of the pages: it follows a verification. Without it the page reloads itself. A screen reader hears every quarter, not
 * every entry; at the end the focus stands on the verdict, which is how it is read aloud.
 */
export const script = `'use strict'
;(() => {
  const place = document.getElementById('progress')
  if (place === null) return
  const bar = place.querySelector('progress')
  const words = document.getElementById('progress-words')
  const spoken = document.getElementById('progress-spoken')
  const format = new Intl.NumberFormat('en-US')
  let quarter = 0
  let failures = 0
  const next = () => setTimeout(look, 400)
  const look = async () => {
    let state
    try {
      const response = await fetch('verify.json', { credentials: 'same-origin', cache: 'no-store' })
      if (!response.ok) return location.reload()
      state = await response.json()
      failures = 0
    } catch {
      failures++
      if (failures < 5) return next()
      words.textContent = 'The command that serves these pages does not answer any more.'
      spoken.textContent = words.textContent
      return
    }
    if (state.is !== 'running') return location.replace(location.pathname + '?ended#verdict')
    const { checked, total } = state
    words.textContent = total === undefined ? format.format(checked) + ' entries' : format.format(checked) + ' of ' + format.format(total) + ' entries'
    if (total > 0) {
      bar.max = total
      bar.value = Math.min(checked, total)
      const now = Math.floor((4 * checked) / total)
      if (now > quarter && now < 4) {
        quarter = now
        spoken.textContent = 25 * now + ' percent of the entries are verified.'
      }
    }
    next()
  }
  next()
})()
`
