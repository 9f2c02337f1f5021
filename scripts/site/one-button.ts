// The default theme puts a button (the arrow) into a button (the name of a group), which a screen reader cannot tell apart. Here the name is the
// button and says whether its group is open; the arrow is a drawing.

const changes = [
  ['role="button"\n        aria-label="toggle section"', 'aria-hidden="true"'],
  ['        tabindex="0"\n', ''],
  [
    ':tabindex="item.items && 0"',
    ':tabindex="item.items && collapsible ? 0 : undefined"\n      :aria-expanded="collapsible ? !collapsed : undefined"',
  ],
  ['(isLink.value ? undefined', '(isLink.value || !collapsible.value ? undefined'],
] as const

/** The theme's source for an entry of the sidebar, with these changes. A theme that no longer has these places needs this file looked at. */
export function withOneButton(source: string): string {
  let changed = source
  for (const [from, to] of changes) {
    if (!changed.includes(from)) throw new Error(`VitePress' VPSidebarItem.vue has changed: no ${from}`)
    changed = changed.replace(from, to)
  }
  return changed
}

export const oneButtonAGroup = {
  name: 'phi-one-button-a-group',
  enforce: 'pre',
  transform: (source: string, id: string) => (id.endsWith('/VPSidebarItem.vue') ? withOneButton(source) : undefined),
} as const
