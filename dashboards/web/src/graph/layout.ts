import type { DependencyGraph } from '../../../../src/contract/index.ts'

export type GraphNode = DependencyGraph['nodes'][number]
export type GraphEdge = DependencyGraph['edges'][number]

export interface Placed {
  readonly node: GraphNode
  readonly layer: number
  /** From the top of its layer. */
  readonly row: number
  readonly x: number
  readonly y: number
}

export interface Layout {
  readonly placed: ReadonlyMap<string, Placed>
  /** By layer, top to bottom. */
  readonly layers: readonly (readonly string[])[]
  readonly width: number
  readonly height: number
}

export const NODE = { width: 208, height: 32, gapX: 76, gapY: 12, margin: 24 } as const
const SWEEPS = 4

/**
 * What rests on others stands left of them: a node's layer is the longest way to it. Inside a layer nodes stand near
 * what they are joined to (the mean of their neighbours, swept to and fro), which keeps edges from crossing. The same
 * graph is always drawn in the same way.
 */
export function layoutOf({ nodes, edges }: DependencyGraph): Layout {
  const layerOf = layersOf(nodes, edges)
  const layers: string[][] = []
  for (const { id } of nodes) {
    const layer = layerOf.get(id) ?? 0
    layers[layer] = [...(layers[layer] ?? []), id]
  }
  const out = neighbours(edges, 'from', 'to')
  const into = neighbours(edges, 'to', 'from')
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const forward = sweep % 2 === 0
    const order = forward ? layers.keys() : [...layers.keys()].reverse()
    const rows = rowsOf(layers)
    for (const i of order) {
      const layer = layers[i]
      if (!layer) continue
      layers[i] = sorted(layer, forward ? into : out, rows)
      for (const [row, id] of (layers[i] ?? []).entries()) rows.set(id, row)
    }
  }
  return place(nodes, layers)
}

/** The longest way from any node that nothing rests on; a way that leads back is not followed twice. */
function layersOf(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): ReadonlyMap<string, number> {
  const into = neighbours(edges, 'to', 'from')
  const layers = new Map<string, number>()
  const under = new Set<string>()
  const layerOf = (id: string): number => {
    const known = layers.get(id)
    if (known !== undefined) return known
    if (under.has(id)) return 0
    under.add(id)
    const layer = Math.max(0, ...(into.get(id) ?? []).map((before) => layerOf(before) + 1))
    under.delete(id)
    layers.set(id, layer)
    return layer
  }
  for (const { id } of nodes) layerOf(id)
  return layers
}

function neighbours(
  edges: readonly GraphEdge[],
  of: 'from' | 'to',
  other: 'from' | 'to',
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const edge of edges) {
    const known = found.get(edge[of])
    if (known) known.push(edge[other])
    else found.set(edge[of], [edge[other]])
  }
  return found
}

function rowsOf(layers: readonly (readonly string[])[]): Map<string, number> {
  return new Map(layers.flatMap((layer) => layer.map((id, row) => [id, row] as const)))
}

function sorted(
  layer: readonly string[],
  near: ReadonlyMap<string, readonly string[]>,
  rows: ReadonlyMap<string, number>,
): string[] {
  const weights = new Map(
    layer.map((id, row) => {
      const others = (near.get(id) ?? []).map((other) => rows.get(other) ?? 0)
      return [id, others.length === 0 ? row : others.reduce((a, b) => a + b, 0) / others.length] as const
    }),
  )
  return layer.toSorted((a, b) => (weights.get(a) ?? 0) - (weights.get(b) ?? 0))
}

function place(nodes: readonly GraphNode[], layers: readonly (readonly string[])[]): Layout {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const tallest = Math.max(1, ...layers.map((layer) => layer.length))
  const { width, height, gapX, gapY, margin } = NODE
  const total = tallest * (height + gapY) - gapY
  const placed = new Map<string, Placed>()
  for (const [i, layer] of layers.entries()) {
    const own = layer.length * (height + gapY) - gapY
    for (const [row, id] of layer.entries()) {
      const node = byId.get(id)
      if (!node) continue
      const x = margin + i * (width + gapX)
      const y = margin + (total - own) / 2 + row * (height + gapY)
      placed.set(id, { node, layer: i, row, x, y })
    }
  }
  return {
    placed,
    layers,
    width: 2 * margin + layers.length * (width + gapX) - gapX,
    height: 2 * margin + total,
  }
}

export type Step = 'left' | 'right' | 'up' | 'down' | 'cause'

/** Where a step leads: along an edge, beside it in its layer, or down the burning path; undefined: nowhere. */
export function stepFrom(
  id: string,
  step: Step,
  layout: Layout,
  edges: readonly GraphEdge[],
): string | undefined {
  const here = layout.placed.get(id)
  if (!here) return undefined
  const nearest = (ids: readonly string[]): string | undefined =>
    ids.toSorted(
      (a, b) =>
        Math.abs((layout.placed.get(a)?.y ?? 0) - here.y) - Math.abs((layout.placed.get(b)?.y ?? 0) - here.y),
    )[0]
  switch (step) {
    case 'right':
      return nearest(edges.filter(({ from }) => from === id).map(({ to }) => to))
    case 'left':
      return nearest(edges.filter(({ to }) => to === id).map(({ from }) => from))
    case 'up':
      return layout.layers[here.layer]?.[here.row - 1]
    case 'down':
      return layout.layers[here.layer]?.[here.row + 1]
    case 'cause':
      return causeOf(id, layout, edges)
    default:
      return step satisfies never
  }
}

/** The end of the burning path from here; from what does not burn, the first cause there is. */
function causeOf(id: string, layout: Layout, edges: readonly GraphEdge[]): string | undefined {
  const seen = new Set<string>()
  let at = id
  for (;;) {
    seen.add(at)
    const next = edges.find(({ from, to, burning }) => from === at && burning && !seen.has(to))?.to
    if (next === undefined) break
    at = next
  }
  if (at !== id) return at
  return [...layout.placed.values()].find(({ node }) => node.cause)?.node.id
}
