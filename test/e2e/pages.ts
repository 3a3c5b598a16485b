import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { type Fixture, type FixtureOptions, startFixture } from '../../dashboards/web/dev/server.ts'

const CHROMIUM = process.env['NINES_CHROMIUM'] ?? '/usr/bin/chromium'
/** Whether there is a browser to drive. */
export const there: boolean = existsSync(CHROMIUM)

const NOW = Date.UTC(2026, 10, 20, 5, 3) / 1000
const app = resolve(import.meta.dirname, '../../dashboards/web')
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export interface Visit {
  readonly page: Page
  /** Everything that the browser complains about. */
  readonly complaints: string[]
  readonly context: BrowserContext
}

export interface VisitOptions {
  readonly width?: number
  readonly height?: number
  readonly locale?: string
  readonly reducedMotion?: 'reduce'
}

/** The pages that ship, served with made-up answers, and a browser to see them with. */
export interface Pages extends AsyncDisposable {
  /** The built app. */
  readonly root: string
  /** The usual estate. */
  readonly estate: Fixture
  readonly serve: (options?: Partial<FixtureOptions>) => Promise<Fixture>
  /** A page of its own. */
  readonly visit: (url: string, options?: VisitOptions) => Promise<Visit>
}

export async function openPages(): Promise<Pages> {
  const root = mkdtempSync(join(tmpdir(), 'nines-web-'))
  // The test runner names its own environment; the pages are to be those that ship.
  const environment = process.env['NODE_ENV']
  process.env['NODE_ENV'] = 'production'
  await build({
    configFile: join(app, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: root, emptyOutDir: true },
  })
  process.env['NODE_ENV'] = environment
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  })
  const opened: Fixture[] = []
  const serve = async (options: Partial<FixtureOptions> = {}): Promise<Fixture> => {
    const fixture = await startFixture({ root, now: NOW, tickMs: 0, ...options })
    opened.push(fixture)
    return fixture
  }
  return {
    root,
    estate: await serve(),
    serve,
    visit: (url, options) => visit(browser, url, options),
    [Symbol.asyncDispose]: async () => {
      await browser.close()
      await Promise.all(opened.map((fixture) => fixture.close()))
      rmSync(root, { recursive: true })
    },
  }
}

async function visit(browser: Browser, url: string, options: VisitOptions = {}): Promise<Visit> {
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
export async function settle(page: Page): Promise<void> {
  await page.waitForSelector('h1, .state.failed')
  // The gallery shows what waiting looks like, for ever.
  await page.waitForSelector('.state.loading:not(.gallery *)', { state: 'detached' })
  await page.evaluate('document.fonts.ready.then(() => undefined)')
}

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** What only colours decide, so that a page in another theme need not be looked at whole again. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block']

/** What keeps somebody from using the page as it is now: by every rule, or by those of its colours alone. */
export async function scan(page: Page, rules: 'all' | 'colours' = 'all'): Promise<string[]> {
  // Evaluated by the test's own connection to the browser, which the page's security policy does not concern.
  if (!(await page.evaluate<boolean>(`'axe' in globalThis`))) await page.evaluate(`${axe}; undefined`)
  const only = rules === 'all' ? { runOnly: TAGS } : { runOnly: { type: 'rule', values: COLOUR_RULES } }
  const options = JSON.stringify({ ...only, resultTypes: ['violations'] })
  const found: { id: string; nodes: { html: string; any: { message: string }[] }[] }[] = await page.evaluate(
    `axe.run(document, ${options}).then((r) => r.violations)`,
  )
  return found.map(
    (v) =>
      `${v.id}: ${v.nodes
        .slice(0, 3)
        .map((n) => `${n.html.slice(0, 160)} (${n.any[0]?.message ?? ''})`)
        .join(' | ')}`,
  )
}
