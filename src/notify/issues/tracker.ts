import { z } from 'zod'
import { failed, ok, type Result, type World } from '../../base/index.ts'
import { failureOf } from '../letters/http.ts'
import { clean } from '../text.ts'

export interface TrackerOptions {
  readonly kind: 'github' | 'gitlab'
  /** `org/repo`, or a project's path or number. */
  readonly repo: string
  /** Never logged. */
  readonly token: string
  /** @default {https://api.github.com}, {https://gitlab.com/api/v4} */
  readonly apiUrl?: string | undefined
  readonly labels?: readonly string[] | undefined
}

export interface IssueDraft {
  /** Unique for ever; kept in the text, so that asking twice makes one issue. */
  readonly key: string
  readonly title: string
  readonly text: string
}

/** Opens issues on GitHub or GitLab. Each carries a marker by which it is found again. */
export interface Tracker {
  /** The issue's address: the one that carries the key already, else a new one. */
  readonly open: (draft: IssueDraft) => Promise<Result<string, string>>
}

const TIMEOUT_MS = 10_000
const TITLE_MAX = 250
/** The label by which our issues are listed. */
const LABEL = 'nines'
const PAGE = 100
const PAGES_MAX = 10

const githubIssue = z.object({ html_url: z.string(), body: z.string().nullable() })
const gitlabIssue = z.object({ web_url: z.string(), description: z.string().nullable() })

export function createTracker(world: Pick<World, 'fetch'>, options: TrackerOptions): Tracker {
  const { kind, repo } = options
  const github = kind === 'github'
  const base = (options.apiUrl ?? (github ? 'https://api.github.com' : 'https://gitlab.com/api/v4')).replace(
    /\/$/,
    '',
  )
  const issues = github
    ? `${base}/repos/${repo}/issues`
    : `${base}/projects/${encodeURIComponent(repo)}/issues`
  const labels = [LABEL, ...(options.labels ?? [])]
  const call = (url: string, body?: unknown): Promise<Result<unknown, string>> =>
    ask(world, options, { url, body })
  const read = (value: unknown): { readonly url: string; readonly text: string } | undefined => {
    if (github) {
      const one = githubIssue.safeParse(value)
      return one.success ? { url: one.data.html_url, text: one.data.body ?? '' } : undefined
    }
    const one = gitlabIssue.safeParse(value)
    return one.success ? { url: one.data.web_url, text: one.data.description ?? '' } : undefined
  }
  const find = async (marker: string): Promise<Result<string | undefined, string>> => {
    for (let page = 1; page <= PAGES_MAX; page++) {
      const found = await call(
        `${issues}?labels=${LABEL}&state=all&per_page=${PAGE}&page=${page}${github ? '&sort=created' : '&order_by=created_at'}`,
      )
      if (found.kind === 'failed') return found
      const listed = Array.isArray(found.value) ? found.value : []
      const known = listed.map(read).find((issue) => issue?.text.includes(marker) === true)
      if (known !== undefined) return ok(known.url)
      if (listed.length < PAGE) break
    }
    return ok(undefined)
  }
  return {
    open: async ({ key, title, text }) => {
      const marker = `<!-- nines:${key.replaceAll('--', '-')} -->`
      const known = await find(marker)
      if (known.kind === 'failed') return known
      if (known.value !== undefined) return ok(known.value)
      const body = `${text}\n\n${marker}`
      const titled = clean(title, TITLE_MAX)
      const made = await call(
        issues,
        github
          ? { title: titled, body, labels }
          : { title: titled, description: body, labels: labels.join(',') },
      )
      if (made.kind === 'failed') return made
      const issue = read(made.value)
      return issue === undefined ? failed(`${kind} answered without an issue`) : ok(issue.url)
    },
  }
}

async function ask(
  world: Pick<World, 'fetch'>,
  { kind, token }: TrackerOptions,
  { url, body }: { readonly url: string; readonly body: unknown },
): Promise<Result<unknown, string>> {
  try {
    const response = await world.fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        accept: 'application/json',
        'user-agent': 'nines',
        ...(kind === 'github' ? { authorization: `Bearer ${token}` } : { 'private-token': token }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await response.text()
    if (!response.ok) return failed(`${kind} answered ${response.status}: ${clean(text, 200)}`)
    const parsed: unknown = JSON.parse(text)
    return ok(parsed)
  } catch (error) {
    return failed(`${kind} cannot be asked: ${failureOf(error)}`)
  }
}
