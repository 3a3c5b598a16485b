import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { JourneyDetail, JourneyLeaf } from '../../../../src/contract/index.ts'
import { Glyph } from '../drawing/Drawn.tsx'
import { useVoice } from '../shell/voice.ts'

type Node = JourneyDetail['nodes'][number]

/** The tree as a table whose rows are indented: parts below what they belong to, in the order of the definition. */
export function Tree({ detail }: { detail: JourneyDetail }): ReactElement {
  const { words } = useVoice()
  const depths = depthsOf(detail.nodes)
  return (
    <section className="panel">
      <header>
        <h2>{words.journeyTree}</h2>
      </header>
      <div className="scroll" role="region" aria-label={words.journeyTree} tabIndex={0}>
        <table className="rows tree">
          <thead>
            <tr>
              <th scope="col">{words.journeyPart}</th>
              <th scope="col">{words.state}</th>
              <th scope="col" className="number">
                {words.journeyMeasured}
              </th>
              <th scope="col" className="number">
                {words.journeyPromises}
              </th>
              <th scope="col" className="number">
                {words.journeyNeeded}
              </th>
            </tr>
          </thead>
          <tbody>
            {detail.nodes.map((node) => {
              const leaf = node.leaf === null ? undefined : detail.leaves[node.leaf]
              const depth = depths.get(node.node) ?? 0
              return leaf === undefined ? (
                <Branch key={node.node} node={node} depth={depth} />
              ) : (
                <Leaf key={node.node} node={node} leaf={leaf} depth={depth} />
              )
            })}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function depthsOf(nodes: readonly Node[]): ReadonlyMap<number, number> {
  const depths = new Map<number, number>()
  for (const { node, parent } of nodes) depths.set(node, parent === null ? 0 : (depths.get(parent) ?? 0) + 1)
  return depths
}

function Branch({ node, depth }: { node: Node; depth: number }): ReactElement {
  const { words } = useVoice()
  return (
    <tr>
      <th scope="row" colSpan={5} style={{ paddingInlineStart: 12 + depth * 20 }}>
        <span className="branch">{words.journeyKind(node.kind, node.count)}</span>
        {node.journey !== '' && <small className="muted"> {node.journey}</small>}
        <Weight node={node} />
      </th>
    </tr>
  )
}

function Leaf({ node, leaf, depth }: { node: Node; leaf: JourneyLeaf; depth: number }): ReactElement {
  const voice = useVoice()
  const { words } = voice
  return (
    <tr>
      <th scope="row" style={{ paddingInlineStart: 12 + depth * 20 }}>
        {leaf.kind === 'slo' ? (
          <Link to="/slo/$" params={{ _splat: leaf.id }} className="link">
            {leaf.name}
          </Link>
        ) : (
          leaf.name
        )}
        {leaf.provider !== '' && <small className="muted"> {leaf.provider}</small>}
        <Weight node={node} />
      </th>
      <td>
        {leaf.measured ? (
          <span className="stateword" data-state={leaf.state}>
            <Glyph state={leaf.state} />
            {leaf.down ? words.journeyLeafDown : words[leaf.state]}
          </span>
        ) : (
          <span className="muted">{words.journeyNotMeasured}</span>
        )}
      </td>
      <td className="number figure">{leaf.sli === null ? '–' : voice.percent(leaf.sli, 3)}</td>
      <td className="number figure">{voice.percent(leaf.promise, 3)}</td>
      <td className="number figure">
        {leaf.needed === null ? '–' : voice.percent(leaf.needed, 4)}
        {leaf.neededMinutes !== null && (
          <small className="muted">
            {words.journeyNeededMinutes(voice.duration(leaf.neededMinutes * 60))}
          </small>
        )}
      </td>
    </tr>
  )
}

function Weight({ node }: { node: Node }): ReactElement | null {
  const voice = useVoice()
  return node.weight === null ? null : (
    <small className="muted"> {voice.words.journeyWeight(voice.share(node.weight))}</small>
  )
}
