export function refuse(status: number, error: string): Response {
  return Response.json({ errors: [error] }, { status })
}

export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
