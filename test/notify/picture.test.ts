import { expect, test } from 'vitest'
import { picturesOf, type Series, toPng } from '../../src/notify/index.ts'
import { briefOf, START } from './estate.ts'

const STEP = 600
const start = Array.from({ length: 144 }, (_each, i) => START - 86_400 + i * STEP)
const series: Series = {
  id: 'checkout',
  scope: {},
  range: { from: START - 86_400, to: START },
  step: STEP,
  start,
  good: start.map(() => 1_000),
  bad: start.map((_each, i) => (i > 120 ? 15 : 0)),
  left: start.map((_each, i) => (i > 120 ? 0.8 - (i - 120) * 0.016 : 0.8)),
  ideal: null,
  burn: [
    {
      rule: 'page-fast',
      severity: 'page',
      factor: 14.4,
      long: start.map((_each, i) => (i > 120 ? 14.8 : 0.2)),
      short: start.map((_each, i) => (i > 120 ? 16.3 : 0.1)),
    },
  ],
  incidents: [{ id: 'INC-2026-0147', from: START - 14_000, to: null, severity: 'page' }],
  corrections: [],
}
const pair = { window: series, recent: series }

/** Width and height of a PNG. */
const sizeOf = (png: Uint8Array) => {
  const view = new DataView(png.buffer, png.byteOffset)
  return [view.getUint32(16), view.getUint32(20)]
}

test.each(['en', 'ja'])(
  'budget and burn rate become pictures with their numbers in words, %s',
  async (locale) => {
    const pictures = picturesOf(
      briefOf({ locale, name: locale === 'ja' ? '決済の可用性' : 'Checkout' }),
      pair,
    )
    expect(pictures.map(({ name }) => name)).toEqual(['INC-2026-0147-budget.png', 'INC-2026-0147-rate.png'])
    expect(pictures[0]?.alt).toMatch(/42\.1/)
    expect(pictures[1]?.alt).toMatch(/14\.8.*16\.3/)
    for (const { svg } of pictures) {
      const png = await toPng(svg)
      expect(sizeOf(png)).toEqual([1_680, 600])
      expect(png.length).toBeGreaterThan(5_000)
    }
  },
)

test('a character that the font has not would be a box: Japanese ones differ from it and from each other', async () => {
  const drawn = await Promise.all(
    ['障', '害', '\u{10ffff}'].map(async (text) =>
      Buffer.from(
        await toPng(
          `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><text x="4" y="32" font-size="28">${text}</text></svg>`,
        ),
      ).toString('base64'),
    ),
  )
  expect(new Set(drawn).size).toBe(3)
})
