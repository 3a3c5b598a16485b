import type { EmulatedQuery, Stored } from './timeseries.ts'

const SERVICES: readonly string[] = ['checkout', 'catalog', 'cart', 'payment']

/** The traffic of a small shop, the same for the same minute: by day more than by night, and one request in 500 fails. */
export function createShop(): Stored {
  return (query, minute) => {
    const named = serviceIn(query)
    const services = named === undefined ? SERVICES : SERVICES.filter((each) => each === named)
    const isGrouped = query.text.includes('by {') || Array.isArray(query.fields['group_by'])
    const values = services.map((service) => ({ service, value: valueOf(query, service, minute) }))
    if (isGrouped) return values.map(({ service, value }) => ({ tags: [`service:${service}`], value }))
    return values.length === 0 ? [] : [{ tags: [], value: values.reduce((sum, { value }) => sum + value, 0) }]
  }
}

function serviceIn({ text, fields }: EmulatedQuery): string | undefined {
  if (typeof fields['service'] === 'string') return fields['service']
  return /service:([\w-]+)/.exec(text)?.[1]
}

function valueOf({ text, fields }: EmulatedQuery, service: string, minute: number): number {
  const hour = (minute % 86_400) / 3_600
  const hits =
    Math.round(600 + 400 * Math.sin(((hour - 9) / 24) * 2 * Math.PI)) + SERVICES.indexOf(service) * 10
  if (/\.errors/.test(text) || fields['stat'] === 'errors') return Math.floor(hits / 500)
  if (text.startsWith('count(v: v<')) return Math.floor((hits * 98) / 100)
  const { stat } = fields
  if (typeof stat === 'string' && stat.startsWith('latency')) return 0.12
  return hits
}
