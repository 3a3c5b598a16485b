import type { z } from 'zod'
import { failed, ok, type Result, type World } from '../base/index.ts'
import { apiProblem } from '../contract/index.ts'

const TIMEOUT_MS = 15_000

/** Asks a running Nines, or with a body changes something there; the error is a sentence with what to do. */
export async function ask<T>(
  world: Pick<World, 'fetch'>,
  base: string,
  question: {
    readonly path: string
    readonly answer: z.ZodType<T>
    /** Sent as JSON; absent: the question is a GET. */
    readonly body?: unknown
    readonly timeoutMs?: number
  },
): Promise<Result<T, string>> {
  if (!URL.canParse(base)) return failed(`"${base}" is not a URL; write one like http://127.0.0.1:8080.`)
  const url = `${base.replace(/\/$/, '')}/api/v1${question.path}`
  let response: Response
  try {
    response = await world.fetch(url, {
      signal: AbortSignal.timeout(question.timeoutMs ?? TIMEOUT_MS),
      redirect: 'manual',
      ...(question.body === undefined
        ? {}
        : {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(question.body),
          }),
    })
  } catch (error) {
    return failed(
      `Nothing answers at ${base} (${reasonOf(error)}). Start it with \`npm start\`, or name it with --url.`,
    )
  }
  const body: unknown = await response.json().catch(() => undefined)
  if (!response.ok) {
    const problem = apiProblem.safeParse(body)
    return failed(problem.success ? problem.data.detail : `${url} answered ${response.status}.`)
  }
  const parsed = question.answer.safeParse(body)
  if (parsed.success) return ok(parsed.data)
  return failed(`${url} answered what this version does not understand: is it the same version of Nines?`)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer'
  const { cause } = error
  return cause instanceof Error ? cause.message : error.message
}
