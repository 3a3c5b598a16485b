import { Link } from '@tanstack/react-router'
import { type ReactElement, type ReactNode, useState } from 'react'
import type { ServiceDetail } from '../../../../src/contract/index.ts'
import type { ServiceStretch } from '../api/queries.ts'
import { frozen, presets, shifted, zoomed } from '../format/range.ts'
import { scopeLabel, scopeText } from '../format/scope.ts'
import { useVoice } from '../shell/voice.ts'
import type { Shown } from '../slo/stretch.ts'
import { CopyLink, Custom, Preset, Step } from '../slo/TimeBar.tsx'
import type { ServiceZoom } from './ServicePage.tsx'

/** Whose sight, which part and which stretch of time the charts below show. Stays in view while they scroll. */
export function ServiceBar({
  service,
  stretch,
  zoom,
}: {
  service: ServiceDetail
  stretch: ServiceStretch
  zoom: ServiceZoom
}): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const [custom, setCustom] = useState(false)
  const { now, set } = zoom
  const asked = { from: stretch.from, to: stretch.to }
  const shown: Shown = { asked, axis: asked, live: now - asked.to < 60, whole: false }
  return (
    <div className="timebar">
      {service.sources.length > 1 && <SourceSwitch service={service} />}
      <ScopeSwitch service={service} scope={stretch.scope} />
      <div className="segments ranges" role="group" aria-label={words.range}>
        {presets.map((p) => (
          <Preset key={p} preset={p} shown={shown} now={now} set={set} />
        ))}
        <button type="button" aria-expanded={custom} onClick={() => setCustom(!custom)}>
          {words.rangeCustom}
        </button>
      </div>
      <div className="segments steps">
        <Step label={`${words.earlier} ([)`} icon="left" act={() => set(frozen(shifted(asked, -1, now)))} />
        <Step label={`${words.later} (])`} icon="right" act={() => set(frozen(shifted(asked, 1, now)))} />
        <Step
          label={`${words.zoomOut} (-)`}
          icon="minus"
          act={() => set(frozen(zoomed(asked, 'out', now)))}
        />
        <Step label={`${words.zoomIn} (+)`} icon="plus" act={() => set(frozen(zoomed(asked, 'in', now)))} />
      </div>
      <CopyLink shown={shown} set={set} />
      <span className="span muted">
        {words.to2(
          voice.instant(asked.from, 'day-minute'),
          voice.instant(Math.min(now, asked.to), 'day-minute'),
        )}
      </span>
      {custom && <Custom shown={shown} now={now} set={set} onDone={() => setCustom(false)} />}
    </div>
  )
}

/** The same requests as others have seen them. They are not added up: one request may be in each. */
function SourceSwitch({ service }: { service: ServiceDetail }): ReactElement {
  const { words, count } = useVoice()
  return (
    <div className="segments scopes" role="group" aria-label={words.seenBy} title={words.seenByNote}>
      {service.sources.map(({ name, good, bad }) => (
        <Chosen
          key={name}
          service={service.service}
          change={{ source: name, scope: '' }}
          chosen={name === service.source}
          title={`${words.seenBy} ${name}: ${count(good + bad)}`}
        >
          {name}
        </Chosen>
      ))}
    </div>
  )
}

function ScopeSwitch({ service, scope }: { service: ServiceDetail; scope: string }): ReactElement | null {
  const { words } = useVoice()
  const clouds = service.clouds.map((cloud) => scopeText({ cloud_provider: cloud }))
  const other = scope !== '' && !clouds.includes(scope)
  if (clouds.length < 2 && !other) return null
  return (
    <div className="segments scopes" role="group" aria-label={words.scope}>
      <Chosen service={service.service} change={{ scope: '' }} chosen={scope === ''}>
        {words.whole}
      </Chosen>
      {service.clouds.map((cloud) => {
        const own = scopeText({ cloud_provider: cloud })
        return (
          <Chosen key={cloud} service={service.service} change={{ scope: own }} chosen={scope === own}>
            {cloud}
          </Chosen>
        )
      })}
      {other && (
        <Chosen service={service.service} change={{ scope }} chosen>
          {scopeLabel(service.scope)}
        </Chosen>
      )}
    </div>
  )
}

function Chosen({
  service,
  change,
  chosen,
  title,
  children,
}: {
  service: string
  change: { source?: string; scope?: string }
  chosen: boolean
  title?: string
  children: ReactNode
}): ReactElement {
  return (
    <Link
      to="/service/$"
      params={{ _splat: service }}
      search={(s) => ({ ...s, ...change })}
      replace
      resetScroll={false}
      title={title}
      data-chosen={chosen || undefined}
      aria-current={chosen ? 'true' : undefined}
    >
      {children}
    </Link>
  )
}
