import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Fleet, Preview, Review } from '../../src/contract/index.ts'
import { loadDefinitions } from '../../src/definitions/index.ts'
import { openPages, type Pages, settle, there } from './pages.ts'

/** Trying, comparing, reviewing: what the pages say is what the API says, and all of it can be done by keyboard. */
let pages: Pages
beforeAll(async () => {
  if (there) pages = await openPages()
})
afterAll(() => pages?.[Symbol.asyncDispose]())

const ask = async <T>(path: string, body?: unknown): Promise<T> => {
  const response = await fetch(`${pages.estate.url}api/v1/${path}`, {
    ...(body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const answer: T = JSON.parse(await response.text())
  return answer
}

describe.skipIf(!there)('a promise that nobody has written yet', () => {
  test('is found from what was seen, tried, and written down, by keyboard alone', async () => {
    const { page, complaints, context } = await pages.visit(pages.estate.url)
    await settle(page)
    await page.keyboard.press('g')
    await page.keyboard.press('t')
    await page.waitForURL(/\/try/)
    await page.waitForSelector('.choices a')
    await tabTo(page, 'checkout edge')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.controls input[type=range]')
    await tabTo(page, 'input[type=range]')
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight')
    await page.waitForURL(/target=99\.99\b/)
    await page.waitForSelector('text=/99.99.% over 30 d would be broken now/')
    const yaml = (await page.textContent('pre.yaml')) ?? ''
    expect(yaml).toContain('objectives: [{ target: 0.9999 }]')
    await tabTo(page, 'Copy')
    await page.keyboard.press('Enter')
    await page.waitForSelector('button:has-text("Copied"), button:has-text("Copy")')
    const source =
      'apiVersion: openslo/v1\nkind: DataSource\nmetadata: { name: edge }\nspec: { type: EnvoyAccessLog, connectionDetails: { path: /var/log/envoy.json } }\n'
    const service = 'apiVersion: openslo/v1\nkind: Service\nmetadata: { name: checkout }\nspec: {}\n'
    const { slos, problems } = loadDefinitions([
      { file: 'a.yaml', text: `${source}---\n${service}---\n${yaml}` },
    ])
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(slos.map(({ slo }) => [slo.id, slo.objectives[0]?.allowed])).toEqual([
      ['checkout-availability', 100],
    ])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('says what the API says, rule by rule', async () => {
    const asked = { slo: 'checkout-availability', scope: {}, target: '99.95' }
    const preview = await ask<Preview>('preview', asked)
    const { page, context } = await pages.visit(
      `${pages.estate.url}try?slo=checkout-availability&target=99.95`,
    )
    await page.waitForSelector('.replay')
    for (const { rule, firings } of preview.rules) {
      const row = await page.locator('.replay tbody tr', { hasText: rule }).textContent()
      const n = firings.length
      expect(row).toContain(n === 0 ? 'never' : n === 1 ? 'once' : `${n} times`)
    }
    await context.close()
  })
})

describe.skipIf(!there)('a review', () => {
  test('has a row for each promise with the numbers of the API, and gives them as a file', async () => {
    const { page, context } = await pages.visit(
      `${pages.estate.url}review?from=1794000000&to=1795000000&tz=utc`,
    )
    await page.waitForSelector('.review .rows')
    const review = await ask<Review>('review?from=1793998800&to=1795003200')
    const rows = await page.locator('.review .scroller tbody tr').allTextContents()
    expect(rows.length).toBe(review.rows.length)
    for (const { name, bad } of review.rows) {
      const row = rows.find((text) => text.startsWith(name)) ?? ''
      expect(row, name).toContain(bad >= 1_000_000 ? 'M' : bad.toLocaleString('en'))
    }
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('text=Download as CSV')])
    expect(file.suggestedFilename()).toBe('review.csv')
    await page.emulateMedia({ media: 'print' })
    expect(await page.locator('.review .screen').isVisible()).toBe(false)
    expect(await page.locator('.rail').isVisible()).toBe(false)
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000)
    await context.close()
  })
})

describe.skipIf(!there)('every page', () => {
  test('of the fleet shows the target, the share and the state that the API gives', async () => {
    const fleet = await ask<Fleet>('slos')
    const { page, context } = await pages.visit(pages.estate.url)
    await settle(page)
    for (const { name, state, target, whole } of fleet.slos) {
      const row = (await page.locator('.fleettable tbody tr', { hasText: name }).textContent()) ?? ''
      expect(row).toContain(state)
      expect(row).toContain(target)
      const left = whole.windows[0]?.budget.leftRatio ?? null
      const shown = left === null ? '–' : `${Math.floor(left * 100 + 1e-7)}`.replace('-', '−')
      expect(row, name).toContain(shown)
    }
    await context.close()
  })

  test('stays readable at twice the size, without scrolling sideways', async () => {
    // A window of 1,280 pixels at 200 % is one of 640.
    const { page, context } = await pages.visit('about:blank', { width: 640, height: 450 })
    for (const path of [
      '',
      'slo/checkout-availability',
      'try?service=checkout&source=edge',
      'review',
      'wall',
      'events',
    ]) {
      await page.goto(`${pages.estate.url}${path}`)
      await settle(page)
      expect(
        await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth'),
        path,
      ).toBeLessThanOrEqual(0)
    }
    await context.close()
  })

  test('compares promises and their clouds on one scale, with its choice in the address', async () => {
    const { page, context } = await pages.visit(`${pages.estate.url}compare`)
    await page.waitForSelector('.state.empty')
    await page.selectOption('select[aria-label="Add a promise"]', 'checkout-availability')
    await page.waitForURL(/slos=checkout-availability/)
    await page.selectOption('select[aria-label="Add a promise"]', 'checkout-availability@cloud_provider=gcp')
    await page.waitForSelector('.compare .u-over')
    expect(await page.locator('.compare tbody tr').allTextContents()).toHaveLength(2)
    await page.click('[aria-label="Remove Checkout availability · gcp"]')
    await page.waitForURL((url) => url.searchParams.get('slos') === 'checkout-availability')
    await context.close()
  })
})

/** Presses Tab until what has the focus reads so, or fits the selector. */
async function tabTo(page: Page, what: string): Promise<void> {
  for (let i = 0; i < 120; i++) {
    await page.keyboard.press('Tab')
    const there = await page.evaluate(
      `(() => { const e = document.activeElement; const t = e.textContent.trim().replace(/\\s+/g, ' '); try { return t === ${JSON.stringify(what)} || e.matches(${JSON.stringify(what)}) } catch { return false } })()`,
    )
    if (there === true) return
  }
  throw new Error(`Tab never reaches ${what}`)
}
