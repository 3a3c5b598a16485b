import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Fixture, type FixtureOptions, startFixture } from '../../dashboards/web/dev/server.ts'

/**
 * The built pages in a real browser, against the fixture server, under the strict security policy: that they can be
 * read by everybody, worked by keyboard, and are honest when data is missing or the service is gone.
 */
const CHROMIUM = process.env['NINES_CHROMIUM'] ?? '/usr/bin/chromium'
const there = existsSync(CHROMIUM)
if (!there)
  console.log(`The web pages are not tested: there is no ${CHROMIUM}. Name one with NINES_CHROMIUM.`)

const NOW = Date.UTC(2026, 10, 20, 5, 3) / 1000
const app = resolve(import.meta.dirname, '../../dashboards/web')
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let root = ''
let browser: Browser
let estate: Fixture
const opened: Fixture[] = []

async function serve(options: Partial<FixtureOptions> = {}): Promise<Fixture> {
  const fixture = await startFixture({ root, now: NOW, tickMs: 0, ...options })
  opened.push(fixture)
  return fixture
}

interface Visit {
  readonly page: Page
  readonly complaints: string[]
  readonly context: BrowserContext
}

/** A page of its own, with everything that the browser complains about. */
async function visit(
  url: string,
  options: { width?: number; height?: number; locale?: string; reducedMotion?: 'reduce' } = {},
): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 },
    locale: options.locale ?? 'en',
    timezoneId: 'Asia/Tokyo',
    reducedMotion: options.reducedMotion ?? 'no-preference',
    bypassCSP: false,
  })
  context.setDefaultTimeout(10_000)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (m) => {
    if (m.type() === 'error' || m.type() === 'warning') complaints.push(m.text())
  })
  page.on('pageerror', (e) => complaints.push(e.message))
  await page.goto(url)
  return { page, complaints, context }
}

/** Waits until nothing is loading and charts, if any, are drawn. */
async function settle(page: Page): Promise<void> {
  await page.waitForSelector('h1, .state.failed')
  await page.waitForSelector('.state.loading', { state: 'detached' })
  await page.evaluate('document.fonts.ready.then(() => undefined)')
}

beforeAll(async () => {
  if (!there) return
  root = mkdtempSync(join(tmpdir(), 'nines-web-'))
  // The test runner names its own environment; the pages are to be those that ship.
  const environment = process.env['NODE_ENV']
  process.env['NODE_ENV'] = 'production'
  await build({
    configFile: join(app, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: root, emptyOutDir: true },
  })
  process.env['NODE_ENV'] = environment
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  })
  estate = await serve()
})

afterAll(async () => {
  await browser?.close()
  await Promise.all(opened.map((f) => f.close()))
  if (root !== '') rmSync(root, { recursive: true })
})

describe.skipIf(!there)('the pages', () => {
  test('weigh at most 200 KB of packed JavaScript at the first load', () => {
    const html = readFileSync(join(root, 'index.html'), 'utf8')
    const first = [...html.matchAll(/src="\.\/(assets\/[^"]+\.js|boot\.js)"/g)].map((m) => m[1] ?? '')
    const size = (name: string): number => gzipSync(readFileSync(join(root, name))).length
    const all = readdirSync(join(root, 'assets')).filter((n) => n.endsWith('.js'))
    console.log(
      `first load ${kilobytes(first.reduce((n, f) => n + size(f), 0))}, everything ${kilobytes(all.reduce((n, f) => n + size(`assets/${f}`), 0))}`,
    )
    expect(first.length).toBeGreaterThan(1)
    expect(first.reduce((n, f) => n + size(f), 0)).toBeLessThanOrEqual(200 * 1024)
  })

  test('ask no other origin for anything, and break no security policy', async () => {
    const origins = new Set<string>()
    const { page, complaints, context } = await visit('about:blank')
    page.on('request', (r) => origins.add(new URL(r.url()).origin))
    for (const path of [
      '',
      'slo/search-fast',
      'services',
      'service/checkout',
      'incidents/INC-2026-0147',
      'sources',
    ]) {
      await page.goto(estate.url + path)
      await settle(page)
    }
    expect([...origins]).toEqual([new URL(estate.url).origin])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('work under a prefix, and find an id with a slash in it, encoded or not', async () => {
    const fixture = await serve({ prefix: '/tools/nines/' })
    const { page, complaints, context } = await visit(`${fixture.url}slo/catalogue-latency%2Fp-fast`)
    await settle(page)
    expect(await page.textContent('h1')).toContain('Catalogue within 200 ms')
    await page.click('.rail a:first-child')
    await page.click('text=Catalogue within 200 ms')
    await settle(page)
    expect(new URL(page.url()).pathname).toBe('/tools/nines/slo/catalogue-latency/p-fast')
    expect(complaints).toEqual([])
    await context.close()
  })

  test.each([
    ['light', 'en'],
    ['light', 'ja'],
    ['dark', 'en'],
    ['dark', 'ja'],
  ])('have no accessibility fault, %s %s', async (theme, lang) => {
    const empty = await serve({ scenario: 'empty' })
    const broken = await serve({ scenario: 'broken' })
    const places = [
      ['', estate],
      ['?view=grid', estate],
      ['?view=matrix', estate],
      ['?q=nothing+like+this', estate],
      ['slo/checkout-availability', estate],
      ['slo/payments-authorise', estate],
      ['slo/search-fast', estate],
      ['slo/identity-token-fast?scope=cloud_provider%3Drack', estate],
      ['slo/inventory-sync', estate],
      ['services', estate],
      ['services?q=nothing+like+this', estate],
      ['service/checkout', estate],
      ['service/checkout?source=traces&by=reason&clouds=region&show=slow', estate],
      ['service/identity?scope=cloud_provider%3Drack', estate],
      ['service/inventory', estate],
      ['service/nothing', estate],
      ['incidents', estate],
      ['incidents/INC-2026-0147', estate],
      ['incidents/INC-2026-0146', estate],
      ['sources', estate],
      ['nowhere', estate],
      ['slo/nothing', estate],
      ['', empty],
      ['incidents', empty],
      ['sources', empty],
      ['services', empty],
      ['', broken],
      ['incidents', broken],
      ['services', broken],
      ['service/checkout', broken],
    ] as const
    const { page, context } = await visit('about:blank', { reducedMotion: 'reduce', locale: lang })
    const faults: string[] = []
    for (const [path, fixture] of places) {
      await page.goto(`${fixture.url}${path}${path.includes('?') ? '&' : '?'}theme=${theme}&lang=${lang}`)
      await settle(page)
      faults.push(...(await scan(page)).map((f) => `${path}: ${f}`))
    }
    await page.goto(`${estate.url}?theme=${theme}&lang=${lang}`)
    await settle(page)
    for (const key of ['?', '/']) {
      await page.keyboard.press(key)
      await page.waitForSelector('dialog[open]')
      faults.push(...(await scan(page)).map((f) => `dialog ${key}: ${f}`))
      await page.keyboard.press('Escape')
    }
    expect(faults).toEqual([])
    await context.close()
  })

  test.each([320, 390, 768, 1024])('never scroll sideways at %i pixels', async (width) => {
    const { page, context } = await visit('about:blank', { width, height: 800 })
    for (const lang of ['en', 'ja'])
      for (const path of [
        '',
        '?view=grid',
        'slo/checkout-availability',
        'services',
        'service/checkout',
        'incidents',
        'incidents/INC-2026-0147',
        'sources',
      ]) {
        await page.goto(`${estate.url}${path}${path.includes('?') ? '&' : '?'}lang=${lang}`)
        await settle(page)
        const over = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
        expect(over, `${path} ${lang}`).toBeLessThanOrEqual(0)
      }
    await context.close()
  })
})

describe.skipIf(!there)('a reader', () => {
  test('goes by keyboard from the fleet to the worst promise, through time, and back', async () => {
    const { page, complaints, context } = await visit(estate.url)
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
    const { page, context } = await visit(`${estate.url}sources`)
    await settle(page)
    await page.keyboard.press('Control+k')
    await page.fill('dialog input', 'catalogue 200')
    await page.keyboard.press('Enter')
    await page.waitForURL(/slo\/catalogue-latency/)
    await context.close()
  })

  test('filters, sorts and shares what is seen as an address', async () => {
    const { page, context } = await visit(estate.url)
    await settle(page)
    await page.click('.counter:has-text("watch")')
    await page.waitForURL(/state=watch/)
    expect(await page.locator('tbody tr').count()).toBe(2)
    await page.goto(`${estate.url}?q=checkout&sort=-name`)
    await settle(page)
    expect(await page.locator('[data-row]').allTextContents()).toEqual([
      'Checkout within 300 ms',
      'Checkout availability',
    ])
    expect(await page.getAttribute('th.c-name', 'aria-sort')).toBe('descending')
    await context.close()
  })

  test('goes from the services to the one that fails most, to what fails in it, and to its promise', async () => {
    const { page, complaints, context } = await visit(estate.url)
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
    const { page, context } = await visit(`${estate.url}services?q=checkout`)
    await page.waitForSelector('.servicetable tbody tr')
    const sources = await page.locator('.servicetable .c-name small').allTextContents()
    expect(sources.toSorted()).toEqual(['edge', 'traces'])
    await page.goto(`${estate.url}service/checkout`)
    await settle(page)
    const count = page.locator('.tiles .tile').first().locator('p')
    const edge = await count.textContent()
    await page.click('.timebar >> text=traces')
    await page.waitForURL(/source=traces/)
    await page.waitForSelector(`.tiles .tile:first-child p:not(:text-is(${JSON.stringify(edge)}))`)
    await context.close()
  })

  test('sorts services by a figure and keeps what is seen in the address', async () => {
    const { page, context } = await visit(`${estate.url}services`)
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
    const { page, context } = await visit(`${estate.url}service/checkout`)
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

  test('drags over a chart to zoom every chart, and back', async () => {
    const { page, context } = await visit(`${estate.url}slo/checkout-availability`)
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
    const { page, context } = await visit(`${estate.url}slo/checkout-availability?tz=jst`)
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
    const fixture = await serve()
    const { page, context } = await visit(`${fixture.url}incidents/INC-2026-0147`)
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
    const { page, context } = await visit(`${estate.url}slo/inventory-sync`)
    await settle(page)
    expect(await page.textContent('.verdict')).toContain('Nothing was measured')
    expect(await page.textContent('.huge')).toBe('–')
    expect(await page.locator('.nochart').first().textContent()).toContain('Nothing was measured')
    await context.close()
  })

  test('a service without data says so, one without a past says that, and neither shows a zero', async () => {
    const { page, context } = await visit(`${estate.url}service/inventory`)
    await settle(page)
    expect(await page.textContent('.partial')).toContain('That is not the same as no traffic')
    expect(await page.locator('.tile .big').first().textContent()).toBe('–')
    expect(await page.locator('.nochart').first().textContent()).toContain('Nothing was measured')
    await page.goto(`${estate.url}service/nothing`)
    await page.waitForSelector('text=No source has seen such a service')
    await context.close()
  })

  test('the sources say where the way to the budget breaks, since when, and what to do', async () => {
    const { page, context } = await visit(`${estate.url}sources`)
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

  test('a partly measured promise says between what its budget lies', async () => {
    const { page, context } = await visit(`${estate.url}slo/identity-token-fast`)
    await settle(page)
    expect(await page.textContent('.partial')).toMatch(/Only .* is measured: what is left lies between/)
    await context.close()
  })

  test('a service that does not answer is named, and the page recovers by a button', async () => {
    const { page, context } = await visit('about:blank')
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
    await page.goto(estate.url)
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
    const fixture = await serve({ scenario: 'empty' })
    const { page, context } = await visit(fixture.url)
    await page.waitForSelector('.state.empty')
    expect(await page.textContent('.state.empty')).toContain('nines import')
    await context.close()
  })

  test('figures move by themselves, a lost stream says so, and it comes back', async () => {
    const fixture = await serve({ tickMs: 500 })
    const { page, context } = await visit(fixture.url)
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
    const fixture = await serve({ scenario: 'large' })
    const { page, context } = await visit(fixture.url)
    await page.waitForSelector('.fleettable tbody tr', { timeout: 60_000 })
    expect(await page.getAttribute('.fleettable', 'aria-rowcount')).toBe('10001')
    expect(await page.locator('.fleettable tbody tr').count()).toBeLessThan(80)
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)')
    await page.waitForSelector('tr[aria-rowindex="10001"]')
    expect(await page.locator('.fleettable tbody tr').count()).toBeLessThan(80)
    await context.close()
  })
})

async function scan(page: Page): Promise<string[]> {
  // Evaluated by the test's own connection to the browser, which the page's security policy does not concern.
  await page.evaluate(`${axe}; undefined`)
  const found: { id: string; nodes: { html: string; any: { message: string }[] }[] }[] = await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((r) => r.violations)`,
  )
  return found.map(
    (v) =>
      `${v.id}: ${v.nodes
        .slice(0, 3)
        .map((n) => `${n.html.slice(0, 160)} (${n.any[0]?.message ?? ''})`)
        .join(' | ')}`,
  )
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`
}
