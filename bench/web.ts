// The page in a real browser with its processor slowed down four times: when it can be used, how fast it goes from page to
// page, how it scrolls. `node dist/bench/web.js`; needs the built app and Chromium (NINES_CHROMIUM).

import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core'
import { startFixture } from '../dashboards/web/dev/server.ts'

const CHROMIUM = process.env['NINES_CHROMIUM'] ?? '/usr/bin/chromium'
const root = resolve(import.meta.dirname, '../../dist/web')
const SLOWER = 4
const ROUNDS = 5
const now = Math.floor(Date.UTC(2026, 10, 20, 5, 3) / 1000)

const say = (what: string, took: string): void => console.log(`${what.padEnd(52)} ${took}`)
const ms = (n: number): string => `${n.toFixed(0)} ms`
const at = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ??
  Number.NaN

interface Slow {
  readonly page: Page
  readonly session: CDPSession
}

async function slow(browser: Browser): Promise<Slow> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
  return { page, session }
}

/** From the click on a link to the first frame that shows rows and has nothing left to do. */
async function load(browser: Browser, url: string): Promise<{ shown: number; idle: number }> {
  const { page } = await slow(browser)
  await page.addInitScript(`
    globalThis.__shown = undefined
    new MutationObserver(() => {
      if (globalThis.__shown === undefined && document.querySelector('.fleettable tbody tr'))
        requestAnimationFrame(() => setTimeout(() => { globalThis.__shown ??= performance.now() }))
    }).observe(document, { childList: true, subtree: true })
  `)
  await page.goto(url, { waitUntil: 'commit' })
  const shown = await page.evaluate<number>(
    'new Promise((done) => { const look = () => __shown === undefined ? setTimeout(look, 5) : done(__shown); look() })',
  )
  const idle = await page.evaluate<number>(
    'new Promise((done) => requestIdleCallback(() => done(performance.now())))',
  )
  await page.context().close()
  return { shown, idle }
}

/** A task as the browser traces it: microseconds by the clock, and of processor time. */
interface Traced {
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly tdur?: number
}

/**
 * What the page's main thread had to do until the page could be used, in processor time of this machine: unlike the clock
 * it says the same however busy the machine is. Usable is the first moment with nothing to do after there are rows.
 */
async function work(browser: Browser, url: string): Promise<number> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
  await page.addInitScript(`
    new MutationObserver((_, observer) => {
      if (!document.querySelector('.fleettable tbody tr')) return
      observer.disconnect()
      requestAnimationFrame(() => requestIdleCallback(() => performance.mark('usable')))
    }).observe(document, { childList: true, subtree: true })
  `)
  await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing'] })
  await page.goto(url)
  await page.evaluate(
    "new Promise((done) => { const look = () => performance.getEntriesByName('usable').length > 0 ? done() : setTimeout(look, 20); look() })",
  )
  const trace: { traceEvents: readonly Traced[] } = JSON.parse((await browser.stopTracing()).toString())
  await page.close()
  const usable = trace.traceEvents.find(({ name }) => name === 'usable')
  if (usable === undefined) throw new Error('the trace does not say when the page could be used')
  const tasks = trace.traceEvents.filter(
    ({ name, pid, tid, ts }) =>
      name === 'ThreadControllerImpl::RunTask' && pid === usable.pid && tid === usable.tid && ts < usable.ts,
  )
  return tasks.reduce((n, { tdur }) => n + (tdur ?? 0), 0) / 1_000
}

/** From the key press to the frame in which the other page's heading stands. */
async function changes(browser: Browser, url: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const { page } = await slow(browser)
  await page.goto(url)
  await page.waitForSelector('.fleettable tbody tr')
  const took = new Map<string, number[]>()
  const go = async (name: string, act: string, ready: string): Promise<void> => {
    const n = await page.evaluate<number>(`new Promise((done) => {
      const began = performance.now()
      const look = () => document.querySelector(${JSON.stringify(ready)})
        ? requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)))
        : requestAnimationFrame(look)
      ${act}
      requestAnimationFrame(look)
    })`)
    took.set(name, [...(took.get(name) ?? []), n])
    await page.waitForTimeout(800)
  }
  for (let i = 0; i <= ROUNDS; i++) {
    // The first round fetches the code of the pages; a hand over a link has fetched it before the click.
    if (i === 1) took.clear()
    await go('fleet → promise', `document.querySelector('[data-row]').click()`, '.page.slo h1')
    await go(
      'promise → incidents',
      `document.querySelector('.rail a[href*=incidents]').click()`,
      '.incidentrows, .state.empty',
    )
    await go(
      'incidents → services',
      `document.querySelector('.rail a[href*=services]').click()`,
      '.page.services h1',
    )
    await go('services → fleet', `document.querySelector('.rail a').click()`, '.fleettable tbody tr')
  }
  await page.context().close()
  return took
}

/** Frames while ten thousand rows go by, at full speed of this machine: a slowed one draws no slower here. */
async function scroll(browser: Browser, url: string): Promise<{ fps: number; long: number }> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  await page.goto(url)
  await page.waitForSelector('.fleettable tbody tr', { timeout: 60_000 })
  const answer = await page.evaluate<{ fps: number; long: number }>(`new Promise((done) => {
    const frames = []
    const began = performance.now()
    const step = (t) => {
      frames.push(t)
      scrollBy(0, 120)
      if (performance.now() - began < 4000) requestAnimationFrame(step)
      else {
        const gaps = frames.slice(1).map((f, i) => f - frames[i])
        done({ fps: 1000 * gaps.length / (frames.at(-1) - frames[0]), long: Math.max(...gaps) })
      }
    }
    requestAnimationFrame(step)
  })`)
  await page.close()
  return answer
}

if (!existsSync(CHROMIUM) || !existsSync(resolve(root, 'index.html'))) {
  console.log('Not measured: it takes Chromium (NINES_CHROMIUM) and the built app (npm run build).')
} else {
  const html = readFileSync(resolve(root, 'index.html'), 'utf8')
  const first = [...html.matchAll(/(?:src|href)="\.\/([^"]+\.js)"/g)].map((m) => m[1] ?? '')
  const bytes = first.reduce((n, f) => n + gzipSync(readFileSync(resolve(root, f))).length, 0)
  say('first load, packed JavaScript', `${(bytes / 1024).toFixed(1)} KB in ${first.length} files`)
  const thousand = await startFixture({ root, now, tickMs: 0, scenario: 'thousand' })
  const large = await startFixture({ root, now, tickMs: 0, scenario: 'large' })
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  })
  for (const [name, { url }] of [
    ['fleet of 1,000', thousand],
    ['fleet of 10,000', large],
  ] as const) {
    const took: { shown: number; idle: number }[] = []
    for (let i = 0; i < ROUNDS; i++) took.push(await load(browser, url))
    const idle = took.map((t) => t.idle)
    const worked: number[] = []
    for (let i = 0; i < ROUNDS; i++) worked.push(await work(browser, url))
    say(
      `${name}: work of the main thread`,
      `p50 ${ms(at(worked, 0.5))}; ${SLOWER}× slower ${ms(SLOWER * at(worked, 0.5))}`,
    )
    say(
      `${name}, ${SLOWER}× slower: rows shown, then idle`,
      `p50 ${ms(
        at(
          took.map((t) => t.shown),
          0.5,
        ),
      )}, ${ms(at(idle, 0.5))}; worst ${ms(Math.max(...idle))}`,
    )
  }
  const changed = await changes(browser, thousand.url)
  for (const [name, took] of changed)
    say(`${name}, ${SLOWER}× slower`, `p50 ${ms(at(took, 0.5))}, worst ${ms(Math.max(...took))}`)
  const { fps, long } = await scroll(browser, large.url)
  say('10,000 rows scrolled', `${fps.toFixed(1)} frames a second, longest ${ms(long)}`)
  await browser.close()
  await Promise.all([thousand.close(), large.close()])
}
