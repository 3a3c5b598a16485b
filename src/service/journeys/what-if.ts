import type { PerMillion } from '../../base/index.ts'
import { perMillion } from '../../base/index.ts'
import type * as wire from '../../contract/index.ts'
import type { PlannedJourney } from './plan.ts'

/** A question, with its names looked up. */
export interface WhatIf {
  readonly target: { readonly text: string; readonly allowed: PerMillion }
  readonly gone: NonNullable<wire.WhatIf['gone']>
  readonly dropped: ReadonlySet<number>
  readonly added: readonly { readonly name: string; readonly share: number }[]
  readonly standbys: readonly { readonly leaf: number; readonly share: number }[]
  readonly routing: Readonly<Record<string, number>> | undefined
}

/** Asked for what cannot be replayed; the HTTP module answers with the status and the sentence. */
export class WhatIfRefused extends Error {
  override readonly name = 'WhatIfRefused'
  readonly statusCode = 400
}

export function readChanges(planned: PlannedJourney, asked: wire.WhatIf): WhatIf {
  const { journey, leaves } = planned
  const leafNamed = (name: string): number => {
    const found = leaves.findIndex(
      (leaf) => leaf.name === name || (leaf.kind === 'slo' && leaf.defined.slo.id === name),
    )
    if (found < 0)
      throw new WhatIfRefused(
        `${journey.name} has no part ${name}: it has ${leaves.map((leaf) => leaf.name).join(', ')}`,
      )
    return found
  }
  return {
    target:
      asked.target === undefined
        ? { text: journey.target, allowed: journey.allowed }
        : { text: asked.target, allowed: perMillion(Math.round((1 - shareOf(asked.target)) * 1_000_000)) },
    gone: asked.gone ?? [],
    dropped: new Set((asked.drop ?? []).map(leafNamed)),
    added: (asked.add ?? []).map(({ name, percent }) => ({ name, share: shareOf(percent) })),
    standbys: (asked.standby ?? []).map(({ leaf, percent }) => ({
      leaf: leafNamed(leaf),
      share: shareOf(percent),
    })),
    routing: asked.routing,
  }
}

function shareOf(percent: string): number {
  const value = /^\d{1,3}(\.\d{1,6})?$/.test(percent) ? Number(percent) : Number.NaN
  if (!(value > 0 && value <= 100)) throw new WhatIfRefused(`${percent} is not a percentage such as 99.95`)
  return value / 100
}
