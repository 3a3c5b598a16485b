import type * as wire from '../contract/index.ts'
import { compileRegex, type DefinedSlo } from '../definitions/index.ts'
import { type Matcher, parseSelector, type RequestQuery } from '../traffic/index.ts'
import type { Shown } from './loop.ts'
import { publicId } from './view.ts'

const LABEL = 'service_name'

/** The promises about a service as one source sees it: by its name, or because they select its requests. */
export function sloRefsOf(
  shown: Shown | undefined,
  service: string,
  source: string,
): wire.ServiceSummary['slos'] {
  if (shown === undefined) return []
  return shown.definitions.slos
    .filter((defined) =>
      requestsOf(defined).some((query) => query.source === source && isAbout(defined, query, service)),
    )
    .flatMap((defined) =>
      defined.slo.objectives.flatMap((objective) => {
        const id = publicId(defined, objective.name)
        const summary = shown.summaries.find((each) => each.id === id)
        return summary ? [{ id, name: summary.name, state: summary.state }] : []
      }),
    )
}

/** Services that promises name, with the source that each is measured by, whether it saw them or not. */
export function sourcesAskedFor(
  shown: Shown | undefined,
): readonly { readonly service: string; readonly source: string }[] {
  const found = new Map<string, { service: string; source: string }>()
  for (const defined of shown?.definitions.slos ?? [])
    for (const { source, match } of requestsOf(defined)) {
      const service = matchersOf(match.text).find(({ operator }) => operator === '=')?.value
      if (service === undefined) continue
      found.set(JSON.stringify([service, source]), { service, source })
    }
  return [...found.values()]
}

function requestsOf({ queries }: DefinedSlo): readonly RequestQuery[] {
  return queries.flatMap(({ total }) => (total.kind === 'requests' ? [total] : []))
}

function isAbout(defined: DefinedSlo, { match }: RequestQuery, service: string): boolean {
  const matchers = matchersOf(match.text)
  if (matchers.length === 0) return defined.slo.service === service
  return matchers.every((matcher) => holds(matcher, service))
}

/** What a selector says of the service. */
function matchersOf(text: string): readonly Matcher[] {
  const parsed = parseSelector(text, compileRegex)
  return parsed.kind === 'ok' ? parsed.value.matchers.filter(({ name }) => name === LABEL) : []
}

function holds({ operator, value }: Matcher, service: string): boolean {
  if (operator === '=') return service === value
  if (operator === '!=') return service !== value
  const compiled = compileRegex(value)
  return compiled.kind === 'ok' && compiled.value(service) === (operator === '=~')
}
