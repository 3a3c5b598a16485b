import { Link, useNavigate } from '@tanstack/react-router'
import { useWindowVirtualizer, type Virtualizer } from '@tanstack/react-virtual'
import { type ReactElement, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { SloSummary } from '../../../../src/contract/index.ts'
import { Icon } from '../shell/icons.tsx'
import { useSettled } from '../shell/settled.ts'
import { useVoice } from '../shell/voice.ts'
import { BudgetCell, CloudCell, GoneIn, Sli, SparkCell, StateCell } from './Cells.tsx'
import { type Column, cloudsOf, type FleetSearch, monogram, sortOf } from './filter.ts'

const ROW_HEIGHT = 48

/**
 * The height of a row as the observer saw it. To ask for it while rows are being put in would lay out the whole page
 * between two of them, so until the observer tells, a row is as tall as it is known or expected to be.
 */
function heightOf(
  row: Element,
  seen: ResizeObserverEntry | undefined,
  rows: Virtualizer<Window, Element>,
): number {
  const box = seen?.borderBoxSize[0]
  if (box !== undefined) return Math.round(box.blockSize)
  return rows.itemSizeCache.get(rows.options.getItemKey(rows.indexFromElement(row))) ?? ROW_HEIGHT
}

/** One row a promise. Only the rows near the window are in the document, so that ten thousand scroll like ten. */
export function FleetTable({
  slos,
  all,
  search,
}: {
  slos: readonly SloSummary[]
  all: readonly SloSummary[]
  search: FleetSearch
}): ReactElement {
  const { words } = useVoice()
  const settled = useSettled()
  const clouds = useMemo(() => cloudsOf(all), [all])
  const body = useRef<HTMLTableElement>(null)
  const [top, setTop] = useState(0)
  useLayoutEffect(() => setTop(body.current?.offsetTop ?? 0), [])
  const rows = useWindowVirtualizer({
    count: slos.length,
    estimateSize: () => ROW_HEIGHT,
    // The rows out of sight come after the page can be used.
    overscan: settled ? 12 : 1,
    scrollMargin: top,
    measureElement: heightOf,
  })
  const items = rows.getVirtualItems()
  const before = (items[0]?.start ?? top) - top
  const after = rows.getTotalSize() - ((items.at(-1)?.end ?? top) - top)
  return (
    <table
      className="fleettable"
      ref={body}
      role="table"
      aria-rowcount={slos.length + 1}
      aria-label={words.promises}
    >
      <thead role="rowgroup">
        <tr role="row" aria-rowindex={1}>
          <Header column="state" search={search} label={words.state} />
          <Header column="name" search={search} label={words.promise} />
          {clouds.map((cloud) => (
            <th key={cloud} role="columnheader" scope="col" className="c-cloud" title={cloud}>
              {monogram(cloud)}
            </th>
          ))}
          <Header column="sli" search={search} label={words.sli} numeric />
          <Header column="target" search={search} label={words.target} numeric />
          <Header column="left" search={search} label={words.budgetLeft} />
          <th role="columnheader" scope="col" className="c-spark">
            {words.last24}
          </th>
          <Header column="gone" search={search} label={words.goneIn} numeric />
        </tr>
      </thead>
      <tbody role="rowgroup">
        {before > 0 && <Spacer height={before} />}
        {items.map((item) => {
          const slo = slos[item.index]
          return slo === undefined ? null : (
            <Row key={slo.id} slo={slo} clouds={clouds} index={item.index} measure={rows.measureElement} />
          )
        })}
        {after > 0 && <Spacer height={after} />}
      </tbody>
    </table>
  )
}

function Row({
  slo,
  clouds,
  index,
  measure,
}: {
  slo: SloSummary
  clouds: readonly string[]
  index: number
  measure: (node: Element | null) => void
}): ReactElement {
  const voice = useVoice()
  const navigate = useNavigate()
  return (
    <tr
      role="row"
      ref={measure}
      data-index={index}
      data-state={slo.state}
      aria-rowindex={index + 2}
      onClick={(e) => {
        // The name is the link; the rest of the row is a larger target for the same.
        if (e.target instanceof Element && e.target.closest('a') !== null) return
        if (String(getSelection() ?? '') !== '') return
        void navigate({ to: '/slo/$', params: { _splat: slo.id } })
      }}
    >
      <td role="cell" className="c-state">
        <StateCell slo={slo} />
      </td>
      <td role="cell" className="c-name">
        <Link to="/slo/$" params={{ _splat: slo.id }} data-row="">
          {slo.name}
        </Link>
        <small>
          {slo.service} · {slo.owner} · {voice.window(slo.window)}
          {slo.incident !== null && (
            <>
              {' · '}
              <Link to="/incidents/$incidentId" params={{ incidentId: slo.incident }}>
                {slo.incident}
              </Link>
            </>
          )}
        </small>
      </td>
      {clouds.map((cloud) => (
        <td role="cell" key={cloud} className="c-cloud">
          <CloudCell slo={slo} cloud={cloud} />
        </td>
      ))}
      <td role="cell" className="c-sli number">
        <Sli slo={slo} />
      </td>
      <td role="cell" className="c-target number">
        {slo.target}
        {'\u202f%'}
      </td>
      <td role="cell" className="c-left">
        <BudgetCell slo={slo} />
      </td>
      <td role="cell" className="c-spark">
        <SparkCell slo={slo} />
      </td>
      <td role="cell" className="c-gone number">
        <GoneIn slo={slo} />
      </td>
    </tr>
  )
}

function Header({
  column,
  search,
  label,
  numeric = false,
}: {
  column: Column
  search: FleetSearch
  label: string
  numeric?: boolean
}): ReactElement {
  const { words } = useVoice()
  const navigate = useNavigate({ from: '/' })
  const sort = sortOf(search)
  const mine = sort.column === column
  return (
    <th
      role="columnheader"
      scope="col"
      className={`c-${column}${numeric ? ' number' : ''}`}
      aria-sort={mine ? (sort.down ? 'descending' : 'ascending') : undefined}
    >
      <button
        type="button"
        title={words.sortBy(label)}
        onClick={() =>
          void navigate({
            search: (s) => ({ ...s, sort: mine && !sort.down ? `-${column}` : column }),
            replace: true,
          })
        }
      >
        {label}
        {mine && <Icon name={sort.down ? 'down' : 'up'} size={12} />}
      </button>
    </th>
  )
}

/** Stands for the rows that are not in the document. */
function Spacer({ height }: { height: number }): ReactElement {
  return (
    <tr aria-hidden="true" className="spacer">
      <td colSpan={99} style={{ height }} />
    </tr>
  )
}
