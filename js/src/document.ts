/** The document JSON, schema `plait.document/1`: what Plait read, with places and honest probabilities. */

export type Modality = 'text' | 'layout' | 'image' | 'audio'

/** A number from 0 to 1. */
export type Share = number

export type Point = [x: number, y: number]

/** Upper left, upper right, lower right, lower left of the text, in pixels of the upright page. */
export type Polygon = [Point, Point, Point, Point]

export type FieldType = 'text' | 'money' | 'date' | 'address' | 'number'

export type NullReason = 'not_found' | 'low_confidence' | 'conflict' | 'modality_missing'

export interface Field {
  /** Normalised: money and number `1234.50`, date `2018-03-31`. `null` when there is none: see `reason`. */
  value: string | null
  type: FieldType
  /** ISO 4217, of money whose currency the page tells. */
  currency?: string
  /** As printed. */
  text: string | null
  /** Calibrated probability that `value` is right; without a value, that there is none. */
  confidence: Share
  /** 0-based. */
  page: number | null
  polygon: Polygon | null
  /** Indices into the lines of its page. */
  lines: number[]
  /** Share of each modality in the answer; they sum to 1. `null` when it was not measured. */
  evidence: Record<Modality, Share> | null
  /** How far text, layout and image, asked one by one, say that this is the answer: 1 less their Jensen-Shannon divergence. */
  agreement?: Share
  /** Only when `value` is null. */
  reason?: NullReason
}

export interface Cell {
  row: number
  column: number
  row_span: number
  column_span: number
  text: string
  polygon: Polygon
  confidence: Share
  header: boolean
}

export interface Table {
  page: number
  polygon: Polygon
  rows: number
  columns: number
  confidence: Share
  cells: Cell[]
}

export interface Word {
  text: string
  confidence: Share
  polygon: Polygon
}

export interface Line extends Word {
  words: Word[]
}

export interface Page {
  width: number
  height: number
  /** Degrees clockwise by which the picture was turned to become upright. */
  rotation: 0 | 90 | 180 | 270
  lines: Line[]
}

export interface ModalityState {
  present: boolean
  quality: Share
  timestamp_us: number
  /** Mean share of the evidence over the fields found; `null` when it was not measured. */
  contribution: Share | null
}

export interface Check {
  name: string
  passed: boolean
  detail: string
}

/** What was tried, in order. A `server` step also says what was sent, where to and why. */
export interface PathStep {
  step: 'unimodal' | 'fused' | 'server' | 'retrieval'
  ms: number
  confidence: Share
  reason?: FallbackReason
  sent?: { endpoint: string; media_type: string; bytes: number }
  /** One sentence, when the server did not answer with a document. */
  error?: string
}

export type FallbackReason = 'low_confidence' | 'too_slow' | 'not_supported'

export interface Document {
  schema: 'plait.document/1'
  source: { name: string; media_type: string; digest: string; pages: number }
  model: { name: string; version: string; digest: string; embedding_schema: string | null }
  type: { value: string | null; confidence: Share }
  fields: Record<string, Field>
  tables: Table[]
  pages: Page[]
  modalities: Partial<Record<Modality, ModalityState>>
  checks: Check[]
  review: { needed: boolean; reasons: string[] }
  path: PathStep[]
  timing_ms: Record<Stage | 'total', number>
}

/** The stages of a document inside the core. */
export type Stage = 'decode' | 'detect' | 'recognise' | 'encode' | 'align' | 'fuse' | 'heads' | 'tables'
