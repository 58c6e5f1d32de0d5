import { announce, h, icon, replace } from './dom.ts'

/** A button that copies a text and says so in its place. */
export function copyButton(caption: string, label: string, text: () => string) {
  const rest = () => replace(button, icon('copy'), caption)
  const button = h('button', {
    class: 'quiet', type: 'button', 'aria-label': label, title: label,
    onclick: async () => {
      try {
        await navigator.clipboard.writeText(text())
        replace(button, icon('check'), 'Copied')
        announce(`${label}: done.`)
      } catch {
        replace(button, icon('warning'), 'Not allowed')
        announce('The browser does not allow copying here.')
      }
      setTimeout(rest, 1600)
    },
  })
  rest()
  return button
}
