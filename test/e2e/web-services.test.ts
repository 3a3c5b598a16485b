import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPages, type Pages, settle, there } from './pages.ts'

// The pages of services and sources in a real browser: what is failing is found by keyboard, what two sources saw stays
// apart, and what is not known is said.
if (!there)
  console.log('The pages of services are not tested: there is no Chromium. Name one with NINES_CHROMIUM.')

let pages: Pages
beforeAll(async () => {
  if (there) pages = await openPages()
})
afterAll(() => pages?.[Symbol.asyncDispose]())

describe.skipIf(!there)('the pages of services and sources', () => {
  test('goes from the services to the one that fails most, to what fails in it, and to its promise', async () => {
    const { page, complaints, context } = await pages.visit(pages.estate.url)
    await settle(page)
    await page.keyboard.press('g')
    await page.keyboard.press('v')
    await page.waitForSelector('.servicetable')
    expect(await page.getAttribute('th.c-errors', 'aria-sort')).toBe('descending')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.grouprows')
    const first = page.locator('.grouprows tbody th a').first()
    const operation = await first.textContent()
    await first.click()
    await page.waitForURL(/scope=operation/)
    await page.waitForSelector(`h1 .scope:has-text("${operation}")`)
    await page.click('.side .scopes a')
    await page.waitForURL(/\/slo\//)
    await page.click('.about a')
    await page.waitForURL(/\/service\//)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('sees what two sources saw of one service apart, and never added up', async () => {
    const { page, context } = await pages.visit(`${pages.estate.url}services?q=checkout`)
    await page.waitForSelector('.servicetable tbody tr')
    const sources = await page.locator('.servicetable .c-name small').allTextContents()
    expect(sources.toSorted()).toEqual(['edge', 'traces'])
    await page.goto(`${pages.estate.url}service/checkout`)
    await settle(page)
    const count = page.locator('.tiles .tile').first().locator('p')
    const edge = await count.textContent()
    await page.click('.timebar >> text=traces')
    await page.waitForURL(/source=traces/)
    await page.waitForSelector(`.tiles .tile:first-child p:not(:text-is(${JSON.stringify(edge)}))`)
    await context.close()
  })

  test('sorts services by a figure and keeps what is seen in the address', async () => {
    const { page, context } = await pages.visit(`${pages.estate.url}services`)
    await page.waitForSelector('.servicetable tbody tr')
    await page.click('th.c-p95 button')
    await page.waitForURL(/sort=-p95/)
    expect(await page.getAttribute('th.c-p95', 'aria-sort')).toBe('descending')
    await page.click('th.c-p95 button')
    await page.waitForURL(/sort=p95/)
    await page.click('.segments >> text=24h')
    await page.waitForURL(/range=24h/)
    await context.close()
  })

  test('points at one instant of a service in every chart, and opens a trace elsewhere', async () => {
    const { page, context } = await pages.visit(`${pages.estate.url}service/checkout`)
    await page.waitForSelector('.panel .charts .u-over')
    await page.waitForSelector('.link.trace')
    const box = await page.locator('.u-over').first().boundingBox()
    if (box === null) throw new Error('the chart has no box')
    await page.mouse.move(box.x + box.width / 2, box.y + 20)
    expect(await page.locator('.readout[data-pointed]').count()).toBeGreaterThanOrEqual(3)
    const link = page.locator('.link.trace').first()
    expect(await link.getAttribute('href')).toMatch(/^https:\/\/jaeger\.shop\.example\/trace\/[0-9a-f]{32}$/)
    expect(await link.getAttribute('rel')).toBe('noreferrer')
    await context.close()
  })

  test('a service without data says so, one without a past says that, and neither shows a zero', async () => {
    const { page, context } = await pages.visit(`${pages.estate.url}service/inventory`)
    await settle(page)
    expect(await page.textContent('.partial')).toContain('That is not the same as no traffic')
    expect(await page.locator('.tile .big').first().textContent()).toBe('–')
    expect(await page.locator('.nochart').first().textContent()).toContain('Nothing was measured')
    await page.goto(`${pages.estate.url}service/nothing`)
    await page.waitForSelector('text=No source has seen such a service')
    await context.close()
  })

  test('the sources say where the way to the budget breaks, since when, and what to do', async () => {
    const { page, context } = await pages.visit(`${pages.estate.url}sources`)
    await page.waitForSelector('.walk')
    const rack = page.locator('.card.source', { hasText: 'rack-envoy' })
    expect(
      await rack.locator('.walk li').evaluateAll((all) => all.map((e) => e.getAttribute('data-state'))),
    ).toEqual(['wrong', 'waiting', 'well', 'well', 'waiting'])
    expect(await rack.locator('.finding').textContent()).toMatch(
      /refuses the connection.*What to do.*admin port/,
    )
    expect(await page.locator('.checks li').first().getAttribute('data-finding')).toBe('wrong')
    await context.close()
  })
})
