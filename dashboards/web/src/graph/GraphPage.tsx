import './graph.css'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, type ReactElement, useEffect, useMemo, useRef } from 'react'
import type { DependencyGraph } from '../../../../src/contract/index.ts'
import { graphQuery } from '../api/queries.ts'
import { Empty, Failed, Loading, PageState } from '../shell/States.tsx'
import { useTitle } from '../shell/title.ts'
import { useVoice } from '../shell/voice.ts'
import { EdgeTable } from './EdgeTable.tsx'
import { type GraphNode, layoutOf, type Step, stepFrom } from './layout.ts'
import { Edge, Node } from './parts.tsx'

export interface GraphSearch {
  /** The node that is chosen. */
  readonly at?: string
}

const route = getRouteApi('/graph')

const STEPS: Readonly<Record<string, Step>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  b: 'cause',
  B: 'cause',
}

/** What rests on what, from what users do on the left to what carries it on the right. */
export function GraphPage(): ReactElement {
  const { words } = useVoice()
  const answer = useQuery(graphQuery)
  useTitle(words.graph)
  if (answer.data === undefined)
    return (
      <PageState title={words.graph}>
        {answer.isPending ? (
          <Loading height={480} />
        ) : (
          <Failed cause={answer.error} onRetry={() => void answer.refetch()} />
        )}
      </PageState>
    )
  return (
    <div className="page graph">
      <h1 className="sentence">{words.graphTitle}</h1>
      {answer.data.nodes.length === 0 ? (
        <Empty next={words.journeysNext}>{words.graphNone}</Empty>
      ) : (
        <Drawing graph={answer.data} />
      )}
    </div>
  )
}

function Drawing({ graph }: { graph: DependencyGraph }): ReactElement {
  const { words } = useVoice()
  const { at } = route.useSearch()
  const navigate = useNavigate()
  const canvas = useRef<SVGSVGElement>(null)
  // A layout is of who is there and who is joined, not of how they fare.
  const shape = graph.nodes.map(({ id }) => id).join() + graph.edges.map(({ from, to }) => from + to).join()
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- The shape stands for the graph.
  const layout = useMemo(() => layoutOf(graph), [shape])
  const byId = useMemo(() => new Map(graph.nodes.map((node) => [node.id, node])), [graph])
  const chosen = at !== undefined && layout.placed.has(at) ? at : undefined
  const entry = chosen ?? graph.nodes.find(({ cause }) => cause)?.id ?? graph.nodes[0]?.id
  const focus = (id: string): void =>
    canvas.current?.querySelector<SVGGElement>(`[data-id="${CSS.escape(id)}"]`)?.focus()
  useEffect(() => {
    if (chosen !== undefined) focus(chosen)
  }, [chosen])
  const open = (node: GraphNode): void => {
    const [, ...rest] = node.id.split('/')
    const name = rest.join('/')
    if (node.kind === 'journey') void navigate({ to: '/journey/$', params: { _splat: name } })
    if (node.kind === 'slo')
      void navigate({
        to: '/slo/$',
        params: { _splat: decodeURIComponent(node.path.replace(/^slos\//, '')) },
      })
    if (node.kind === 'service') void navigate({ to: '/service/$', params: { _splat: name } })
  }
  const onKeyDown = (event: KeyboardEvent, node: GraphNode): void => {
    if (event.metaKey || event.ctrlKey || event.altKey) return
    const step = STEPS[event.key]
    if (step === undefined && event.key !== 'Enter') return
    event.preventDefault()
    event.stopPropagation()
    if (step === undefined) return open(node)
    const next = stepFrom(node.id, step, layout, graph.edges)
    if (next !== undefined) focus(next)
  }
  return (
    <>
      <p className="muted">{words.graphKeys}</p>
      <div className="canvas" role="region" aria-label={words.graph} tabIndex={-1}>
        <svg
          ref={canvas}
          width={layout.width}
          height={layout.height}
          viewBox={`0 0 ${layout.width} ${layout.height}`}
          role="group"
          aria-label={words.graphTitle}
        >
          {graph.edges.map((edge) => (
            <Edge key={`${edge.from} ${edge.to}`} edge={edge} layout={layout} />
          ))}
          {[...layout.placed.values()].map(({ node: { id }, x, y }) => {
            const node = byId.get(id)
            return (
              node && (
                <Node
                  key={id}
                  node={node}
                  x={x}
                  y={y}
                  entry={id === entry}
                  onKeyDown={(event) => onKeyDown(event, node)}
                  onOpen={() => open(node)}
                />
              )
            )
          })}
        </svg>
      </div>
      <EdgeTable graph={graph} />
    </>
  )
}
