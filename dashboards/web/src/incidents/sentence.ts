import type { IncidentSummary } from '../../../../src/contract/index.ts'
import { scopeLabel } from '../format/scope.ts'
import type { Voice } from '../shell/voice.ts'

/** In English as it was told; in other languages the same facts in a sentence of the page. */
export function incidentSentence(incident: IncidentSummary, { words, language, rate, share }: Voice): string {
  if (language === 'en') return incident.sentence
  const scope = scopeLabel(incident.scope) || words.wholeScope
  return words.incidentSentence(incident.name, rate(incident.peakRate), scope, share(incident.budgetSpent))
}
