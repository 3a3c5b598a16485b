import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPages, type Pages, settle, there } from './pages.ts'

/**
 * The built pages in a real browser, against the fixture server, under the strict security policy: that they can be
 * read by everybody, worked by keyboard, and are honest when data is missing or the service is gone.
 */
if (!there) console.log('The web pages are not tested: there is no Chromium. Name one with NINES_CHROMIUM.')

let pages: Pages
beforeAll(async () => {
  if (there) pages = await openPages()
})
afterAll(() => pages?.[Symbol.asyncDispose]())

describe.skipIf(!there)('the pages', () => {
  test('weigh at most 200 KB of packed JavaScript at the first load', () => {
    const html = readFileSync(join(pages.root, 'index.html'), 'utf8')
    const first = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js|boot\.js)"/g)].map(
      (m) => m[1] ?? '',
    )
    const size = (name: string): number => gzipSync(readFileSync(join(pages.root, name))).length
    const all = readdirSync(join(pages.root, 'assets')).filter((n) => n.endsWith('.js'))
    console.log(
      `first load ${kilobytes(first.reduce((n, f) => n + size(f), 0))}, everything ${kilobytes(all.reduce((n, f) => n + size(`assets/${f}`), 0))}`,
    )
    expect(first.length).toBeGreaterThan(1)
    expect(first.reduce((n, f) => n + size(f), 0)).toBeLessThanOrEqual(200 * 1024)
  })

  test('ask no other origin for anything, and break no security policy', async () => {
    const origins = new Set<string>()
    const { page, complaints, context } = await pages.visit('about:blank')
    page.on('request', (r) => origins.add(new URL(r.url()).origin))
    for (const path of [
      '',
      'slo/search-fast',
      'services',
      'service/checkout',
      'incidents/INC-2026-0147',
      'sources',
      'try?service=checkout&source=edge',
      'compare?slos=checkout-availability+search-fast',
      'review',
      'events',
      'wall',
      'dev/gallery',
    ]) {
      await page.goto(pages.estate.url + path)
      await settle(page)
    }
    expect([...origins]).toEqual([new URL(pages.estate.url).origin])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('work under a prefix, and find an id with a slash in it, encoded or not', async () => {
    const fixture = await pages.serve({ prefix: '/tools/nines/' })
    const { page, complaints, context } = await pages.visit(`${fixture.url}slo/catalogue-latency%2Fp-fast`)
    await settle(page)
    expect(await page.textContent('h1')).toContain('Catalogue within 200 ms')
    await page.click('.rail a:first-child')
    await page.click('text=Catalogue within 200 ms')
    await settle(page)
    expect(new URL(page.url()).pathname).toBe('/tools/nines/slo/catalogue-latency/p-fast')
    expect(complaints).toEqual([])
    await context.close()
  })
})

describe.skipIf(!there)('a reader', () => {
  test('goes by keyboard from the fleet to the worst promise, through time, and back', async () => {
    const { page, complaints, context } = await pages.visit(pages.estate.url)
    await settle(page)
    await page.keyboard.press('j')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Checkout availability')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.u-over')
    expect(await page.textContent('h1')).toContain('Checkout availability')
    await page.keyboard.press('+')
    await page.waitForURL(/from=\d+/)
    await page.keyboard.press('0')
    await page.waitForURL((url) => !url.search.includes('from'))
    await page.keyboard.press('g')
    await page.keyboard.press('i')
    await page.waitForURL(/incidents/)
    await page.keyboard.press('t')
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark')
    await page.keyboard.press('l')
    await page.waitForSelector('text=対応中')
    expect(await page.evaluate('document.documentElement.lang')).toBe('ja')
    expect(complaints).toEqual([])
    await context.close()
  })

  test('finds anything from anywhere', async () => {
    const { page, context } = await pages.visit(`${pages.estate.url}sources`)
    await settle(page)
    await page.keyboard.press('Control+k')
    await page.fill('dialog input', 'catalogue 200')
    await page.keyboard.press('Enter')
    await page.waitForURL(/slo\/catalogue-latency/)
    await context.close()
  })

  test('filters, sorts and shares what is seen as an address', async () => {
    const { page, context } = await pages.visit(pages.estate.url)
    await settle(page)
    await page.click('.counter:has-text("watch")')
    await page.waitForURL(/state=watch/)
    expect(await page.locator('tbody tr').count()).toBe(2)
    await page.goto(`${pages.estate.url}?q=checkout&sort=-name`)
    await settle(page)
    expect(await page.locator('[data-row]').allTextContents()).toEqual([
      'Checkout within 300 ms',
      'Checkout availability',
    ])
    expect(await page.getAttribute('th.c-name', 'aria-sort')).toBe('descending')
    await context.close()
  })

  test('drags over a chart to zoom every chart, and back', async () => {
    const { page, context } = await pages.visit(`${pages.estate.url}slo/checkout-availability`)
    await page.waitForSelector('.u-over')
    const box = await page.locator('.u-over').first().boundingBox()
    if (box === null) throw new Error('the chart has no box')
    await page.mouse.move(box.x + 100, box.y + 50)
    await page.mouse.down()
    await page.mouse.move(box.x + 300, box.y + 60, { steps: 5 })
    await page.mouse.up()
    await page.waitForURL(/from=\d+&to=\d+/)
    await page.click('.ranges button:first-child')
    await page.waitForURL((url) => !url.search.includes('from'))
    await context.close()
  })

  test('hears a chart step by step, and sees it as a table', async () => {
    const { page, context } = await pages.visit(`${pages.estate.url}slo/checkout-availability?tz=jst`)
    await page.waitForSelector('.u-over')
    const chart = page.locator('.charts').first()
    expect(await chart.getAttribute('aria-label')).toContain('Budget left over')
    await chart.focus()
    const before = await page.locator('.readout .at').first().textContent()
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    expect(await page.locator('.readout').first().getAttribute('aria-live')).toBe('polite')
    expect(await page.locator('.readout .at').first().textContent()).not.toBe(before)
    await page.locator('[aria-label="Show as table"]').first().click()
    expect(await page.locator('.figures tbody tr').count()).toBeGreaterThan(200)
    await context.close()
  })

  test('acknowledges an incident and leaves a note that everybody sees', async () => {
    const fixture = await pages.serve()
    const { page, context } = await pages.visit(`${fixture.url}incidents/INC-2026-0147`)
    const other = await context.newPage()
    await other.goto(`${fixture.url}incidents/INC-2026-0147`)
    await settle(page)
    expect(await page.locator('button:has-text("Acknowledge")').isDisabled()).toBe(true)
    await page.fill('[autocomplete=name]', 'Yuki')
    await page.click('button:has-text("Acknowledge")')
    await page.waitForSelector('text=Acknowledged by Yuki')
    await page.fill('textarea', 'Rolled back to 1.41')
    await page.click('button:has-text("Add note")')
    await page.waitForSelector('.timeline >> text=Rolled back to 1.41')
    await other.waitForSelector('.timeline >> text=Rolled back to 1.41')
    await context.close()
  })
})

describe.skipIf(!there)('honesty', () => {
  test('a promise without data says so and shows no number for it', async () => {
    const { page, context } = await pages.visit(`${pages.estate.url}slo/inventory-sync`)
    await settle(page)
    expect(await page.textContent('.verdict')).toContain('Nothing was measured')
    expect(await page.textContent('.huge')).toBe('–')
    expect(await page.locator('.nochart').first().textContent()).toContain('Nothing was measured')
    await context.close()
  })

  test('a partly measured promise says between what its budget lies', async () => {
    const { page, context } = await pages.visit(`${pages.estate.url}slo/identity-token-fast`)
    await settle(page)
    expect(await page.textContent('.partial')).toMatch(/Only .* is measured: what is left lies between/)
    await context.close()
  })

  test('a service that does not answer is named, and the page recovers by a button', async () => {
    const { page, context } = await pages.visit('about:blank')
    let down = true
    await page.route('**/api/v1/slos', (r) =>
      down
        ? r.fulfill({
            status: 503,
            contentType: 'application/problem+json',
            body: '{"title":"The store cannot be reached"}',
          })
        : r.continue(),
    )
    await page.goto(pages.estate.url)
    await page.waitForSelector('.state.failed')
    expect(await page.textContent('.state.failed')).toContain(
      'The service answered 503.The store cannot be reached',
    )
    down = false
    await page.click('text=Try again')
    await page.waitForSelector('.fleettable')
    await context.close()
  })

  test('an estate without promises says what to do next', async () => {
    const fixture = await pages.serve({ scenario: 'empty' })
    const { page, context } = await pages.visit(fixture.url)
    await page.waitForSelector('.state.empty')
    expect(await page.textContent('.state.empty')).toContain('nines import')
    await context.close()
  })

  test('figures move by themselves, a lost stream says so, and it comes back', async () => {
    const fixture = await pages.serve({ tickMs: 500 })
    const { page, context } = await pages.visit(fixture.url)
    await page.waitForSelector('.livelight[data-connection=live]')
    await page.route('**/api/v1/stream', (r) => r.abort())
    fixture.dropStreams()
    await page.waitForSelector('.livelight[data-connection=reconnecting]')
    await page.unroute('**/api/v1/stream')
    await page.waitForSelector('.livelight[data-connection=live]', { timeout: 20_000 })
    await page.keyboard.press('.')
    await page.waitForSelector('.livelight[data-connection=paused]')
    await context.close()
  })

  test('ten thousand promises scroll like ten', async () => {
    const fixture = await pages.serve({ scenario: 'large' })
    const { page, context } = await pages.visit(fixture.url)
    await page.waitForSelector('.fleettable tbody tr', { timeout: 60_000 })
    expect(await page.getAttribute('.fleettable', 'aria-rowcount')).toBe('10001')
    expect(await page.locator('.fleettable tbody tr').count()).toBeLessThan(80)
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)')
    await page.waitForSelector('tr[aria-rowindex="10001"]')
    expect(await page.locator('.fleettable tbody tr').count()).toBeLessThan(80)
    await context.close()
  })
})

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`
}
