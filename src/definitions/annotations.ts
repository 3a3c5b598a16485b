import { ANNOTATION_PREFIX, ANNOTATIONS } from './annotation-table.ts'
import type { Context } from './context.ts'
import { pairsOf } from './context.ts'
import type { Place } from './place.ts'
import { suggest } from './suggest.ts'
import { get, type Node, textOf } from './tree.ts'

/** What our annotations say of an SLO. */
export interface Annotations {
  readonly splitBy: readonly string[]
  readonly burnPolicy: { readonly name: string; readonly place: Place } | undefined
  readonly noData: 'freeze' | 'good' | 'bad'
  readonly minBadEvents: number
  readonly owner: string
  readonly runbook: string
  readonly locale: string
  /** Undefined: the name is the identity. */
  readonly id: string | undefined
  readonly aliases: readonly string[]
  /** The former name of each label that was renamed. */
  readonly labelAliases: Readonly<Record<string, string>>
}

/** Labels that the collectors give to traffic, in Prometheus spelling of the OpenTelemetry names. */
const LABELS: readonly string[] = [
  'cloud_provider',
  'cloud_region',
  'cloud_account_id',
  'cloud_availability_zone',
  'k8s_cluster_name',
  'k8s_namespace_name',
  'service_name',
  'service_version',
  'deployment_environment_name',
  'operation',
  'http_request_method',
  'http_response_status_code',
  'rpc_status',
]

export function readAnnotations(metadata: Node | undefined, context: Context): Annotations {
  const node = get(metadata, 'annotations')
  for (const [key] of pairsOf(node)) {
    if (!key.startsWith(ANNOTATION_PREFIX) || Object.hasOwn(ANNOTATIONS, key.slice(ANNOTATION_PREFIX.length)))
      continue
    const meant = suggest(key.slice(ANNOTATION_PREFIX.length), Object.keys(ANNOTATIONS))
    context.report.warn('NINES-1501', placeOfKey(node, key), {
      message: `there is no annotation ${key}`,
      remedy: meant
        ? `Did you mean ${ANNOTATION_PREFIX}${meant}?`
        : `Write one of ${Object.keys(ANNOTATIONS).join(', ')}.`,
    })
  }
  const value = (name: string): Node | undefined => get(node, `${ANNOTATION_PREFIX}${name}`)
  const policy = value('burn-policy')
  checkProviders(value('provider'), context)
  return {
    splitBy: readSplitBy(value('split-by'), context),
    burnPolicy: policy && { name: textOf(policy) ?? '', place: policy.place },
    noData: readNoData(value('no-data'), context),
    minBadEvents: readMinBadEvents(value('min-bad-events'), context),
    owner: textOf(value('owner')) ?? '',
    runbook: readRunbook(value('runbook'), context),
    locale: readLocale(value('locale'), context),
    id: readId(value('id'), context),
    aliases: words(value('aliases')),
    labelAliases: readLabelAliases(value('label-aliases'), context),
  }
}

function placeOfKey(node: Node | undefined, key: string): Place {
  const entry = node?.kind === 'map' ? node.entries.get(key) : undefined
  if (!entry) throw new Error(`the annotation ${key} has no place`)
  return entry.keyPlace
}

function words(node: Node | undefined): readonly string[] {
  return (textOf(node) ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

function malformed(context: Context, node: Node, name: string, remedy: string): void {
  context.report.error('NINES-1502', node.place, {
    message: `${ANNOTATION_PREFIX}${name} cannot be ${textOf(node) ?? 'empty'}`,
    remedy,
  })
}

function readSplitBy(node: Node | undefined, context: Context): readonly string[] {
  if (!node) return []
  const names = words(node)
  for (const name of names) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      const plain = name.replace(/[^A-Za-z0-9_]+/g, '_')
      malformed(context, node, 'split-by', `Label names have letters, digits and _: write ${plain}.`)
      return []
    }
    const meant = LABELS.includes(name) ? undefined : suggest(name, LABELS)
    if (meant)
      context.report.warn('NINES-1503', node.place, {
        message: `no collector gives the label ${name}`,
        remedy: `Did you mean ${meant}?`,
      })
  }
  if (new Set(names).size < names.length || names.length === 0)
    malformed(context, node, 'split-by', 'Write each label name once, separated by commas.')
  return names
}

/** `aws-elb`, or by cloud `aws=aws-elb,gcp=gcp-load-balancing`: ProviderSLAs that exist. */
function checkProviders(node: Node | undefined, context: Context): void {
  if (!node) return
  const known = context.registry.all('ProviderSLA').map(({ name }) => name)
  for (const word of words(node)) {
    const [, name] = /^(?:[^=\s]+=)?([^=\s]+)$/.exec(word) ?? []
    if (name === undefined) {
      malformed(context, node, 'provider', 'Write names of ProviderSLAs: aws-elb, or by cloud aws=aws-elb.')
      return
    }
    if (known.includes(name)) continue
    const meant = suggest(name, known)
    context.report.warn('NINES-1505', node.place, {
      message: `there is no ProviderSLA ${name}, so that nothing is put down to it`,
      remedy: meant
        ? `Did you mean ${meant}?`
        : 'Write a ProviderSLA document of this name, or take one from slo-definitions/policies/providers.',
    })
  }
}

/** `k8s_cluster_name=cluster`: what is `k8s_cluster_name` now was `cluster` before. */
function readLabelAliases(node: Node | undefined, context: Context): Annotations['labelAliases'] {
  const found: Record<string, string> = {}
  if (!node) return found
  for (const word of words(node)) {
    const [, present, former] = /^([A-Za-z_]\w*)\s*=\s*([A-Za-z_]\w*)$/.exec(word) ?? []
    if (
      present === undefined ||
      former === undefined ||
      present === former ||
      Object.hasOwn(found, present)
    ) {
      malformed(context, node, 'label-aliases', 'Write present=former, as in k8s_cluster_name=cluster.')
      return {}
    }
    found[present] = former
  }
  return found
}

function readNoData(node: Node | undefined, context: Context): Annotations['noData'] {
  const written = textOf(node)
  if (!node || written === 'freeze' || written === 'good' || written === 'bad') return noDataOf(written)
  malformed(context, node, 'no-data', 'Write freeze, good or bad.')
  return 'freeze'
}

function noDataOf(written: string | undefined): Annotations['noData'] {
  return written === 'good' || written === 'bad' ? written : 'freeze'
}

function readMinBadEvents(node: Node | undefined, context: Context): number {
  if (!node) return 0
  const written = textOf(node) ?? ''
  if (/^[0-9]{1,9}$/.test(written)) return Number(written)
  malformed(context, node, 'min-bad-events', 'Write a whole number of at least 0.')
  return 0
}

/** `https://…`, or a path that the team knows how to read. Nothing that a browser would run. */
function readRunbook(node: Node | undefined, context: Context): string {
  const written = textOf(node) ?? ''
  if (node && /^[a-z][a-z0-9+.-]*:/i.test(written) && !/^https?:\/\//i.test(written)) {
    malformed(context, node, 'runbook', 'Write a link that begins with https://.')
    return ''
  }
  return written
}

function readLocale(node: Node | undefined, context: Context): string {
  const written = textOf(node)
  if (!node || written === undefined) return ''
  try {
    return Intl.getCanonicalLocales(written)[0] ?? ''
  } catch {
    malformed(context, node, 'locale', 'Write a BCP 47 language tag, such as en or ja.')
    return ''
  }
}

function readId(node: Node | undefined, context: Context): string | undefined {
  const written = textOf(node)
  if (!node || written === undefined) return undefined
  if (/^[A-Za-z0-9]([-._A-Za-z0-9]{0,251}[A-Za-z0-9])?$/.test(written)) return written
  malformed(context, node, 'id', 'Write the former name: letters, digits, "-", "_" and ".".')
  return undefined
}
