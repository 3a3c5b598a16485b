import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPages, type Pages, scan, settle, there } from './pages.ts'

/**
 * That every page can be read by everybody: no accessibility fault in any theme, language or state, and nothing that
 * needs scrolling sideways. A page is loaded once and switched from theme to theme as its reader would; with
 * NINES_NIGHTLY=1 every combination is loaded afresh and looked at by every rule.
 */
if (!there) console.log('The web pages are not tested: there is no Chromium. Name one with NINES_CHROMIUM.')

const NIGHTLY = process.env['NINES_NIGHTLY'] === '1'
const THEMES = ['light', 'dark', 'contrast']

const PLACES: Readonly<Record<'usual' | 'empty' | 'broken', readonly string[]>> = {
  usual: [
    '',
    '?view=grid',
    '?view=matrix',
    '?q=nothing+like+this',
    'slo/checkout-availability',
    'slo/payments-authorise',
    'slo/search-fast',
    'slo/identity-token-fast?scope=cloud_provider%3Drack',
    'slo/inventory-sync',
    'services',
    'services?q=nothing+like+this',
    'service/checkout',
    'service/checkout?source=traces&by=reason&clouds=region&show=slow',
    'service/identity?scope=cloud_provider%3Drack',
    'service/inventory',
    'service/nothing',
    'incidents',
    'incidents/INC-2026-0147',
    'incidents/INC-2026-0146',
    'sources',
    'try',
    'try?service=checkout&source=edge',
    'try?slo=payments-authorise&target=99.99',
    'try?service=nothing',
    'compare',
    'compare?slos=checkout-availability+search-fast@cloud_provider%3Daws',
    'review',
    'events',
    'wall',
    'dev/gallery',
    'nowhere',
    'slo/nothing',
  ],
  empty: ['', 'incidents', 'sources', 'services', 'review', 'events', 'try', 'wall'],
  broken: [
    '',
    'incidents',
    'services',
    'service/checkout',
    'review',
    'events',
    'try?service=checkout',
    'compare',
    'wall',
  ],
}

const WIDE = [
  '',
  '?view=grid',
  'slo/checkout-availability',
  'services',
  'service/checkout',
  'incidents',
  'incidents/INC-2026-0147',
  'sources',
  'try?service=checkout&source=edge',
  'compare?slos=checkout-availability+search-fast',
  'review',
  'events',
  'wall',
  'dev/gallery',
]

let pages: Pages
beforeAll(async () => {
  if (there) pages = await openPages()
})
afterAll(() => pages?.[Symbol.asyncDispose]())

const asked = (url: string, path: string, query: string): string =>
  `${url}${path}${path.includes('?') ? '&' : '?'}${query}`

/** Every rule once in each language, the rules of colours in every theme. */
async function look(page: Page, url: string, path: string): Promise<string[]> {
  const faults: string[] = []
  await page.goto(asked(url, path, 'theme=light&lang=en'))
  await settle(page)
  faults.push(...(await scan(page)).map((f) => `${path} light en: ${f}`))
  for (const theme of THEMES.slice(1)) {
    await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`)
    faults.push(...(await scan(page, 'colours')).map((f) => `${path} ${theme} en: ${f}`))
  }
  await page.keyboard.press('l')
  await page.waitForSelector('html[lang=ja]')
  faults.push(...(await scan(page)).map((f) => `${path} ja: ${f}`))
  return faults
}

/** Every rule in every theme and language, each loaded so. */
async function lookAtAll(page: Page, url: string, path: string): Promise<string[]> {
  const faults: string[] = []
  for (const theme of THEMES)
    for (const lang of ['en', 'ja']) {
      await page.goto(asked(url, path, `theme=${theme}&lang=${lang}`))
      await settle(page)
      faults.push(...(await scan(page)).map((f) => `${path} ${theme} ${lang}: ${f}`))
    }
  return faults
}

describe.skipIf(!there)('everybody', () => {
  test.each(['usual', 'empty', 'broken'] as const)(
    'can use every page of an estate that is %s',
    { timeout: NIGHTLY ? 1_800_000 : 300_000 },
    async (scenario) => {
      const { url } = scenario === 'usual' ? pages.estate : await pages.serve({ scenario })
      const { page, context } = await pages.visit('about:blank', { reducedMotion: 'reduce' })
      const faults: string[] = []
      for (const path of PLACES[scenario])
        faults.push(...(await (NIGHTLY ? lookAtAll : look)(page, url, path)))
      expect(faults).toEqual([])
      await context.close()
    },
  )

  test('can use the dialogs, in every theme', async () => {
    const { page, context } = await pages.visit(pages.estate.url, { reducedMotion: 'reduce' })
    await settle(page)
    const faults: string[] = []
    for (const key of ['?', '/']) {
      await page.keyboard.press(key)
      await page.waitForSelector('dialog[open]')
      faults.push(...(await scan(page)).map((f) => `dialog ${key}: ${f}`))
      for (const theme of THEMES) {
        await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`)
        faults.push(...(await scan(page, 'colours')).map((f) => `dialog ${key} ${theme}: ${f}`))
      }
      await page.keyboard.press('Escape')
    }
    expect(faults).toEqual([])
    await context.close()
  })

  test('sees every page without scrolling sideways, from 320 pixels on, in every language', async () => {
    const { page, context } = await pages.visit('about:blank', { reducedMotion: 'reduce' })
    const faults: string[] = []
    for (const path of WIDE) {
      await page.setViewportSize({ width: 320, height: 800 })
      await page.goto(asked(pages.estate.url, path, 'lang=en'))
      await settle(page)
      for (const lang of ['en', 'ja']) {
        if (lang === 'ja') await page.keyboard.press('l')
        await page.waitForSelector(`html[lang=${lang}]`)
        for (const width of [320, 390, 768, 1024]) {
          await page.setViewportSize({ width, height: 800 })
          const over = await overflow(page)
          if (over !== '') faults.push(`${path} ${lang} ${width}: ${over}`)
        }
      }
    }
    expect(faults).toEqual([])
    await context.close()
  })
})

/** By how much the page is too wide for its window, and what sticks out of it; empty when nothing does. */
function overflow(page: Page): Promise<string> {
  return page.evaluate<string>(`(async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
    const over = document.documentElement.scrollWidth - innerWidth
    if (over <= 0) return ''
    const out = [...document.querySelectorAll('main *, header *')]
      .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && e.closest('.scroller') === null)
    const last = out.slice(0, 4).map((e) => e.tagName.toLowerCase() + '.' + (e.getAttribute('class') ?? ''))
    return over + ' px, ' + last.join(' ')
  })()`)
}
