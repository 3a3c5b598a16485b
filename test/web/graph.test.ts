import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type GraphEdge, type GraphNode, layoutOf, stepFrom } from '../../dashboards/web/src/graph/layout.ts'

const node = (id: string, more: Partial<GraphNode> = {}): GraphNode => ({
  id,
  kind: 'service',
  name: id,
  state: 'ok',
  leftRatio: 1,
  path: '',
  incident: null,
  cause: false,
  ...more,
})
const edge = (from: string, to: string, burning = false): GraphEdge => ({
  from,
  to,
  perMinute: 60,
  errorShare: 0,
  burning,
})

const SHOP = {
  now: 0,
  nodes: [node('buy'), node('cart'), node('pay', { cause: true, state: 'burning' }), node('bank')],
  edges: [edge('buy', 'cart'), edge('buy', 'pay', true), edge('pay', 'bank'), edge('cart', 'bank')],
}

test('what rests on others stands left of all of them', () => {
  const { placed } = layoutOf(SHOP)
  expect([...placed.values()].map(({ node: { id }, layer }) => [id, layer])).toEqual([
    ['buy', 0],
    ['cart', 1],
    ['pay', 1],
    ['bank', 2],
  ])
})

test('arrow keys follow edges and layers, and B goes to the end of the burning path', () => {
  const layout = layoutOf(SHOP)
  const step = (id: string, to: Parameters<typeof stepFrom>[1]) => stepFrom(id, to, layout, SHOP.edges)
  expect(step('cart', 'right')).toBe('bank')
  expect(step('cart', 'left')).toBe('buy')
  expect(step('cart', 'down')).toBe('pay')
  expect(step('cart', 'up')).toBeUndefined()
  expect(step('buy', 'cause')).toBe('pay')
  expect(step('bank', 'cause')).toBe('pay')
  expect(step('nobody', 'right')).toBeUndefined()
})

test('whatever rests on whatever, each node has a place of its own, and the same graph the same places', () => {
  const graphs = fc
    .array(fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 30 })), { maxLength: 90 })
    .map((pairs) => ({
      now: 0,
      nodes: Array.from({ length: 31 }, (_, i) => node(`n${i}`)),
      edges: pairs.map(([from, to]) => edge(`n${from}`, `n${to}`)),
    }))
  fc.assert(
    fc.property(graphs, (graph) => {
      const layout = layoutOf(graph)
      const places = [...layout.placed.values()].map(({ x, y }) => `${x} ${y}`)
      expect(new Set(places).size).toBe(31)
      expect(layoutOf(graph)).toEqual(layout)
      for (const { x, y } of layout.placed.values()) {
        expect(x + 208).toBeLessThanOrEqual(layout.width)
        expect(y + 32).toBeLessThanOrEqual(layout.height)
      }
    }),
  )
})
