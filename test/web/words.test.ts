import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { en } from '../../dashboards/web/src/words/en.ts'
import { ja } from '../../dashboards/web/src/words/ja.ts'

const app = resolve(import.meta.dirname, '../../dashboards/web/src')

function sources(): { name: string; text: string }[] {
  return readdirSync(app, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && /\.tsx?$/.test(e.name))
    .map((e) => ({ name: e.name, text: readFileSync(join(e.parentPath, e.name), 'utf8') }))
}

test('every text exists in both languages and is not empty', () => {
  expect(Object.keys(ja).toSorted()).toEqual(Object.keys(en).toSorted())
  for (const [key, text] of [...Object.entries(en), ...Object.entries(ja)])
    if (typeof text === 'string') expect(text.trim(), key).not.toBe('')
})

test('Japanese is Japanese: only names and abbreviations are the same in both', () => {
  const same = Object.entries(en).filter(
    ([key, text]) => typeof text === 'string' && Reflect.get(ja, key) === text,
  )
  expect(same.map(([key]) => key).toSorted()).toEqual(['sli', 'zoneUtc'])
})

test('the dictionaries hold no text that no page says', () => {
  const pages = sources()
    .filter(({ name }) => name !== 'en.ts' && name !== 'ja.ts')
    .map(({ text }) => text)
    .join('\n')
  // Words of states, severities and methods are looked up by the value itself, and Meaning after a state's name.
  const byValue =
    /^(ok|watch|burning|exhausted|unknown)(Meaning)?$|^(page|ticket|open|resolved|error|warning|occurrences|timeslices|ratio-timeslices|starting|reading|waiting|failing|stopped|live|connecting|reconnecting|paused|list|grid|matrix|all)$/
  const unused = Object.keys(en).filter(
    (key) => !byValue.test(key) && !pages.includes(`words.${key}`) && !pages.includes(`'${key}'`),
  )
  expect(unused).toEqual([])
})

test('no page has a sentence of its own: texts of elements come from the dictionaries', () => {
  const own = sources()
    .filter(({ name }) => name.endsWith('.tsx'))
    .flatMap(({ name, text }) =>
      [...text.matchAll(/>\s*([A-Z][a-z]+ [a-z][^<>{}]*)</g)].map((m) => `${name}: ${m[1]}`),
    )
  expect(own).toEqual([])
})
