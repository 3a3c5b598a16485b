/** A row of an answer: names and texts. */
export type LogRow = Readonly<Record<string, string>>

interface LogsOptions {
  readonly logs?: (query: string, range: { readonly from: number; readonly to: number }) => readonly LogRow[]
  readonly runsFor?: number
}

/** Queries that an account may run at a time. */
const MOST_AT_ONCE = 30
type Plain = Readonly<Record<string, unknown>>

/** StartQuery, GetQueryResults, StopQuery. */
export function createLogQueries({ logs = () => [], runsFor = 0 }: LogsOptions): {
  readonly answer: (action: string, body: Plain) => Response | undefined
  readonly most: () => number
  readonly stopped: Set<string>
} {
  const running = new Map<string, { left: number; readonly rows: readonly LogRow[] }>()
  const stopped = new Set<string>()
  let began = 0
  let most = 0
  const start = ({
    startTime: from,
    endTime: to,
    queryString: query,
    logGroupNames: groups,
    limit,
  }: Plain): Response => {
    if (running.size >= MOST_AT_ONCE) return refuse('LimitExceededException', 'too many concurrent queries')
    if (
      typeof from !== 'number' ||
      typeof to !== 'number' ||
      typeof query !== 'string' ||
      !Array.isArray(groups)
    )
      return refuse(
        'InvalidParameterException',
        'startTime, endTime, queryString and logGroupNames are required',
      )
    if (!/\|\s*stats\b|^\s*stats\b/.test(query))
      return refuse('MalformedQueryException', `unexpected symbol in ${query}`)
    const queryId = `query-${++began}`
    const rows = logs(query, { from, to })
    running.set(queryId, { left: runsFor, rows: rows.slice(0, typeof limit === 'number' ? limit : 1_000) })
    most = Math.max(most, running.size)
    return json({ queryId })
  }
  const results = (queryId: string): Response => {
    const query = running.get(queryId)
    if (query === undefined) return refuse('ResourceNotFoundException', `there is no query ${queryId}`)
    const { rows } = query
    const statistics = {
      recordsScanned: rows.length * 10,
      recordsMatched: rows.length,
      bytesScanned: rows.length * 1_000,
    }
    if (query.left-- > 0) return json({ status: 'Running', results: [], statistics })
    running.delete(queryId)
    const fields = rows.map((row) => Object.entries(row).map(([field, value]) => ({ field, value })))
    return json({ status: 'Complete', results: fields, statistics })
  }
  return {
    stopped,
    most: () => most,
    answer: (action, body) => {
      const queryId = typeof body['queryId'] === 'string' ? body['queryId'] : ''
      if (action === 'StartQuery') return start(body)
      if (action === 'GetQueryResults') return results(queryId)
      if (action !== 'StopQuery') return undefined
      stopped.add(queryId)
      return json({ success: running.delete(queryId) })
    },
  }
}

const json = (body: unknown): Response =>
  Response.json(body, { headers: { 'content-type': 'application/x-amz-json-1.1' } })

const refuse = (name: string, message: string): Response =>
  Response.json(
    { __type: name, message },
    { status: 400, headers: { 'content-type': 'application/x-amz-json-1.1' } },
  )
