export type Scope = Readonly<Record<string, string>>

/** `cloud_provider=aws,cloud_region=us-east-1`: the spelling of the API. Names sorted, `\`, `,` and `=` escaped. */
export function scopeText(scope: Scope): string {
  return Object.keys(scope)
    .sort()
    .filter((name) => scope[name] !== '')
    .map((name) => `${escape(name)}=${escape(scope[name] ?? '')}`)
    .join(',')
}

/** What people read of it: `aws us-east-1`; empty for the whole. */
export function scopeLabel(scope: Scope): string {
  return Object.keys(scope)
    .sort()
    .map((name) => scope[name] ?? '')
    .join(' ')
}

/** Back from the text; pairs that cannot be read are left out. */
export function readScope(text: string): Scope {
  const scope: Record<string, string> = {}
  for (const pair of text.match(/(?:\\.|[^,\\])+/g) ?? []) {
    const [, name, value] = /^((?:\\.|[^=\\])+)=((?:\\.|[^\\])+)$/.exec(pair) ?? []
    if (name !== undefined && value !== undefined) scope[unescape(name)] = unescape(value)
  }
  return scope
}

function escape(text: string): string {
  return text.replace(/[\\,=]/g, (c) => `\\${c}`)
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, '$1')
}
