import fc from 'fast-check'
import { RE2JS } from 're2js'
import { describe, expect, test } from 'vitest'
import { failed, type Labels, ok } from '../../src/base/index.ts'
import { type ParsedSelector, parseSelector, type RegexCompiler } from '../../src/traffic/index.ts'

const compileRegex: RegexCompiler = (pattern) => {
  try {
    const compiled = RE2JS.compile(pattern, RE2JS.DOTALL)
    return ok((value) => compiled.matches(value))
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error))
  }
}

function parsed(text: string): ParsedSelector {
  const result = parseSelector(text, compileRegex)
  if (result.kind === 'failed') throw new Error(`${result.error.offset}: ${result.error.message}`)
  return result.value
}

describe('matching', () => {
  const labels: Labels = { service_name: 'checkout', operation: '/v1/pay/card', cloud_provider: 'aws' }
  test.each([
    ['{}', true],
    ['{service_name="checkout"}', true],
    ['{service_name!="checkout"}', false],
    ['{operation=~"/v1/pay.*"}', true],
    ['{operation=~"/v1/pay"}', false],
    ['{operation=~"v1/pay/card"}', false],
    ['{operation!~"/v2/.*"}', true],
    ['{cloud_region=""}', true],
    ['{cloud_region!=""}', false],
    ['{cloud_region=~".*"}', true],
    ['{cloud_region=~".+"}', false],
    ['{cloud_provider=~"aws|gcp",service_name="checkout",}', true],
    ['{cloud_provider=~"aws|gcp",service_name="cart"}', false],
  ])('%s: %s', (text, expected) => expect(parsed(text).matches(labels)).toBe(expected))

  test('agrees with a look at each matcher', () => {
    const value = fc.constantFrom('', 'a', 'b', 'ab', 'a"\\\n', 'é')
    const name = fc.constantFrom('x', 'y', 'z')
    const matcher = fc.record({ name, operator: fc.constantFrom('=', '!=', '=~', '!~'), value })
    fc.assert(
      fc.property(fc.array(matcher, { maxLength: 4 }), fc.dictionary(name, value), (matchers, labels) => {
        const text = `{${matchers
          .map((m) => {
            const written = m.operator.includes('~') ? m.value.replace(/\W/g, '.') : m.value
            return `${m.name}${m.operator}${JSON.stringify(written)}`
          })
          .join(',')}}`
        const naive = matchers.every((m) => {
          const actual = labels[m.name] ?? ''
          if (!m.operator.includes('~')) return (actual === m.value) === (m.operator === '=')
          const pattern = new RegExp(`^(?:${m.value.replace(/\W/g, '.')})$`, 's')
          return pattern.test(actual) === (m.operator === '=~')
        })
        const selector = parsed(text)
        expect(selector.matches(labels)).toBe(naive)
        expect(parsed(selector.text).text).toBe(selector.text)
        expect(parsed(selector.text).matches(labels)).toBe(naive)
      }),
    )
  })
})

describe('reading', () => {
  test('the text is normalised', () => {
    expect(parsed('{ b = \'x\' , a=~`y.*`, "a"!="z" ,}').text).toBe('{a!="z", a=~"y.*", b="x"}')
    expect(parsed('{ }').text).toBe('{}')
  })

  test.each([
    [String.raw`"a\"b"`, 'a"b'],
    [String.raw`'a\'b"c'`, `a'b"c`],
    ['`a\\nb`', 'a\\nb'],
    [String.raw`"\a\b\f\n\r\t\v\\"`, '\x07\b\f\n\r\t\v\\'],
    [String.raw`"\x41\101\u3042\U0001F600"`, 'AAあ😀'],
    [String.raw`"\xe3\x81\x82"`, 'あ'],
    [String.raw`"é😀"`, 'é😀'],
  ])('%s is a string of PromQL', (text, value) =>
    expect(parsed(`{a=${text}}`).matchers[0]?.value).toBe(value),
  )

  test.each([
    ['service="x"', 0, 'begins with {'],
    ['{a="x"', 6, 'no closing }'],
    ['{a="x" b="y"}', 7, 'write , or }'],
    ['{a="x"} or', 8, 'nothing may follow'],
    ['{a}', 2, 'write =, !=, =~ or !~ after the label a'],
    ['{a=x}', 3, 'in quotes'],
    ['{a="x}', 3, 'no closing "'],
    ['{1a="x"}', 1, 'label name'],
    ['{service.name="x"}', 8, 'write service_name'],
    ['{a=~"("}', 4, 'a: '],
    [String.raw`{a="\q"}`, 4, 'no escape'],
    [String.raw`{a="\'"}`, 4, 'no escape'],
    [String.raw`{a="\xff"}`, 8, 'do not spell UTF-8'],
    [String.raw`{a="\ud800"}`, 4, 'no character of Unicode'],
    [String.raw`{a="\x4"}`, 4, 'needs 2 digits'],
    ['{,}', 1, 'label name'],
    ['', 0, 'begins with {'],
  ])('%s fails at %d: %s', (text, offset, message) => {
    const result = parseSelector(text, compileRegex)
    if (result.kind === 'ok') throw new Error(`read as ${result.value.text}`)
    expect(result.error.offset).toBe(offset)
    expect(result.error.message).toContain(message)
  })

  test('whatever is written, it is read or refused with a place', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[{}a-z="'`~!,\\ x1]{0,24}$/), (text) => {
        const result = parseSelector(text, compileRegex)
        if (result.kind === 'failed') {
          expect(result.error.offset).toBeGreaterThanOrEqual(0)
          expect(result.error.offset).toBeLessThanOrEqual(text.length)
        }
      }),
    )
  })
})
