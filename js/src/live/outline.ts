/** The outline of a light page on a darker ground. Pure functions. */

import { area, type Grey } from './quality.js'

type Point = [x: number, y: number]

/** Of the frame: a smaller thing is no page; a larger one fills it. */
const AREA_LEAST = 0.08
const AREA_FILLED = 0.85
/** Of its convex hull: how much a page's light part must fill, and how much four corners must take in. */
const FILL_LEAST = 0.6
const CORNERS_LEAST = 0.9
/** Levels between page and ground. */
const CONTRAST_LEAST = 24
/** Corners are chosen among so many points of the hull. */
const HULL_MOST = 24

/** Four corners clockwise from upper left, in pixels of the picture; null when there is no page. */
export function findOutline(grey: Grey): Point[] | null {
  const { width, height } = grey
  const frame: Point[] = [[0, 0], [width, 0], [width, height], [0, height]] // prettier-ignore
  const { level, contrast } = otsu(grey)
  if (contrast < CONTRAST_LEAST) return null
  const { pixels, edges } = largestPart(grey, level)
  if (pixels > AREA_FILLED * width * height) return frame
  const hull = convexHull(edges)
  const hullArea = area(hull)
  if (hullArea < AREA_LEAST * width * height || pixels < FILL_LEAST * hullArea) return null
  const corners = largestQuad(thin(hull, HULL_MOST))
  if (!corners || area(corners) < CORNERS_LEAST * hullArea) return null
  return clockwise(corners)
}

/** The level that best parts light from dark (Otsu, 1979), and how far their means are apart. */
function otsu(grey: Grey): { level: number; contrast: number } {
  const counts = new Uint32Array(256)
  for (const value of grey.data) counts[value]++
  const total = grey.data.length
  let all = 0
  for (let v = 0; v < 256; v++) all += v * counts[v]
  let best = { level: 128, contrast: 0, between: -1 }
  for (let v = 0, below = 0, sum = 0; v < 255; v++) {
    below += counts[v]
    sum += v * counts[v]
    if (!below || below === total) continue
    const contrast = (all - sum) / (total - below) - sum / below
    const between = below * (total - below) * contrast * contrast
    if (between > best.between) best = { level: v, contrast, between }
  }
  return best
}

/** The largest connected part above the level: how many pixels, and its ends in every row. */
function largestPart({ data, width, height }: Grey, level: number): { pixels: number; edges: Point[] } {
  const seen = new Uint8Array(data.length)
  const stack = new Int32Array(data.length)
  let best = { pixels: 0, left: new Int32Array(0), right: new Int32Array(0) }
  for (let start = 0; start < data.length; start++) {
    if (seen[start] || data[start] <= level) continue
    const left = new Int32Array(height).fill(width)
    const right = new Int32Array(height).fill(-1)
    let pixels = 0
    let top = 0
    const visit = (i: number) => {
      if (seen[i] || data[i] <= level) return
      seen[i] = 1
      stack[top++] = i
    }
    visit(start)
    while (top > 0) {
      const i = stack[--top]
      const x = i % width
      const y = (i - x) / width
      pixels++
      left[y] = Math.min(left[y], x)
      right[y] = Math.max(right[y], x)
      if (x > 0) visit(i - 1)
      if (x < width - 1) visit(i + 1)
      if (y > 0) visit(i - width)
      if (y < height - 1) visit(i + width)
    }
    if (pixels > best.pixels) best = { pixels, left, right }
  }
  const edges: Point[] = []
  best.right.forEach((right, y) => {
    if (right >= 0) edges.push([best.left[y], y], [right + 1, y], [best.left[y], y + 1], [right + 1, y + 1])
  })
  return { pixels: best.pixels, edges }
}

/** Andrew's monotone chain (1979). */
export function convexHull(points: Point[]): Point[] {
  const sorted = [...points].sort(([ax, ay], [bx, by]) => ax - bx || ay - by)
  const half = (input: Point[]) => {
    const chain: Point[] = []
    for (const p of input) {
      while (chain.length > 1 && cross(chain[chain.length - 2], chain[chain.length - 1], p) <= 0) chain.pop()
      chain.push(p)
    }
    chain.pop()
    return chain
  }
  return [...half(sorted), ...half(sorted.reverse())]
}

function cross([ox, oy]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  return (ax - ox) * (by - oy) - (ay - oy) * (bx - ox)
}

/** Drops the point whose corner is flattest, until few enough are left. */
function thin(hull: Point[], most: number): Point[] {
  const points = [...hull]
  while (points.length > most) {
    let flattest = 0
    let least = Infinity
    points.forEach((p, i) => {
      const loss = Math.abs(cross(points[(i || points.length) - 1], p, points[(i + 1) % points.length]))
      if (loss < least) [least, flattest] = [loss, i]
    })
    points.splice(flattest, 1)
  }
  return points
}

/** Of all four points of a convex polygon, in its order. */
function largestQuad(hull: Point[]): Point[] | null {
  const n = hull.length
  let best: Point[] | null = null
  let most = 0
  for (let a = 0; a < n; a++)
    for (let b = a + 1; b < n; b++)
      for (let c = b + 1; c < n; c++)
        for (let d = c + 1; d < n; d++) {
          const quad = [hull[a], hull[b], hull[c], hull[d]]
          const found = area(quad)
          if (found > most) [most, best] = [found, quad]
        }
  return best
}

/** As one sees it, from the corner nearest to the upper left. */
function clockwise(quad: Point[]): Point[] {
  const [cx, cy] = [0, 1].map((axis) => quad.reduce((sum, p) => sum + p[axis], 0) / 4)
  const turned = [...quad].sort((p, q) => Math.atan2(p[1] - cy, p[0] - cx) - Math.atan2(q[1] - cy, q[0] - cx))
  const first = turned.reduce((least, p, i) => (p[0] + p[1] < turned[least][0] + turned[least][1] ? i : least), 0)
  return [...turned.slice(first), ...turned.slice(0, first)]
}
