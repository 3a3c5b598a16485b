import type { ReactElement } from 'react'
import type { DependencyGraph } from '../../../../src/contract/index.ts'
import { useVoice } from '../shell/voice.ts'

/** The same for those who do not see lines. */
export function EdgeTable({ graph }: { graph: DependencyGraph }): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const names = new Map(graph.nodes.map(({ id, name }) => [id, name]))
  return (
    <details>
      <summary>{words.graphEdges}</summary>
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">{words.graphFrom}</th>
            <th scope="col">{words.graphTo}</th>
            <th scope="col" className="number">
              {words.graphPerMinute}
            </th>
            <th scope="col" className="number">
              {words.graphErrors}
            </th>
          </tr>
        </thead>
        <tbody>
          {graph.edges.map((edge) => (
            <tr key={`${edge.from} ${edge.to}`}>
              <th scope="row">{names.get(edge.from) ?? edge.from}</th>
              <td>{names.get(edge.to) ?? edge.to}</td>
              <td className="number figure">{edge.perMinute === null ? '–' : voice.count(edge.perMinute)}</td>
              <td className="number figure">
                {edge.errorShare === null ? '–' : voice.share(edge.errorShare)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
