import { failed, ok, type Result } from '../base/index.ts'

/** `traces` of `nines.yaml`. */
export interface TracesWritten {
  readonly viewer: 'datadog' | 'jaeger' | 'tempo' | 'x-ray' | 'custom'
  readonly url?: string | undefined
  /** Of Grafana's data source for Tempo. */
  readonly datasource?: string | undefined
}

/** Where traces can be seen: an address with places for the trace and the time around it. */
export interface TraceViewer {
  readonly viewer: TracesWritten['viewer']
  readonly template: string
}

const PLACES = ['traceId', 'fromMs', 'toMs']

/**
 * The viewer's address as a template. What is written with `{traceId}` stands as it is; else it is where the viewer
 * answers, and the path is the viewer's own. The error says what to write.
 */
export function traceViewerOf({ viewer, url, datasource }: TracesWritten): Result<TraceViewer, string> {
  const base = url ?? (viewer === 'datadog' ? 'https://app.datadoghq.com' : undefined)
  if (base === undefined) return failed(`write where ${viewer} answers: url: ${EXAMPLES[viewer]}`)
  const unknown = [...base.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name)
  const strange = unknown.find((name) => !PLACES.includes(name))
  if (strange !== undefined)
    return failed(`{${strange}} is no place to fill in; there are ${PLACES.map((p) => `{${p}}`).join(', ')}`)
  if (!isWebAddress(base.replaceAll(/\{\w+\}/g, '0')))
    return failed(`"${base}" is no web address; write one like ${EXAMPLES[viewer]}`)
  if (datasource !== undefined && viewer !== 'tempo')
    return failed(`datasource is Grafana's name of a Tempo; ${viewer} has none`)
  if (unknown.includes('traceId')) {
    if (/\{traceId\}/.test(hostOf(base))) return failed('{traceId} stands after the host, never in it')
    return ok({ viewer, template: base })
  }
  if (viewer === 'custom') return failed(`write where the id belongs: ${EXAMPLES.custom}`)
  return ok({ viewer, template: templateOf(viewer, base, datasource ?? 'tempo') })
}

const EXAMPLES: Readonly<Record<TracesWritten['viewer'], string>> = {
  datadog: 'https://app.datadoghq.eu',
  jaeger: 'https://jaeger.example.com',
  tempo: 'https://grafana.example.com',
  'x-ray': 'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1',
  custom: 'https://traces.example.com/view/{traceId}',
}

function templateOf(
  viewer: Exclude<TracesWritten['viewer'], 'custom'>,
  url: string,
  datasource: string,
): string {
  const base = url.replace(/\/+$/, '')
  switch (viewer) {
    case 'datadog':
      return `${base}/apm/trace/{traceId}`
    case 'jaeger':
      return `${base}/trace/{traceId}`
    case 'x-ray':
      return `${base}#xray:traces/{traceId}`
    case 'tempo':
      return `${base}/explore?schemaVersion=1&orgId=1&panes=${explorePane(datasource)}`
    default:
      return viewer satisfies never
  }
}

/** Grafana keeps the state of Explore in its address, as JSON of one pane. */
function explorePane(uid: string): string {
  const datasource = { type: 'tempo', uid }
  const pane = {
    datasource: uid,
    queries: [{ refId: 'A', datasource, queryType: 'traceql', query: '{traceId}' }],
    range: { from: '{fromMs}', to: '{toMs}' },
  }
  // The places stay readable for whoever fills them in; their values need no more encoding inside JSON.
  return encodeURIComponent(JSON.stringify({ trace: pane })).replaceAll(/%7B(\w+)%7D/g, '{$1}')
}

function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === ''
}

const hostOf = (text: string): string => /^\w+:\/\/([^/?#]*)/.exec(text)?.[1] ?? ''
