import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { operationOf } from '../../src/traffic/index.ts'

describe('the operation of a path', () => {
  test.each([
    ['/', '/'],
    ['', '/'],
    ['/v1/users', '/v1/users'],
    ['/v1/users/', '/v1/users'],
    ['//v1///users', '/v1/users'],
    ['/v1/users/42', '/v1/users/{id}'],
    ['/v1/users/42?token=secret', '/v1/users/{id}'],
    ['/v1/users/42#top', '/v1/users/{id}'],
    ['/o/3f2504e0-4f89-11d3-9a0c-0305e82c3301/items', '/o/{id}/items'],
    ['/blob/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b', '/blob/{id}'],
    ['/s/01ARZ3NDEKTSV4RRFFQ69G5FAV', '/s/{id}'],
    ['/orders/order-10542', '/orders/{id}'],
    ['/customers/cus_9s6XKzkNRiz8i3', '/customers/{id}'],
    ['/u/ada@example.com', '/u/{id}'],
    ['/v2/login-page/iphone-15', '/v2/login-page/iphone-15'],
    ['/static/deadbeef/facade', '/static/deadbeef/facade'],
    ['/shop.v1.Checkout/Pay', '/shop.v1.Checkout/Pay'],
    ['/grpc.health.v1.Health/Check', '/grpc.health.v1.Health/Check'],
    ['http://example.com/a/7', '/a/{id}'],
    ['https://example.com', '/'],
    ['/a/b/c/d/e/f/g/h/i/j/k/l/m/n', '/a/b/c/d/e/f/g/h/i/j/k/l/**'],
    [`/x/${'y'.repeat(80)}`, '/x/{id}'],
  ])('%s → %s', (path, operation) => expect(operationOf(path)).toBe(operation))

  test('patterns of the source win, the first that fits', () => {
    const patterns = ['/v1/users/{user}', '/v1/users/*/cart', '/assets/**', '/v1/users/me']
    expect(operationOf('/v1/users/ada?x=1', patterns)).toBe('/v1/users/{user}')
    expect(operationOf('/v1/users/ada/cart', patterns)).toBe('/v1/users/*/cart')
    expect(operationOf('/assets/css/a.css', patterns)).toBe('/assets/**')
    expect(operationOf('/v1/users/7/orders', patterns)).toBe('/v1/users/{id}/orders')
  })

  // What may stand in a path and in a query, as RFC 3986 says.
  const asked = fc.constantFrom(..."abcXYZ019-._~!$&'()*+,;=:@/?".split(''), '%41', '%2F')
  const segment = fc.string({
    unit: fc.constantFrom(..."abcXYZ019-._~!$&'()*+,;=:@".split(''), '%41', '%2F'),
  })
  const paths = fc.array(segment, { maxLength: 6 }).map((segments) => `/${segments.join('/')}`)

  test('never carries a query, and is found again as itself', () => {
    fc.assert(
      fc.property(paths, fc.string({ unit: asked }), (path, query) => {
        const operation = operationOf(`${path}?${query}`)
        expect(operation).not.toContain('?')
        expect(operationOf(operation)).toBe(operation)
      }),
    )
  })
})
