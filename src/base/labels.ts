/**
 * What a series is about: OpenTelemetry names in Prometheus spelling (`cloud_provider`, `service_name`, …).
 * An absent label and an empty one are the same, as in Prometheus.
 */
export type Labels = Readonly<Record<string, string>>

/**
 * One text for one set of labels, whatever their order: `cloud_provider=aws,service_name=checkout`.
 * Empty values are left out. `\`, `,` and `=` inside are escaped, so two different sets never share a key.
 */
export function labelsKey(labels: Labels): string {
  let key = ''
  for (const name of Object.keys(labels).sort()) {
    const value = labels[name]
    if (value === undefined || value === '') continue
    key += `${key === '' ? '' : ','}${escape(name)}=${escape(value)}`
  }
  return key
}

/** The labels named, in the order of their names; those that are absent are left out. */
export function pickLabels(labels: Labels, names: readonly string[]): Labels {
  const picked: Record<string, string> = {}
  for (const name of [...names].sort()) {
    const value = labels[name]
    if (value !== undefined && value !== '') picked[name] = value
  }
  return picked
}

function escape(text: string): string {
  return /[\\,=]/.test(text) ? text.replace(/[\\,=]/g, (c) => `\\${c}`) : text
}
