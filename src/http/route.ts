import { z } from 'zod'

/** What a handler answers: a body, or that there is no such thing. */
export type Answer =
  | { readonly kind: 'ok'; readonly body: unknown }
  | { readonly kind: 'missing'; readonly what: string }

/** One endpoint: the server registers it and the OpenAPI document describes it, from the same words. */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** Fastify's spelling below `/api/v1`: `/slos/:id`. */
  readonly path: string
  readonly summary: string
  readonly query: z.ZodObject
  readonly body?: z.ZodType
  readonly response: z.ZodType
  readonly answer: (input: RouteInput) => Promise<Answer>
}

export interface RouteInput {
  readonly id: string
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
}

/** A question that is answered with what `find` gives; undefined is what is not there. */
export function route(
  path: string,
  summary: string,
  response: z.ZodType,
  find: (input: RouteInput) => unknown,
): Route {
  return {
    method: 'GET',
    path,
    summary,
    query: z.object({}),
    response,
    answer: async (input) => {
      const body = await find(input)
      return body === undefined ? { kind: 'missing', what: input.id } : { kind: 'ok', body }
    },
  }
}

/** Words between commas. */
export function wordsOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

/** The labels of `labelsKey`'s spelling: `\` takes the next character as it is. */
export function parseScope(text: string): Record<string, string> {
  const scope: Record<string, string> = {}
  let name: string | undefined
  let part = ''
  const close = (): void => {
    if (name !== undefined) scope[name] = part
    name = undefined
    part = ''
  }
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i)
    if (c === '\\') part += text.charAt(++i)
    else if (c === '=' && name === undefined) {
      name = part
      part = ''
    } else if (c === ',') close()
    else part += c
  }
  close()
  return scope
}
