import { type PerMillion, seconds } from '../base/index.ts'
import type { Window } from '../slo/index.ts'
import { readAlerting } from './alerts.ts'
import { readAnnotations } from './annotations.ts'
import { type Context, metadataOf, originOf, specOf } from './context.ts'
import type { DocumentNode } from './documents.ts'
import type { DefinedSlo, JourneyNode } from './model.ts'
import { get, textOf } from './tree.ts'

/** No SLO's identity has a slash in it. */
const PREFIX = 'journey/'

/** The identity under which a journey is evaluated, alerted about and remembered. */
export const journeyId = (name: string): string => `${PREFIX}${name}`

/** The name of the journey whose identity it is; undefined when it is an SLO's. */
export function journeyNamed(id: string): string | undefined {
  return id.startsWith(PREFIX) ? id.slice(PREFIX.length) : undefined
}

/**
 * The promise of a journey: its minutes are slices, each of which counts by the share of the people it let down. What its
 * coverage rests on is the journey itself, minute by minute; leaves tell of their own blindness.
 */
export function journeyRow(
  document: DocumentNode,
  said: {
    readonly target: { readonly text: string; readonly allowed: PerMillion }
    readonly windows: readonly Window[]
    readonly tree: JourneyNode
  },
  context: Context,
): DefinedSlo | undefined {
  const { target, windows, tree } = said
  const annotations = readAnnotations(get(document.node, 'metadata'), context)
  const [window] = windows
  const spec = specOf(document)
  if (!window) return undefined
  const id = journeyId(document.name)
  const { policy, wishes } = readAlerting(spec, window, { ...annotations, noData: 'good' }, context)
  const { displayName, labels, annotations: plain } = metadataOf(document)
  return {
    slo: {
      id,
      name: document.name,
      displayName: displayName === '' ? document.name : displayName,
      service: document.name,
      description: textOf(get(spec, 'description')) ?? '',
      method: 'ratio-timeslices',
      objectives: [
        {
          name: 'journey',
          displayName: '',
          target: target.text,
          allowed: target.allowed,
          indicator: id,
          slice: { width: seconds(60) },
          weight: { num: 1, den: 1 },
        },
      ],
      windows,
      policy,
      splitBy: [],
      noData: 'freeze',
      minBadEvents: 0,
      sources: [id],
    },
    queries: [],
    owner: annotations.owner,
    runbook: annotations.runbook,
    locale: annotations.locale,
    labels,
    annotations: plain,
    within: undefined,
    aliases: [],
    alerting: wishes,
    tree,
    lastGood: false,
    origin: originOf(context, document),
  }
}
