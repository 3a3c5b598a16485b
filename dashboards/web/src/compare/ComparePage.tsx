import './compare.css'
import { useQueries, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import type { SloSeries, SloSummary } from '../../../../src/contract/index.ts'
import { fleetQuery, seriesQuery } from '../api/queries.ts'
import { ChartPanel } from '../drawing/ChartPanel.tsx'
import { Glyph } from '../drawing/Drawn.tsx'
import type { Curve, Plot } from '../drawing/TimeChart.tsx'
import { presets, readRange } from '../format/range.ts'
import { readScope, scopeLabel, scopeText } from '../format/scope.ts'
import { headline } from '../format/sentences.ts'
import { Empty, Failed, Loading, PageState } from '../shell/States.tsx'
import { useTitle } from '../shell/title.ts'
import { useVoice, type Voice } from '../shell/voice.ts'

export interface CompareSearch {
  /** Ids, each with a split behind `@` where it is about one: `checkout@cloud_provider=aws`, with spaces between. */
  readonly slos?: string
  readonly from?: string
  readonly to?: string
}

const route = getRouteApi('/compare')
const MOST = 6

interface Side {
  readonly key: string
  readonly slo: SloSummary
  readonly scope: string
  readonly name: string
}

export function ComparePage(): ReactElement {
  const { words } = useVoice()
  const fleet = useQuery(fleetQuery)
  useTitle(words.compare)
  if (fleet.data === undefined)
    return (
      <PageState title={words.compareTitle}>
        {fleet.isPending ? (
          <Loading height={320} />
        ) : (
          <Failed cause={fleet.error} onRetry={() => void fleet.refetch()} />
        )}
      </PageState>
    )
  return <Compared all={fleet.data.slos} now={fleet.data.now} />
}

function Compared({ all, now }: { all: readonly SloSummary[]; now: number }): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/compare' })
  const keys = (search.slos ?? '').split(' ').filter((k) => k !== '')
  const sides = keys.flatMap((key) => sideOf(key, all) ?? []).slice(0, MOST)
  const range = readRange(search, now) ?? { from: now - 30 * 86_400, to: now }
  const grain = Math.max(60, Math.floor((range.to - range.from) / 360 / 60) * 60)
  const asked = { from: Math.floor(range.from / grain) * grain, to: Math.ceil(range.to / grain) * grain }
  const answers = useQueries({
    queries: sides.map(({ slo, scope }) => seriesQuery({ id: slo.id, scope, ...asked }, 360)),
  })
  const set = (slos: readonly string[]): void =>
    void navigate({ search: (s) => ({ ...s, slos: slos.join(' ') }), replace: true })
  const zoom = {
    onZoom: (from: number, to: number) =>
      void navigate({
        search: (s) => ({ ...s, from: String(Math.floor(from)), to: String(Math.floor(to)) }),
        replace: true,
      }),
    onReset: () => void navigate({ search: (s) => ({ ...s, from: '', to: '' }), replace: true }),
  }
  const series = answers.map(({ data }) => data)
  const plot = useMemo(
    () => plotOf(sides, series, { asked, voice }),
    [JSON.stringify(keys), ...series, asked.from, asked.to, voice],
  )
  const failed = answers.find(({ error }) => error !== null)
  return (
    <div className="page compare">
      <h1 className="sentence">{words.compareTitle}</h1>
      <div className="filters">
        <Adding all={all} taken={keys} onAdd={(key) => set([...keys, key])} />
        <div className="segments" role="group" aria-label={words.range}>
          {presets.map((preset) => (
            <button
              key={preset}
              type="button"
              aria-pressed={
                search.from === `now-${preset}` || (search.from === undefined && preset === '30d')
              }
              title={words.rangeLast(voice.window(preset))}
              onClick={() =>
                void navigate({ search: (s) => ({ ...s, from: `now-${preset}`, to: '' }), replace: true })
              }
            >
              {preset}
            </button>
          ))}
        </div>
      </div>
      {failed?.error && <Failed cause={failed.error} onRetry={() => void failed.refetch()} />}
      {sides.length === 0 ? (
        <Empty>{words.compareNone}</Empty>
      ) : (
        <>
          <Table sides={sides} series={series} onRemove={(key) => set(keys.filter((k) => k !== key))} />
          {plot && (
            <ChartPanel title={words.compareLeft} says={words.compareTitle} plots={[plot]} zoom={zoom} />
          )}
        </>
      )}
    </div>
  )
}

function sideOf(key: string, all: readonly SloSummary[]): Side | undefined {
  const at = key.indexOf('@')
  const id = at < 0 ? key : key.slice(0, at)
  const slo = all.find((s) => s.id === id)
  if (slo === undefined) return undefined
  const scope = at < 0 ? '' : scopeText(readScope(key.slice(at + 1)))
  const label = scopeLabel(readScope(scope))
  return { key, slo, scope, name: label === '' ? slo.name : `${slo.name} · ${label}` }
}

/** Steps of two hues with dashes, so that no line is told by its colour alone. */
const STYLES: readonly Pick<Curve, 'colour' | 'dash' | 'opacity'>[] = [
  { colour: 'accent' },
  { colour: 'burning', dash: [7, 3] },
  { colour: 'text', dash: [2, 3] },
  { colour: 'watch' },
  { colour: 'exhausted', dash: [10, 3, 2, 3] },
  { colour: 'muted', dash: [4, 4] },
]

function plotOf(
  sides: readonly Side[],
  series: readonly (SloSeries | undefined)[],
  { asked, voice }: { asked: { from: number; to: number }; voice: Voice },
): Plot | undefined {
  const first = series.find((s) => s !== undefined)
  if (first === undefined) return undefined
  const curves = sides.flatMap(({ name }, i): Curve[] => {
    const one = series[i]
    return one === undefined
      ? []
      : [
          {
            label: name,
            values: one.left,
            width: 2,
            format: (v) => voice.percent(v, 1),
            ...(STYLES[i] ?? { colour: 'text' }),
          },
        ]
  })
  const all = curves.flatMap(({ values }) => values).filter((v) => v !== null)
  const low = Math.min(0, ...all)
  return {
    ends: first.start.map((s) => s + first.step),
    step: first.step,
    curves,
    x: asked,
    y: { low: low * 1.08, high: Math.max(1, ...all), format: (v) => voice.percent(v) },
    marks: { lines: [{ at: 0, label: '', strong: true }] },
    height: 300,
  }
}

function Table({
  sides,
  series,
  onRemove,
}: {
  sides: readonly Side[]
  series: readonly (SloSeries | undefined)[]
  onRemove: (key: string) => void
}): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const ratios = series.map(badRatio)
  return (
    <div className="scroller" tabIndex={0} role="group" aria-label={words.compareTitle}>
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">{words.promise}</th>
            <th scope="col" className="number">
              {words.target}
            </th>
            <th scope="col" className="number">
              {words.compareLeft}
            </th>
            <th scope="col" className="number">
              {words.compareBad}
            </th>
            <th scope="col" className="number">
              {words.badRatio}
            </th>
            <th scope="col" className="number">
              {words.compareDifference}
            </th>
            <th scope="col">
              <span className="visually-hidden">{words.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sides.map(({ key, slo, scope, name }, i) => {
            const left =
              scope === ''
                ? headline(slo.whole).budget.leftRatio
                : (series[i]?.left.findLast((v) => v !== null) ?? null)
            const ratio = ratios[i] ?? null
            const base = ratios[0] ?? null
            return (
              <tr key={key}>
                <th scope="row">
                  <Swatch style={STYLES[i]} /> <Glyph state={slo.state} label={words[slo.state]} size={10} />{' '}
                  <Link to="/slo/$" params={{ _splat: slo.id }} search={{ scope }}>
                    {name}
                  </Link>
                </th>
                <td className="number">
                  {slo.target}
                  {'\u202f'}%
                </td>
                <td className="number">{left === null ? '–' : voice.percent(left)}</td>
                <td className="number">{voice.count(total(series[i]?.bad))}</td>
                <td className="number">{ratio === null ? '–' : voice.share(ratio)}</td>
                <td className="number">
                  {i === 0 || ratio === null || base === null || base === 0 ? '–' : voice.rate(ratio / base)}
                </td>
                <td className="number">
                  <button
                    type="button"
                    className="tool"
                    aria-label={words.compareRemove(name)}
                    onClick={() => onRemove(key)}
                  >
                    ✕
                  </button>
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

function Swatch({ style }: { style: (typeof STYLES)[number] | undefined }): ReactElement {
  return (
    <svg width="22" height="8" viewBox="0 0 22 8" aria-hidden="true">
      <path
        d="M0 4H22"
        stroke={`var(--${style?.colour ?? 'text'})`}
        strokeWidth="2"
        strokeDasharray={style?.dash?.join(' ')}
      />
    </svg>
  )
}

function total(values: readonly (number | null)[] | undefined): number {
  return values?.reduce<number>((n, v) => n + (v ?? 0), 0) ?? 0
}

function badRatio(series: SloSeries | undefined): number | null {
  const bad = total(series?.bad)
  const all = bad + total(series?.good)
  return all === 0 ? null : bad / all
}

function Adding({
  all,
  taken,
  onAdd,
}: {
  all: readonly SloSummary[]
  taken: readonly string[]
  onAdd: (key: string) => void
}): ReactElement {
  const { words } = useVoice()
  const options = all.flatMap((slo) => [
    { key: slo.id, name: slo.name },
    ...slo.clouds.map(({ cloud }) => ({
      key: `${slo.id}@cloud_provider=${cloud}`,
      name: `${slo.name} · ${cloud}`,
    })),
  ])
  return (
    <select
      className="field"
      aria-label={words.compareAdd}
      value=""
      disabled={taken.length >= MOST}
      onChange={(e) => onAdd(e.target.value)}
    >
      <option value="">{words.compareAdd}</option>
      {options
        .filter(({ key }) => !taken.includes(key))
        .map(({ key, name }) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
    </select>
  )
}
