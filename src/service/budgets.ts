import type { World } from '../base/index.ts'
import { later } from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import type { Tracker } from '../notify/index.ts'
import type { Journal } from '../store/index.ts'
import {
  type BudgetPolicy,
  type Crossing,
  foldPolicy,
  judgeBudgets,
  judgeGate,
  type Override,
  overrideEntry,
  policyEntry,
  stepsOf,
} from './budget-policy.ts'
import type { NoticeDraft, Notices } from './notices.ts'

/** Budget policies as they are carried out, and the gate that asks them. */
export interface Budgets {
  readonly recall: () => Promise<void>
  /** Looks what was crossed, writes it down, tells, and opens issues. After every tick. */
  readonly look: (slos: readonly wire.SloSummary[]) => Promise<void>
  readonly gate: (slos: readonly wire.SloSummary[], asked: string) => wire.Gate
  /** Somebody deploys all the same. */
  readonly override: (
    given: Pick<Override, 'about' | 'by' | 'reason'> & { readonly seconds: number },
  ) => Promise<void>
}

export interface BudgetParts {
  readonly journal: Journal
  readonly notices: Pick<Notices, 'tell'>
  readonly policies: readonly BudgetPolicy[]
  readonly tracker: Tracker | undefined
  readonly pageUrl: () => string
}

const AT_ONCE = 5_000
/** An issue that could not be opened is tried again after so long. */
const ISSUE_AGAIN = 60

export function createBudgets(world: World, parts: BudgetParts): Budgets {
  const crossings = new Map<string, Crossing>()
  const overrides: Override[] = []
  let issuesFrom = world.clock.now()
  return {
    recall: async () => {
      for (let after = 0; ; ) {
        const entries = await parts.journal.read(after, { kinds: ['policy', 'gate'], limit: AT_ONCE })
        for (const { kind, data } of entries) {
          const policy = kind === 'policy' ? policyEntry.safeParse(data).data : undefined
          const override = kind === 'gate' ? overrideEntry.safeParse(data).data : undefined
          if (policy !== undefined) foldPolicy(crossings, policy)
          if (override !== undefined) overrides.push(override)
        }
        const last = entries.at(-1)
        if (!last) return
        after = last.seq
      }
    },
    look: async (slos) => {
      const now = world.clock.now()
      const found = judgeBudgets(slos, { policies: parts.policies, crossings, now })
      if (found.length > 0) {
        await parts.journal.append(found.map((data) => ({ at: now, kind: 'policy', data })))
        for (const entry of found) foldPolicy(crossings, entry)
      }
      // From what is held and not from what was found: a crash between the two must not swallow the notice.
      await parts.notices.tell(noticesOf(slos, { parts, crossings }))
      if (parts.tracker === undefined || now < issuesFrom) return
      const failed = await openIssues(world, { slos, parts, crossings, tracker: parts.tracker })
      if (failed) issuesFrom = later(now, ISSUE_AGAIN)
    },
    gate: (slos, asked) =>
      judgeGate(slos, { asked, policies: parts.policies, overrides, now: world.clock.now() }),
    override: async ({ about, by, reason, seconds }) => {
      const at = world.clock.now()
      const data: Override = {
        about,
        by,
        reason,
        until: at + seconds,
        text: `${by} opened the deploy gate of ${about}: ${reason}.`,
      }
      await parts.journal.append([{ at, kind: 'gate', data }])
      overrides.push(data)
    },
  }
}

interface Held {
  readonly parts: BudgetParts
  readonly crossings: ReadonlyMap<string, Crossing>
}

const identityOf = ({ slo, spent, since }: Crossing): string => `budget/${slo}/${spent}/${since}`

function noticesOf(slos: readonly wire.SloSummary[], { parts, crossings }: Held): readonly NoticeDraft[] {
  return [...crossings.values()].flatMap((crossing) => {
    const slo = slos.find(({ id }) => id === crossing.slo)
    const step = slo && stepsOf(parts.policies, slo).find(({ spent }) => spent === crossing.spent)
    if (slo === undefined || step?.notify !== true) return []
    return [
      {
        id: identityOf(crossing),
        severity: crossing.spent >= 100 ? ('page' as const) : ('ticket' as const),
        service: slo.service,
        labels: { notice: 'budget', slo: slo.slo, owner: slo.owner, spent: String(crossing.spent) },
        title: `${slo.name}: ${crossing.spent} % of the budget is spent`,
        text: step.gate ? 'The deploy gate is closed.' : '',
        url: `${parts.pageUrl()}slos/${encodeURIComponent(slo.id)}`,
      },
    ]
  })
}

/** Whether one could not be opened. */
async function openIssues(
  world: World,
  {
    slos,
    parts,
    crossings,
    tracker,
  }: Held & { readonly slos: readonly wire.SloSummary[]; readonly tracker: Tracker },
): Promise<boolean> {
  for (const crossing of crossings.values()) {
    const slo = slos.find(({ id }) => id === crossing.slo)
    const step = slo && stepsOf(parts.policies, slo).find(({ spent }) => spent === crossing.spent)
    if (slo === undefined || step?.issue !== true || crossing.issue !== undefined) continue
    const url = `${parts.pageUrl()}slos/${encodeURIComponent(slo.id)}`
    const opened = await tracker.open({
      key: identityOf(crossing),
      title: `${slo.name}: ${crossing.spent} % of the error budget is spent`,
      text: `${slo.name} promises ${slo.target} % over ${slo.window}. ${crossing.spent} % of that budget is spent.\n\n${url}`,
    })
    if (opened.kind === 'failed') {
      world.log.warn('an issue could not be opened', { slo: slo.id, reason: opened.error })
      return true
    }
    const { slo: id, spent, since } = crossing
    const text = `An issue was opened: ${opened.value}`
    const data = { kind: 'issue' as const, slo: id, spent, since, text, url: opened.value }
    await parts.journal.append([{ at: world.clock.now(), kind: 'policy', data }])
    crossing.issue = opened.value
  }
  return false
}
