import { z } from 'zod'
import { apiProblem } from '../contract/index.ts'
import type { Route } from './route.ts'

/** The OpenAPI 3.1 document of the routes, made from the same table that serves them. */
export function openApiDocument(
  routes: readonly Route[],
  options: { version: string; basePath: string },
): unknown {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = `/api/v1${route.path.replaceAll(/:(\w+)/g, '{$1}')}`
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  paths['/api/v1/stream'] = { get: streamOperation }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Nines',
      version: options.version,
      description:
        'SLOs over several clouds. Instants are Unix seconds, shares 0..1; null is "not known", never zero.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: options.basePath === '' ? '/' : options.basePath }],
    paths,
  }
}

const problemAnswer = {
  description: 'What went wrong and what to do (RFC 9457).',
  content: { 'application/problem+json': { schema: schemaOf(apiProblem) } },
}

const streamOperation = {
  summary: 'Live changes as server-sent events; `Last-Event-ID` goes on where a client stopped.',
  operationId: 'stream',
  responses: { '200': { description: 'A stream of events.', content: { 'text/event-stream': {} } } },
}

function operation(route: Route): unknown {
  const query = z.toJSONSchema(route.query, { io: 'input', unrepresentable: 'any' })
  const required = new Set(query.required ?? [])
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const inQuery = Object.entries(query.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.has(name),
    schema,
  }))
  return {
    summary: route.summary,
    operationId: `${route.method.toLowerCase()}${route.path.replaceAll(/[/:]+(\w)/g, (_, c: string) => c.toUpperCase())}`,
    parameters: [...inPath, ...inQuery],
    ...(route.body
      ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body) } } } }
      : {}),
    responses: {
      '200': { description: 'OK', content: { 'application/json': { schema: schemaOf(route.response) } } },
      '400': problemAnswer,
      ...(inPath.length > 0 ? { '404': problemAnswer } : {}),
    },
  }
}

function schemaOf(schema: z.ZodType): unknown {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { unrepresentable: 'any' })
  return rest
}
