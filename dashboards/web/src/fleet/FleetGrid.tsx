import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { SloSummary } from '../../../../src/contract/index.ts'
import { Glyph } from '../drawing/Drawn.tsx'
import { useVoice } from '../shell/voice.ts'
import { BudgetCell } from './Cells.tsx'
import { urgency } from './filter.ts'

/** A card a service, the one in most trouble first. */
export function FleetGrid({ slos }: { slos: readonly SloSummary[] }): ReactElement {
  const { words } = useVoice()
  const services = new Map<string, SloSummary[]>()
  for (const slo of slos) services.set(slo.service, [...(services.get(slo.service) ?? []), slo])
  const worst = (list: readonly SloSummary[]): number => Math.min(...list.map((s) => urgency(s.state)))
  const cards = [...services].sort(([a, x], [b, y]) => worst(x) - worst(y) || a.localeCompare(b))
  return (
    <div className="grid">
      {cards.map(([service, list]) => {
        const first = list.toSorted((a, b) => urgency(a.state) - urgency(b.state))[0]
        const owners = [...new Set(list.map((s) => s.owner))].join(', ')
        return (
          <section key={service} className="card" aria-label={service}>
            <header>
              <h2>{service}</h2>
              <span className="muted">{owners}</span>
              {first && (
                <span className="stateword">
                  <Glyph state={first.state} />
                  {words[first.state]}
                </span>
              )}
            </header>
            <ul>
              {list.map((slo) => (
                <li key={slo.id}>
                  <Glyph state={slo.state} label={words[slo.state]} />
                  <Link to="/slo/$" params={{ _splat: slo.id }} data-row="">
                    {slo.name}
                  </Link>
                  <BudgetCell slo={slo} width={96} />
                </li>
              ))}
            </ul>
          </section>
        )
      })}
    </div>
  )
}
