import type { SloSeries, State } from '../contract/index.ts'
import { canvas, type Drawing, element, px } from './drawing.ts'
import { band, type Frame, frameOf, furniture, type PictureOptions } from './frame.ts'
import { hatch } from './hatch.ts'
import { areaPath, gaps, linePath } from './path.ts'
import { at } from './scale.ts'

/**
 * The budget left over time as a picture: the curve, zero as a line, the even pace where the window has one, incidents
 * as bands, unmeasured time as a gap with a hatched floor.
 */
export function burnDown(series: SloSeries, options: PictureOptions & { state: State }): Drawing {
  const known = series.left.filter((v) => v !== null)
  const low = Math.min(0, ...known)
  const high = Math.max(1, ...known)
  const frame = frameOf(options, series.range, { low: low < 0 ? low * 1.05 : 0, high })
  const ends = series.start.map((s) => s + series.step)
  const { theme } = options
  const stroke = theme[options.state]
  const zero = px(at(frame.y, 0))
  return canvas(options, options.label, [
    ...furniture(frame, options, (v) => `${Math.round(v * 100)} %`),
    ...incidentBands(series, frame, options),
    ...unmeasured(series, frame, options),
    element('path', {
      d: areaPath(ends, series.left, { ...frame, level: 0 }),
      fill: stroke,
      'fill-opacity': 0.14,
    }),
    series.ideal === null
      ? undefined
      : element('path', {
          d: linePath(ends, series.ideal, frame),
          stroke: theme.muted,
          'stroke-width': 1,
          'stroke-dasharray': '2 4',
          fill: 'none',
        }),
    element('path', { d: linePath(ends, series.left, frame), stroke, 'stroke-width': 2, fill: 'none' }),
    element('path', { d: `M${frame.x.start} ${zero}H${frame.x.end}`, stroke: theme.text, 'stroke-width': 1 }),
    known.length > 0 ? undefined : nothing(frame, options),
  ])
}

/**
 * The burn rate of one rule over time as a picture: long window wide, short window thin, the factor as a labelled line.
 */
export function burnRates(series: SloSeries, options: PictureOptions & { rule: string }): Drawing {
  const burn = series.burn.find((b) => b.rule === options.rule)
  const known = [...(burn?.long ?? []), ...(burn?.short ?? [])].filter((v) => v !== null)
  const factor = burn?.factor ?? 1
  const frame = frameOf(options, series.range, { low: 0, high: Math.max(factor * 1.25, ...known) })
  const ends = series.start.map((s) => s + series.step)
  const { theme } = options
  const line = px(at(frame.y, factor))
  return canvas(options, options.label, [
    ...furniture(frame, options, (v) => `${v}×`),
    ...incidentBands(series, frame, options),
    ...unmeasured(series, frame, options),
    element('path', {
      d: linePath(ends, burn?.short ?? [], frame),
      stroke: theme.muted,
      'stroke-width': 1,
      fill: 'none',
    }),
    element('path', {
      d: linePath(ends, burn?.long ?? [], frame),
      stroke: theme.burning,
      'stroke-width': 2,
      fill: 'none',
    }),
    element('path', {
      d: `M${frame.x.start} ${line}H${frame.x.end}`,
      stroke: theme.text,
      'stroke-width': 1,
      'stroke-dasharray': '6 3',
    }),
    element(
      'text',
      {
        // What burns does so at the right end, so the label stands at the left, on a ground of its own.
        x: frame.x.start + 6,
        y: line - 5,
        'font-family': options.fonts,
        'font-size': 12,
        fill: theme.text,
        stroke: theme.surface,
        'stroke-width': 4,
        'stroke-linejoin': 'round',
        'paint-order': 'stroke',
      },
      [`${burn?.rule ?? options.rule} ${factor}×`],
    ),
    known.length > 0 ? undefined : nothing(frame, options),
  ])
}

function incidentBands(series: SloSeries, frame: Frame, { theme }: PictureOptions): Drawing[] {
  return series.incidents.map((incident) => {
    const box = band(frame, incident.from, incident.to ?? series.range.to)
    return element('g', {}, [
      element('rect', { ...box, fill: theme.burning, 'fill-opacity': 0.1 }),
      element('rect', { x: box.x, y: box.y, width: Math.max(2, box.width), height: 2, fill: theme.burning }),
    ])
  })
}

function unmeasured(series: SloSeries, frame: Frame, { theme }: PictureOptions): Drawing[] {
  return gaps(series.start, series.good, series.step).map(({ from, to }) => {
    const box = band(frame, from, to)
    return hatch({ ...box, y: frame.y.start - 6, height: 6 }, { stroke: theme.unknown, spacing: 4 })
  })
}

function nothing(frame: Frame, { theme, fonts, label }: PictureOptions): Drawing {
  return element(
    'text',
    {
      x: (frame.x.start + frame.x.end) / 2,
      y: (frame.y.start + frame.y.end) / 2,
      'text-anchor': 'middle',
      'font-family': fonts,
      'font-size': 14,
      fill: theme.muted,
    },
    [label],
  )
}
