// Stands in for the `vitest` module while mutants are tested: the same matchers, and tests that are kept in a list.
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  customMatchers,
  GLOBAL_EXPECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect'
import { expect as chaiExpect, use } from 'chai'

use(JestExtend)
use(JestChaiExpect)
use(JestAsymmetricMatchers)

export const expect = Object.assign(
  (value, message) => chaiExpect(value, message),
  chaiExpect,
  globalThis[ASYMMETRIC_MATCHERS_OBJECT],
)
globalThis[GLOBAL_EXPECT] = expect
setState({ assertionCalls: 0 }, expect)
expect.extend(expect, customMatchers)

/**
 * What was declared, `{ id, name, fileName, run }` in order, and where declarations stand. Kept beside the modules, as
 * this one is loaded once for the runner and once for the tests.
 */
export const declared = (globalThis[Symbol.for('nines.declared-tests')] ??= {
  tests: [],
  fileName: '',
  names: [],
})

export function describe(name, declare) {
  declared.names.push(name)
  declare()
  declared.names.pop()
}

export function test(name, run) {
  const title = [...declared.names, name].join(' ')
  declared.tests.push({ id: `${declared.fileName}#${title}`, name: title, fileName: declared.fileName, run })
}

test.each = (rows) => (name, run) => {
  rows.forEach((row, i) => {
    const values = Array.isArray(row) ? row : [row]
    test(`${name} (row ${i + 1})`, () => run(...values))
  })
}

describe.each = (rows) => (name, declare) => {
  rows.forEach((row, i) =>
    describe(`${name} (row ${i + 1})`, () => declare(...(Array.isArray(row) ? row : [row]))),
  )
}
