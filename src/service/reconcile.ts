import { lengthWords } from '../alerting/index.ts'
import type * as wire from '../contract/index.ts'
import { type Compared, RECONCILE_BOUNDS, reconcile, type Sums, sumsOf } from '../slo/index.ts'
import { rangeOf } from './service-view.ts'
import { type SightParts, type SightsOf, sightsOf } from './sights.ts'

export interface ReconcileParts extends SightParts {
  readonly now: () => number
}

export interface ReconcileAsked {
  /** Absent: every service. */
  readonly service?: string
  readonly from: number
  readonly to: number
}

/** Each SLI that several sources counted, side by side; those that disagree first, then by name. */
export async function reconciliationOf(
  parts: ReconcileParts,
  asked: ReconcileAsked,
): Promise<wire.Reconciliation> {
  const range = rangeOf(asked, parts.now())
  const found = await sightsOf(parts, {
    range,
    ...(asked.service === undefined ? {} : { service: asked.service }),
  })
  const services = found.flatMap((each) => reconciledOf(each) ?? [])
  return {
    now: parts.now(),
    range: { ...range },
    bounds: { ...RECONCILE_BOUNDS },
    services: services.toSorted(
      (a, b) =>
        Number(a.agrees) - Number(b.agrees) ||
        (a.service < b.service ? -1 : a.service > b.service ? 1 : a.indicator < b.indicator ? -1 : 1),
    ),
  }
}

function reconciledOf({ service, indicator, sights }: SightsOf): wire.ReconciledService | undefined {
  const found = reconcile(sights)
  if (!found) return undefined
  const { reference, minutes, common, compared } = found
  return {
    service,
    indicator,
    agrees: compared.every(({ disagreement }) => disagreement.kind === 'none'),
    reference,
    minutes,
    sights: sights.map((sight) => ({
      source: sight.name,
      slo: sight.slo ?? null,
      known: sight.known.reduce((n, minute) => n + minute, 0),
      ...toSums(sumsOf(sight, common)),
      clouds: sight.clouds
        .map(({ cloud, ...counts }) => {
          const { good, bad } = sumsOf({ ...counts, ignored: undefined }, common)
          return { cloud, good, bad }
        })
        .sort((a, b) => (a.cloud < b.cloud ? -1 : 1)),
    })),
    comparisons: compared.map((each) => ({
      source: each.sight,
      minutes: each.minutes,
      own: toSums(each.own),
      reference: toSums(each.reference),
      reason: each.disagreement.kind,
      ...wordsOf(each, reference),
    })),
  }
}

const toSums = ({ good, bad, ignored }: Sums) => ({ good, bad, ignored: ignored ?? null })

const plain = (n: number): string => Math.abs(n).toLocaleString('en-US')

/** What is seen of a disagreement, and what to look at. */
function wordsOf(
  { sight, disagreement }: Compared,
  reference: string,
): Pick<wire.Comparison, 'text' | 'remedy'> {
  switch (disagreement.kind) {
    case 'none':
      return { text: '', remedy: '' }
    case 'stale':
      return {
        text: `${sight} is known for ${plain(disagreement.known)} of ${plain(disagreement.of)} minutes`,
        remedy: `See what nines doctor says of ${sight}: it stands still, or is read late.`,
      }
    case 'missing-cloud':
      return {
        text: `${sight} has nothing of ${disagreement.cloud}, where ${reference} has ${plain(disagreement.events)} events`,
        remedy: `Add an input of ${disagreement.cloud} to ${sight}, or see whether it is read.`,
      }
    case 'shifted':
      return {
        text: `${sight} has the events of ${reference} ${lengthWords(Math.abs(disagreement.minutes) * 60)} ${disagreement.minutes > 0 ? 'later' : 'earlier'}`,
        remedy: `Compare the clocks, and whether the time of ${sight} is that at which requests begin or end.`,
      }
    case 'ignored':
      return {
        text: `${sight} ignores ${plain(disagreement.events)} events, health checks among them, that ${reference} counts`,
        remedy: `Name the health checks in ${reference}, so that they count nowhere.`,
      }
    case 'retries':
      return {
        text: `${reference} counts ${plain(disagreement.events)} bad events more while good is alike: each try of a request seems to be counted there`,
        remedy: `Count in ${reference} what was answered in the end, not each try.`,
      }
    case 'sampled':
      return {
        text: `${sight} has ${percent(disagreement.perMille)} % of the events of ${reference} in every minute: it seems to be sampled`,
        remedy: `Read ${sight} before it samples, or do not measure promises by it.`,
      }
    case 'judged':
      return {
        text: `${sight} calls ${plain(disagreement.events)} events ${disagreement.events > 0 ? 'bad that are good' : 'good that are bad'} in ${reference}, while totals agree`,
        remedy: `Compare what each calls bad: status codes, gRPC statuses, time-outs, clients that left.`,
      }
    case 'unexplained':
      return {
        text: `${sight} has ${plain(disagreement.events)} events ${disagreement.events < 0 ? 'more' : 'fewer'} than ${reference}, and no usual reason fits`,
        remedy: `Compare what each selects: paths, ports, methods, environments.`,
      }
    default:
      return disagreement satisfies never
  }
}

const percent = (perMille: number): string => (perMille / 10).toFixed(1)
