// What the page says: names, reasons and errors as sentences for people.
import type { Field, Modality, Info } from 'plait'

export const percent = (share: number) => `${(100 * share).toFixed(share > 0.995 && share < 0.9995 ? 1 : 0)} %`

export const title = (name: string) => {
  const words = name.replaceAll('_', ' ').replaceAll('.', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

export const modalities: Record<Modality, string> = {
  text: 'the words',
  layout: 'where they stand',
  image: 'how they look',
  audio: 'what was said',
}

const stages: Record<string, string> = {
  fetch: 'Getting ready',
  compile: 'Getting ready',
  load: 'Getting ready',
  open: 'Opening the document',
  render: 'Drawing the page',
  decode: 'Opening the picture',
  detect: 'Finding the lines',
  recognise: 'Reading the words',
  encode: 'Looking at words and places',
  align: 'Lining up the senses',
  fuse: 'Weighing the senses',
  heads: 'Deciding the fields',
}
export const stage = (name: string) => stages[name] ?? title(name)

const reasons: Record<string, string> = {
  not_found: 'It does not seem to be on this page.',
  low_confidence: 'Something is there, but it is too uncertain to be stated.',
  conflict: 'Two readings contradict each other, so neither is stated.',
  modality_missing: 'It would take a sense that was not given, such as the picture.',
}
export const reason = (field: Field) => reasons[field.reason ?? ''] ?? 'It was not found.'

export const value = (field: Field) =>
  field.value === null ? '—' : field.type === 'money' && field.currency ? `${field.currency} ${field.value}` : String(field.value)

const doubts: Record<string, (subjects: string, several: boolean) => string> = {
  low_confidence: (subjects, several) => `${subjects} ${several ? 'are' : 'is'} uncertain.`,
  conflict: (subjects, several) => `${subjects} ${several ? 'have' : 'has'} readings that contradict each other.`,
  not_found: (subjects, several) => `${subjects} ${several ? 'were' : 'was'} not found.`,
  check: (subjects, several) => `${subjects} ${several ? 'do' : 'does'} not hold.`,
}

const list = new Intl.ListFormat('en', { type: 'conjunction' })

/** Reasons such as `low_confidence:total` as sentences, one for each kind. */
export function review(reasons: string[]) {
  const kinds = Map.groupBy(reasons.map((text) => text.split(':')), ([kind]) => kind ?? '')
  return [...kinds].map(([kind, those]) => {
    const names = those.map(([, name]) => title(name ?? '')).filter(Boolean)
    return doubts[kind]?.(list.format(names), names.length > 1) ?? `${title(kind)}${names.length ? ` (${list.format(names)})` : ''}.`
  }).join(' ')
}

export const milliseconds = (ms: number) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`)

export const bytes = (count: number) => (count < 1e6 ? `${Math.round(count / 1e3)} kB` : `${(count / 1e6).toFixed(1)} MB`)

export const threads = (plan: Info) => `${plan.threads} thread${plan.threads === 1 ? '' : 's'}`
