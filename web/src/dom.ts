// Elements without a framework: properties by name, listeners by `on…`, children as nodes or text.

type Child = Node | string | null | undefined | false
type Properties = Record<string, unknown>

const place = (element: Element, children: Child[]) => {
  for (const child of children) if (child || child === '') element.append(child)
}

const describe = (element: Element, properties: Properties) => {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value as EventListener)
    else element.setAttribute(name, value === true ? '' : String(value))
  }
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, properties: Properties = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  describe(element, properties)
  place(element, children)
  return element
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K, properties: Properties = {}, ...children: Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag)
  describe(element, properties)
  place(element, children)
  return element
}

const shapes = {
  camera: 'M4 8h3l2-3h6l2 3h3v11H4zM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  close: 'M6 6l12 12M18 6L6 18',
  copy: 'M9 9h10v11H9zM6 15H5V4h10v2',
  download: 'M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 19.5h14',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  fit: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  microphone: 'M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3M6 11a6 6 0 0 0 12 0M12 17v4',
  minus: 'M5 12h14',
  pencil: 'M4 20l1-4L16.5 4.5l3 3L8 19zM14 7l3 3',
  plus: 'M12 5v14M5 12h14',
  text: 'M5 6h14M5 10h14M5 14h9M5 18h11',
  undo: 'M4 9h10a5 5 0 0 1 0 10h-3M4 9l4-4M4 9l4 4',
  warning: 'M12 4l9 16H3zM12 10v5M12 17.5v.5',
}

/** A line drawing that screen readers pass over: the control around it has the name. */
export const icon = (name: keyof typeof shapes) =>
  svg('svg', { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true' }, svg('path', { d: shapes[name] }))

export const replace = (element: Element, ...children: Child[]) => {
  element.replaceChildren()
  place(element, children)
}

const announcer = () => document.getElementById('announcer')!

/** Says a sentence to screen readers; the same sentence twice is said twice. */
export function announce(sentence: string) {
  announcer().textContent = ''
  requestAnimationFrame(() => { announcer().textContent = sentence })
}
