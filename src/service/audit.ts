import { createHash } from 'node:crypto'
import { labelsKey, ratio, type UnixSeconds } from '../base/index.ts'
import type { Correction, DefinedSlo, Definitions, Origin } from '../definitions/index.ts'
import { type Evaluation, floorPercent, type Correction as RangedCorrection } from '../slo/index.ts'
import type { Journal, JournalDraft } from '../store/index.ts'

/** The audit trail of what was written: every change of a definition or a correction, with what it did to budgets. */
export interface Audit {
  /** Reads what was written down before. */
  readonly recall: (journal: Journal) => Promise<void>
  /** What is to be written down now. It is asked again until `written` was called. */
  readonly look: (look: AuditLook) => AuditFinding
}

export interface AuditLook {
  readonly definitions: Definitions
  readonly corrections: readonly RangedCorrection[]
  /** By SLO and objective, each with all its scopes; before is undefined when nothing was evaluated yet. */
  readonly before: Evaluations | undefined
  readonly after: Evaluations
  readonly now: UnixSeconds
}

export type Evaluations = ReadonlyMap<string, readonly Evaluation[]>

export interface AuditFinding {
  readonly entries: readonly JournalDraft[]
  /** To be called when the entries are on disk. */
  readonly written: () => void
}

const KINDS = ['definition', 'correction'] as const
type Kind = (typeof KINDS)[number]
const AT_ONCE = 5_000

export function createAudit(): Audit {
  // What was written down last of each SLO and correction, by its identity.
  const known: Record<Kind, Map<string, string>> = { definition: new Map(), correction: new Map() }
  let settled: Definitions | undefined
  return {
    recall: async (journal) => {
      for (let after = 0; ; ) {
        const entries = await journal.read(after, { kinds: KINDS, limit: AT_ONCE })
        for (const { kind, data } of entries) remember(known, kind, data)
        const last = entries.at(-1)
        if (!last) return
        after = last.seq
      }
    },
    look: (look) => {
      const found = [
        ...(settled === look.definitions ? [] : definitionChanges(known.definition, look)),
        ...correctionChanges(known.correction, look),
      ]
      return {
        entries: found.map(({ kind, data }) => ({ at: look.now, kind, data })),
        written: () => {
          for (const { kind, data } of found) remember(known, kind, data)
          settled = look.definitions
        },
      }
    },
  }
}

interface Change {
  readonly kind: Kind
  readonly data: Readonly<Record<string, unknown>>
}

function remember(known: Record<Kind, Map<string, string>>, kind: string, data: unknown): void {
  const into = KINDS.find((one) => one === kind)
  if (!into || typeof data !== 'object' || data === null) return
  const read = (name: string): unknown => Object.entries(data).find(([key]) => key === name)?.[1]
  const id = read('id')
  const signature = read('signature')
  const former = read('former')
  if (typeof former === 'string') known[into].delete(former)
  if (typeof id !== 'string') return
  if (read('change') === 'removed' || typeof signature !== 'string') known[into].delete(id)
  else known[into].set(id, signature)
}

const signatureOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22)

function definitionChanges(known: ReadonlyMap<string, string>, look: AuditLook): readonly Change[] {
  const { slos } = look.definitions
  const changes = slos.flatMap((defined): Change[] => {
    const { slo } = defined
    // Selectors are functions with their text; JSON keeps the text.
    const { tree } = defined
    const signature = signatureOf(tree ? [slo, tree] : [slo, defined.queries])
    const former = known.has(slo.id) ? undefined : defined.aliases.find((alias) => known.has(alias))
    const before = known.get(former ?? slo.id)
    if (before === signature) return []
    const change = before === undefined ? 'added' : 'changed'
    const budgets = change === 'added' ? [] : budgetsOf(defined, look, former)
    const renamed = former === undefined ? '' : ` It was ${former}.`
    const text = `${slo.name} was ${change} (${placeOf(defined.origin)}).${renamed}${budgetWords(budgets)}`
    const data = { text, id: slo.id, name: slo.name, change, signature, ...originOf(defined.origin), budgets }
    return [{ kind: 'definition', data: former === undefined ? data : { ...data, former } }]
  })
  const here = new Set(slos.flatMap(({ slo, aliases }) => [slo.id, ...aliases]))
  const gone = [...known.keys()].filter((id) => !here.has(id))
  const removed = gone.map((id): Change => {
    return { kind: 'definition', data: { text: `${id} was removed.`, id, change: 'removed' } }
  })
  return [...changes, ...removed]
}

/** A correction is written down once it has begun to count, and when it changes or goes after that. */
function correctionChanges(known: ReadonlyMap<string, string>, look: AuditLook): readonly Change[] {
  const { definitions, corrections, now } = look
  const changes = definitions.corrections.flatMap((correction): Change[] => {
    const began = corrections.find(({ id }) => id === correction.name)?.ranges.some(({ from }) => from < now)
    const before = known.get(correction.name)
    if (!began && before === undefined) return []
    const { origin: _where, ...said } = correction
    const signature = signatureOf(said)
    if (before === signature) return []
    return [{ kind: 'correction', data: correctionData(correction, { signature, before, look }) }]
  })
  const here = new Set(definitions.corrections.map(({ name }) => name))
  const gone = [...known.keys()].filter((id) => !here.has(id))
  const removed = gone.map((id): Change => {
    const budgets = definitions.slos.flatMap((defined) => budgetsOf(defined, look).filter(hasMoved))
    const text = `The correction ${id} was removed.${budgetWords(budgets)}`
    return { kind: 'correction', data: { text, id, change: 'removed', budgets } }
  })
  return [...changes, ...removed]
}

function correctionData(
  correction: Correction,
  about: { readonly signature: string; readonly before: string | undefined; readonly look: AuditLook },
): Change['data'] {
  const { name, effect, reason, approver, scope, slos, when, origin } = correction
  const { look, signature } = about
  const budgets = look.definitions.slos.flatMap((defined) =>
    budgetsOf(defined, look).filter((budget) => budget.corrections.includes(name) || hasMoved(budget)),
  )
  const change = about.before === undefined ? 'applied' : 'changed'
  const verb = effect === 'exclude' ? 'excludes' : 'forgives'
  const text = `${name} ${verb} time${change === 'changed' ? ', in another way than before' : ''}: ${reason}. Approved by ${approver} (${placeOf(origin)}).${budgetWords(budgets)}`
  const said = { effect, reason, approver, scope, slos, when }
  return { text, id: name, change, signature, ...said, ...originOf(origin), budgets }
}

interface BudgetChange {
  readonly slo: string
  readonly objective: string
  readonly corrections: readonly string[]
  readonly before: BudgetFigures | null
  readonly after: BudgetFigures | null
}

interface BudgetFigures {
  readonly good: number
  readonly bad: number
  readonly leftRatio: number | null
}

/** The headline budgets of an SLO before this look and after it; before the first look, without any corrections. */
function budgetsOf(
  { slo }: DefinedSlo,
  { before, after }: AuditLook,
  former: string = slo.id,
): readonly BudgetChange[] {
  return slo.objectives.map(({ name }) => {
    const key = `${slo.id}\n${name}`
    const now = headline(after.get(key))
    const then = before ? headline(before.get(`${former}\n${name}`)) : now?.corrected
    return {
      slo: slo.id,
      objective: name,
      corrections: now?.corrected?.corrections ?? [],
      before: then ? figures(then) : null,
      after: now ? figures(now) : null,
    }
  })
}

function headline(evaluations: readonly Evaluation[] | undefined) {
  return evaluations?.find(({ scope }) => labelsKey(scope) === '')?.windows[0]
}

function figures(
  said: Pick<Evaluation['windows'][number], 'counts'> & {
    readonly leftRatio?: number | undefined
    readonly budget?: { readonly leftRatio: number | undefined }
  },
): BudgetFigures {
  return { ...said.counts, leftRatio: (said.budget ? said.budget.leftRatio : said.leftRatio) ?? null }
}

function hasMoved({ before, after }: BudgetChange): boolean {
  return before?.leftRatio !== after?.leftRatio
}

const NAMED = 3

export function budgetWords(budgets: readonly Pick<BudgetChange, 'slo' | 'before' | 'after'>[]): string {
  const moved = budgets.filter(({ before, after }) => before && after)
  if (moved.length === 0) return ''
  const share = (left: number | null | undefined): string =>
    left === null || left === undefined ? 'not known' : `${floorPercent(ratio(left), 1)} %`
  const said = moved
    .slice(0, NAMED)
    .map(({ slo, before, after }) => `${slo} ${share(before?.leftRatio)} → ${share(after?.leftRatio)}`)
  const more = moved.length > NAMED ? [`${moved.length - NAMED} more`] : []
  return ` Budget left: ${[...said, ...more].join(', ')}.`
}

const placeOf = ({ file, line }: Origin): string => `${file}:${line}`

function originOf({ file, line, commit }: Origin): Readonly<Record<string, unknown>> {
  return { file, line, commit: commit ? { id: commit.id, author: commit.author } : null }
}
