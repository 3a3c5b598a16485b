import type { KeyboardEvent, ReactElement } from 'react'
import { useVoice } from '../shell/voice.ts'
import { type GraphEdge, type GraphNode, type Layout, NODE } from './layout.ts'

const RING = { radius: 10, x: 16 } as const
/** As many characters as fit; the whole name is in the label. */
const FITS = 24

/** The ring is what is left of the budget; the frame says that it burns, and is doubled where it is the cause. */
export function Node({
  node,
  x,
  y,
  entry,
  onKeyDown,
  onOpen,
}: {
  node: GraphNode
  x: number
  y: number
  entry: boolean
  onKeyDown: (event: KeyboardEvent) => void
  onOpen: () => void
}): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const left = node.leftRatio
  const says = [
    `${words.graphKind(node.kind)} ${node.name}: ${words[node.state]}`,
    left === null ? '' : `${words.budgetLeft} ${voice.percent(left)}`,
    node.cause ? words.graphCause : '',
  ].filter((part) => part !== '')
  const around = 2 * Math.PI * RING.radius
  const share = Math.min(1, Math.max(0, left ?? 0))
  const middle = NODE.height / 2
  return (
    <g
      className="node"
      data-id={node.id}
      data-state={node.state}
      data-kind={node.kind}
      data-cause={node.cause || undefined}
      transform={`translate(${x} ${y})`}
      role="link"
      tabIndex={entry ? 0 : -1}
      aria-label={says.join(', ')}
      onKeyDown={onKeyDown}
      onClick={onOpen}
    >
      <rect width={NODE.width} height={NODE.height} rx="6" />
      <circle className="ringback" cx={RING.x} cy={middle} r={RING.radius} />
      <circle
        className="ring"
        cx={RING.x}
        cy={middle}
        r={RING.radius}
        strokeDasharray={`${around * share} ${around}`}
        transform={`rotate(-90 ${RING.x} ${middle})`}
      />
      <text x={RING.x + RING.radius + 10} y={middle + 4}>
        {node.name.length > FITS ? `${node.name.slice(0, FITS - 1)}…` : node.name}
      </text>
      <title>{says.join(' · ')}</title>
    </g>
  )
}

/** As wide as there is traffic, by its order of magnitude; as strong as the share of it that fails. */
export function Edge({ edge, layout }: { edge: GraphEdge; layout: Layout }): ReactElement | null {
  const voice = useVoice()
  const from = layout.placed.get(edge.from)
  const to = layout.placed.get(edge.to)
  if (!from || !to) return null
  const start = { x: from.x + NODE.width, y: from.y + NODE.height / 2 }
  const end = { x: to.x, y: to.y + NODE.height / 2 }
  const bend = Math.max(24, (end.x - start.x) / 2)
  const width = edge.perMinute === null ? 1 : 1 + Math.min(4, Math.log10(1 + edge.perMinute))
  const says =
    edge.perMinute === null
      ? voice.words.graphUnknown
      : voice.words.graphTraffic(voice.count(edge.perMinute), voice.share(edge.errorShare ?? 0))
  return (
    <path
      className="edge"
      data-burning={edge.burning || undefined}
      data-unknown={edge.perMinute === null || undefined}
      d={`M${start.x} ${start.y} C${start.x + bend} ${start.y} ${end.x - bend} ${end.y} ${end.x} ${end.y}`}
      strokeWidth={width}
    >
      <title>{`${from.node.name} → ${to.node.name}: ${says}`}</title>
    </path>
  )
}
