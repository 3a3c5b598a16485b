import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unixSeconds } from '../../src/base/index.ts'
import { createSlackEmulator } from '../../src/cli/dev/slack/index.ts'
import { mrkdwnToHtml } from '../../src/cli/dev/slack/mrkdwn.ts'
import { renderLines, renderSlack } from '../../src/notify/index.ts'
import { briefOf, START } from '../notify/estate.ts'
import { runs } from '../property-runs.ts'
import { createTestWorld } from '../world.ts'

const HOME = 'http://127.0.0.1:8080/dev/slack'

async function withMessages() {
  const world = createTestWorld({ start: START })
  const emulator = createSlackEmulator(world, {
    workspace: { channels: ['inc-checkout', { name: 'inc-search', topic: 'Search' }] },
  })
  const call = async (method: string, args: object): Promise<{ ts: string }> => {
    const response = await emulator.handle(
      new Request(`${HOME}/api/${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer xoxb-any' },
        body: JSON.stringify(args),
      }),
    )
    return (await response.json()) as { ts: string }
  }
  const brief = briefOf()
  const { ts } = await call('chat.postMessage', { channel: 'inc-checkout', ...renderSlack(brief) })
  const lines = renderLines(brief, [{ reason: 'first', at: unixSeconds(START) }])
  await call('chat.postMessage', { channel: 'inc-checkout', ...lines, thread_ts: ts })
  const page = async (query = ''): Promise<string> =>
    (await emulator.handle(new Request(`${HOME}${query}`))).text()
  return { emulator, call, page, ts, world }
}

test('the newest headline stands in the first lines of the page', async () => {
  const { page } = await withMessages()
  const head = (await page()).split('\n').slice(0, 10).join('\n')
  expect(head).toContain('PAGE · Checkout availability: Burning 14.8× in gcp: budget gone in 41 h')
})

test('the page shows blocks, the thread, and times that a script may put into the reader’s zone', async () => {
  const { page, ts, call } = await withMessages()
  await call('chat.update', { channel: 'CINCCHECKOUT', ts, ...renderSlack(briefOf()) })
  const html = await page()
  expect(html).toContain('<h3 class="b-header"><i class="emoji red">🔴</i> PAGE · payments')
  expect(html).toContain('<strong>Burning 14.8× in gcp: budget gone in 41 h</strong>')
  expect(html).toContain('<code>us-central1 POST /v1/pay 5xx</code>')
  expect(html).toContain('<a class="button" href="http://127.0.0.1:8080/incidents/INC-2026-0147"')
  expect(html).toMatch(/<time data-unix="1790147600" data-format="\{date_short_pretty\} \{time\}">/)
  expect(html).toContain('1 reply')
  expect(html).toContain('(edited')
  expect(html).toContain('<aside aria-label="Thread">')
  expect(await page('?channel=CINCCHECKOUT&thread=none')).not.toContain('<aside')
  expect(await page('?channel=inc-search')).toContain('Nothing has been said here yet')
})

test('the page has nothing inline and nothing from elsewhere, and its parts are served', async () => {
  const { emulator, page } = await withMessages()
  const html = await page()
  expect(html).not.toMatch(/<script(?![^>]*src=)|<style|style=|\son\w+=/)
  const response = await emulator.handle(new Request(HOME))
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  for (const [file, type] of [
    ['slack.css', 'text/css'],
    ['slack.js', 'text/javascript'],
    ['avatar.svg', 'image/svg+xml'],
    ['state.json', 'application/json'],
  ]) {
    const part = await emulator.handle(new Request(`${HOME}/${file}`))
    expect([part.status, part.headers.get('content-type')]).toEqual([200, `${type}; charset=utf-8`])
  }
  expect((await emulator.handle(new Request(`${HOME}/../../etc/passwd`))).status).toBe(404)
})

test('a page that watches sees that something has changed', async () => {
  const { emulator } = await withMessages()
  const revision = async () =>
    ((await (await emulator.handle(new Request(`${HOME}/state.json`))).json()) as { revision: number })
      .revision
  const before = await revision()
  emulator.people.say('inc-checkout', 'U0AYA', 'on it')
  expect(await revision()).toBe(before + 1)
})

test.each([
  ['*bold* and _it_ and ~no~', '<strong>bold</strong> and <em>it</em> and <s>no</s>'],
  [
    '`a*b*c` <https://a.example/x|a *b*>',
    '<code>a*b*c</code> <a href="https://a.example/x" rel="noopener noreferrer">a <strong>b</strong></a>',
  ],
  [
    '<!channel> <@U1|aya> <#C1|inc>',
    '<span class="mention">@channel</span> <span class="mention">@aya</span> <span class="mention">#inc</span>',
  ],
  ['&lt;!channel&gt; &amp;', '&lt;!channel&gt; &amp;'],
  [
    '*a <https://a.example/|b> c*',
    '<strong>a <a href="https://a.example/" rel="noopener noreferrer">b</a> c</strong>',
  ],
  ['snake_case_name 2*3*4', 'snake_case_name 2*3*4'],
  ['> said\nnext', '<q>said</q><br>next'],
  ['```\ncode *x*```', '<pre><code>code *x*</code></pre>'],
  ['<javascript:alert(1)|x>', 'x'],
])('markup: %s', (text, html) => expect(mrkdwnToHtml(text)).toBe(html))

test('whatever is said, the page is safe', () => {
  const pieces = fc.constantFrom(
    '<',
    '>',
    '|',
    '*',
    '_',
    '`',
    '```',
    '&',
    '"',
    "'",
    '<script>',
    '<!date^1^{x}|',
    '<https://a"onx=',
    'a',
    '\n',
    '\ue000',
    '0\ue001',
    '&lt;img src=x onerror=y&gt;',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      const html = mrkdwnToHtml(parts.join(''))
      const tags = [...html.matchAll(/<(\/?[a-z]+)([^>]*)>/g)]
      for (const [, name = '', attributes = ''] of tags) {
        expect(
          ['strong', 'em', 's', 'code', 'pre', 'q', 'br', 'a', 'span', 'time', 'i'].includes(
            name.replace('/', ''),
          ),
        ).toBe(true)
        expect(attributes.replace(/ (href|rel|class|data-unix|data-format)="[^"<>]*"/g, '')).toBe('')
      }
      expect(html.replace(/<\/?[a-z]+(?: [^<>]*)?>/g, '')).not.toMatch(/[<>]/)
    }),
    runs(2),
  )
})
