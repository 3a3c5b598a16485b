import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  budgetBar,
  bullet,
  burnDown,
  burnRates,
  type Drawing,
  darkTheme,
  gaps,
  hatch,
  lightTheme,
  spark,
  stateGlyph,
  type Theme,
  toSvg,
  variableTheme,
} from '../../src/charts/index.ts'
import type { SloSeries, State } from '../../src/contract/index.ts'

const states: readonly State[] = ['ok', 'watch', 'burning', 'exhausted', 'unknown']
const theme = lightTheme
const START = 1_790_035_200

/** Every element of a drawing, outermost first. */
function all(drawing: Drawing): Drawing[] {
  return [drawing, ...drawing.children.flatMap((c) => (typeof c === 'string' ? [] : all(c)))]
}

function rects(drawing: Drawing): Drawing[] {
  return all(drawing).filter((d) => d.tag === 'rect')
}

function series(change: Partial<SloSeries> = {}): SloSeries {
  return {
    id: 'checkout',
    scope: {},
    range: { from: START, to: START + 4 * 3600 },
    step: 3600,
    start: [0, 1, 2, 3].map((h) => START + h * 3600),
    good: [100, 100, null, 100],
    bad: [0, 1, null, 50],
    left: [0.9, 0.8, null, -0.2],
    ideal: null,
    burn: [
      { rule: 'page-fast', severity: 'page', factor: 14.4, long: [0, 1, null, 20], short: [0, 2, null, 40] },
    ],
    incidents: [{ id: 'INC-2026-0001', from: START + 3 * 3600, to: null, severity: 'page' }],
    corrections: [],
    ...change,
  }
}

const picture = {
  width: 800,
  height: 300,
  theme,
  label: 'Budget left',
  title: 'Checkout',
  note: '30 d, JST',
  offset: 9 * 3600,
  fonts: 'sans-serif',
}

describe('a drawing as text', () => {
  test('escapes what people wrote', () => {
    const svg = toSvg(spark([0], { width: 10, height: 10, theme, label: '<b> & "q"', even: 1 }))
    expect(svg).toContain('aria-label="&lt;b&gt; &amp; &quot;q&quot;"')
  })

  test('is well formed: every element that opens closes', () => {
    const svg = toSvg(burnDown(series(), { ...picture, state: 'exhausted' }))
    const open = [...svg.matchAll(/<([a-z]+)(?:\s[^<>]*)?(?<!\/)>/g)].map((m) => m[1])
    const close = [...svg.matchAll(/<\/([a-z]+)>/g)].map((m) => m[1])
    const inOrder = (names: (string | undefined)[]): string =>
      names
        .map(String)
        .sort((a, b) => a.localeCompare(b))
        .join(' ')
    expect(inOrder(open)).toBe(inOrder(close))
  })

  test('has no number that is not one', () =>
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.double({ min: -5, max: 1, noNaN: true })), { maxLength: 30 }),
        fc.constantFrom(...states),
        (left, state) => {
          const start = left.map((_, i) => START + i * 3600)
          const known = left.map((v) => (v === null ? null : 10))
          const range = { from: START, to: START + Math.max(1, left.length) * 3600 }
          const svg = toSvg(
            burnDown(series({ range, start, left, good: known, bad: known, incidents: [] }), {
              ...picture,
              state,
            }),
          )
          expect(svg).not.toMatch(/NaN|Infinity|undefined/)
        },
      ),
    ))
})

describe('the spark line', () => {
  const options = { width: 96, height: 20, theme, label: 'last 24 h', even: 0.01 }

  test('tells nothing known from nothing spent', () => {
    const [unknown, none] = rects(spark([null, 0], options))
    expect(unknown?.attributes['fill']).toBe(theme.unknown)
    expect(none?.attributes['fill']).toBe(theme.muted)
  })

  test('colours by the pace: even, faster, sixfold', () => {
    const fills = rects(spark([0.01, 0.011, 0.06], options)).map((r) => r.attributes['fill'])
    expect(fills).toEqual([theme.muted, theme.watch, theme.burning])
  })

  test('never leaves its box, however fast the budget goes', () =>
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })), { maxLength: 48 }),
        (values) => {
          for (const r of rects(spark(values, options))) {
            expect(Number(r.attributes['y'])).toBeGreaterThanOrEqual(0)
            expect(Number(r.attributes['height'])).toBeLessThanOrEqual(20)
          }
        },
      ),
    ))
})

describe('the budget bar', () => {
  const options = { width: 100, height: 10, theme, label: 'left', below: 0.2 }
  const at = (leftRatio: number | null, state: State = 'ok'): Drawing =>
    budgetBar({ state, leftRatio, interval: null }, options)
  const filled = (drawing: Drawing, colour: string): Drawing | undefined =>
    rects(drawing).find((r) => r.attributes['fill'] === colour)

  test('grows from zero to the right by what is left', () => {
    expect(filled(at(0.5), theme.ok)?.attributes).toMatchObject({ x: 20, width: 40 })
  })

  test('grows to the left of zero when overspent, on the same scale, hatched', () => {
    const bar = at(-0.1, 'exhausted')
    expect(filled(bar, theme.exhausted)?.attributes).toMatchObject({ x: 12, width: 8 })
    expect(all(bar).some((d) => d.tag === 'path' && d.attributes['stroke'] === theme.exhausted)).toBe(true)
  })

  test('hatches the whole track when nothing is known', () => {
    const bar = at(null, 'unknown')
    expect(filled(bar, theme.unknown)).toBeUndefined()
    expect(all(bar).some((d) => d.attributes['stroke'] === theme.unknown)).toBe(true)
  })

  test('hatches what partly measured time leaves open', () => {
    const bar = budgetBar({ state: 'ok', leftRatio: 0.5, interval: { low: 0.4, high: 0.6 } }, options)
    expect(filled(bar, theme.surface)?.attributes).toMatchObject({ x: 52, width: 16 })
  })
})

describe('the bullet bar', () => {
  const options = { width: 100, height: 9, theme, label: 'page-fast' }

  test('puts the factor at the same place for every rule', () => {
    for (const factor of [1, 3, 6, 14.4]) {
      const marks = rects(bullet({ long: 0, short: 0, factor, kind: 'calm' }, options))
      expect(marks.at(-1)?.attributes['x']).toBe(59)
    }
  })

  test('reaches the factor exactly when the rate does', () => {
    const [, long] = rects(bullet({ long: 14.4, short: null, factor: 14.4, kind: 'calm' }, options))
    expect(long?.attributes['width']).toBe(60)
  })
})

describe('hatching', () => {
  test('stays inside its box', () =>
    fc.assert(
      fc.property(
        fc.record({
          x: fc.integer({ min: 0, max: 500 }),
          y: fc.integer({ min: 0, max: 500 }),
          width: fc.integer({ min: 0, max: 300 }),
          height: fc.integer({ min: 0, max: 300 }),
        }),
        (box) => {
          const d = String(hatch(box, { stroke: 'red' }).attributes['d'])
          const points = [...d.matchAll(/[ML]([\d.-]+) ([\d.-]+)/g)]
          const outside = points.filter(
            ([, x, y]) =>
              Number(x) < box.x ||
              Number(x) > box.x + box.width ||
              Number(y) < box.y ||
              Number(y) > box.y + box.height,
          )
          expect(outside).toEqual([])
        },
      ),
    ))
})

describe('pictures over time', () => {
  test('break the curve where nothing was measured, and hatch the floor there', () => {
    const svg = toSvg(burnDown(series(), { ...picture, state: 'burning' }))
    const line = /<path d="([^"]+)"[^>]*stroke-width="2"/.exec(svg)?.[1] ?? ''
    expect(line.match(/M/g)).toHaveLength(2)
    expect(gaps(series().start, series().good, 3600)).toEqual([{ from: START + 7200, to: START + 10_800 }])
  })

  test('say why they are empty, in their middle', () => {
    const none = [null, null, null, null]
    const svg = toSvg(
      burnDown(series({ left: none, good: none, bad: none }), {
        ...picture,
        state: 'unknown',
        label: 'No data',
      }),
    )
    expect(svg).toContain('>No data</text>')
  })

  test('write the wall clock of the zone that was asked for', () => {
    const svg = toSvg(burnRates(series(), { ...picture, rule: 'page-fast' }))
    const tokyo = new Intl.DateTimeFormat('en', {
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZone: 'Asia/Tokyo',
    })
    expect(svg).toContain(`>${tokyo.format((START + 3600) * 1000)}</text>`)
    expect(svg).toContain('page-fast 14.4×')
  })

  test('keep an incident that is still open up to the end of the picture', () => {
    const drawing = burnDown(series(), { ...picture, state: 'burning' })
    const band = rects(drawing).find((r) => r.attributes['fill-opacity'] === 0.1)
    expect(Number(band?.attributes['x']) + Number(band?.attributes['width'])).toBe(784)
  })
})

describe('gaps', () => {
  test('and known stretches together are the whole', () =>
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), (known) => {
        const start = known.map((_, i) => i * 60)
        const found = gaps(
          start,
          known.map((k) => (k ? 1 : null)),
          60,
        )
        const missing = found.reduce((n, g) => n + (g.to - g.from) / 60, 0)
        expect(missing).toBe(known.filter((k) => !k).length)
      }),
    ))
})

describe('states', () => {
  test('have shapes of their own, so that colour is never the only sign', () => {
    const shapes = states.map((s) => JSON.stringify(stateGlyph(s, { theme: { ...sameColours } })))
    expect(new Set(shapes).size).toBe(states.length)
  })

  test('stand out from both surfaces by at least 2.8 to 1', () => {
    for (const t of [lightTheme, darkTheme])
      for (const s of states)
        for (const surface of [t.surface, t.raised]) expect(contrast(t[s], surface)).toBeGreaterThan(2.7)
  })

  test('are written as text at 4.5 to 1', () => {
    for (const t of [lightTheme, darkTheme])
      for (const text of [t.text, t.muted, t.accent])
        for (const surface of [t.surface, t.raised]) expect(contrast(text, surface)).toBeGreaterThan(4.5)
  })
})

const sameColours = Object.fromEntries(
  Object.keys(variableTheme).map((k) => [k, 'black']),
) as unknown as Theme

/** WCAG 2.2, relative luminance and contrast ratio. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string): number => {
    const part = (i: number): number => {
      const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
    }
    return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
  }
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}
