import type uPlot from 'uplot'
import { type Colour, colour } from './colours.ts'

/** What is drawn on a time chart besides its curves. All instants are Unix seconds. */
export interface Marks {
  /** Stretches that had an incident, with its name in the lane above. */
  readonly bands?: readonly { readonly from: number; readonly to: number; readonly label: string }[]
  /** Stretches that nobody measured: a hatched floor. */
  readonly gaps?: readonly { readonly from: number; readonly to: number }[]
  /** Labelled thresholds. */
  readonly lines?: readonly { readonly at: number; readonly label: string; readonly strong?: boolean }[]
  /** Where measuring ends and the future begins. */
  readonly now?: number
  /** The even pace from the last measured bucket to the end of the window. */
  readonly pace?: { readonly from: number; readonly left: number; readonly to: number }
  /** Where the budget goes: from the last known share at the slowest, present and fastest of the measured rates. */
  readonly cone?: Cone
}

export interface Cone {
  readonly from: number
  readonly left: number
  readonly colour: Colour
  /** Share of the budget a second. */
  readonly slow: number
  readonly present: number
  readonly fast: number
  readonly label: string
}

const FONT = '"Inter Variable", "Hiragino Sans", "Noto Sans JP", "Noto Sans CJK JP", sans-serif'

export function fontOf(u: uPlot | undefined, size = 12): string {
  return `${size * (u === undefined ? 1 : ratioOf(u))}px ${FONT}`
}

/** Behind the curves. */
export function drawBehind(u: uPlot, marks: Marks): void {
  const { ctx } = u
  const ratio = ratioOf(u)
  ctx.save()
  let free = u.bbox.left
  for (const band of (marks.bands ?? []).toSorted((a, b) => a.from - b.from)) free = drawBand(u, band, free)
  for (const gap of marks.gaps ?? []) hatchFloor(u, gap, ratio)
  if (marks.now !== undefined) {
    const x = Math.round(u.valToPos(marks.now, 'x', true))
    ctx.fillStyle = colour('muted', 0.05)
    ctx.fillRect(x, u.bbox.top, Math.max(0, u.bbox.left + u.bbox.width - x), u.bbox.height)
  }
  ctx.restore()
}

/** In front of the curves. */
export function drawInFront(u: uPlot, marks: Marks): void {
  const { ctx } = u
  const ratio = ratioOf(u)
  ctx.save()
  if (marks.cone) drawCone(u, marks.cone, ratio)
  if (marks.pace) drawPace(u, marks.pace, ratio)
  for (const line of marks.lines ?? []) {
    const y = Math.round(u.valToPos(line.at, 'y', true)) + 0.5
    if (y < u.bbox.top - 1 || y > u.bbox.top + u.bbox.height + 1) continue
    ctx.strokeStyle = colour('text', line.strong === true ? 0.9 : 0.7)
    ctx.lineWidth = ratio
    ctx.setLineDash(line.strong === true ? [] : [5 * ratio, 3 * ratio])
    ctx.beginPath()
    ctx.moveTo(u.bbox.left, y)
    ctx.lineTo(u.bbox.left + u.bbox.width, y)
    ctx.stroke()
    if (line.label !== '') write(u, line.label, u.bbox.left + 6 * ratio, y - 5 * ratio)
  }
  ctx.restore()
}

/** Gives where the lane above is free again: a label that would run into the one before it is left out. */
function drawBand(u: uPlot, band: { from: number; to: number; label: string }, free: number): number {
  const { ctx, bbox } = u
  const ratio = ratioOf(u)
  const from = Math.max(bbox.left, u.valToPos(band.from, 'x', true))
  const to = Math.min(bbox.left + bbox.width, u.valToPos(band.to, 'x', true))
  if (to < bbox.left || from > bbox.left + bbox.width) return free
  const width = Math.max(2 * ratio, to - from)
  ctx.fillStyle = colour('burning', 0.1)
  ctx.fillRect(from, bbox.top, width, bbox.height)
  ctx.fillStyle = colour('burning')
  ctx.fillRect(from, bbox.top - 3 * ratio, width, 2 * ratio)
  ctx.font = fontOf(u, 11)
  const wide = ctx.measureText(band.label).width
  const start = Math.min(from, bbox.left + bbox.width - wide)
  if (band.label === '' || bbox.top < 16 * ratio || start < free) return free
  ctx.fillStyle = colour('muted')
  ctx.textAlign = 'left'
  ctx.textBaseline = 'alphabetic'
  ctx.fillText(band.label, start, bbox.top - 6 * ratio)
  return start + wide + 8 * ratio
}

function hatchFloor(u: uPlot, gap: { from: number; to: number }, ratio: number): void {
  const { ctx, bbox } = u
  const from = Math.max(bbox.left, u.valToPos(gap.from, 'x', true))
  const to = Math.min(bbox.left + bbox.width, u.valToPos(gap.to, 'x', true))
  if (to <= from) return
  const tall = 8 * ratio
  const floor = bbox.top + bbox.height
  ctx.save()
  ctx.beginPath()
  ctx.rect(from, floor - tall, to - from, tall)
  ctx.clip()
  ctx.strokeStyle = colour('unknown')
  ctx.lineWidth = ratio
  ctx.beginPath()
  for (let x = from - tall; x < to; x += 4 * ratio) {
    ctx.moveTo(x, floor)
    ctx.lineTo(x + tall, floor - tall)
  }
  ctx.stroke()
  ctx.restore()
}

function drawPace(u: uPlot, pace: { from: number; left: number; to: number }, ratio: number): void {
  const { ctx } = u
  ctx.strokeStyle = colour('muted')
  ctx.lineWidth = ratio
  ctx.setLineDash([2 * ratio, 4 * ratio])
  ctx.beginPath()
  ctx.moveTo(u.valToPos(pace.from, 'x', true), u.valToPos(pace.left, 'y', true))
  ctx.lineTo(u.valToPos(pace.to, 'x', true), u.valToPos(0, 'y', true))
  ctx.stroke()
}

function drawCone(u: uPlot, cone: Cone, ratio: number): void {
  const { ctx, bbox } = u
  const end = u.scales['x']?.max ?? cone.from
  const x = (t: number): number => u.valToPos(t, 'x', true)
  const y = (share: number): number => u.valToPos(share, 'y', true)
  const at = (slope: number): number => cone.left - slope * (end - cone.from)
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  ctx.fillStyle = colour(cone.colour, 0.12)
  ctx.beginPath()
  ctx.moveTo(x(cone.from), y(cone.left))
  ctx.lineTo(x(end), y(at(cone.slow)))
  ctx.lineTo(x(end), y(at(cone.fast)))
  ctx.closePath()
  ctx.fill()
  ctx.strokeStyle = colour(cone.colour)
  ctx.lineWidth = 1.5 * ratio
  ctx.setLineDash([3 * ratio, 3 * ratio])
  ctx.beginPath()
  ctx.moveTo(x(cone.from), y(cone.left))
  ctx.lineTo(x(end), y(at(cone.present)))
  ctx.stroke()
  ctx.restore()
  const room = bbox.left + bbox.width - x(cone.from)
  ctx.font = fontOf(u)
  ctx.textAlign = 'right'
  ctx.textBaseline = 'top'
  ctx.fillStyle = colour('text')
  if (ctx.measureText(cone.label).width + 8 * ratio < room)
    ctx.fillText(cone.label, bbox.left + bbox.width - 4 * ratio, bbox.top + 6 * ratio)
}

/** On a plate of the surface's colour, so that a label is readable over anything. */
function write(u: uPlot, text: string, x: number, y: number): void {
  const { ctx } = u
  const ratio = ratioOf(u)
  ctx.setLineDash([])
  ctx.font = fontOf(u)
  ctx.textAlign = 'left'
  ctx.textBaseline = 'alphabetic'
  const width = ctx.measureText(text).width
  ctx.fillStyle = colour('surface', 0.85)
  ctx.fillRect(x - 3 * ratio, y - 11 * ratio, width + 6 * ratio, 15 * ratio)
  ctx.fillStyle = colour('text')
  ctx.fillText(text, x, y)
}

/** Device pixels a CSS pixel: what uPlot multiplies its canvas by. */
function ratioOf(u: uPlot): number {
  return u.width === 0 ? 1 : u.ctx.canvas.width / u.width
}
